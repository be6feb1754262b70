//! What can be asked for.

use jiff::Timestamp;
use schemas::fields::Field;
use serde::Serialize;
use utoipa::ToSchema;

use crate::scope::Understood;

/// Every field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Fields {
    pub(crate) fields: Vec<Described>,
}

/// A field of queries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = QueryField)]
pub(crate) struct Described {
    name: &'static str,
    /// `keyword`, `number`, `boolean`, `time`, or `tags`: keywords by key, `tags.KEY`.
    #[serde(rename = "type")]
    kind: &'static str,
    description: &'static str,
    /// A value or pattern.
    example: &'static str,
    /// What stands between name and value, and `has:` in front of the name.
    operators: &'static [&'static str],
    /// Whether events can be split by it.
    splits: bool,
    /// Its only values, where there are a few.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<&'static str>>,
    /// Where it stands in Elasticsearch's documents, for Kibana and Grafana.
    ecs: &'static str,
}

impl Described {
    pub(crate) fn new(field: Field) -> Self {
        Self {
            name: field.name(),
            kind: field.kind().name(),
            description: field.description(),
            example: field.example(),
            operators: field.kind().operators(),
            splits: field.splits(),
            values: field.values(),
            ecs: field.ecs(),
        }
    }
}

/// Values of a field, most frequent first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldValues)]
pub(crate) struct Values {
    pub(crate) query: Understood,
    pub(crate) field: String,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) values: Vec<Found>,
    /// Whether there are more of them.
    pub(crate) more: bool,
}

/// A value and how many events have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldValue)]
pub(crate) struct Found {
    /// A text, number or boolean, by the field's type.
    pub(crate) value: serde_json::Value,
    /// Events, with what they stand for.
    pub(crate) count: u64,
}
