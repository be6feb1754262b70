//! The person that an error happened to.

use serde_json::Value;

use super::{free, text};
use crate::{
    event::User,
    wire::odd::{Odd, Path, insert_beside},
};

/// A user. Unknown keys go to `data`.
pub(in crate::wire) fn user(value: Value, at: &Path<'_>, odd: &mut Odd) -> Option<User> {
    let mut user = User::default();
    let map = match value {
        Value::Null => return None,
        Value::Object(map) => map,
        Value::Array(list) if list.is_empty() => return None,
        other => {
            odd.misfit(at, other, "expected an object");
            return None;
        }
    };
    for (key, value) in map {
        let at = at.key(&key);
        match key.as_str() {
            _ if value.is_null() => {}
            "id" => user.id = text(value, &at, odd),
            "username" => user.username = text(value, &at, odd),
            "name" => user.name = text(value, &at, odd),
            "email" => user.email = text(value, &at, odd),
            "ip_address" => user.ip_address = text(value, &at, odd),
            "geo" => {
                for (key, value) in free(value, &at, odd) {
                    if let Some(text) = text(value, &at.key(&key), odd) {
                        user.geo.insert(key, text);
                    }
                }
            }
            "data" => match value {
                Value::Object(data) => data.into_iter().for_each(|(key, value)| insert_beside(&mut user.data, key, value)),
                other => insert_beside(&mut user.data, key, other),
            },
            _ => insert_beside(&mut user.data, key, value),
        }
    }
    (user != User::default()).then_some(user)
}
