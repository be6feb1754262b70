//! Projects: numbered from 1, each with a slug of its own.
//!
//! A slug is reserved by a document that names its project before the project is written. Who finds a slug that is
//! reserved for a project that is not there takes both over: its maker was killed in between, or is about to lose.

use jiff::Timestamp;
use schemas::{
    catalog::{Key, Project, ProjectSettings},
    ids::{ProjectId, PublicKey},
    limits,
};
use serde::{Deserialize, Serialize};

use super::{
    Catalog, Collection, Expect, List,
    document::{self, Place},
    keys,
};
use crate::{Error, Result};

/// How many slugs of one name are tried.
const SLUGS: usize = 1_000;

#[derive(Serialize, Deserialize, PartialEq, Clone)]
struct Numbers {
    last: u64,
}

#[derive(Serialize, Deserialize)]
struct Reservation {
    project: ProjectId,
}

/// Makes a project, then its first key. When only the first happened, because the program was killed, the project
/// is there without a key.
pub async fn create(c: &dyn Catalog, name: &str, key: PublicKey, now: Timestamp) -> Result<(Project, Key)> {
    let stem = Project::slug_of(name);
    let mut number = None;
    for n in 1..=SLUGS {
        let slug = if n == 1 { stem.clone() } else { with_suffix(&stem, n) };
        let Some(id) = reserve(c, &slug, &mut number).await? else { continue };
        let settings = ProjectSettings::default();
        let project = Project { id, slug, name: name.to_owned(), created_at: now, enabled: true, settings };
        if document::put(c, Collection::Projects, document::draft(place(&project), &project), Expect::Absent).await? {
            let key = keys::create(c, id, key, now).await?;
            return Ok((project, key));
        }
        if number == Some(id) {
            number = None;
        }
    }
    Err(Error::terminal(format!("making project {name:?}"), format!("{SLUGS} projects have slugs like {stem:?}: choose another name")))
}

/// The projects with these numbers, in order.
pub async fn get(c: &dyn Catalog, ids: &[ProjectId]) -> Result<Vec<Option<Project>>> {
    let ids: Vec<String> = ids.iter().map(ProjectId::to_string).collect();
    Ok(document::get(c, Collection::Projects, &ids).await?.into_iter().map(|found| found.map(|(project, _)| project)).collect())
}

/// The project with this slug.
pub async fn find(c: &dyn Catalog, slug: &str) -> Result<Option<Project>> {
    if slug.len() > limits::SLUG_BYTES {
        return Ok(None);
    }
    let Some(reserved) = reservation(c, slug).await? else { return Ok(None) };
    Ok(get(c, &[reserved]).await?.into_iter().next().flatten())
}

/// Every project, by number.
pub async fn list(c: &dyn Catalog) -> Result<Vec<Project>> {
    document::all(c, Collection::Projects, List::default(), limits::PROJECTS).await
}

/// Lets `change` change a project. Its number and slug stay what they are. `None` if there is no such project.
pub async fn update(c: &dyn Catalog, id: ProjectId, change: impl Fn(&mut Project)) -> Result<Option<Project>> {
    let change = |project: &mut Project| {
        let (id, slug) = (project.id, project.slug.clone());
        change(project);
        (project.id, project.slug) = (id, slug);
    };
    document::update(c, Collection::Projects, id.to_string(), place, change).await
}

/// Sorted so that lists, which descend, give the lowest number first.
fn place(project: &Project) -> Place {
    let order = i64::try_from(project.id.0).map_or(i64::MIN, |number| -number);
    Place { id: project.id.to_string(), project: Some(project.id), order }
}

fn with_suffix(stem: &str, n: usize) -> String {
    let suffix = format!("-{n}");
    let room = limits::SLUG_BYTES - suffix.len();
    format!("{}{suffix}", stem[..stem.len().min(room)].trim_end_matches('-'))
}

fn slug_id(slug: &str) -> String {
    format!("slug:{slug}")
}

async fn reservation(c: &dyn Catalog, slug: &str) -> Result<Option<ProjectId>> {
    let reserved = document::one::<Reservation>(c, Collection::Program, slug_id(slug)).await?;
    Ok(reserved.map(|(reservation, _)| reservation.project))
}

/// The number that goes with this slug, `None` if the slug has its project already. Draws `number` when none is
/// drawn yet.
async fn reserve(c: &dyn Catalog, slug: &str, number: &mut Option<ProjectId>) -> Result<Option<ProjectId>> {
    if reservation(c, slug).await?.is_none() {
        let project = match *number {
            Some(drawn) => drawn,
            None => *number.insert(next_number(c).await?),
        };
        let place = Place { id: slug_id(slug), project: None, order: 0 };
        if document::put(c, Collection::Program, document::draft(place, &Reservation { project }), Expect::Absent).await? {
            return Ok(Some(project));
        }
    }
    let Some(project) = reservation(c, slug).await? else { return Ok(None) };
    let taken = get(c, &[project]).await?.into_iter().next().flatten().is_some();
    Ok((!taken).then_some(project))
}

/// Counts projects up. A number is never given twice.
async fn next_number(c: &dyn Catalog) -> Result<ProjectId> {
    let id = "project_numbers";
    let place = |_: &Numbers| Place { id: id.to_owned(), project: None, order: 0 };
    let zero = Numbers { last: 0 };
    document::put(c, Collection::Program, document::draft(place(&zero), &zero), Expect::Absent).await?;
    let next = document::update(c, Collection::Program, id.to_owned(), place, |numbers: &mut Numbers| numbers.last += 1).await?;
    let Some(Numbers { last }) = next else { return Err(document::contended(Collection::Program, id)) };
    if last > limits::PROJECTS as u64 {
        return Err(Error::Full {
            doing: "making a project".into(),
            cause: format!("there are {} projects, the most this version keeps", limits::PROJECTS),
        });
    }
    Ok(ProjectId(last))
}
