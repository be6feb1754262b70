//! What engines of JavaScript say differently about one failure. Counts where minified code leaves no functions.

use crate::template;

/// The template of a message, the same for every engine.
pub(super) fn template(value: &str) -> String {
    known(value.lines().next().unwrap_or_default()).unwrap_or_else(|| template::template(value))
}

fn known(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches('.');
    if let Some(property) = property_of_nothing(line) {
        return Some(format!("read {property} of nothing"));
    }
    if let Some(name) = line.strip_prefix("Can't find variable: ").or_else(|| line.strip_suffix(" is not defined")) {
        return Some(format!("{} is not defined", member(name)));
    }
    if let Some((name, _)) = line.split_once(" is not a function").filter(|(name, _)| !name.contains(' ')) {
        return Some(format!("{} is not a function", member(name)));
    }
    match line {
        _ if line.contains("dynamically imported module") || line.starts_with("Importing a module script failed") => {
            Some("module not loaded".to_owned())
        }
        "Failed to fetch" | "Load failed" | "NetworkError when attempting to fetch resource" | "Network request failed" => {
            Some("fetch failed".to_owned())
        }
        _ => None,
    }
}

/// The property that was read or set of `undefined` or `null`.
fn property_of_nothing(line: &str) -> Option<String> {
    let quoted = |rest: &str| rest.split(['\'', '"']).nth(1).map(str::to_owned);
    // Chrome since 92: `Cannot read properties of undefined (reading 'x')`; before: `Cannot read property 'x' of
    // undefined`; Internet Explorer: `Unable to get property 'x' of undefined or null reference`.
    let words = ["Cannot read propert", "Cannot set propert", "Unable to get propert", "Unable to set propert"];
    if let Some(rest) = words.iter().find_map(|words| line.strip_prefix(words)) {
        return quoted(rest);
    }
    // Firefox: `can't access property "x", y is undefined`.
    if let Some(rest) = line.strip_prefix("can't access property ") {
        return quoted(rest);
    }
    // Safari: `undefined is not an object (evaluating 'y.x')`.
    let (_, rest) = line.split_once(" is not an object (evaluating '")?;
    let expression = rest.split('\'').next().unwrap_or_default();
    let expression = expression.split(" = ").next().unwrap_or_default();
    Some(member(expression).to_owned())
}

/// The member that an expression names last; a name that a minifier made is none.
fn member(expression: &str) -> &str {
    let name = expression.trim().rsplit('.').next().unwrap_or_default();
    let name = name.split(['(', '[']).next().unwrap_or_default();
    if name.len() <= super::functions::MINIFIED { "<id>" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_say_the_same() {
        for (expected, same) in [
            (
                "read price of nothing",
                &[
                    "Cannot read properties of undefined (reading 'price')",
                    "Cannot read property 'price' of undefined",
                    "can't access property \"price\", e is undefined",
                    "undefined is not an object (evaluating 't.price')",
                    "null is not an object (evaluating 'e.cart.price')",
                ][..],
            ),
            ("track is not defined", &["track is not defined", "Can't find variable: track"]),
            ("pay is not a function", &["e.pay is not a function", "t.pay is not a function. (In 't.pay()', 't.pay' is undefined)"]),
            ("fetch failed", &["Failed to fetch", "Load failed", "NetworkError when attempting to fetch resource."]),
            ("user <int> is not a function of ours", &["user 7 is not a function of ours"]),
        ] {
            for value in same {
                assert_eq!(template(value), expected, "{value}");
            }
        }
    }
}
