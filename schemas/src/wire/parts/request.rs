//! The request that was being served.

use super::{
    free,
    pairs::{cookies, decoded, headers, pairs, query},
    text, unsigned,
};
use crate::{
    event::Request,
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::{Object, Tree},
    },
};

/// A request. Query and fragment are taken off the address. Unknown keys go to `data`.
pub(in crate::wire) fn request(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<Request> {
    let map = match value {
        Tree::Null => return None,
        Tree::Object(map) => map,
        Tree::Array(list) if list.is_empty() => return None,
        Tree::String(url) => Object::from_iter([("url".into(), Tree::String(url))]),
        other => {
            odd.misfit(at, other, "expected an object");
            return None;
        }
    };
    let mut request = Request::default();
    // Sorted: `body` comes before `data`.
    for (key, value) in map.sorted() {
        if !value.is_null() {
            let at = at.key(&key);
            member(&mut request, &key, value, &at, odd);
        }
    }
    split_url(&mut request);
    (request != Request::default()).then_some(request)
}

fn member(request: &mut Request, key: &str, value: Tree, at: &Path<'_>, odd: &mut Odd) {
    match key {
        "url" => request.url = text(value, at, odd),
        "method" => request.method = text(value, at, odd).map(|method| method.to_ascii_uppercase()),
        "headers" => request.headers = headers(value, at, odd),
        "cookies" => request.cookies = cookies(value, at, odd),
        "query_string" | "query" => request.query.extend(query(value, at, odd)),
        "fragment" => request.fragment = text(value, at, odd),
        "data" if matches!(value, Tree::Object(_)) && request.body.is_some() => {
            // Our own form: `body` came before, so `data` is the rest.
            request.data.extend(free(value, at, odd));
        }
        "data" | "body" => request.body = Some(value.into()),
        "env" => {
            for (name, value) in pairs(value, at, odd) {
                if let Some(text) = text(value, &at.key(&name), odd) {
                    request.env.insert(name, text);
                }
            }
        }
        "status_code" => request.status_code = status(value, at, odd),
        _ => insert_beside(&mut request.data, key, value),
    }
}

/// An HTTP status.
pub(in crate::wire) fn status(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<u16> {
    let number = unsigned(value, at, odd)?;
    let status = u16::try_from(number).ok();
    if status.is_none() {
        odd.misfit(at, number, "expected an HTTP status");
    }
    status
}

/// Leaves the address without query and fragment. What would be lost by that stays in `data`.
fn split_url(request: &mut Request) {
    let Some(url) = request.url.take() else { return };
    let (rest, fragment) = url.split_once('#').map_or((url.as_str(), None), |(rest, fragment)| (rest, Some(fragment)));
    let (address, from_url) = rest.split_once('?').map_or((rest, None), |(address, query)| (address, Some(query)));
    let mut lost = false;
    if let Some(fragment) = fragment.filter(|fragment| !fragment.is_empty()) {
        let held = request.fragment.get_or_insert_with(|| fragment.to_owned());
        lost |= held != fragment;
    }
    if let Some(text) = from_url {
        let pairs = decoded(text);
        if request.query.is_empty() {
            request.query = pairs;
        } else {
            lost |= request.query != pairs;
        }
    }
    request.url = Some(address.to_owned());
    if lost {
        insert_beside(&mut request.data, "url", Tree::String(url));
    }
}
