//! The service catalogue as a TOML file: `[[services]]`, each with the members that the API takes.

use std::{collections::HashSet, path::Path};

use schemas::{catalog::Service, limits};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    services: Vec<Spanned<Service>>,
}

/// The entries of a file, or what is wrong with it and in which line.
pub(super) fn read(path: &Path) -> Result<Vec<Service>, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > limits::SERVICES_BYTES as u64 {
        return Err(format!("it has {length} bytes, more than {}", limits::SERVICES_BYTES));
    }
    parse(&std::fs::read_to_string(path).map_err(|error| error.to_string())?)
}

fn parse(text: &str) -> Result<Vec<Service>, String> {
    // The error of the parser names line and column and shows them.
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())?;
    if file.services.len() > limits::SERVICES {
        return Err(format!("it has {} services, more than {}", file.services.len(), limits::SERVICES));
    }
    let mut names = HashSet::new();
    let mut services = Vec::new();
    for spanned in file.services {
        let line = text[..spanned.span().start.min(text.len())].bytes().filter(|b| *b == b'\n').count() + 1;
        let service = spanned.into_inner();
        service.check().map_err(|error| {
            let place = error.pointer.trim_start_matches('/').replace('/', ".");
            format!("the service at line {line}, {:?}: {place}: {}", service.name, error.message)
        })?;
        if !names.insert(service.name.clone()) {
            return Err(format!("the service at line {line}: {:?} stands there twice", service.name));
        }
        services.push(service);
    }
    Ok(services)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_in_order() {
        let text = "[[services]]\nname = \"cart\"\nteam = \"Shop\"\ntier = \"1\"\nservices = [\"cart-*\"]\n\n[[services]]\nname = \"pay\"\npaths = [\"src/pay/*\"]\n";
        let services = parse(text).unwrap();
        assert_eq!(services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>(), ["cart", "pay"]);
        assert_eq!((services[0].team.as_deref(), services[0].services[0].as_str()), (Some("Shop"), "cart-*"));
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |text: &str| parse(text).unwrap_err();
        let unknown = wrong("[[services]]\nname = \"cart\"\nteem = \"Shop\"\n");
        assert!(unknown.contains("line 3") && unknown.contains("teem"), "{unknown}");
        let empty = wrong("\n\n[[services]]\nname = \"a\"\n[[services]]\nname = \"b\"\npaths = [\"x\", \"*\"]\n");
        assert!(empty.starts_with("the service at line 5, \"b\": paths.1: "), "{empty}");
        let twice = wrong("[[services]]\nname = \"a\"\n[[services]]\nname = \"a\"\n");
        assert_eq!(twice, "the service at line 3: \"a\" stands there twice");
    }
}
