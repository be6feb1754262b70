//! Names that the project calls sensitive.

use super::Step;

/// Names of up to so many letters must be whole words of a key.
const SHORT: usize = 4;

/// Sensitive names, letters and digits in lower case.
#[derive(Debug, Default)]
pub(super) struct Fields {
    short: Vec<String>,
    long: Vec<String>,
    /// As written.
    names: Vec<String>,
}

impl Fields {
    pub(super) fn new<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        let mut fields = Self::default();
        for name in names {
            let squeezed = squeezed(name);
            match squeezed.chars().count() {
                0 => continue,
                1..=SHORT => fields.short.push(squeezed),
                _ => fields.long.push(squeezed),
            }
            fields.names.push(name.clone());
        }
        fields
    }

    pub(super) fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    /// What takes the values out of texts: `account_no=17`.
    pub(super) fn step(&self) -> Option<Step> {
        Step::assignments(&self.names)
    }

    /// Whether a key is one of them.
    pub(super) fn has(&self, key: &str) -> bool {
        let key = schemas::tokens::cut(key, 128);
        if !self.long.is_empty() {
            let key = squeezed(key);
            if self.long.iter().any(|field| key.contains(field.as_str())) {
                return true;
            }
        }
        !self.short.is_empty() && crate::scrub::keys::words(key).split(' ').any(|word| self.short.iter().any(|field| field == word))
    }
}

/// Letters and digits in lower case.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_whole_words_and_long_ones_stand_anywhere() {
        let names = ["pin".to_owned(), "Account-No".to_owned()];
        let fields = Fields::new(names.iter());
        for key in ["pin", "user_pin", "userPin", "PIN", "account_no", "accountNo", "x-account-no-old", "myaccountno"] {
            assert!(fields.has(key), "{key}");
        }
        for key in ["shipping", "pinned", "spin", "account", "no", ""] {
            assert!(!fields.has(key), "{key}");
        }
    }
}
