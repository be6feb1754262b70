//! Which tantivy fields an index of one day has, and how keys and tags look in them.
//!
//! Every field of [`schemas::fields`] is made from its type alone. Tags of all keys share one field, so that hostile
//! keys make no columns. Times, ids and positions of outcomes stand in the columns of events, so that these have a
//! value for every document and no index of the documents that have one.

use schemas::{
    fields::{Field, Type},
    ids::{EventId, ProjectId},
    record::Position,
    tally::{Dimension, Measure},
};
use sha2::{Digest, Sha256};
use tantivy::{
    Index, IndexSettings,
    schema::{self, BytesOptions, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions},
    store::{Compressor, ZstdCompressor},
    tokenizer::{Token, TokenStream, Tokenizer},
};

/// Counts up when documents are written in another way that the schema does not show.
const VERSION: u32 = 1;
/// Bytes of events that are compressed together. Larger blocks save disk and cost time to read one event: of events of
/// 16 KB that were sorted in runs of 1,000, one takes 2.1 KB with blocks of 128 KB, 1.8 KB with 256, 1.7 KB with 512.
const BLOCK_BYTES: usize = 256 << 10;
/// Level of Zstandard: the default level 3 takes 3 % less disk and twice the time.
const COMPRESSION_LEVEL: i32 = 1;
const TOKENIZER: &str = "tokens";

/// What [`Layout::kind`] says of an event.
pub(super) const EVENT: u64 = 0;
/// What [`Layout::kind`] says of an outcome.
pub(super) const OUTCOME: u64 = 1;
/// What [`Layout::kind`] says of a fact to be summed.
pub(super) const TALLY: u64 = 2;

pub(super) const ID_HIGH: &str = "id_high";
pub(super) const ID_LOW: &str = "id_low";
pub(super) const PARTITION: &str = "partition";
pub(super) const OFFSET: &str = "offset";
pub(super) const OUTCOME_KIND: &str = "outcome_kind";
pub(super) const OUTCOME_REASON: &str = "outcome_reason";
pub(super) const TALLY_PROJECT: &str = "tally_project";
pub(super) const TALLY_SUBJECT: &str = "tally_subject";
pub(super) const TALLY_USER: &str = "tally_user";

/// The fields of an index.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) schema: Schema,
    /// Per [`Field`], in the order of [`Field::ALL`]; none for the id, which is found by `event`.
    fields: Vec<Option<schema::Field>>,
    /// The event or outcome as it is given back.
    pub(super) json: schema::Field,
    /// The tokens of an event, joined by spaces.
    pub(super) text: schema::Field,
    /// [`EVENT`] or [`OUTCOME`].
    pub(super) kind: schema::Field,
    /// [`id_term`] of an event.
    pub(super) event: schema::Field,
    /// [`id_term`] of an outcome.
    pub(super) outcome_event: schema::Field,
    /// [`position_key`] of an outcome.
    pub(super) outcome: schema::Field,
    /// Keys of an event's tags.
    pub(super) tag_keys: schema::Field,
    pub(super) id_high: schema::Field,
    pub(super) id_low: schema::Field,
    pub(super) partition: schema::Field,
    pub(super) offset: schema::Field,
    pub(super) outcome_kind: schema::Field,
    pub(super) outcome_reason: schema::Field,
    /// [`id_term`] of a fact's key.
    pub(super) tally: schema::Field,
    pub(super) tally_project: schema::Field,
    pub(super) tally_subject: schema::Field,
    pub(super) tally_user: schema::Field,
    /// In the order of [`Dimension::ALL`]; none for the project.
    tally_names: Vec<Option<schema::Field>>,
    /// In the order of [`Measure::ALL`].
    tally_counts: Vec<schema::Field>,
}

impl Layout {
    pub(super) fn new() -> Self {
        let mut builder = Schema::builder();
        let column = || NumericOptions::default().set_fast();
        let indexed = || column().set_indexed();
        let key = || BytesOptions::default().set_indexed();
        let fields = Field::ALL.iter().map(|field| {
            let name = column_name(*field);
            match field.kind() {
                _ if *field == Field::Id => None,
                Type::Keyword | Type::Tags => Some(builder.add_text_field(&name, keyword().set_fast("raw"))),
                Type::Long => Some(builder.add_i64_field(&name, indexed())),
                Type::Bool => Some(builder.add_bool_field(&name, indexed())),
                Type::Millis => Some(builder.add_i64_field(&name, column())),
            }
        });
        let fields = fields.collect();
        let tokens = TextFieldIndexing::default()
            .set_tokenizer(TOKENIZER)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions)
            .set_fieldnorms(false);
        Self {
            fields,
            // As text: tantivy writes bytes one by one.
            json: builder.add_text_field("json", TextOptions::default().set_stored()),
            text: builder.add_text_field("text", TextOptions::default().set_indexing_options(tokens)),
            kind: builder.add_u64_field("kind", NumericOptions::default().set_indexed()),
            event: builder.add_bytes_field("event", key()),
            outcome_event: builder.add_bytes_field("outcome_event", key()),
            outcome: builder.add_bytes_field("outcome", key()),
            tag_keys: builder.add_text_field("tag_keys", keyword()),
            id_high: builder.add_u64_field(ID_HIGH, column()),
            id_low: builder.add_u64_field(ID_LOW, column()),
            partition: builder.add_u64_field(PARTITION, column()),
            offset: builder.add_u64_field(OFFSET, column()),
            outcome_kind: builder.add_text_field(OUTCOME_KIND, TextOptions::default().set_fast("raw")),
            outcome_reason: builder.add_text_field(OUTCOME_REASON, TextOptions::default().set_fast("raw")),
            tally: builder.add_bytes_field("tally", key()),
            tally_project: builder.add_u64_field(TALLY_PROJECT, column()),
            tally_subject: builder.add_u64_field(TALLY_SUBJECT, column()),
            tally_user: builder.add_u64_field(TALLY_USER, column()),
            tally_names: tally_names(&mut builder),
            tally_counts: Measure::ALL.iter().map(|measure| builder.add_u64_field(&count_column(*measure), column())).collect(),
            schema: builder.build(),
        }
    }

    /// The tantivy field of `field`; none for [`Field::Id`].
    pub(super) fn field(&self, field: Field) -> Option<schema::Field> {
        self.fields[field as usize]
    }

    /// The column of a dimension; none for the project, which is a number.
    pub(super) fn dimension(&self, dimension: Dimension) -> Option<schema::Field> {
        self.tally_names[dimension as usize]
    }

    /// The column of a measure.
    pub(super) fn measure(&self, measure: Measure) -> schema::Field {
        self.tally_counts[measure as usize]
    }

    /// How documents are stored.
    pub(super) fn settings() -> IndexSettings {
        IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor { compression_level: Some(COMPRESSION_LEVEL) }),
            docstore_blocksize: BLOCK_BYTES,
            ..IndexSettings::default()
        }
    }

    /// Makes `index` ready for use; to be called each time that it is opened.
    pub(super) fn register(index: &Index) {
        index.tokenizers().register(TOKENIZER, Spaces::default());
    }

    /// What an index on disk must have been made with: a version and a hash over all fields and their options.
    pub(super) fn mark(&self) -> String {
        let schema = serde_json::to_string(&self.schema).expect("a schema has only text keys");
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(schema)[..16]);
        format!("{{\"version\":{VERSION},\"fields\":\"{hash}\"}}\n")
    }
}

/// The name of the column of `field`. Dots would mean paths.
pub(super) fn column_name(field: Field) -> String {
    field.name().replace('.', "_")
}

/// The name of the column of a dimension.
pub(super) fn dimension_column(dimension: Dimension) -> String {
    format!("tally_{dimension}")
}

/// The name of the column of a measure.
pub(super) fn count_column(measure: Measure) -> String {
    format!("tally_{}", measure.as_str())
}

fn tally_names(builder: &mut schema::SchemaBuilder) -> Vec<Option<schema::Field>> {
    let column = || TextOptions::default().set_fast("raw");
    let named = |dimension: &Dimension| match dimension {
        Dimension::Project => None,
        other => Some(builder.add_text_field(&dimension_column(*other), column())),
    };
    Dimension::ALL.iter().map(named).collect()
}

fn keyword() -> TextOptions {
    let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(IndexRecordOption::Basic).set_fieldnorms(false);
    TextOptions::default().set_indexing_options(indexing)
}

/// Names an event.
pub(super) fn event_key(project: ProjectId, id: EventId) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&id.0);
    key[16..].copy_from_slice(&project.0.to_be_bytes());
    key
}

/// The term that an id is found by; columns tell which of the few ids with this term it is. Terms of random bytes cost
/// time and disk by their length. Clients choose ids, so these are bytes of a hash that they can't steer.
pub(super) fn id_term(id: EventId) -> [u8; 4] {
    let hash = Sha256::digest(id.0);
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Names a record.
pub(super) fn position_key(position: Position) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&position.partition.to_be_bytes());
    key[4..].copy_from_slice(&position.offset.to_be_bytes());
    key
}

/// The two halves of an id, in its order.
pub(super) fn halves(id: EventId) -> (u64, u64) {
    let id = u128::from_be_bytes(id.0);
    ((id >> 64) as u64, id as u64)
}

/// The id of these halves.
pub(super) fn joined(high: u64, low: u64) -> EventId {
    EventId((u128::from(high) << 64 | u128::from(low)).to_be_bytes())
}

/// What every tag with this key begins with. The length keeps `a` with `b=c` apart from `a=b` with `c`.
pub(super) fn tag_prefix(key: &str) -> String {
    format!("{}:{key}", key.len())
}

/// Splits at single spaces: the text is tokens already.
#[derive(Debug, Clone, Default)]
struct Spaces {
    token: Token,
}

struct SpacesStream<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Spaces {
    type TokenStream<'a> = SpacesStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> SpacesStream<'a> {
        self.token.reset();
        SpacesStream { rest: text, token: &mut self.token }
    }
}

impl TokenStream for SpacesStream<'_> {
    fn advance(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let (token, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        self.token.text.clear();
        self.token.text.push_str(token);
        self.token.position = self.token.position.wrapping_add(1);
        self.rest = rest;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_their_number_says() {
        let layout = Layout::new();
        for field in Field::ALL {
            match layout.field(*field) {
                Some(found) => assert_eq!(layout.schema.get_field_name(found), column_name(*field)),
                None => assert_eq!(*field, Field::Id),
            }
        }
    }

    #[test]
    fn ids_come_back_from_their_halves() {
        let id = EventId(*b"0123456789abcdef");
        let (high, low) = halves(id);
        assert_eq!(joined(high, low), id);
    }
}
