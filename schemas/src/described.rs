//! What the texts that stand for values look like, for the description of the API. Types with members describe
//! themselves.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};

use crate::{
    catalog::AllowedOrigin,
    ids::{EventId, PublicKey},
    rules::{Condition, filters::Status},
};

fn text(description: &str, pattern: Option<&str>, example: &str) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(description)).pattern(pattern);
    text.examples([serde_json::json!(example)]).build().into()
}

macro_rules! text {
    ($name:ty, $description:literal, $pattern:expr, $example:literal) => {
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                text($description, $pattern, $example)
            }
        }

        impl ToSchema for $name {}
    };
}

text!(EventId, "32 lower-case hex digits; taken with hyphens and in any case too.", None, "9b2d5f60c3a14d0f8a53c2a7a3e1d001");
text!(PublicKey, "The public key of a DSN: 32 hex digits.", Some("^[0-9a-f]{32}$"), "01010101010101010101010101010101");
text!(AllowedOrigin, "A page's origin, a host, or `*.` and a domain.", None, "https://shop.example");
text!(Condition, "A condition in the query language.", None, "level:error service:checkout");

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        let both = SchemaType::from_iter([Type::Integer, Type::String]);
        let status = ObjectBuilder::new().schema_type(both).description(Some("A status or a range of them."));
        status.examples([serde_json::json!("500-599")]).build().into()
    }
}

impl ToSchema for Status {}
