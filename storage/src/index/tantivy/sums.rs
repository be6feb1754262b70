//! Sums over columns: every fact in scope is looked at twice, once to find the groups with most, once to sum these.

use std::collections::{BTreeMap, HashMap};

use schemas::{
    query::Value,
    tally::{Counts, Dimension, Measure},
};
use tantivy::{
    Searcher, Term,
    columnar::{Column, StrColumn},
    query::{EnableScoring, Query, TermQuery, Weight},
    schema::IndexRecordOption,
};

use super::{
    count::{
        share::share,
        users::{self, Users},
    },
    fault::fault,
    layout::{Layout, TALLY, TALLY_PROJECT, TALLY_SUBJECT, TALLY_USER, count_column, dimension_column},
    parts::{Part, parts},
};
use crate::{
    Result,
    index::{
        Row, Sum, Summed,
        sums::{ALL_GROUPS, DOING, too_many},
    },
};

/// A value of a dimension, in the order of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Name {
    Project(u64),
    Text(String),
}

type Key = Vec<Name>;

/// A key within one segment: numbers of projects, ordinals of names.
type Local = [u64; 3];

/// The ordinal of a name that is not there.
const NONE: u64 = u64::MAX;

/// What is summed for one row.
#[derive(Default)]
struct Cell {
    counts: Counts,
    users: Users,
    crashed: Users,
}

type Cells = BTreeMap<(i64, usize), Cell>;

/// Answers `sum`, which was checked.
pub(super) fn sum(layout: &Layout, searchers: &[Searcher], sum: &Sum) -> Result<Summed> {
    if sum.is_empty() {
        return Ok(Summed { rows: Vec::new(), groups_total: 0 });
    }
    let failed = |error| fault(DOING, error);
    let parts = parts(searchers, &sum.millis).map_err(failed)?;
    let facts = TermQuery::new(Term::from_field_u64(layout.kind, TALLY), IndexRecordOption::Basic);
    let weight = facts.weight(EnableScoring::disabled_from_schema(&layout.schema)).map_err(failed)?;
    let mut groups: HashMap<Key, u64> = HashMap::new();
    share(
        parts.len(),
        |n| totals(&parts[n], &*weight, sum),
        |totals| {
            for (key, number) in totals {
                let total = groups.entry(key).or_default();
                *total = total.saturating_add(number);
            }
            if groups.len() > ALL_GROUPS { Err(too_many()) } else { Ok(()) }
        },
    )?;
    let groups_total = groups.len() as u64;
    let winners = most(groups, sum.limit);
    let ranks: HashMap<&Key, usize> = winners.iter().enumerate().map(|(rank, key)| (key, rank)).collect();
    let mut cells = Cells::new();
    share(
        parts.len(),
        |n| rows(&parts[n], &*weight, sum, &ranks),
        |part| {
            for (place, cell) in part {
                let sum = cells.entry(place).or_default();
                sum.counts += cell.counts;
                sum.users.merge(cell.users);
                sum.crashed.merge(cell.crashed);
            }
            users::check(cells.values().flat_map(|cell| [&cell.users, &cell.crashed]))
        },
    )?;
    let row = |((start, rank), cell): ((i64, usize), Cell)| Row {
        start,
        key: winners[rank].iter().map(Name::value).collect(),
        counts: cell.counts,
        users: sum.users.then(|| (cell.users.count(), cell.crashed.count())),
    };
    Ok(Summed { rows: cells.into_iter().map(row).collect(), groups_total })
}

/// The groups with most; of equal ones those with the lesser key.
fn most(groups: HashMap<Key, u64>, limit: usize) -> Vec<Key> {
    let mut groups: Vec<(Key, u64)> = groups.into_iter().collect();
    groups.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    groups.truncate(limit);
    groups.into_iter().map(|(key, _)| key).collect()
}

/// The groups of one segment with their numbers.
fn totals(part: &Part<'_>, weight: &dyn Weight, sum: &Sum) -> Result<Vec<(Key, u64)>> {
    let facts = Facts::new(part, sum)?;
    let measure = facts.count(sum.subject.measure())?;
    let mut totals: HashMap<Local, u64> = HashMap::new();
    facts.each(weight, |doc, _, local| {
        let number = measure.first(doc).unwrap_or_default();
        if totals.len() <= ALL_GROUPS || totals.contains_key(&local) {
            let total = totals.entry(local).or_default();
            *total = total.saturating_add(number);
        }
    })?;
    if totals.len() > ALL_GROUPS {
        return Err(too_many());
    }
    totals.into_iter().map(|(local, number)| Ok((facts.key(&local)?, number))).collect()
}

/// The rows of one segment.
fn rows(part: &Part<'_>, weight: &dyn Weight, sum: &Sum, ranks: &HashMap<&Key, usize>) -> Result<Cells> {
    let facts = Facts::new(part, sum)?;
    let counts = Measure::ALL.into_iter().map(|measure| Ok((measure, facts.count(measure)?))).collect::<Result<Vec<_>>>()?;
    let user = facts.numbers(TALLY_USER)?;
    let mut locals: HashMap<Local, Option<usize>> = HashMap::new();
    let mut cells = Cells::new();
    let mut damaged = None;
    facts.each(weight, |doc, millis, local| {
        let rank = locals.entry(local).or_insert_with(|| match facts.key(&local) {
            Ok(key) => ranks.get(&key).copied(),
            Err(error) => {
                damaged = Some(error);
                None
            }
        });
        let Some(rank) = *rank else { return };
        let cell = cells.entry((sum.start_of(millis), rank)).or_default();
        let found = counts.iter().filter_map(|(measure, column)| Some((*measure, column.first(doc)?)));
        let told = found.fold(Counts::default(), |counts, (measure, number)| counts.with(measure, number));
        cell.counts += told;
        if let Some(user) = user.first(doc).filter(|_| sum.users) {
            cell.users.add(&user.to_be_bytes());
            if told.get(Measure::Crashed) > 0 {
                cell.crashed.add(&user.to_be_bytes());
            }
        }
    })?;
    damaged.map_or(Ok(cells), Err)
}

/// The facts of one segment.
struct Facts<'a> {
    part: &'a Part<'a>,
    sum: &'a Sum,
    projects: Column<u64>,
    subjects: Column<u64>,
    /// In the order of the question; none for the project and for what no document has.
    names: Vec<(Dimension, Option<StrColumn>)>,
}

impl<'a> Facts<'a> {
    fn new(part: &'a Part<'a>, sum: &'a Sum) -> Result<Self> {
        let columns = part.segment.fast_fields();
        let numbers = |name| columns.u64(name).map_err(|error| fault(DOING, error));
        let name = |dimension: &Dimension| {
            let column = if *dimension == Dimension::Project { Ok(None) } else { columns.str(&dimension_column(*dimension)) };
            Ok((*dimension, column.map_err(|error| fault(DOING, error))?))
        };
        let names = sum.by.iter().map(name).collect::<Result<_>>()?;
        Ok(Self { part, sum, projects: numbers(TALLY_PROJECT)?, subjects: numbers(TALLY_SUBJECT)?, names })
    }

    fn numbers(&self, column: &str) -> Result<Column<u64>> {
        self.part.segment.fast_fields().u64(column).map_err(|error| fault(DOING, error))
    }

    fn count(&self, measure: Measure) -> Result<Column<u64>> {
        self.numbers(&count_column(measure))
    }

    /// Calls `visit` with each fact in scope, its time and its key.
    fn each(&self, weight: &dyn Weight, mut visit: impl FnMut(u32, i64, Local)) -> Result<()> {
        let visit_all = |docs: &[u32], times: &[i64]| {
            for (doc, millis) in docs.iter().zip(times) {
                let project = self.projects.first(*doc).unwrap_or_default();
                let wanted = self.sum.projects.iter().any(|wanted| wanted.0 == project);
                if wanted && self.subjects.first(*doc) == Some(self.sum.subject as u64) {
                    visit(*doc, *millis, self.local(*doc, project));
                }
            }
        };
        self.part.each(weight, &self.sum.millis, visit_all).map_err(|error| fault(DOING, error))
    }

    fn local(&self, doc: u32, project: u64) -> Local {
        let mut local = [0; 3];
        for (place, (dimension, column)) in local.iter_mut().zip(&self.names) {
            *place = match (dimension, column) {
                (Dimension::Project, _) => project,
                (_, Some(column)) => column.ords().first(doc).unwrap_or(NONE),
                (_, None) => NONE,
            };
        }
        local
    }

    fn key(&self, local: &Local) -> Result<Key> {
        let name = |((dimension, column), number): (&(Dimension, Option<StrColumn>), &u64)| {
            if *dimension == Dimension::Project {
                return Ok(Name::Project(*number));
            }
            let mut text = String::new();
            if let Some(column) = column.as_ref().filter(|_| *number != NONE) {
                column.ord_to_str(*number, &mut text).map_err(|error| fault(DOING, error.into()))?;
            }
            Ok(Name::Text(text))
        };
        self.names.iter().zip(local).map(name).collect()
    }
}

impl Name {
    fn value(&self) -> Value {
        match self {
            Self::Project(number) => Value::Long(i64::try_from(*number).unwrap_or(i64::MAX)),
            Self::Text(text) => Value::Keyword(text.clone()),
        }
    }
}
