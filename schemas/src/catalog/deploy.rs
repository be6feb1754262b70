//! Deploy markers: what was released where and when, and of which commit.

use std::cmp::Reverse;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::service::{Invalid, invalid, optional, text};
use crate::{ids::ProjectId, limits};

/// Bytes of a deploy's id.
const ID_BYTES: usize = 12;

/// One release of a project that went live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Deploy {
    /// Made of project, release, environment and time: the same marker again is the same deploy.
    pub id: String,
    /// The project.
    pub project: ProjectId,
    /// The release, as its events name it.
    pub release: String,
    /// Where it went; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The commit that it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Where to read about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Deploy {
    /// The id of a deploy.
    pub fn id_of(project: ProjectId, release: &str, environment: Option<&str>, at: Timestamp) -> String {
        let mut hash = Sha256::new();
        for part in [&project.to_string(), release, environment.unwrap_or_default(), &at.to_string()] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        HEXLOWER.encode(&hash.finalize()[..ID_BYTES])
    }

    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), Invalid> {
        text("/release", &self.release, limits::NAME_CHARS)?;
        optional("/environment", self.environment.as_deref(), limits::SHORT_NAME_CHARS)?;
        optional("/commit", self.commit.as_deref(), limits::SHORT_NAME_CHARS)?;
        optional("/name", self.name.as_deref(), limits::NAME_CHARS)?;
        optional("/url", self.url.as_deref(), limits::PATH_CHARS)?;
        let web = |url: &str| ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme));
        if self.url.as_deref().is_some_and(|url| !web(url)) {
            return Err(invalid("/url", "it must begin with https:// or http://"));
        }
        Ok(())
    }
}

/// The commits that a project's deploys tell of.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeployedCommits {
    /// One for each release and environment, the newest deploy first; at most [`limits::DEPLOYED_COMMITS`].
    pub commits: Vec<DeployedCommit>,
}

/// Of which commit the newest deploy of a release to an environment was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeployedCommit {
    /// The release.
    pub release: String,
    /// The environment; none: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The commit.
    pub commit: String,
    /// When.
    pub at: Timestamp,
}

impl DeployedCommits {
    /// Takes a deploy in. The same deploys in any order come to the same.
    pub fn add(&mut self, deploy: &Deploy) {
        let Some(commit) = &deploy.commit else { return };
        let new = DeployedCommit {
            release: deploy.release.clone(),
            environment: deploy.environment.clone(),
            commit: commit.clone(),
            at: deploy.at,
        };
        let same = |known: &&mut DeployedCommit| (&known.release, &known.environment) == (&new.release, &new.environment);
        match self.commits.iter_mut().find(same) {
            Some(known) if (known.at, &known.commit) >= (new.at, &new.commit) => return,
            Some(known) => *known = new,
            None => self.commits.push(new),
        }
        self.commits.sort_by(|a, b| (Reverse(a.at), &a.release, &a.environment).cmp(&(Reverse(b.at), &b.release, &b.environment)));
        self.commits.truncate(limits::DEPLOYED_COMMITS);
    }

    /// The commit of a release: by the newest deploy to this environment or to all, else by the newest of all.
    pub fn of(&self, release: &str, environment: Option<&str>) -> Option<&str> {
        let mut of_release = self.commits.iter().filter(|known| known.release == release);
        let first = of_release.clone().next()?;
        let fits = |known: &&DeployedCommit| known.environment.is_none() || known.environment.as_deref() == environment;
        Some(&of_release.find(fits).unwrap_or(first).commit)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn deploy(release: &str, environment: Option<&str>, commit: &str, second: i64) -> Deploy {
        let at = Timestamp::from_second(second).unwrap();
        let id = Deploy::id_of(ProjectId(1), release, environment, at);
        let environment = environment.map(str::to_owned);
        Deploy { id, project: ProjectId(1), release: release.into(), environment, commit: Some(commit.into()), at, url: None, name: None }
    }

    fn commits(deploys: &[Deploy]) -> DeployedCommits {
        let mut commits = DeployedCommits::default();
        deploys.iter().for_each(|deploy| commits.add(deploy));
        commits
    }

    #[test]
    fn the_newest_deploy_to_the_environment_tells_the_commit() {
        let mut all = vec![
            deploy("1.0", Some("staging"), "aaa", 30),
            deploy("1.0", Some("production"), "bbb", 10),
            deploy("1.0", Some("production"), "ccc", 20),
            deploy("2.0", None, "ddd", 5),
        ];
        let known = commits(&all);
        assert_eq!(known.of("1.0", Some("production")), Some("ccc"));
        assert_eq!(known.of("1.0", Some("staging")), Some("aaa"));
        assert_eq!(known.of("1.0", None), Some("aaa"), "the newest, when no environment says more");
        assert_eq!(known.of("2.0", Some("production")), Some("ddd"));
        assert_eq!(known.of("3.0", None), None);
        all.reverse();
        assert_eq!(commits(&all), known);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let many: Vec<Deploy> = (0..limits::DEPLOYED_COMMITS as i64 + 3).map(|n| deploy(&n.to_string(), None, "abc", n)).collect();
        let known = commits(&many);
        assert_eq!(known.commits.len(), limits::DEPLOYED_COMMITS);
        assert_eq!((known.of("2", None), known.of("3", None)), (None, Some("abc")));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let good = deploy("1.0", None, "abc", 0);
        let pointer = |deploy: Deploy| deploy.check().err().map(|error| error.pointer);
        assert_eq!(pointer(good.clone()), None);
        assert_eq!(pointer(Deploy { release: String::new(), ..good.clone() }).as_deref(), Some("/release"));
        assert_eq!(pointer(Deploy { url: Some("javascript:alert(1)".into()), ..good.clone() }).as_deref(), Some("/url"));
        assert_eq!(pointer(Deploy { commit: Some("a".repeat(65)), ..good }).as_deref(), Some("/commit"));
    }
}
