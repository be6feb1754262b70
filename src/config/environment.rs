//! `BELFRY_LOG__ENGINE=kafka` is `log.engine = "kafka"`: two underscores between the parts of a key.
//!
//! A name without two underscores counts only if it is a key of the top level, since orchestrators set variables
//! such as `BELFRY_PORT` for a service of this name.

use anyhow::{Result, bail};
use toml::{Table, Value};

use super::{Config, read};

const PREFIX: &str = "BELFRY_";
const TOP_LEVEL: [&str; 3] = ["data", "listen", "public_url"];

/// The configuration of `table` with `variables` laid over it.
pub(super) fn overlay(mut table: Table, variables: impl Iterator<Item = (String, String)>) -> Result<Config> {
    let mut texts = Vec::new();
    for (name, text) in variables {
        let Some(key) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { continue };
        let path: Vec<String> = key.split("__").map(str::to_owned).collect();
        if path.len() == 1 && !TOP_LEVEL.contains(&key.as_str()) {
            continue;
        }
        set(&mut table, &path, literal(&text), &name)?;
        texts.push((path, name, text));
    }
    // `password = 1234` reads as a number where a text is wanted: what fails as a literal is tried as text, once each.
    for _ in 0..=texts.len() {
        let fault = match read(table.clone()) {
            Ok(config) => return Ok(config),
            Err(fault) => fault,
        };
        let at = texts.iter().position(|(path, _, _)| path.join(".") == fault.path);
        match at {
            Some(at) if fault.message.contains("expected a string") => {
                let (path, name, text) = texts.swap_remove(at);
                set(&mut table, &path, Value::String(text), &name)?;
            }
            Some(at) => return Err(fault.into_error().context(format!("environment variable {}", texts[at].1))),
            None => return Err(fault.into_error()),
        }
    }
    Err(read(table).map_or_else(super::Fault::into_error, |_| anyhow::anyhow!("reading the environment")))
}

/// `8`, `true`, `["a", "b"]` as TOML reads them; anything else is text.
fn literal(text: &str) -> Value {
    match format!("value = {text}").parse::<Table>() {
        Ok(mut table) if table.len() == 1 => table.remove("value").unwrap_or_else(|| Value::String(text.to_owned())),
        _ => Value::String(text.to_owned()),
    }
}

fn set(table: &mut Table, path: &[String], value: Value, name: &str) -> Result<()> {
    match path {
        [] => Ok(()),
        [key] => {
            table.insert(key.clone(), value);
            Ok(())
        }
        [section, rest @ ..] => match table.entry(section.clone()).or_insert_with(|| Value::Table(Table::new())) {
            Value::Table(inner) => set(inner, rest, value, name),
            _ => bail!("environment variable {name}: {section} is no section"),
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::LogEngine;

    fn with(variables: &[(&str, &str)]) -> Result<Config> {
        overlay(Table::new(), variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn variables_reach_into_sections() {
        let config = with(&[("BELFRY_LOG__ENGINE", "kafka"), ("BELFRY_LISTEN", "0.0.0.0:80"), ("PATH", "/bin")]).unwrap();
        assert_eq!(config.log.engine, LogEngine::Kafka);
        assert_eq!(config.listen, "0.0.0.0:80");
    }

    #[test]
    fn a_number_is_taken_where_a_text_is_wanted() {
        assert_eq!(with(&[("BELFRY_TELEMETRY__FILTER", "1")]).unwrap().telemetry.filter, "1");
    }

    #[test]
    fn unknown_sections_are_errors_and_service_variables_are_not() {
        let error = format!("{:#}", with(&[("BELFRY_LOGG__ENGINE", "kafka")]).unwrap_err());
        assert!(error.contains("unknown key logg: did you mean \"log\"?"), "{error}");
        assert!(with(&[("BELFRY_PORT", "tcp://10.0.0.1:80"), ("BELFRY_BOOTSTRAP_TOKEN", "x")]).is_ok());
    }

    #[test]
    fn a_wrong_value_is_named_with_its_variable() {
        let error = format!("{:#}", with(&[("BELFRY_LOG__ENGINE", "rabbit")]).unwrap_err());
        assert!(error.starts_with("environment variable BELFRY_LOG__ENGINE: log.engine: unknown variant"), "{error}");
    }
}
