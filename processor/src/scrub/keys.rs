//! Names whose values are secrets, by the words they are made of: `X-Api-Key`, `userPassword`, `db_pass`; not
//! `author`, `keyboard`, `max_tokens` or `primary_key`.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Every telling name has one of these in it. Most names have none, and are done with after one look.
pub(super) const STEMS: [&str; 36] = [
    "pass",
    "pwd",
    "pw",
    "psw",
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
    "sig",
    "sid",
    "symfony",
    "sudo",
    "remember",
    "mdp",
    "kennwort",
    "geheim",
    "senha",
    "contrase",
    "clave",
    "segredo",
    "jeton",
    "wachtwoord",
    "code",
    "salt",
    "nonce",
    "phrase",
];

static AUTOMATON: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(STEMS).expect("a few short words make an automaton"));

/// Longest name that is looked at; longer ones are cut.
const NAME: usize = 128;

/// Words that make any name sensitive, but for what follows in [`ABOUT`]. Also German, French, Spanish, Portuguese and
/// Dutch ones.
const WORDS: &str = "password passwords passwd passphrase passcode passwort pwd pswd psw secret secrets token authorization credential \
    credentials creds jwt otp totp cvv cvv2 cvc ssn csrf xsrf kennwort geheimnis geheim senha senhas contrasena contraseña contrasenya \
    passe mdp jeton secreto secreta segredo wachtwoord";
/// Names in one word that are sensitive wherever they stand in a word.
const WITHIN: &str = "password passwd apikey privatekey secretkey accesskey accesstoken refreshtoken authtoken sessiontoken csrftoken \
    clientsecret creditcardnumber cardnumber xsrftoken accountkey idtoken bearertoken authkey encryptionkey signingkey motdepasse kennwort \
    securitycode seedphrase appsecret sharedsecret";
/// Words that make a key a secret: `api_key`, `private-key`.
const KEYS: &str = "api access private secret encryption decryption signing ssh master auth storage shared subscription webhook hmac rsa pgp \
    gpg aes app account consumer license licence deploy bot service session crypto jwt cookie admin vault sas ssl tls stripe aws integration";
/// Words that may stand before `pass` and `pw`.
const PASS: &str = "db user usr smtp ftp sftp mysql pg postgres redis ldap admin login mail imap auth root http proxy database my old new";
/// Words after which a sensitive word no longer means the secret itself: `token_type`, `password_changed_at`.
const ABOUT: &str = "type count counts limit limits usage used url uri endpoint name length size policy expires expiry expiration expired \
    expire ttl at in method status enabled disabled required strength field fields id ids version provider class error errors changed \
    updated created reset min max file filename path dir validator validators valid invalid rules manager service factory handler \
    generator resolver middleware backend backends store repository template page view form label placeholder column param parameter \
    prefix format algorithm alg kind scope scopes lifetime budget index position arn attempts length_min hint_text";
/// Words before `token` that make it a measure: `max_token`, `total_tokens`.
const MEASURES: &str = "max total prompt completion input output num next min remaining cached per";
/// Words at the end of a name that may be of a secret: its value is one if it is random. `key`, `sig`.
const MAYBE: &str = "key sig signature sign code nonce salt session sessions sid";
/// Session and security cookies, letters and digits only.
const SESSIONS: &str = "sentrysid sudo session sessionid sessid sid usersession symfony phpsessid jsessionid aspsessionid fasthttpsessionid \
    mysession irissessionid verceljwt csrf xsrf csrftoken xsrftoken fastcsrf iriscsrf connectsid aiohttpsession rememberme aspnetsessionid \
    laravelsession remembertoken gitlabsession wordpressloggedin aspxauth";

/// What a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Nothing.
    Plain,
    /// It is a secret, whatever it looks like.
    Secret,
    /// Its text is a secret; a map or list of that name is only looked into.
    Session,
    /// It is a secret if it is random.
    Maybe,
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == word)
}

/// What a name says about its value.
pub(super) fn meaning(name: &str) -> Meaning {
    if !AUTOMATON.is_match(name) || name == "PWD" || name == "OLDPWD" || is_replacement(name) {
        return Meaning::Plain;
    }
    let words = words(schemas::tokens::cut(name, NAME));
    let words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    if is_secret(&words) {
        Meaning::Secret
    } else if is_session(name) {
        Meaning::Session
    } else if words.last().is_some_and(|word| is_in(MAYBE, word)) {
        Meaning::Maybe
    } else {
        Meaning::Plain
    }
}

/// Whether a value under a telling name is how many there are: `cookies=3`.
pub(super) fn is_count(name: &str, value: &str) -> bool {
    let is_several = name.len() >= 7 && name.as_bytes()[name.len() - 7..].eq_ignore_ascii_case(b"cookies");
    is_several && value.len() <= 4 && value.bytes().all(|b| b.is_ascii_digit())
}

fn is_secret(words: &[&str]) -> bool {
    let about = |next: usize| words.get(next).is_some_and(|word| is_in(ABOUT, word));
    let has_key = words.windows(2).enumerate().any(|(at, pair)| pair[1] == "key" && is_in(KEYS, pair[0]) && !about(at + 2));
    has_key
        || is_known(words)
        || words.iter().enumerate().any(|(at, word)| {
            let before = at.checked_sub(1).map(|i| words[i]);
            let told = match *word {
                "token" => !before.is_some_and(|b| is_in(MEASURES, b)),
                "auth" => at + 1 == words.len() || matches!(words[at + 1], "header" | "code" | "data" | "info"),
                "pass" | "pw" => at + 1 == words.len() && before.is_none_or(|b| is_in(PASS, b)),
                word => is_in(WORDS, word) || WITHIN.split_ascii_whitespace().any(|within| word.contains(within)),
            };
            told && !about(at + 1)
        })
}

/// Names that are secrets as a whole.
fn is_known(words: &[&str]) -> bool {
    matches!(
        words,
        ["cookie"]
            | ["cookies"]
            | ["set", "cookie"]
            | ["http", "cookie"]
            | ["clave"]
            | ["clave" | "chave", "api" | "acceso" | "privada" | "secreta"]
            | ["x", "amz" | "goog", "signature"]
            | ["x", "amz", "security", "token"]
            | ["seed" | "recovery" | "secret", "phrase"]
            | ["card" | "credit", "security", "code"]
    )
}

/// Whether a name is or begins a part with what scrubbing put in its place: `[creditcard]`, `[token].0`; not
/// `user[token]`.
fn is_replacement(name: &str) -> bool {
    let begins = |at: usize| at == 0 || !name.as_bytes()[at - 1].is_ascii_alphanumeric();
    let marked = |mark: &str| name.match_indices(mark).any(|(at, _)| begins(at));
    name.contains('[') && ["[token]", "[auth]", "[pemkey]", "[creditcard]", "[Filtered]"].into_iter().any(marked)
}

/// Whether this is the name of a session or security cookie, also with a number behind it.
fn is_session(name: &str) -> bool {
    let bare: String = name.chars().take(NAME).filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let is = |name: &str| is_in(SESSIONS, name);
    is(&bare) || bare.len() > 8 && is(bare.trim_end_matches(|c: char| c.is_ascii_digit()))
}

/// The words of a name in lower case, with a space before each.
pub(super) fn words(name: &str) -> String {
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
            "X-Amz-Signature",
            "PHP_AUTH_PW",
            "motDePasse",
            "mot_de_passe",
            "contraseña",
            "senha",
            "Kennwort",
            "db.password",
            "AccountKey",
            "APP_KEY",
            "session_token",
            "passwordHash",
            "secretAccessKey",
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
            "password_reset_url",
            "password_min_length",
            "token_expires_in",
            "sessions_count",
            "foreign_key",
            "sort_key",
            "private_key_path",
            "credentials_provider",
            "auth_backends",
            "keyword",
            "hockey",
            "tokens",
            "signature_algorithm",
            "status_code",
            "zip_code",
        ] {
            assert!(matches!(meaning(name), Meaning::Plain | Meaning::Maybe), "{name}");
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
