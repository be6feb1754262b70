//! Cursors: where a page ended, as a text that means nothing to clients.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use schemas::{
    ids::{EventId, IssueId, ProjectId},
    record::Position,
};
use sha2::{Digest, Sha256};
use storage::index::Cursor;

use crate::{
    params::{Params, short},
    problem::{Answer, Problem},
    times,
};

/// The end of a page of events.
pub(crate) fn of_event(cursor: Cursor) -> String {
    write(&["e", &cursor.millis.to_string(), &cursor.id.to_string(), &cursor.project.to_string()])
}

/// The parameter `cursor` of a list of events.
pub(crate) fn event(params: &Params) -> Answer<Option<Cursor>> {
    read(params, |parts| match parts {
        ["e", millis, id, project] => {
            let millis = millis.parse().ok().filter(|millis| times::possible(*millis))?;
            Some(Cursor { millis, id: id.parse().ok()?, project: project.parse().ok()? })
        }
        _ => None,
    })
}

/// A place in an export, with all that going on behind it must keep to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExportCursor {
    /// Stands for the query: hex digits.
    pub(crate) mark: String,
    /// The range, in milliseconds.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// The last event.
    pub(crate) at: Cursor,
}

impl ExportCursor {
    pub(crate) fn write(&self) -> String {
        let Cursor { millis, id, project } = self.at;
        write(&["x", &self.mark, &self.from.to_string(), &self.to.to_string(), &millis.to_string(), &id.to_string(), &project.to_string()])
    }
}

/// The parameter `cursor` of an export.
pub(crate) fn export(params: &Params) -> Answer<Option<ExportCursor>> {
    let time = |text: &str| text.parse().ok().filter(|millis| times::possible(*millis));
    read(params, |parts| match parts {
        ["x", mark, from, to, millis, id, project] => Some(ExportCursor {
            mark: (*mark).to_owned(),
            from: time(from)?,
            to: time(to)?,
            at: Cursor { millis: time(millis)?, id: id.parse().ok()?, project: project.parse().ok()? },
        }),
        _ => None,
    })
}

/// What a list is about, in short: pages of other projects or another query have another mark.
pub(crate) fn mark(projects: &[ProjectId], about: &[&str]) -> String {
    let mut hash = Sha256::new();
    for project in projects {
        hash.update(project.0.to_be_bytes());
    }
    for text in about {
        hash.update([0]);
        hash.update(text.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..8])
}

/// The end of a page of an issue's events, which was asked for with this mark.
pub(crate) fn of_issue_event(cursor: Cursor, mark: &str) -> String {
    write(&["ie", mark, &cursor.millis.to_string(), &cursor.id.to_string(), &cursor.project.to_string()])
}

/// The parameter `cursor` of a list of an issue's events.
pub(crate) fn issue_event(params: &Params, mark: &str) -> Answer<Option<Cursor>> {
    let found = read(params, |parts| match parts {
        ["ie", mark, millis, id, project] => {
            let millis = millis.parse().ok().filter(|millis| times::possible(*millis))?;
            Some(((*mark).to_owned(), Cursor { millis, id: id.parse().ok()?, project: project.parse().ok()? }))
        }
        _ => None,
    })?;
    match found {
        Some((of, _)) if of != mark => Err(Problem::cursor("it belongs to a list of another issue or query")),
        found => Ok(found.map(|(_, cursor)| cursor)),
    }
}

/// The end of a page of issues, with all that the next page must keep to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssueCursor {
    /// Name of the order.
    pub(crate) sort: String,
    /// Of projects and query.
    pub(crate) mark: String,
    /// The range, in milliseconds.
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// What the last issue was sorted by.
    pub(crate) value: i64,
    pub(crate) id: IssueId,
}

impl IssueCursor {
    pub(crate) fn write(&self) -> String {
        write(&["i", &self.sort, &self.mark, &self.from.to_string(), &self.to.to_string(), &self.value.to_string(), self.id.as_str()])
    }

    /// Refuses a cursor of a list in another order, of other projects or of another query.
    pub(crate) fn check(&self, sort: &str, mark: &str) -> Answer<()> {
        if self.sort != sort {
            return Err(Problem::cursor(format!("it belongs to a list that is sorted by {:?}", short(&self.sort))));
        }
        if self.mark != mark {
            return Err(Problem::cursor("it belongs to a list of other projects or of another query"));
        }
        Ok(())
    }

    /// The parameter `cursor` of a list of issues.
    pub(crate) fn read(params: &Params) -> Answer<Option<Self>> {
        read(params, |parts| match parts {
            ["i", sort, mark, from, to, value, id] => Some(Self {
                sort: (*sort).to_owned(),
                mark: (*mark).to_owned(),
                from: from.parse().ok().filter(|millis| times::possible(*millis))?,
                to: to.parse().ok().filter(|millis| times::possible(*millis))?,
                value: value.parse().ok()?,
                id: IssueId((*id).to_owned()),
            }),
            _ => None,
        })
    }
}

/// The end of a page of dead letters: receipt in milliseconds and position.
pub(crate) fn of_dead_letter(millis: i64, position: Position) -> String {
    write(&["d", &millis.to_string(), &position.partition.to_string(), &position.offset.to_string()])
}

/// The parameter `cursor` of a list of dead letters.
pub(crate) fn dead_letter(params: &Params) -> Answer<Option<(i64, Position)>> {
    read(params, |parts| match parts {
        ["d", millis, partition, offset] => {
            Some((millis.parse().ok()?, Position { partition: partition.parse().ok()?, offset: offset.parse().ok()? }))
        }
        _ => None,
    })
}

/// The end of a page of feedback: receipt in milliseconds, project and id.
pub(crate) fn of_feedback(millis: i64, project: ProjectId, id: EventId) -> String {
    write(&["f", &millis.to_string(), &project.to_string(), &id.to_string()])
}

/// The parameter `cursor` of a list of feedback.
pub(crate) fn feedback(params: &Params) -> Answer<Option<(i64, ProjectId, EventId)>> {
    read(params, |parts| match parts {
        ["f", millis, project, id] => Some((millis.parse().ok()?, project.parse().ok()?, id.parse().ok()?)),
        _ => None,
    })
}

fn write(parts: &[&str]) -> String {
    BASE64URL_NOPAD.encode(parts.join(" ").as_bytes())
}

fn read<T>(params: &Params, parse: impl FnOnce(&[&str]) -> Option<T>) -> Answer<Option<T>> {
    let Some(text) = params.one("cursor")? else { return Ok(None) };
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let parts = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let found = parts.and_then(|parts| parse(&parts.split(' ').collect::<Vec<_>>()));
    found.map(Some).ok_or_else(|| Problem::parameter("cursor", "it must be what `next` of the page before was"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use schemas::ids::{EventId, ProjectId};

    use super::*;

    fn params(cursor: &str) -> Params {
        Params::read(Some(&format!("cursor={cursor}")), &["cursor"]).unwrap()
    }

    #[test]
    fn a_cursor_of_another_kind_or_of_no_time_is_refused() {
        let id = EventId([7; 16]);
        let good = of_event(Cursor { millis: 5, id, project: ProjectId(1) });
        assert!(event(&params(&good)).is_ok());
        assert!(IssueCursor::read(&params(&good)).is_err());
        assert!(dead_letter(&params(&good)).is_err());
        for millis in [-1, i64::MIN, i64::MAX] {
            assert!(event(&params(&of_event(Cursor { millis, id, project: ProjectId(1) }))).is_err(), "{millis}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(millis in 0_i64..9_000_000_000_000, id: [u8; 16], project in 1_u64.., value: i64, offset: u64) {
            let at = Cursor { millis, id: EventId(id), project: ProjectId(project) };
            prop_assert_eq!(event(&params(&of_event(at))), Ok(Some(at)));
            let end = ExportCursor { mark: "ab12".into(), from: millis, to: millis + 1, at };
            prop_assert_eq!(export(&params(&end.write())), Ok(Some(end)));
            let at = IssueCursor { sort: "count".into(), mark: mark(&[], &[]), from: millis, to: millis + 1, value, id: IssueId("a-b-00000".into()) };
            prop_assert_eq!(IssueCursor::read(&params(&at.write())), Ok(Some(at)));
            let end = of_issue_event(Cursor { millis, id: EventId(id), project: ProjectId(project) }, "m");
            prop_assert_eq!(issue_event(&params(&end), "m").unwrap().map(|cursor| cursor.millis), Some(millis));
            prop_assert!(issue_event(&params(&end), "n").is_err());
            let place = (value, ProjectId(project), EventId(id));
            prop_assert_eq!(feedback(&params(&of_feedback(place.0, place.1, place.2))), Ok(Some(place)));
            let position = Position { partition: 3, offset };
            prop_assert_eq!(dead_letter(&params(&of_dead_letter(millis, position))), Ok(Some((millis, position))));
        }

        #[test]
        fn any_text_is_a_cursor_or_refused(text in "[A-Za-z0-9_-]{0,80}", bytes: Vec<u8>) {
            for text in [text, BASE64URL_NOPAD.encode(&bytes)] {
                let _ = event(&params(&text));
                let _ = IssueCursor::read(&params(&text));
                let _ = dead_letter(&params(&text));
                let _ = feedback(&params(&text));
                let _ = issue_event(&params(&text), "");
            }
        }
    }
}
