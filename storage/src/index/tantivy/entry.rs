//! An event, outcome or fact on its way into tantivy: its values taken out, its JSON still one piece.

use std::{ops::Range, sync::Arc};

use schemas::{
    event::Event,
    fields::{Field, Found, text, visit},
    ids::{EventId, ProjectId},
    outcome::{Kind, Outcome},
    record::Position,
    tally::{Measure, Tally},
};
use tantivy::schema::{
    self,
    document::{Document, ReferenceValue, ReferenceValueLeaf, Value},
};

use super::layout::{EVENT, Layout, OUTCOME, TALLY, event_key, halves, id_term, position_key, tag_prefix};

/// A document that is not committed yet. Shared, so that it can be written again when writing fails.
#[derive(Debug, Clone)]
pub(super) struct Entry(Arc<Content>);

#[derive(Debug)]
struct Content {
    values: Vec<(schema::Field, Part)>,
    /// All texts, one after the other.
    texts: String,
    json: String,
    key: [u8; 24],
    id: [u8; 4],
    position: [u8; 12],
    /// [`EVENT`], [`OUTCOME`] or [`TALLY`].
    kind: u64,
    /// Of `texts`.
    group: Range<usize>,
}

/// What one entry alone has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// Project and id.
    Event(&'a [u8; 24]),
    /// The record.
    Outcome(&'a [u8; 12]),
    /// What it is a fact about.
    Tally(&'a [u8; 16]),
}

#[derive(Debug, Clone)]
enum Part {
    Text(Range<usize>),
    Signed(i64),
    Unsigned(u64),
    Bool(bool),
    Json,
    IdTerm,
    PositionKey,
}

impl Content {
    fn new(layout: &Layout, kind: u64, (project, id): (ProjectId, EventId), position: Position, json: String) -> Self {
        let (high, low) = halves(id);
        let values = vec![
            (layout.kind, Part::Unsigned(kind)),
            (layout.json, Part::Json),
            (layout.id_high, Part::Unsigned(high)),
            (layout.id_low, Part::Unsigned(low)),
            (layout.partition, Part::Unsigned(position.partition.into())),
            (layout.offset, Part::Unsigned(position.offset)),
        ];
        Self {
            values,
            texts: String::new(),
            json,
            key: event_key(project, id),
            id: id_term(id),
            position: position_key(position),
            kind,
            group: 0..0,
        }
    }

    /// Columns of times have a value in every document.
    fn times(&mut self, layout: &Layout, millis: i64) {
        for field in [Field::Timestamp, Field::ReceivedAt] {
            let field = layout.field(field).expect("times have columns");
            self.values.push((field, Part::Signed(millis)));
        }
    }

    fn text(&mut self, field: schema::Field, parts: &[&str]) {
        let start = self.texts.len();
        self.texts.extend(parts.iter().copied());
        self.values.push((field, Part::Text(start..self.texts.len())));
    }
}

impl Entry {
    /// The event with this JSON from the record at `position`.
    pub(super) fn event(layout: &Layout, event: &Event, json: String, position: Position) -> Self {
        let mut content = Content::new(layout, EVENT, (event.project, event.id), position, json);
        content.values.reserve(60);
        content.texts.reserve(4 << 10);
        content.values.push((layout.event, Part::IdTerm));
        visit(event, |of, value| {
            let Some(field) = layout.field(of) else { return };
            match value {
                Found::Keyword(text) => {
                    content.text(field, &[text]);
                    if of == Field::Fingerprint {
                        content.group = content.texts.len() - text.len()..content.texts.len();
                    }
                }
                Found::Long(number) | Found::Millis(number) => content.values.push((field, Part::Signed(number))),
                Found::Bool(yes) => content.values.push((field, Part::Bool(yes))),
                Found::Tag(key, text) => {
                    content.text(field, &[&tag_prefix(key), text]);
                    content.text(layout.tag_keys, &[key]);
                }
            }
        });
        let start = content.texts.len();
        text(event, |token| {
            content.texts.push_str(token);
            content.texts.push(' ');
        });
        content.values.push((layout.text, Part::Text(start..content.texts.len())));
        Self(Arc::new(content))
    }

    /// The event that took the place of another one from the same record.
    pub(super) fn replacement(layout: &Layout, event: &Event, json: String, position: Position) -> Self {
        let Self(mut content) = Self::event(layout, event, json, position);
        if let Some(content) = Arc::get_mut(&mut content) {
            content.values.push((layout.tally_project, Part::Unsigned(event.project.0)));
        }
        Self(content)
    }

    /// An outcome. Its own project and id are in its JSON and key only, so that no question about events finds it.
    pub(super) fn outcome(layout: &Layout, outcome: &Outcome) -> Self {
        let json = serde_json::to_string(outcome).expect("an outcome has only text keys");
        let mut content = Content::new(layout, OUTCOME, (outcome.project, outcome.event_id), outcome.position, json);
        content.values.extend([(layout.outcome, Part::PositionKey), (layout.outcome_event, Part::IdTerm)]);
        content.times(layout, outcome.received_at.as_millisecond());
        content.text(layout.outcome_kind, &[outcome.kind.as_str()]);
        content.text(layout.outcome_reason, &[outcome.reason.as_str()]);
        if outcome.kind == Kind::Erased {
            // By this and its id the event that was there is still known.
            content.values.push((layout.tally_project, Part::Unsigned(outcome.project.0)));
        }
        Self(Arc::new(content))
    }

    /// A fact. Its project and time are in columns that no question about events looks at, and it has no position.
    pub(super) fn tally(layout: &Layout, tally: &Tally) -> Self {
        let nowhere = Position { partition: 0, offset: 0 };
        let mut content = Content::new(layout, TALLY, (tally.project, EventId(tally.key)), nowhere, String::new());
        content.values.extend([
            (layout.tally, Part::IdTerm),
            (layout.tally_project, Part::Unsigned(tally.project.0)),
            (layout.tally_subject, Part::Unsigned(tally.subject as u64)),
        ]);
        content.times(layout, tally.at.as_millisecond());
        content.values.extend(tally.user.map(|user| (layout.tally_user, Part::Unsigned(user))));
        for dimension in tally.subject.dimensions() {
            if let Some(field) = layout.dimension(*dimension) {
                content.text(field, &[tally.name(*dimension)]);
            }
        }
        let counts = Measure::ALL.into_iter().map(|measure| (layout.measure(measure), tally.counts.get(measure)));
        content.values.extend(counts.filter(|(_, number)| *number > 0).map(|(field, number)| (field, Part::Unsigned(number))));
        Self(Arc::new(content))
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.json.len() + self.0.texts.capacity() + self.0.values.capacity() * size_of::<(schema::Field, Part)>()
    }

    /// What it can be found by once it is committed.
    pub(super) fn key(&self) -> Key<'_> {
        match self.0.kind {
            EVENT => Key::Event(&self.0.key),
            OUTCOME => Key::Outcome(&self.0.position),
            _ => Key::Tally(self.0.key.first_chunk().expect("16 bytes of 24 are the id")),
        }
    }

    /// Events with the same group resemble each other.
    pub(super) fn group(&self) -> &str {
        &self.0.texts[self.0.group.clone()]
    }
}

impl Document for Entry {
    type Value<'a> = Borrowed<'a>;
    type FieldsValuesIter<'a> = Box<dyn Iterator<Item = (schema::Field, Borrowed<'a>)> + 'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let content = &*self.0;
        Box::new(content.values.iter().map(move |(field, part)| {
            let leaf = match part {
                Part::Text(range) => ReferenceValueLeaf::Str(&content.texts[range.clone()]),
                Part::Signed(number) => ReferenceValueLeaf::I64(*number),
                Part::Unsigned(number) => ReferenceValueLeaf::U64(*number),
                Part::Bool(yes) => ReferenceValueLeaf::Bool(*yes),
                Part::Json => ReferenceValueLeaf::Str(&content.json),
                Part::IdTerm => ReferenceValueLeaf::Bytes(&content.id),
                Part::PositionKey => ReferenceValueLeaf::Bytes(&content.position),
            };
            (*field, Borrowed(leaf))
        }))
    }
}

/// A value that its entry owns.
#[derive(Debug, Clone)]
pub(super) struct Borrowed<'a>(ReferenceValueLeaf<'a>);

impl<'a> Value<'a> for Borrowed<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = std::iter::Empty<(&'a str, Self)>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        ReferenceValue::Leaf(self.0.clone())
    }
}
