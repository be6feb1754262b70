use proptest::prelude::*;

use super::*;

fn id(name: &str) -> IssueId {
    IssueId(name.into())
}

fn ids(names: &[&str]) -> Vec<IssueId> {
    names.iter().map(|name| id(name)).collect()
}

fn by() -> By {
    By { token: None, role: Role::Member }
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

fn merge(merges: &mut Merges, into: &str, issues: &[&str]) -> Option<Change> {
    merges.merge(&id(into), &ids(issues), now(), by()).unwrap()
}

fn split(merges: &mut Merges, whole: &str, parts: &[&str]) -> Result<Option<Change>, Refused> {
    merges.split(&id(whole), &ids(parts), now(), by())
}

fn undo(merges: &mut Merges, issue: &str, change: u64) -> Result<Option<Change>, Refused> {
    merges.undo(&id(issue), change, now(), by())
}

#[test]
fn what_was_merged_into_a_part_is_part_of_the_whole() {
    let mut merges = Merges::default();
    merge(&mut merges, "a", &["b"]);
    let change = merge(&mut merges, "c", &["b", "c", "d"]).unwrap();
    for part in ["a", "b", "c", "d"] {
        assert_eq!(merges.whole(&id(part)), &id("c"));
    }
    let moved = |issue: &str, from: &str| Move { issue: id(issue), from: id(from), to: id("c") };
    assert_eq!(change.moves, [moved("a", "a"), moved("b", "a"), moved("d", "d")]);
    assert_eq!(merges.parts(&id("c")).cloned().collect::<Vec<_>>(), ids(&["a", "b", "d"]));
    assert_eq!(merge(&mut merges, "b", &["a", "c"]), None, "they are one already");
    assert_eq!(merges.history(&id("b")).map(|change| change.id).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(merges.history(&id("d")).map(|change| change.id).collect::<Vec<_>>(), [2]);
}

#[test]
fn only_parts_are_split_off() {
    let mut merges = Merges::default();
    merge(&mut merges, "a", &["b", "c"]);
    assert_eq!(split(&mut merges, "a", &["a"]), Err(Refused::NoPart(id("a"))));
    assert_eq!(split(&mut merges, "a", &["d"]), Err(Refused::NoPart(id("d"))));
    assert_eq!(split(&mut merges, "a", &["b", "d"]), Err(Refused::NoPart(id("d"))));
    assert_eq!(merges.whole(&id("b")), &id("a"), "nothing happens by half");
    split(&mut merges, "a", &["b", "b"]).unwrap();
    assert_eq!((merges.whole(&id("b")), merges.whole(&id("c"))), (&id("b"), &id("a")));
}

#[test]
fn later_changes_stand_in_the_way_of_an_undo() {
    let mut merges = Merges::default();
    merge(&mut merges, "a", &["b"]);
    merge(&mut merges, "c", &["a"]);
    assert_eq!(undo(&mut merges, "a", 1), Err(Refused::Moved { issue: id("b"), change: 2 }));
    assert_eq!(undo(&mut merges, "x", 2), Err(Refused::Unknown(2)), "it is another issue's change");
    let undone = undo(&mut merges, "c", 2).unwrap().unwrap();
    assert_eq!((undone.what, undone.undone, undone.id), (What::Undo, Some(2), 3));
    assert_eq!((merges.whole(&id("b")), merges.whole(&id("a"))), (&id("a"), &id("a")));
    assert_eq!(undo(&mut merges, "c", 2), Err(Refused::Moved { issue: id("a"), change: 3 }));
    split(&mut merges, "a", &["b"]).unwrap();
    merge(&mut merges, "b", &["d"]);
    assert_eq!(undo(&mut merges, "a", 4), Err(Refused::HasParts { part: id("d"), of: id("b") }));
}

#[test]
fn the_oldest_changes_are_let_go_of_and_merges_have_a_limit() {
    let mut merges = Merges::default();
    let many: Vec<IssueId> = (0..=limits::MERGED_ISSUES).map(|n| id(&n.to_string())).collect();
    assert_eq!(merges.merge(&id("a"), &many, now(), by()), Err(Refused::TooMany));
    assert_eq!(merges, Merges::default());
    for _ in 0..=limits::MOVED_ISSUES / 2 {
        merge(&mut merges, "a", &["b"]);
        split(&mut merges, "a", &["b"]).unwrap();
    }
    assert_eq!(merges.history(&id("b")).count(), limits::MOVED_ISSUES);
    assert_eq!(undo(&mut merges, "b", 1), Err(Refused::Unknown(1)));
}

#[test]
fn a_full_value_fits_into_a_document() {
    let long = |n: usize| IssueId(format!("{}-{n:026}", "s".repeat(limits::SLUG_BYTES)));
    let mut merges = Merges::default();
    let many: Vec<IssueId> = (1..=limits::MERGED_ISSUES).map(long).collect();
    let by = By { token: Some("f".repeat(64)), role: Role::Viewer };
    merges.merge(&long(0), &many, now(), by).unwrap();
    let bytes = serde_json::to_vec(&merges).unwrap().len();
    assert!(bytes < limits::DOCUMENT_BYTES * 9 / 10, "{bytes} bytes");
}

proptest! {
    /// Whatever is done: no issue is part of a part, and undoing the newest change brings back what was there before.
    #[test]
    fn an_undo_brings_back_exactly_what_was(steps in proptest::collection::vec((0_u8..2, 0_u8..6, proptest::collection::vec(0_u8..6, 1..4)), 1..12)) {
        let name = |n: u8| IssueId(format!("i{n}"));
        let mut merges = Merges::default();
        for (kind, at, issues) in steps {
            let issues: Vec<IssueId> = issues.into_iter().map(name).collect();
            let before = merges.clone();
            let made = match kind {
                0 => merges.merge(&name(at), &issues, now(), by()),
                _ => merges.split(&name(at), &issues, now(), by()),
            };
            prop_assert!(merges.parts.values().all(|of| !merges.parts.contains_key(of)));
            let Ok(Some(change)) = made else {
                prop_assert_eq!(&merges, &before);
                continue;
            };
            let mut undone = merges.clone();
            undone.undo(&change.moves[0].issue, change.id, now(), by()).unwrap();
            prop_assert_eq!(&undone.parts, &before.parts);
        }
    }
}
