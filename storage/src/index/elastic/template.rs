//! What the indices of a day look like: fields, types and settings, as Kibana and Grafana use them too.

use schemas::{
    fields::{Field, Type},
    tally::{Dimension, Measure},
};
use serde_json::{Map, Value, json};

use crate::elastic::Format;

/// To be raised with every change of the indices of events.
const EVENTS_FORMAT: u32 = 3;
/// To be raised with every change of the indices of outcomes.
const OUTCOMES_FORMAT: u32 = 1;
/// To be raised with every change of the indices of facts that are summed.
const TALLIES_FORMAT: u32 = 2;

/// The field that keyword tests and counts of `field` go to; [`Field::Tags`] has none.
pub(super) fn keyword_path(field: Field) -> &'static str {
    match field {
        // `message` itself is text, for people who search in Kibana.
        Field::Message => "message.keyword",
        other => other.ecs(),
    }
}

/// Tags as `key=value` keywords, for tests; patterns over a key of `labels` are beyond Elasticsearch.
pub(super) const TAGS: &str = "belfry.tags";
/// The keys of tags, for listing them.
pub(super) const TAG_KEYS: &str = "belfry.tag_keys";
/// The tokens of the full text, joined by blanks.
pub(super) const TEXT: &str = "belfry.text";
/// The whole event.
pub(super) const ORIGINAL: &str = "event.original";
/// The record it came from: `partition` and `offset`.
pub(super) const POSITION: &str = "belfry.position";

/// Marks what took the place of an event: another one, or what has nothing but the record and the time of receipt.
pub(super) const ERASED: &str = "belfry.erased";

/// A key in front of its values in [`TAGS`]. No key with its mark is the beginning of another one's.
pub(super) fn push_tag_key(key: &str, into: &mut String) {
    for c in key.chars() {
        if matches!(c, '=' | '\\') {
            into.push('\\');
        }
        into.push(c);
    }
    into.push('=');
}

/// A tag's key as it is written in `labels`, which can't hold NUL and in whose names `*` is a pattern.
pub(super) fn push_label_key(key: &str, into: &mut String) {
    for c in key.chars() {
        match c {
            '\0' => into.push_str("%00"),
            '%' => into.push_str("%25"),
            '*' => into.push_str("%2A"),
            other => into.push(other),
        }
    }
}

/// The format of an index of events.
pub(super) fn events() -> Format {
    let mut properties = Map::new();
    for field in Field::ALL {
        properties.insert(field.ecs().into(), field_mapping(*field));
    }
    for name in ["user.name", "user.full_name", "user_agent.original"] {
        properties.insert(name.into(), json!({ "type": "keyword" }));
    }
    for name in ["source.geo.region_name", "source.geo.city_name", TAGS, TAG_KEYS] {
        properties.insert(name.into(), json!({ "type": "keyword" }));
    }
    // Clients send anything as an address.
    properties.insert("source.ip".into(), json!({ "type": "ip", "ignore_malformed": true }));
    properties.insert("error.message".into(), json!({ "type": "alias", "path": "message" }));
    for name in [ORIGINAL, "error.stack_trace"] {
        properties.insert(name.into(), json!({ "type": "keyword", "index": false, "doc_values": false }));
    }
    properties.insert(TEXT.into(), json!({ "type": "text", "analyzer": "whitespace", "search_analyzer": "standard", "norms": false }));
    properties.extend(position());
    let searched = ["message", TEXT, "error.type", "belfry.culprit", "transaction.name"];
    Format::new(EVENTS_FORMAT, settings(&searched), mappings(&properties, &[TEXT]))
}

fn field_mapping(field: Field) -> Value {
    match (field, field.kind()) {
        (Field::Message, _) => json!({ "type": "text", "norms": false, "fields": { "keyword": { "type": "keyword" } } }),
        (_, Type::Keyword) => json!({ "type": "keyword" }),
        (_, Type::Long) => json!({ "type": "long" }),
        (_, Type::Bool) => json!({ "type": "boolean" }),
        (_, Type::Millis) => json!({ "type": "date" }),
        (_, Type::Tags) => json!({ "type": "flattened" }),
    }
}

/// The format of an index of outcomes.
pub(super) fn outcomes() -> Format {
    let mut properties = Map::new();
    properties.insert("@timestamp".into(), json!({ "type": "date" }));
    properties.insert(Field::Project.ecs().into(), json!({ "type": "long" }));
    for name in [Field::Id.ecs(), KIND, REASON] {
        properties.insert(name.into(), json!({ "type": "keyword" }));
    }
    properties.insert("belfry.outcome.quantity".into(), json!({ "type": "long" }));
    properties.insert("belfry.outcome.detail".into(), json!({ "type": "keyword", "index": false, "doc_values": false }));
    properties.extend(position());
    Format::new(OUTCOMES_FORMAT, settings(&[KIND, REASON]), mappings(&properties, &[]))
}

/// Where a record ended.
pub(super) const KIND: &str = "belfry.outcome.kind";
/// Why it ended there.
pub(super) const REASON: &str = "belfry.outcome.reason";

/// The format of an index of facts that are summed.
pub(super) fn tallies() -> Format {
    let mut properties = Map::new();
    properties.insert("@timestamp".into(), json!({ "type": "date" }));
    properties.insert(Field::Project.ecs().into(), json!({ "type": "long" }));
    let named = Dimension::ALL.into_iter().filter(|dimension| *dimension != Dimension::Project).map(dimension_path);
    for name in named.chain([SUBJECT, USER_HASH]) {
        properties.insert(name.into(), json!({ "type": "keyword" }));
    }
    for measure in Measure::ALL {
        properties.insert(count_path(measure).into(), json!({ "type": "long" }));
    }
    Format::new(TALLIES_FORMAT, settings(&[SUBJECT]), mappings(&properties, &[]))
}

/// What a fact is about.
pub(super) const SUBJECT: &str = "belfry.tally.subject";
/// The user that a fact is about, without a name.
pub(super) const USER_HASH: &str = "user.hash";

/// The field of a dimension of facts.
pub(super) fn dimension_path(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Project => Field::Project.ecs(),
        Dimension::Release => Field::Release.ecs(),
        Dimension::Environment => Field::Environment.ecs(),
        Dimension::Reason => "belfry.tally.reason",
        Dimension::Category => "belfry.tally.category",
        Dimension::Rule => "belfry.tally.rule",
        Dimension::Scope => "belfry.tally.scope",
    }
}

/// The field of a measure of facts.
pub(super) fn count_path(measure: Measure) -> &'static str {
    match measure {
        Measure::Sessions => "belfry.tally.sessions",
        Measure::Errored => "belfry.tally.errored",
        Measure::Crashed => "belfry.tally.crashed",
        Measure::Abnormal => "belfry.tally.abnormal",
        Measure::Unhandled => "belfry.tally.unhandled",
        Measure::Lost => "belfry.tally.lost",
        Measure::Filtered => "belfry.tally.filtered",
    }
}

fn position() -> [(String, Value); 2] {
    ["partition", "offset"].map(|part| (format!("{POSITION}.{part}"), json!({ "type": "long" })))
}

fn mappings(properties: &Map<String, Value>, excluded: &[&str]) -> Value {
    json!({ "dynamic": false, "_source": { "excludes": excluded }, "properties": properties })
}

fn settings(searched: &[&str]) -> Value {
    json!({
        "codec": "best_compression",
        // `flush` refreshes. This is for what a process put that ended before.
        "refresh_interval": "30s",
        // What a search box without field names looks into.
        "query.default_field": searched,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_tags_stay_apart() {
        let keyed = |key: &str| {
            let mut text = String::new();
            push_tag_key(key, &mut text);
            text
        };
        assert_eq!(keyed("tenant"), "tenant=");
        let keys = ["", "a", "a=", "a=b", "a\\", "a\\=", "\\", "=", "a\0"];
        for one in keys {
            for other in keys {
                assert_eq!(keyed(one).starts_with(&keyed(other)), one == other, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn keys_of_labels_stay_apart_and_hold_nothing_that_elasticsearch_refuses() {
        let keyed = |key: &str| {
            let mut text = String::new();
            push_label_key(key, &mut text);
            text
        };
        assert_eq!(keyed("a.b"), "a.b");
        assert_eq!(keyed("\0"), "%00");
        assert_eq!(keyed("%00"), "%2500");
        assert_eq!(keyed("*"), "%2A");
    }
}
