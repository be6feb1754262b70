//! The person that an error happened to.

use super::{pairs::pairs, text};
use crate::{
    event::User,
    wire::{
        odd::{Odd, Path, insert_beside},
        tree::Tree,
    },
};

/// A user. Unknown keys go to `data`.
pub(in crate::wire) fn user(value: Tree, at: &Path<'_>, odd: &mut Odd) -> Option<User> {
    let mut user = User::default();
    let map = match value {
        Tree::Null => return None,
        Tree::Object(map) => map,
        Tree::Array(list) if list.is_empty() => return None,
        other => {
            odd.misfit(at, other, "expected an object");
            return None;
        }
    };
    for (key, value) in map {
        let at = at.key(&key);
        match &*key {
            _ if value.is_null() => {}
            "id" => user.id = text(value, &at, odd),
            "username" => user.username = text(value, &at, odd),
            "name" => user.name = text(value, &at, odd),
            "email" => user.email = text(value, &at, odd),
            "ip_address" => user.ip_address = text(value, &at, odd),
            "geo" => {
                for (key, value) in pairs(value, &at, odd) {
                    if let Some(text) = text(value, &at.key(&key), odd) {
                        user.geo.insert(key, text);
                    }
                }
            }
            "data" => match value {
                Tree::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut user.data, key, value)),
                other => insert_beside(&mut user.data, key, other),
            },
            _ => insert_beside(&mut user.data, key, value),
        }
    }
    (user != User::default()).then_some(user)
}
