//! From a request in Protobuf down to its records, which stay as they are. The numbers of the fields are those of
//! `ExportLogsServiceRequest` and `ExportTraceServiceRequest`, which agree.

use bytes::Bytes;

use super::{
    RequestError,
    fields::{Broken, Fields},
    split::Splitter,
};
use crate::limits;

impl From<Broken> for RequestError {
    fn from(_: Broken) -> Self {
        Self::Protobuf
    }
}

/// Gives each record to the splitter.
pub(super) fn walk(body: &Bytes, splitter: &mut Splitter) -> Result<(), RequestError> {
    for_each(body, 1, |group| {
        splitter.resource(Some(merged(&group, 1)?));
        for_each(&group, 2, |scope| {
            splitter.scope(Some(merged(&scope, 1)?));
            for field in Fields::of(scope) {
                let field = field?;
                if let (2, Some(record)) = (field.number, field.content) {
                    splitter.record(&record)?;
                }
            }
            Ok(())
        })
    })
}

/// Each message of a field that is repeated.
fn for_each(message: &Bytes, number: u32, mut take: impl FnMut(Bytes) -> Result<(), RequestError>) -> Result<(), RequestError> {
    let mut groups = 0;
    for field in Fields::of(message.clone()) {
        let field = field?;
        if let Some(content) = field.content.filter(|_| field.number == number) {
            groups += 1;
            if groups > limits::OTLP_GROUPS {
                return Err(RequestError::TooMany);
            }
            take(content)?;
        }
    }
    Ok(())
}

/// The message of a field that is not repeated. When it is there several times, they are one: parts of a message that
/// follow each other are the message.
fn merged(message: &Bytes, number: u32) -> Result<Bytes, RequestError> {
    let (mut first, mut all) = (Bytes::new(), Vec::new());
    for field in Fields::of(message.clone()) {
        let field = field?;
        match field.content {
            Some(content) if field.number == number && first.is_empty() => first = content,
            Some(content) if field.number == number => {
                if all.is_empty() {
                    all.extend_from_slice(&first);
                }
                all.extend_from_slice(&content);
            }
            _ => {}
        }
    }
    Ok(if all.is_empty() { first } else { all.into() })
}
