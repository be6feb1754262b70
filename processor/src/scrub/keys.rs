//! Names whose values are secrets, by the words they are made of: `X-Api-Key`, `userPassword`, `db_pass`; not
//! `author`, `keyboard`, `max_tokens` or `primary_key`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Every sensitive name has one of these in it. Most names have none, and are done with after one look.
static STEMS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build([
            "pass",
            "pwd",
            "secret",
            "token",
            "auth",
            "cred",
            "key",
            "cookie",
            "sess",
            "srf",
            "jwt",
            "otp",
            "ssn",
            "cvv",
            "cvc",
            "card",
            "signature",
            "sid",
            "symfony",
            "sudo",
            "remember",
        ])
        .expect("a few short words make an automaton")
});

/// Longest name that is looked at; longer ones are cut.
const NAME: usize = 128;

/// Words that make any name sensitive, but for what follows in [`ABOUT`].
const WORDS: [&str; 23] = [
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passcode",
    "passwort",
    "pwd",
    "secret",
    "secrets",
    "token",
    "authorization",
    "credential",
    "credentials",
    "creds",
    "jwt",
    "otp",
    "totp",
    "cvv",
    "cvv2",
    "cvc",
    "ssn",
    "csrf",
    "xsrf",
];
/// Names in one word that are sensitive wherever they stand in a word.
const WITHIN: [&str; 15] = [
    "password",
    "passwd",
    "apikey",
    "privatekey",
    "secretkey",
    "accesskey",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "sessiontoken",
    "csrftoken",
    "clientsecret",
    "creditcard",
    "cardnumber",
    "xsrftoken",
];
/// Words that make a key a secret: `api_key`, `private-key`.
const KEYS: [&str; 18] = [
    "api",
    "access",
    "private",
    "secret",
    "encryption",
    "signing",
    "ssh",
    "master",
    "auth",
    "storage",
    "shared",
    "subscription",
    "webhook",
    "hmac",
    "rsa",
    "pgp",
    "gpg",
    "aes",
];
/// Words that may stand before `pass`.
const PASS: [&str; 13] = ["db", "user", "usr", "smtp", "ftp", "mysql", "pg", "postgres", "redis", "ldap", "admin", "login", "mail"];
/// Words after which a sensitive word no longer means the secret itself: `token_type`, `password_changed_at`.
const ABOUT: [&str; 34] = [
    "type",
    "count",
    "counts",
    "limit",
    "limits",
    "usage",
    "used",
    "url",
    "uri",
    "endpoint",
    "name",
    "length",
    "size",
    "policy",
    "expires",
    "expiry",
    "expiration",
    "ttl",
    "at",
    "method",
    "status",
    "enabled",
    "required",
    "strength",
    "field",
    "id",
    "version",
    "provider",
    "class",
    "error",
    "changed",
    "updated",
    "created",
    "reset",
];
/// Words before `token` that make it a measure: `max_token`, `total_tokens`.
const MEASURES: [&str; 8] = ["max", "total", "prompt", "completion", "input", "output", "num", "next"];
/// Session and security cookies, letters and digits only.
const SESSIONS: [&str; 26] = [
    "sentrysid",
    "sudo",
    "session",
    "sessionid",
    "sessid",
    "sid",
    "usersession",
    "symfony",
    "phpsessid",
    "jsessionid",
    "aspsessionid",
    "fasthttpsessionid",
    "mysession",
    "irissessionid",
    "verceljwt",
    "csrf",
    "xsrf",
    "csrftoken",
    "xsrftoken",
    "fastcsrf",
    "iriscsrf",
    "connectsid",
    "aiohttpsession",
    "rememberme",
    "aspnetsessionid",
    "laravelsession",
];

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing.
    Plain,
    /// It is a secret, whatever it looks like.
    Secret,
    /// Its text is a secret; a map or list of that name is only looked into.
    Session,
}

/// What a name says about its value.
pub(super) fn meaning(name: &str) -> Meaning {
    if !STEMS.is_match(name) || name == "PWD" || name == "OLDPWD" || is_replacement(name) {
        Meaning::Plain
    } else if is_secret(name) {
        Meaning::Secret
    } else if is_session(name) {
        Meaning::Session
    } else {
        Meaning::Plain
    }
}

fn is_secret(name: &str) -> bool {
    let words = words(schemas::tokens::cut(name, NAME));
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let about = |next: usize| words.get(next).is_some_and(|word| ABOUT.contains(word));
    let has_key = words.windows(2).enumerate().any(|(at, pair)| pair[1] == "key" && KEYS.contains(&pair[0]) && !about(at + 2));
    has_key
        || is_cookie_header(&words)
        || words.iter().enumerate().any(|(at, word)| {
            let before = at.checked_sub(1).map(|i| words[i]);
            let told = match *word {
                "token" => !before.is_some_and(|b| MEASURES.contains(&b)),
                "auth" => at + 1 == words.len() || matches!(words[at + 1], "header" | "code" | "data" | "info"),
                "pass" => at + 1 == words.len() && before.is_none_or(|b| PASS.contains(&b)),
                "signature" => false,
                word => WORDS.contains(&word) || WITHIN.iter().any(|within| word.contains(within)),
            };
            told && !about(at + 1)
        })
}

/// Whether a name is what scrubbing put in its place: `[creditcard]`.
fn is_replacement(name: &str) -> bool {
    let name = name.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '[' | ']'));
    name.starts_with('[') && name.ends_with(']')
}

fn is_cookie_header(words: &[&str]) -> bool {
    matches!(words, ["cookie"] | ["cookies"] | ["set", "cookie"] | ["http", "cookie"])
}

/// Whether this is the name of a session or security cookie.
fn is_session(name: &str) -> bool {
    let bare: String = name.chars().take(NAME).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SESSIONS.contains(&bare.as_str())
}

/// Values that hide nothing: empty, a yes or no, or scrubbed already.
pub(super) fn is_trivial(value: &str) -> bool {
    let value = value.trim();
    let known = [
        "true",
        "false",
        "null",
        "none",
        "nil",
        "undefined",
        "[filtered]",
        "filtered",
        "[redacted]",
        "redacted",
        "[token]",
        "[auth]",
        "[email]",
    ];
    value.is_empty()
        || value.bytes().all(|b| b == b'*' || b == b'x' || b == b'X')
        || value.len() <= 10 && known.iter().any(|known| value.eq_ignore_ascii_case(known))
}

/// The words of a name in lower case, with a space before each.
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|c| c.is_lowercase());
        if !c.is_alphanumeric() {
            words.push(' ');
        } else if c.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next_is_lower) {
            words.push(' ');
            words.extend(c.to_lowercase());
        } else {
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "password",
            "Password",
            "user_password",
            "userPassword",
            "passwd",
            "new-password",
            "db_pass",
            "pass",
            "secret",
            "client_secret",
            "clientSecret",
            "CLIENTSECRET",
            "api_key",
            "apiKey",
            "apikey",
            "X-Api-Key",
            "APIKEY",
            "x-apikey",
            "access_token",
            "accessToken",
            "refresh-token",
            "token",
            "csrf_token",
            "X-CSRFToken",
            "authorization",
            "Authorization",
            "Proxy-Authorization",
            "HTTP_AUTHORIZATION",
            "credentials",
            "private_key",
            "privateKey",
            "PRIVATE-KEY",
            "mysql_pwd",
            "Cookie",
            "Set-Cookie",
            "HTTP_COOKIE",
            "auth",
            "x-auth",
            "jwt",
            "cvv",
            "user[password]",
            "aws_secret_access_key",
            "credit_card_number_password",
            "card_number_cvc",
            "otp",
            "STRIPE_SECRET_KEY",
            "SSH_PRIVATE_KEY",
            "cardNumber_token",
        ] {
            assert_eq!(meaning(name), Meaning::Secret, "{name}");
        }
    }

    #[test]
    fn names_that_only_resemble_those_of_secrets_are_none() {
        for name in [
            "author",
            "authors",
            "authority",
            "keyboard",
            "key",
            "keys",
            "primary_key",
            "public_key",
            "cache_key",
            "max_tokens",
            "total_token",
            "token_type",
            "tokenizer",
            "secretary",
            "passenger",
            "password_changed_at",
            "bypass",
            "compass",
            "PWD",
            "pass_count",
            "auth_type",
            "authenticated",
            "cookie_consent",
            "session_duration",
            "monkey",
            "accessibility",
            "discard",
            "cardinality",
            "",
            "id",
            "access_key_id",
            "passed",
        ] {
            assert_eq!(meaning(name), Meaning::Plain, "{name}");
        }
    }

    #[test]
    fn session_cookies_are_known_by_their_names() {
        for name in ["sessionid", "PHPSESSID", "connect.sid", "__session", "_csrf", "XSRF-TOKEN", "csrf-token", "sid", "laravel_session"] {
            assert_ne!(meaning(name), Meaning::Plain, "{name}");
        }
        for name in ["session_count", "side", "theme", "obsession"] {
            assert_eq!(meaning(name), Meaning::Plain, "{name}");
        }
    }
}
