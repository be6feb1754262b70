//! Names of values that stand for a user, as programs write them.

/// Without case, hyphens, underscores and dots.
const USERS: [&str; 20] = [
    "user",
    "userid",
    "uid",
    "useruid",
    "enduserid",
    "customer",
    "customerid",
    "account",
    "accountid",
    "member",
    "memberid",
    "client",
    "clientid",
    "subject",
    "sub",
    "login",
    "username",
    "usermail",
    "useremail",
    "email",
];

/// Whether a value of this name tells who a user is.
pub(super) fn tells_user(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).take(40).flat_map(char::to_lowercase).collect();
    USERS.contains(&plain.as_str())
}

/// Parts of a stored document that it can't be without, by their names at the top of it. No client writes them freely.
const NEEDED: [&str; 14] = [
    "id",
    "project",
    "event",
    "timestamp",
    "received_at",
    "severity",
    "category",
    "priority",
    "strategies",
    "position",
    "state",
    "fingerprints",
    "first_seen",
    "last_seen",
];

/// Whether this part of a document stays as it is.
pub(super) fn is_needed(name: &str) -> bool {
    NEEDED.contains(&name)
}
