//! What the codes of protocols and systems say: gRPC, SQLSTATE, cURL, WebSocket, Apple's error domains. The table is
//! `codes.tsv`.

use std::{collections::HashMap, sync::LazyLock};

use schemas::event::Category;

use super::table;

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says {
    /// The category; `Unknown`: the code says that nothing failed, or nothing about what.
    pub(super) category: Category,
    /// Something beside it says it better, if there is anything.
    pub(super) weak: bool,
}

static TABLE: LazyLock<HashMap<(&str, &str), Says>> = LazyLock::new(|| {
    table::lines(include_str!("codes.tsv"))
        .flat_map(|[set, says, codes]| {
            let (category, mark) = table::marked(says);
            codes.split(' ').map(move |code| {
                let (code, weak) = code.strip_suffix('~').map_or((code, mark == Some('~')), |code| (code, true));
                ((set, code), Says { category, weak })
            })
        })
        .collect()
});

/// Looks a code up in a set: `curl`, `close`, or an error domain of Apple's.
pub(super) fn find(set: &str, code: &str) -> Option<Says> {
    let table: &HashMap<(&str, &str), Says> = &TABLE;
    table.get(&(set, code)).copied()
}

/// A status of gRPC by its name in any spelling: `DEADLINE_EXCEEDED`, `DeadlineExceeded`.
pub(super) fn grpc(name: &str) -> Option<Says> {
    let plain: String = name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    find("grpc", &plain)
}

/// A SQLSTATE by itself, else by its class.
pub(super) fn sqlstate(code: &str) -> Option<Says> {
    find("sqlstate", code).or_else(|| find("sqlstate", code.get(..2)?))
}
