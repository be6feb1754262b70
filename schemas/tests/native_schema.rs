//! The published JSON Schema of an event and the reader agree.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::Timestamp;
use schemas::{
    event::Event,
    ids::{EventId, ProjectId},
    wire::native::{self, SCHEMA},
};
use serde_json::{Map, Value, json};

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn read(event: &Value) -> Result<Event, String> {
    let body = Bytes::from(event.to_string());
    let checked = native::split(&body, None).unwrap().remove(0);
    checked.map_err(|error| format!("{event}: {error}"))?;
    Ok(native::read(&body, EventId([7; 16]), ProjectId(1), Timestamp::UNIX_EPOCH).unwrap())
}

/// The schema that a reference points to, or the schema itself.
fn resolve<'a>(schema: &'a Value, part: &'a Value) -> &'a Value {
    part.get("$ref").and_then(Value::as_str).map_or(part, |reference| {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        schema["$defs"].get(name).unwrap_or_else(|| panic!("{reference} is not defined"))
    })
}

/// What JSON Schema calls a value.
fn kinds(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(number) if number.is_f64() => &["number"],
        Value::Number(_) => &["integer", "number"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    }
}

/// Examples of each property, those of an object's properties as objects with that one property.
fn examples(schema: &Value, property: &Value) -> Vec<Value> {
    let property = resolve(schema, property);
    let mut found = property["examples"].as_array().cloned().unwrap_or_default();
    for (name, inner) in property["properties"].as_object().into_iter().flatten() {
        found.extend(examples(schema, inner).into_iter().map(|value| json!({ name: value })));
    }
    assert!(!found.is_empty(), "{property} has no example");
    let types: Vec<&str> = match &property["type"] {
        Value::String(one) => vec![one],
        types => types.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect(),
    };
    for example in &found {
        assert!(kinds(example).iter().any(|kind| types.contains(kind)), "{example} is none of {types:?}");
    }
    found
}

#[test]
fn the_schema_names_what_the_reader_knows_and_nothing_else() {
    let schema = schema();
    let published: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let known: BTreeSet<&str> = native::names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(published, known);
    for (name, canonical) in native::names() {
        let (one, other) = (&schema["properties"][name], &schema["properties"][canonical]);
        assert_eq!(resolve(&schema, one), resolve(&schema, other), "{name} and {canonical}");
    }
}

#[test]
fn every_property_with_each_of_its_examples_is_read_as_a_field() {
    let schema = schema();
    for (name, property) in schema["properties"].as_object().unwrap() {
        for example in examples(&schema, property) {
            let mut event = Map::from_iter([(name.clone(), example)]);
            event.entry("exceptions").or_insert_with(|| json!([{ "type": "E" }]));
            let event = Value::from(event);
            let read = read(&event).unwrap_or_else(|error| panic!("{error}"));
            let kept = if ["extra", "metadata"].contains(&name.as_str()) { vec!["cart"] } else { vec![] };
            assert_eq!(read.extra.keys().collect::<Vec<_>>(), kept, "{event}");
            assert_eq!(read.errors, [], "{event}");
        }
    }
    for part in ["frame", "exception", "breadcrumb"] {
        for example in examples(&schema, &schema["$defs"][part]) {
            let event = match part {
                "frame" => json!({ "message": "m", "error": { "frames": [example] } }),
                "exception" => json!({ "exceptions": [example] }),
                _ => json!({ "message": "m", "breadcrumbs": [example] }),
            };
            let read = read(&event).unwrap_or_else(|error| panic!("{error}"));
            assert!(read.extra.is_empty() && read.breadcrumbs.iter().all(|crumb| crumb.data.len() < 2), "{event}");
        }
    }
}

#[test]
fn whole_examples_are_read_and_what_must_be_there_is_what_the_reader_needs() {
    let schema = schema();
    for example in schema["examples"].as_array().unwrap() {
        let event = read(example).unwrap();
        assert!(event.extra.is_empty() && !event.exceptions.is_empty(), "{example}");
    }
    let needed: BTreeSet<&str> = schema["anyOf"].as_array().unwrap().iter().map(|one| one["required"][0].as_str().unwrap()).collect();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let alone = examples(&schema, property).into_iter().any(|example| read(&json!({ name: example })).is_ok());
        assert_eq!(alone, needed.contains(name.as_str()), "{name} alone");
    }
}
