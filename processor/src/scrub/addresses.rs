//! IP addresses in texts: taken out, or cut to their networks.

use super::{ips, kinds, patterns::Look, users};

/// Cuts the addresses in a text to their networks. The bytes that were replaced, if any were.
pub(super) fn truncate(text: &mut String, look: Look) -> Option<usize> {
    each(text, look, |address| address.parse().ok().map(users::network))
}

/// Takes the addresses in a text out. The bytes that were replaced, if any were.
pub(super) fn replace(text: &mut String, look: Look) -> Option<usize> {
    each(text, look, |_| Some(kinds::IP.to_owned()))
}

fn each(text: &mut String, look: Look, with: impl Fn(&str) -> Option<String>) -> Option<usize> {
    let may_have = !matches!(look, Look::Place | Look::Name)
        && text.bytes().any(|b| matches!(b, b'.' | b':'))
        && text.bytes().any(|b| b.is_ascii_digit());
    if !may_have {
        return None;
    }
    let (mut out, mut copied, mut at, mut bytes) = (String::new(), 0, 0, 0);
    while let Some(found) = ips::find(text, at) {
        let address = &text[found.range.clone()];
        if let Some(with) = with(address).filter(|with| with != address) {
            out.push_str(&text[copied..found.range.start]);
            out.push_str(&with);
            copied = found.range.end;
            bytes += found.range.len();
        }
        at = found.range.end;
        if at >= text.len() {
            break;
        }
    }
    if bytes > 0 {
        out.push_str(&text[copied..]);
        *text = out;
    }
    (bytes > 0).then_some(bytes)
}
