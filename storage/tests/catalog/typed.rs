//! The typed modules over an engine.

use std::collections::HashSet;

use jiff::{Timestamp, civil::date};
use schemas::{
    catalog::{DeadLetter, Feedback, Role, Token},
    category::Category,
    event::{Event, Grouping},
    ids::{EventId, Fingerprint, IssueId, ProjectId, PublicKey},
    issue::Issue,
    limits,
    outcome::Reason,
    record::Position,
    usage::{Count, Counts, Reason as UsageReason, UsageDay},
};
use storage::catalog::{
    Catalog, Collection, Draft, Expect, Write, dead_letters, feedback,
    issues::{self, Sighting},
    keys, projects, scrub_key, tokens, usage,
};

use super::Store;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn key(n: u8) -> PublicKey {
    PublicKey::from_bytes([n; 16])
}

pub(crate) async fn projects_count_from_one_and_have_slugs_of_their_own(store: &dyn Store) {
    let c = store.open().await;
    assert_eq!(projects::list(&*c).await.unwrap(), []);
    let (shop, shop_key) = projects::create(&*c, "My Shop", key(1), at(0)).await.unwrap();
    assert_eq!((shop.id, shop.slug.as_str(), shop.name.as_str(), shop.enabled), (ProjectId(1), "my-shop", "My Shop", true));
    assert_eq!((shop_key.project, &shop_key.key, shop_key.enabled), (ProjectId(1), &key(1), true));
    let (again, _) = projects::create(&*c, "my shop!", key(2), at(1)).await.unwrap();
    assert_eq!((again.id, again.slug.as_str()), (ProjectId(2), "my-shop-2"));
    let (long, _) = projects::create(&*c, &"x".repeat(300), key(3), at(2)).await.unwrap();
    let (longer, _) = projects::create(&*c, &"x".repeat(301), key(4), at(3)).await.unwrap();
    assert_eq!((long.slug.len(), longer.slug.as_str()), (50, format!("{}-2", "x".repeat(48)).as_str()));
    let found = projects::get(&*c, &[ProjectId(2), ProjectId(99), ProjectId(1)]).await.unwrap();
    assert_eq!(found, [Some(again.clone()), None, Some(shop.clone())]);
    assert_eq!(projects::find(&*c, "my-shop-2").await.unwrap(), Some(again.clone()));
    assert_eq!(projects::find(&*c, "nothing").await.unwrap(), None);
    assert_eq!(projects::find(&*c, &"x".repeat(5_000)).await.unwrap(), None);
    assert_eq!(projects::list(&*c).await.unwrap(), [shop, again, long, longer]);
}

pub(crate) async fn projects_made_at_once_get_different_numbers_and_slugs(store: &dyn Store) {
    let mut tasks = Vec::new();
    for n in 0..6 {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move { projects::create(&*c, "default", key(n), at(0)).await.unwrap() }));
    }
    let mut slugs = HashSet::new();
    let mut numbers = HashSet::new();
    for task in tasks {
        let (project, key) = task.await.unwrap();
        assert_eq!(key.project, project.id);
        assert!(slugs.insert(project.slug) && numbers.insert(project.id));
    }
    let expected: HashSet<String> =
        ["default", "default-2", "default-3", "default-4", "default-5", "default-6"].map(String::from).into_iter().collect();
    assert_eq!(slugs, expected);
    let c = store.open().await;
    for n in 0..6 {
        let key = keys::get(&*c, &key(n)).await.unwrap().unwrap();
        assert!(numbers.remove(&key.project), "two keys were made for one project");
    }
}

pub(crate) async fn a_reserved_slug_without_a_project_is_taken_over(store: &dyn Store) {
    let c = store.open().await;
    // What a maker leaves that was killed before it wrote the project.
    let json = br#"{"project":7}"#.to_vec();
    let reservation = Draft { id: "slug:default".into(), project: None, order: 0, json };
    c.write(Collection::Program, vec![Write::Put(reservation, Expect::Absent)]).await.unwrap();
    assert_eq!(projects::find(&*c, "default").await.unwrap(), None);
    let (project, key) = projects::create(&*c, "default", key(1), at(0)).await.unwrap();
    assert_eq!((project.id, project.slug.as_str(), key.project), (ProjectId(7), "default", ProjectId(7)));
}

pub(crate) async fn a_project_changes_but_not_its_number_and_slug(store: &dyn Store) {
    let c = store.open().await;
    let (project, _) = projects::create(&*c, "shop", key(1), at(0)).await.unwrap();
    let changed = projects::update(&*c, project.id, |p| {
        p.id = ProjectId(5);
        p.slug = "other".into();
        p.name = "Other".into();
        p.enabled = false;
        p.settings.scrub_ip_addresses = true;
    });
    let changed = changed.await.unwrap().unwrap();
    assert_eq!((changed.id, changed.slug.as_str(), changed.name.as_str(), changed.enabled), (project.id, "shop", "Other", false));
    assert!(changed.settings.scrub_ip_addresses);
    assert_eq!(projects::get(&*c, &[project.id]).await.unwrap(), [Some(changed)]);
    assert_eq!(projects::update(&*c, ProjectId(9), |_| {}).await.unwrap(), None);
}

pub(crate) async fn keys_belong_to_one_project(store: &dyn Store) {
    let c = store.open().await;
    let (one, first) = projects::create(&*c, "one", key(1), at(0)).await.unwrap();
    let (two, _) = projects::create(&*c, "two", key(2), at(0)).await.unwrap();
    let second = keys::create(&*c, one.id, key(3), at(5)).await.unwrap();
    assert_eq!(keys::list(&*c, one.id).await.unwrap(), [second.clone(), first.clone()]);
    let error = keys::create(&*c, two.id, key(3), at(6)).await.unwrap_err();
    assert!(error.to_string().contains("in use"), "{error}");
    assert_eq!(keys::get(&*c, &key(3)).await.unwrap(), Some(second));
    let off = keys::update(&*c, &first.key, |key| {
        key.enabled = false;
        key.project = two.id;
    });
    let off = off.await.unwrap().unwrap();
    assert_eq!((off.enabled, off.project), (false, one.id));
    assert_eq!(keys::get(&*c, &first.key).await.unwrap(), Some(off));
    assert_eq!(keys::get(&*c, &key(9)).await.unwrap(), None);
    assert_eq!(keys::update(&*c, &key(9), |_| {}).await.unwrap(), None);
}

pub(crate) async fn tokens_are_found_by_secret_and_kept_by_hash(store: &dyn Store) {
    let c = store.open().await;
    let secret = Token::secret([7; 32]);
    let token = tokens::create(&*c, &secret, Role::Member, Some(vec![ProjectId(7)]), at(0)).await.unwrap();
    assert_eq!(tokens::find(&*c, &secret).await.unwrap(), Some(token.clone()));
    assert_eq!(tokens::find(&*c, &token.hash).await.unwrap(), None);
    assert_eq!(tokens::find(&*c, "").await.unwrap(), None);
    assert!(tokens::create(&*c, &secret, Role::Admin, None, at(1)).await.is_err());
    assert_eq!(tokens::find(&*c, &secret).await.unwrap().unwrap().role, Role::Member);
    let kept = c.get(Collection::Tokens, std::slice::from_ref(&token.hash)).await.unwrap().remove(0).unwrap();
    assert!(!String::from_utf8(kept.draft.json).unwrap().contains(&secret));
    let other = tokens::create(&*c, &Token::secret([8; 32]), Role::Viewer, None, at(1)).await.unwrap();
    assert_eq!(tokens::list(&*c).await.unwrap(), [other.clone(), token.clone()]);
    assert!(tokens::revoke(&*c, &token.hash).await.unwrap());
    assert!(!tokens::revoke(&*c, &token.hash).await.unwrap());
    assert_eq!(tokens::find(&*c, &secret).await.unwrap(), None);
    assert_eq!(tokens::list(&*c).await.unwrap(), [other]);
}

fn letter(project: u64, offset: u64, second: i64) -> DeadLetter {
    DeadLetter {
        position: Position { partition: 0, offset },
        project: ProjectId(project),
        event_id: EventId([1; 16]),
        received_at: at(second),
        reason: Reason::InvalidJson,
        detail: "expected a value at byte 3".into(),
        record: "AAAA".into(),
    }
}

pub(crate) async fn processes_that_ask_at_once_share_one_key_for_hashes(store: &dyn Store) {
    let mut tasks = Vec::new();
    for _ in 0..6 {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move { scrub_key::get(&*c).await.unwrap() }));
    }
    let mut keys = HashSet::new();
    for task in tasks {
        keys.insert(task.await.unwrap().0);
    }
    assert_eq!(keys.len(), 1);
    let key = scrub_key::get(&*store.open().await).await.unwrap();
    assert!(keys.contains(&key.0) && key.0 != [0; 32]);
    assert_eq!(format!("{key:?}"), "ScrubKey(..)");
}

pub(crate) async fn dead_letters_are_listed_newest_first_and_added_once(store: &dyn Store) {
    let c = store.open().await;
    let letters: Vec<DeadLetter> = (0..40).map(|n| letter(1 + n % 2, n, i64::try_from(n).unwrap())).collect();
    dead_letters::add(&*c, letters.clone()).await.unwrap();
    let mut again = letters.clone();
    for letter in &mut again {
        letter.detail = "again".into();
    }
    again.push(letters[0].clone());
    dead_letters::add(&*c, again).await.unwrap();
    let newest: Vec<DeadLetter> = letters.iter().rev().cloned().collect();
    assert_eq!(dead_letters::list(&*c, None, None, 100).await.unwrap(), newest);
    let page = dead_letters::list(&*c, None, None, 10).await.unwrap();
    assert_eq!(page, newest[..10]);
    let after = Some((page[9].received_at.as_millisecond(), page[9].position));
    assert_eq!(dead_letters::list(&*c, None, after, 10).await.unwrap(), newest[10..20]);
    let of_two = dead_letters::list(&*c, Some(vec![ProjectId(2)]), None, 3).await.unwrap();
    assert_eq!(of_two, [newest[0].clone(), newest[2].clone(), newest[4].clone()]);
    assert_eq!(dead_letters::get(&*c, letters[5].position).await.unwrap(), Some(letters[5].clone()));
    assert_eq!(dead_letters::get(&*c, Position { partition: 9, offset: 0 }).await.unwrap(), None);
}

pub(crate) fn fingerprint(n: u32) -> Fingerprint {
    Fingerprint::fp1(&format!("[\"fp1\",{n}]"))
}

/// What an event titled `title` in the second `second` says about the issue of fingerprint `n`.
pub(crate) fn sighting(project: u64, n: u32, title: &str, second: i64) -> Sighting {
    let mut event = Event::new(EventId([0; 16]), ProjectId(project), at(second));
    event.title = title.into();
    event.grouping = Some(Grouping::new(fingerprint(n), serde_json::json!([])));
    let issue = Issue::of(&event, IssueId("to be named".into())).unwrap();
    Sighting { slug: format!("p{project}"), issue, previous: Vec::new() }
}

pub(crate) async fn issue_of(c: &dyn Catalog, project: u64, n: u32) -> Option<Issue> {
    let id = issues::of_fingerprints(c, &[(ProjectId(project), fingerprint(n))]).await.unwrap().remove(0)?;
    let issue = issues::get(c, std::slice::from_ref(&id)).await.unwrap().remove(0).expect("a fingerprint points at nothing");
    assert_eq!(issue.id, id);
    Some(issue)
}

pub(crate) async fn a_new_fingerprint_makes_an_issue_and_a_known_one_joins_it(store: &dyn Store) {
    let c = store.open().await;
    issues::merge(&*c, Vec::new()).await.unwrap();
    assert_eq!(issue_of(&*c, 1, 1).await, None);
    issues::merge(&*c, vec![sighting(1, 1, "new", 10), sighting(2, 1, "other project", 11)]).await.unwrap();
    let first = issue_of(&*c, 1, 1).await.unwrap();
    assert_eq!(first.id, IssueId::new("p1", ProjectId(1), &fingerprint(1), IssueId::SHORTEST));
    assert_eq!((first.first_seen, first.last_seen, first.title.as_str()), (at(10), at(10), "new"));
    issues::merge(&*c, vec![sighting(1, 1, "newer", 30), sighting(1, 1, "older", 5), sighting(1, 2, "second", 20)]).await.unwrap();
    let joined = issue_of(&*c, 1, 1).await.unwrap();
    assert_eq!((joined.first_seen, joined.last_seen, joined.title.as_str()), (at(5), at(30), "newer"));
    assert_eq!((&joined.id, &joined.fingerprints), (&first.id, &vec![fingerprint(1)]));
    let second = issue_of(&*c, 1, 2).await.unwrap();
    let other = issue_of(&*c, 2, 1).await.unwrap();
    assert_eq!(other.project, ProjectId(2));
    assert_eq!(issues::list(&*c, None, None, 10).await.unwrap(), [joined.clone(), second.clone(), other]);
    let after = Some((joined.last_seen.as_millisecond(), joined.id.clone()));
    assert_eq!(issues::list(&*c, Some(vec![ProjectId(1)]), after, 10).await.unwrap(), [second]);
}

pub(crate) async fn sightings_again_and_in_any_order_change_nothing(store: &dyn Store) {
    let c = store.open().await;
    let mut sightings: Vec<Sighting> = (0..20).map(|n| sighting(1, n % 3, &format!("title {}", n % 5), i64::from(n * 7 % 11))).collect();
    issues::merge(&*c, sightings.clone()).await.unwrap();
    let before = c.list(Collection::Issues, &storage::catalog::List { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(before.len(), 3);
    sightings.reverse();
    for chunk in sightings.chunks(4) {
        issues::merge(&*c, chunk.to_vec()).await.unwrap();
    }
    // The same versions: nothing was even written.
    assert_eq!(c.list(Collection::Issues, &storage::catalog::List { limit: 10, ..Default::default() }).await.unwrap(), before);
}

/// Makes someone else's issue with this id.
async fn occupy(c: &dyn Catalog, id: &IssueId) {
    let mut other = sighting(1, 999, "someone else's", 0).issue;
    other.id = id.clone();
    let json = serde_json::to_vec(&other).unwrap();
    let draft = Draft { id: id.to_string(), project: Some(ProjectId(1)), order: 0, json };
    c.write(Collection::Issues, vec![Write::Put(draft, Expect::Absent)]).await.unwrap();
}

pub(crate) async fn an_id_that_another_issue_has_gets_longer(store: &dyn Store) {
    let c = store.open().await;
    let id = |length| IssueId::new("p1", ProjectId(1), &fingerprint(1), length);
    occupy(&*c, &id(5)).await;
    occupy(&*c, &id(6)).await;
    for second in [10, 20] {
        issues::merge(&*c, vec![sighting(1, 1, "mine", second)]).await.unwrap();
        let issue = issue_of(&*c, 1, 1).await.unwrap();
        assert_eq!((issue.id, issue.last_seen, issue.title.as_str()), (id(7), at(second), "mine"));
    }
    let others = issues::get(&*c, &[id(5), id(6)]).await.unwrap();
    assert!(others.into_iter().all(|issue| issue.unwrap().title == "someone else's"));
}

pub(crate) async fn an_issue_without_its_fingerprint_is_found_again(store: &dyn Store) {
    let c = store.open().await;
    issues::merge(&*c, vec![sighting(1, 1, "before", 1)]).await.unwrap();
    let before = issue_of(&*c, 1, 1).await.unwrap();
    // As if the program had been killed after it wrote the issue.
    c.write(Collection::Fingerprints, vec![Write::Delete(format!("1:{}", fingerprint(1)), Expect::Any)]).await.unwrap();
    assert_eq!(issue_of(&*c, 1, 1).await, None);
    issues::merge(&*c, vec![sighting(1, 1, "after", 2)]).await.unwrap();
    let after = issue_of(&*c, 1, 1).await.unwrap();
    assert_eq!((after.id, after.first_seen, after.last_seen), (before.id, at(1), at(2)));
}

pub(crate) async fn processors_that_race_make_the_same_issues(store: &dyn Store) {
    const ISSUES: u32 = 12;
    const PROCESSORS: i64 = 4;
    let mut tasks = Vec::new();
    for processor in 0..PROCESSORS {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move {
            for round in 0..5 {
                let second = round * PROCESSORS + processor;
                let sightings = (0..ISSUES).map(|n| sighting(1, n, &format!("at {second:02}"), second)).collect();
                issues::merge(&*c, sightings).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let c = store.open().await;
    for n in 0..ISSUES {
        let issue = issue_of(&*c, 1, n).await.unwrap();
        assert_eq!((issue.first_seen, issue.last_seen, issue.title.as_str()), (at(0), at(19), "at 19"));
        assert_eq!(issue.id, IssueId::new("p1", ProjectId(1), &fingerprint(n), IssueId::SHORTEST));
    }
    let mut listed = Vec::new();
    // Lists may take up to 2 s to follow other processes.
    for _ in 0..100 {
        listed = issues::list(&*c, None, None, 100).await.unwrap();
        if listed.len() == ISSUES as usize {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{} issues are listed", listed.len());
}

fn words(n: u8, event: Option<u8>) -> Feedback {
    let message = format!("word {n}");
    let event = event.map(|event| EventId([event; 16]));
    Feedback { id: EventId([n; 16]), project: ProjectId(1), event, received_at: at(n.into()), name: None, email: None, message, url: None }
}

pub(crate) async fn feedback_is_kept_once_and_found_by_event_and_by_time(store: &dyn Store) {
    let c = store.open().await;
    let elsewhere = Feedback { project: ProjectId(2), ..words(1, Some(50)) };
    let changed = Feedback { message: "something else".into(), ..words(1, Some(50)) };
    feedback::add(&*c, vec![words(1, Some(50)), changed.clone(), words(2, None), elsewhere.clone()]).await.unwrap();
    feedback::add(&*c, vec![changed, words(3, Some(50))]).await.unwrap();
    assert_eq!(feedback::of_event(&*c, ProjectId(1), EventId([50; 16])).await.unwrap(), [words(1, Some(50)), words(3, Some(50))]);
    assert_eq!(feedback::of_event(&*c, ProjectId(2), EventId([50; 16])).await.unwrap(), [elsewhere]);
    assert_eq!(feedback::of_event(&*c, ProjectId(1), EventId([51; 16])).await.unwrap(), []);
    let page = feedback::list(&*c, Some(vec![ProjectId(1)]), None, 2).await.unwrap();
    assert_eq!(page, [words(3, Some(50)), words(2, None)]);
    let after = Some((page[1].received_at.as_millisecond(), page[1].project, page[1].id));
    assert_eq!(feedback::list(&*c, Some(vec![ProjectId(1)]), after, 2).await.unwrap(), [words(1, Some(50))]);
}

pub(crate) async fn an_event_shows_a_bounded_number_of_feedback_and_the_list_has_all(store: &dyn Store) {
    let c = store.open().await;
    let many = (0..=limits::EVENT_FEEDBACK as u8).map(|n| words(n, Some(200))).collect();
    feedback::add(&*c, many).await.unwrap();
    assert_eq!(feedback::of_event(&*c, ProjectId(1), EventId([200; 16])).await.unwrap().len(), limits::EVENT_FEEDBACK);
    assert_eq!(feedback::list(&*c, None, None, 1_000).await.unwrap().len(), limits::EVENT_FEEDBACK + 1);
}

/// Usage is found by project and day, whichever process counted it, and goes with age.
pub(crate) async fn usage_is_kept_by_project_day_and_process(store: &dyn Store) {
    let c = store.open().await;
    let day = |project: u64, day: i8, instance: &str, events: u64| {
        let mut counted =
            UsageDay { project: ProjectId(project), day: date(2026, 11, day), instance: instance.into(), counts: Counts::new() };
        let key = PublicKey::from_bytes([7; 16]);
        counted.add(Count { key: &key, category: Category::Error, reason: UsageReason::Accepted, hour: 5, events });
        counted
    };
    let c = &*c;
    let all = [day(1, 20, "a", 1), day(1, 21, "a", 2), day(1, 21, "b", 3), day(2, 21, "a", 4), day(1, 22, "b", 5)];
    usage::put(c, &all).await.unwrap();
    usage::put(c, &[day(1, 22, "b", 6)]).await.unwrap();
    let found = async |projects: &[u64], from, to| {
        let projects = projects.iter().copied().map(ProjectId).collect();
        let days = usage::between(c, projects, date(2026, 11, from), date(2026, 11, to)).await.unwrap();
        days.iter().flat_map(|day| day.iter().map(|count| count.events).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(found(&[1], 21, 22).await, [6, 2, 3]);
    assert_eq!(found(&[1], 20, 20).await, [1]);
    assert_eq!(found(&[1, 2], 21, 21).await, [2, 3, 4]);
    assert_eq!(found(&[3], 1, 30).await, [0; 0]);
    assert_eq!(usage::forget_before(c, date(2026, 11, 22)).await.unwrap(), 4);
    assert_eq!(found(&[1, 2], 1, 30).await, [6]);
    assert_eq!(usage::forget_before(c, date(2026, 11, 22)).await.unwrap(), 0);
}

pub(crate) async fn old_feedback_is_swept(store: &dyn Store) {
    let c = store.open().await;
    feedback::add(&*c, (1..=5).map(|n| words(n, Some(50 + n % 2))).collect()).await.unwrap();
    assert_eq!(feedback::sweep(&*c, at(0), 10).await.unwrap(), 0);
    assert_eq!(feedback::sweep(&*c, at(3), 2).await.unwrap(), 2);
    assert_eq!(feedback::sweep(&*c, at(3), 2).await.unwrap(), 1);
    assert_eq!(feedback::list(&*c, None, None, 10).await.unwrap(), [words(5, Some(51)), words(4, Some(50))]);
    assert_eq!(feedback::of_event(&*c, ProjectId(1), EventId([51; 16])).await.unwrap(), [words(5, Some(51))]);
    assert_eq!(feedback::sweep(&*c, at(9), 10).await.unwrap(), 2);
    let left = c.list(Collection::EventFeedback, &storage::catalog::List { limit: 10, ..Default::default() }).await.unwrap();
    assert_eq!(left, [], "nothing is left of an event without feedback");
}
