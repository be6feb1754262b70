//! An event or outcome on its way into tantivy: its values taken out, its JSON still one piece.

use std::{ops::Range, sync::Arc};

use schemas::{
    event::Event,
    fields::{Field, Found, text, visit},
    ids::{EventId, ProjectId},
    outcome::Outcome,
    record::Position,
};
use tantivy::schema::{
    self,
    document::{Document, ReferenceValue, ReferenceValueLeaf, Value},
};

use super::layout::{EVENT, Layout, OUTCOME, event_key, halves, position_key, tag_prefix};

/// A document that is not committed yet. Shared, so that it can be written again when writing fails.
#[derive(Debug, Clone)]
pub(super) struct Entry(Arc<Content>);

#[derive(Debug)]
struct Content {
    values: Vec<(schema::Field, Part)>,
    /// All texts, one after the other.
    texts: String,
    json: Vec<u8>,
    event: [u8; 24],
    position: [u8; 12],
}

#[derive(Debug, Clone)]
enum Part {
    Text(Range<usize>),
    Signed(i64),
    Unsigned(u64),
    Bool(bool),
    Json,
    EventKey,
    PositionKey,
}

impl Content {
    fn new(layout: &Layout, project: ProjectId, id: EventId, position: Position, json: Vec<u8>) -> Self {
        let (high, low) = halves(id);
        let values = vec![
            (layout.json, Part::Json),
            (layout.id_high, Part::Unsigned(high)),
            (layout.id_low, Part::Unsigned(low)),
            (layout.partition, Part::Unsigned(position.partition.into())),
            (layout.offset, Part::Unsigned(position.offset)),
        ];
        Self { values, texts: String::new(), json, event: event_key(project, id), position: position_key(position) }
    }

    fn text(&mut self, field: schema::Field, parts: &[&str]) {
        let start = self.texts.len();
        self.texts.extend(parts.iter().copied());
        self.values.push((field, Part::Text(start..self.texts.len())));
    }
}

impl Entry {
    /// The event with this JSON from the record at `position`.
    pub(super) fn event(layout: &Layout, event: &Event, json: Vec<u8>, position: Position) -> Self {
        let mut content = Content::new(layout, event.project, event.id, position, json);
        content.values.reserve(60);
        content.texts.reserve(4 << 10);
        content.values.extend([(layout.kind, Part::Unsigned(EVENT)), (layout.event, Part::EventKey)]);
        visit(event, |field, value| {
            let Some(field) = layout.field(field) else { return };
            match value {
                Found::Keyword(text) => content.text(field, &[text]),
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

    /// An outcome. Its own project and id are in its JSON and key only, so that no question about events finds it.
    pub(super) fn outcome(layout: &Layout, outcome: &Outcome) -> Self {
        let json = serde_json::to_vec(outcome).expect("an outcome has only text keys");
        let mut content = Content::new(layout, outcome.project, outcome.event_id, outcome.position, json);
        content.values.extend([
            (layout.kind, Part::Unsigned(OUTCOME)),
            (layout.outcome, Part::PositionKey),
            (layout.outcome_event, Part::EventKey),
        ]);
        for field in [Field::Timestamp, Field::ReceivedAt] {
            let field = layout.field(field).expect("times have columns");
            content.values.push((field, Part::Signed(outcome.received_at.as_millisecond())));
        }
        content.text(layout.outcome_kind, &[outcome.kind.as_str()]);
        content.text(layout.outcome_reason, &[outcome.reason.as_str()]);
        Self(Arc::new(content))
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> usize {
        self.0.json.len() + self.0.texts.capacity() + self.0.values.capacity() * size_of::<(schema::Field, Part)>()
    }

    /// Field and key by which it can be found once it is committed.
    pub(super) fn key(&self, layout: &Layout) -> (schema::Field, &[u8]) {
        let is_event = self.0.values.iter().any(|(field, _)| *field == layout.event);
        if is_event { (layout.event, &self.0.event) } else { (layout.outcome, &self.0.position) }
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
                Part::Json => ReferenceValueLeaf::Bytes(&content.json),
                Part::EventKey => ReferenceValueLeaf::Bytes(&content.event),
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
