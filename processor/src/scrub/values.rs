//! Values that hide nothing though their name tells of a secret: empty ones, words that say how it is with the secret
//! (`required`, `expired`), names of types, references, and what was scrubbed already.

use std::sync::LazyLock;

/// Length of the longest of the words, and longest word before a name that is looked at.
const WORD: usize = 24;

/// Longest name of what a value stands for, in bytes.
const PLACEHOLDER: usize = 80;

/// Words for what is no secret, in lower case.
const WORDS: &str = "true,false,null,none,nil,undefined,nan,[filtered],filtered,[redacted],redacted,[token],[auth],[email],[removed],removed,\
    [masked],masked,<hidden>,hidden,<redacted>,<filtered>,[creditcard],[phone],[hidden],*****,n/a,empty,missing,required,optional,invalid,valid,expired,wrong,\
    incorrect,unknown,unset,set,yes,no,on,off,ok,failed,denied,revoked,rejected,present,absent,blank,bad,string,str,text,int,integer,number,\
    bool,boolean,bytes,object,array,char,varchar,any,void,type,bearer,basic,digest,negotiate,oauth,oauth2,jwt,saml,ldap,ntlm,{},[],\
    [object object],object object,enabled,disabled,verified,unverified";

/// The words by their lengths: a value is compared with a few of them.
static BY_LENGTH: LazyLock<[Vec<&str>; WORD + 1]> = LazyLock::new(|| {
    let mut words = [const { Vec::new() }; WORD + 1];
    WORDS.split(',').for_each(|word| words[word.len()].push(word));
    words
});

/// What sentences about secrets say, in lower case: they are messages of checks, not secrets.
const PHRASES: [&str; 22] = [
    " is required",
    " required.",
    "field is",
    "must be",
    "must have",
    "must contain",
    "must match",
    "may not",
    "cannot be",
    "can't be",
    "can not be",
    "should be",
    "should have",
    "too short",
    "too long",
    "too common",
    "too weak",
    "not match",
    "is invalid",
    "is incorrect",
    "not valid",
    "at least",
];

/// Whether a value under a telling name hides nothing.
pub(super) fn is_trivial(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || value.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-'))
        || BY_LENGTH.get(value.len()).is_some_and(|words| words.iter().any(|word| value.eq_ignore_ascii_case(word)))
        || is_sentence(value)
}

/// Whether a value is a message of a check: `This field may not be blank.`
fn is_sentence(value: &str) -> bool {
    if value.len() > 200 || !value.contains(' ') || value.bytes().any(|b| b == b'=' || b == b';') {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    PHRASES.iter().any(|phrase| lower.contains(phrase))
}

/// Whether the words before a name say that a parser speaks of what it read: `Unexpected token: "}"`.
pub(super) fn is_of_a_parser(before: &str) -> bool {
    let word = before.trim_end().rsplit(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    let parsers = "unexpected,expected,near,invalid,illegal,unknown,unrecognized,unrecognised,missing,next,syntax,current,last,first,reserved,end,cancellation";
    word.len() <= WORD && parsers.split(',').any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a value only stands for one: `%s`, `{token}`, `${TOKEN}`, `<token>`, `:token`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let bytes = if value.len() <= PLACEHOLDER { value.as_bytes() } else { b"" };
    let is_variable = |rest: &[u8]| !rest.is_empty() && rest.iter().all(|b| b.is_ascii_uppercase() || *b == b'_');
    match bytes {
        [b'?'] | [b'{', b'}'] => true,
        [b'$' | b'#', b'{', inner @ .., b'}'] | [b'{', inner @ .., b'}'] | [b'<', inner @ .., b'>'] => {
            inner.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-{} $!:".contains(b)) && !inner.contains(&b'@')
        }
        [b'$', rest @ ..] => is_variable(rest),
        [b'%', rest @ ..] => matches!(rest, [b's' | b'd' | b'r' | b'v' | b'@'] | [b'(', ..] | [b'+', b'v']),
        [b':', rest @ ..] => rest.iter().all(|b| b.is_ascii_lowercase() || *b == b'_'),
        _ => false,
    }
}

/// Whether a value behind a colon is a line or a port: `token.rb:45:in`, `auth:8080`.
pub(super) fn is_location(value: &str) -> bool {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && matches!(value.as_bytes().get(digits), None | Some(b':' | b'/')) || value.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_checks_and_states_hide_nothing() {
        for value in ["", "null", "*****", "Required", "This field may not be blank.", "Password must have 8 characters", "expired"] {
            assert!(is_trivial(value), "{value}");
        }
        for value in ["hunter2", "correct horse battery staple", "0", "x1", "field"] {
            assert!(!is_trivial(value), "{value}");
        }
    }
}
