//! The query string, strictly: a parameter that is unknown, stands twice or can't be read is an error that says so.

use std::{fmt::Display, ops::RangeInclusive, str::FromStr};

use schemas::tokens;

use crate::problem::{Answer, Problem};

/// Most parameters of one request.
const PARAMETERS: usize = 100;

/// The parameters of one request.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string in which only the parameters `known` may stand.
    pub(crate) fn read(query: Option<&str>, known: &[&str]) -> Answer<Self> {
        let mut pairs = Vec::new();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            if pairs.len() == PARAMETERS {
                return Err(Problem::parameter("query string", format!("it has more than {PARAMETERS} parameters")));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode("query string", name)?;
            if !known.contains(&name.as_str()) {
                return Err(unknown(&name, known));
            }
            let value = decode(&name, value)?;
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter that may stand once. An empty one counts as none.
    pub(crate) fn one(&self, name: &str) -> Answer<Option<&str>> {
        let mut values = self.0.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
        let value = values.next();
        if values.next().is_some() {
            return Err(Problem::parameter(name, "it may stand only once"));
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The values of a parameter that may stand several times, each with several values between commas.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |(n, _)| n == name);
        values.flat_map(|(_, value)| value.split(',')).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A number within a range.
    pub(crate) fn number(&self, name: &str, range: RangeInclusive<usize>, default: usize) -> Answer<usize> {
        let Some(text) = self.one(name)? else { return Ok(default) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            let message = format!("it must be a whole number from {} to {}, not {:?}", range.start(), range.end(), short(text));
            Problem::parameter(name, message)
        })
    }

    /// Anything that reads itself.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Answer<Option<T>> {
        let text = self.one(name)?;
        text.map(|text| text.parse().map_err(|error: T::Err| Problem::parameter(name, error.to_string()))).transpose()
    }
}

/// So much of a bad value as an error repeats.
pub(crate) fn short(text: &str) -> &str {
    tokens::cut(text, 100)
}

fn decode(name: &str, text: &str) -> Answer<String> {
    let spaced = text.replace('+', " ");
    match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(Problem::parameter(name, "it is not UTF-8 once its percent signs are decoded")),
    }
}

fn unknown(name: &str, known: &[&str]) -> Problem {
    let name = short(name);
    let nearest = known.iter().map(|known| (strsim::jaro_winkler(name, known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
    let message = match nearest {
        Some((similarity, nearest)) if similarity > 0.75 => format!("there is no such parameter here, did you mean {nearest:?}?"),
        _ if known.is_empty() => "this takes no parameters".to_owned(),
        _ => format!("there is no such parameter here; there are {}", known.join(", ")),
    };
    Problem::parameter(name, message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_count_as_none() {
        let params = Params::read(Some("query=a%20b+c%2Bd&from=&&project=x,%20y&project=z"), &["query", "from", "project"]).unwrap();
        assert_eq!(params.one("query").unwrap(), Some("a b c+d"));
        assert_eq!(params.one("from").unwrap(), None);
        assert_eq!(params.all("project").collect::<Vec<_>>(), ["x", "y", "z"]);
    }

    #[test]
    fn what_is_unknown_or_doubled_is_refused_by_name() {
        let error = |query, known: &[&str]| Params::read(Some(query), known).map(|_| ()).unwrap_err();
        let message = |m: &str| Problem::parameter("limt", m);
        assert_eq!(error("limt=5", &["limit", "query"]), message("there is no such parameter here, did you mean \"limit\"?"));
        assert_eq!(error("limt=5", &["day"]), message("there is no such parameter here; there are day"));
        assert_eq!(error("limt=5", &[]), message("this takes no parameters"));
        assert!(Params::read(Some("a=%ff"), &["a"]).is_err());
        assert!(Params::read(Some("a=1&a=2"), &["a"]).unwrap().one("a").is_err());
        assert!(Params::read(Some(&"a=1&".repeat(PARAMETERS + 1)), &["a"]).is_err());
    }

    #[test]
    fn numbers_keep_to_their_range() {
        let number = |query: &str| Params::read(Some(query), &["n"]).unwrap().number("n", 1..=10, 5).ok();
        assert_eq!((number(""), number("n=1"), number("n=10")), (Some(5), Some(1), Some(10)));
        for bad in ["n=0", "n=11", "n=x", "n=-1", "n=1.5", "n=99999999999999999999"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_query_string_is_read_or_refused(query: String) {
            let _ = Params::read(Some(&query), &["a", "b"]);
        }
    }
}
