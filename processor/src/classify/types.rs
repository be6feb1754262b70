//! What the type of an exception says. The table is `types.tsv`; look-ups are by hash, however long it grows.

use std::{collections::HashMap, sync::LazyLock};

use schemas::{event::Category, tokens};

use super::table;

/// Longest name that is looked up, in bytes. What is longer has its begin cut: the end says what it is.
const NAME: usize = 200;

/// Most words of a name that are looked up together, and most parts of a package.
const WORDS: usize = 4;

/// Words at the end of a name that only say that it is an error.
const ENDINGS: [&str; 8] = ["error", "errors", "exception", "exceptions", "failure", "failed", "fault", "err"];

/// What a type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says {
    /// The category; `Unknown`: a mistake in the program or a cancellation.
    pub(super) category: Category,
    /// The message is not asked.
    pub(super) firm: bool,
}

#[derive(Default)]
struct Table {
    /// Whole names and last parts, with the platform that they are of.
    names: HashMap<&'static str, Vec<(&'static str, Says)>>,
    packages: HashMap<&'static str, Says>,
    /// Last words of names, together and in lower case.
    words: HashMap<&'static str, Says>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut made = Table::default();
    for [says, platform, names] in table::lines(include_str!("types.tsv")) {
        let (category, mark) = table::marked(says);
        for name in names.split(' ') {
            let (name, mark) = name.strip_suffix('?').map_or((name, mark), |name| (name, Some('?')));
            let says = Says { category, firm: firm(category, mark) };
            if let Some(words) = name.strip_prefix('*') {
                made.words.insert(words, says);
            } else if let Some(package) = name.strip_suffix(".*") {
                made.packages.insert(package, says);
            } else {
                made.names.entry(name).or_default().push((platform, says));
            }
        }
    }
    made
});

/// Whether a type needs no message: a connection that failed can still have timed out or been refused for want of a
/// password, and an answer has a status.
fn firm(category: Category, mark: Option<char>) -> bool {
    mark == Some('!') || (mark.is_none() && !matches!(category, Category::Network | Category::Client | Category::Server))
}

/// What the type of an exception says, if the table knows it.
pub(super) fn find(kind: &str, module: Option<&str>, platform: Option<&str>) -> Option<Says> {
    let name = plain(kind, module);
    let (package, last) = name.rsplit_once('.').unwrap_or(("", &name));
    let pair = package.rfind('.').map_or(name.as_str(), |at| &name[at + 1..]);
    let mut buffer = Words::default();
    let exact = |name: &str| of_platform(TABLE.names.get(name)?, platform);
    let by_name = |buffer: &mut Words, last: &str| exact(last).or_else(|| buffer.find(last));
    exact(&name).or_else(|| exact(pair)).or_else(|| of_package(&name)).or_else(|| by_name(&mut buffer, last)).or_else(|| {
        let outer = package.rsplit('.').next().filter(|outer| outer.starts_with(|c: char| c.is_ascii_uppercase()))?;
        if buffer.is_empty() { by_name(&mut buffer, outer) } else { None }
    })
}

fn of_platform(entries: &[(&str, Says)], platform: Option<&str>) -> Option<Says> {
    let own = entries.iter().find(|(each, _)| platform == Some(*each));
    own.or_else(|| entries.iter().find(|(each, _)| *each == "*")).map(|(_, says)| *says)
}

fn of_package(name: &str) -> Option<Says> {
    let ends = name.match_indices('.').map(|(at, _)| at).take(WORDS);
    ends.filter_map(|end| TABLE.packages.get(&name[..end])).last().copied()
}

/// A name with its module, a dot for every separator, without what languages put around it: `*net.OpError`,
/// `Net::ReadTimeout`, `GuzzleHttp\Exception\ConnectException`, ``List`1``.
fn plain(kind: &str, module: Option<&str>) -> String {
    let kind = kind.trim().trim_start_matches(['*', '&', '\\']);
    let kind = kind.split_once(['<', '`']).map_or(kind, |(before, _)| if before.is_empty() { kind } else { before });
    let is_separator = |c: char| matches!(c, '.' | ':' | '\\' | '/' | '$' | '#');
    let is_whole = kind.contains(['.', ':', '\\', '/']);
    let module = module.filter(|module| !module.contains([',', ' ']) && !is_whole).unwrap_or_default();
    let mut name = String::with_capacity(module.len().min(NAME) + kind.len().min(NAME) + 1);
    let parts = end(module).split(is_separator).chain(end(kind).split(is_separator));
    for part in parts.filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(part);
    }
    name
}

/// The last [`NAME`] bytes.
fn end(text: &str) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(NAME))..]
}

/// The words of a name in lower case, one behind the other, without the endings that say nothing.
#[derive(Default)]
struct Words {
    text: String,
    starts: Vec<usize>,
}

impl Words {
    fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// What the last words of a name say; the more words, the more exact.
    fn find(&mut self, name: &str) -> Option<Says> {
        self.split(name);
        let first = self.starts.len().saturating_sub(WORDS);
        self.starts[first..].iter().find_map(|start| TABLE.words.get(&self.text[*start..])).copied()
    }

    fn split(&mut self, name: &str) {
        self.text.clear();
        self.starts.clear();
        let bytes = tokens::cut(name, NAME).as_bytes();
        let mut fresh = true;
        for (at, byte) in bytes.iter().enumerate().filter(|(_, byte)| byte.is_ascii()) {
            if !byte.is_ascii_alphanumeric() {
                fresh = true;
                continue;
            }
            let before = at.checked_sub(1).map(|at| bytes[at]);
            let ends_acronym = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase) && before.is_some_and(|b| b.is_ascii_uppercase());
            let begins = byte.is_ascii_uppercase() && (ends_acronym || before.is_some_and(|b| !b.is_ascii_uppercase()));
            if fresh || begins {
                self.starts.push(self.text.len());
            }
            fresh = false;
            self.text.push(char::from(byte.to_ascii_lowercase()));
        }
        while let Some(start) = self.starts.last().copied().filter(|start| ENDINGS.contains(&&self.text[*start..])) {
            self.text.truncate(start);
            self.starts.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_says_each_thing_once() {
        for (name, entries) in &TABLE.names {
            let mut platforms: Vec<_> = entries.iter().map(|(platform, _)| *platform).collect();
            platforms.sort_unstable();
            platforms.dedup();
            assert_eq!(platforms.len(), entries.len(), "{name} stands twice in types.tsv");
        }
        assert!(TABLE.words.len() > 100 && TABLE.packages.len() > 30);
    }

    #[test]
    fn a_name_is_found_in_the_spelling_of_every_language() {
        for (kind, module, expected) in [
            ("SocketTimeoutException", Some("java.net"), Category::Timeout),
            ("java.net.SocketTimeoutException", None, Category::Timeout),
            ("Net::ReadTimeout", None, Category::Timeout),
            ("Timeout::Error", None, Category::Timeout),
            ("GuzzleHttp\\Exception\\ConnectException", None, Category::Network),
            ("*net.OpError", None, Category::Network),
            ("org.springframework.web.client.HttpClientErrorException$NotFound", None, Category::Client),
            ("MyHTTPTimeoutError", None, Category::Timeout),
            ("my_timeout_error", None, Category::Timeout),
            ("DecodeError", Some("jwt.exceptions"), Category::Auth),
            ("System.Net.Http.HttpRequestTimeoutException", Some("System.Net.Http, Version=8.0.0.0"), Category::Timeout),
            ("JSON::Error", None, Category::Mapping),
            ("Resources$NotFoundException", Some("android.content.res"), Category::Unknown),
        ] {
            assert_eq!(find(kind, module, None).map(|says| says.category), Some(expected), "{kind}");
        }
    }

    #[test]
    fn a_name_that_only_holds_a_word_says_nothing() {
        for kind in [
            "TimeoutHandlerMisconfigured",
            "ConnectionStringBuilder",
            "Error",
            "Exception",
            "RuntimeError",
            "",
            "::",
            "<>",
            "reqwest::Error",
        ] {
            assert_eq!(find(kind, None, None), None, "{kind}");
        }
    }

    #[test]
    fn one_name_can_mean_another_thing_on_another_platform() {
        let category = |platform| find("NoSuchMethodError", None, Some(platform)).map(|says| says.category);
        assert_eq!((category("java"), category("dart")), (Some(Category::Plugin), Some(Category::Unknown)));
    }
}
