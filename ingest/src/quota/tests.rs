use schemas::{catalog::ProjectSettings, quota::Limit, usage::Count};

use super::*;
use crate::room::Pressure;

fn limits(json: &str) -> Vec<Limit> {
    serde_json::from_str(json).unwrap()
}

fn project(limits: Vec<Limit>) -> Project {
    let settings = ProjectSettings { limits, ..ProjectSettings::default() };
    Project { id: ProjectId(1), slug: "p".into(), name: "p".into(), created_at: Timestamp::UNIX_EPOCH, enabled: true, settings }
}

fn key(n: u8, limits: Vec<Limit>) -> Key {
    let key = PublicKey::from_bytes([n; 16]);
    Key { key, project: ProjectId(1), created_at: Timestamp::UNIX_EPOCH, enabled: true, limits, rotated: None }
}

/// How many of `events` single events of a category come through.
fn through(admitted: &Arc<Admitted>, category: Category, events: usize) -> usize {
    let mut claim = Claim::new(Arc::clone(admitted), Pressure::None);
    (0..events).filter(|_| claim.take(category, 1, || false).is_ok()).count()
}

fn counted(accounts: &Accounts) -> Vec<(Category, Reason, u64)> {
    let mut counts = Vec::new();
    accounts.collect(|_, _, category, reason, events| counts.push((category, reason, events)));
    counts
}

#[tokio::test]
async fn a_projects_limit_is_for_all_its_keys_and_a_keys_limit_for_itself() {
    let accounts = Accounts::new();
    let of_project = || project(limits(r#"[{"per":"month","events":5}]"#));
    let one = accounts.admit(of_project(), key(1, limits(r#"[{"per":"month","events":2,"categories":["error"]}]"#)));
    let other = accounts.admit(of_project(), key(2, vec![]));
    assert_eq!(through(&one, Category::Error, 10), 2);
    assert_eq!(through(&one, Category::Session, 1), 1);
    assert_eq!(through(&other, Category::Error, 10), 2);
    assert_eq!(through(&other, Category::Internal, 10), 10);
    let refused: u64 = counted(&accounts).iter().filter(|(_, reason, _)| *reason == Reason::KeyQuota).map(|(_, _, events)| events).sum();
    assert_eq!(refused, 8);
}

#[tokio::test]
async fn what_one_limit_refuses_is_not_counted_against_another() {
    let accounts = Accounts::new();
    let both = r#"[{"per":"month","events":3},{"per":"month","events":0,"categories":["session"]}]"#;
    let one = accounts.admit(project(limits(both)), key(1, limits(r#"[{"per":"minute","events":3}]"#)));
    assert_eq!(through(&one, Category::Session, 50), 0);
    assert_eq!(through(&one, Category::Error, 50), 3);
}

#[tokio::test]
async fn a_limit_that_stays_keeps_its_count_when_another_one_changes() {
    let accounts = Accounts::new();
    let one = accounts.admit(project(limits(r#"[{"per":"month","events":3}]"#)), key(1, vec![]));
    assert_eq!(through(&one, Category::Error, 2), 2);
    let more = limits(r#"[{"per":"hour","events":100},{"per":"month","events":3}]"#);
    let one = accounts.admit(project(more), key(1, vec![]));
    assert_eq!(through(&one, Category::Error, 2), 1);
    let raised = accounts.admit(project(limits(r#"[{"per":"month","events":4}]"#)), key(1, vec![]));
    assert_eq!(through(&raised, Category::Error, 9), 4);
}

#[tokio::test]
async fn what_is_settled_counts_as_what_became_of_it() {
    let accounts = Accounts::new();
    let one = accounts.admit(project(limits(r#"[{"per":"month","events":3}]"#)), key(1, vec![]));
    let mut claim = Claim::new(Arc::clone(&one), Pressure::None);
    assert!(claim.take(Category::Error, 2, || false).is_ok());
    assert!(claim.take(Category::LogItem, 2, || false).is_err());
    assert_eq!(claim.refusal(), None);
    claim.settle(&Ok(()));
    claim.settle(&Ok(()));
    let mut claim = Claim::new(Arc::clone(&one), Pressure::None);
    assert!(claim.take(Category::Error, 1, || false).is_ok());
    claim.settle(&Err(Refusal::later("log_full", "x", 60)));
    let expected =
        [(Category::Error, Reason::Accepted, 2), (Category::Error, Reason::LogFull, 1), (Category::LogItem, Reason::ProjectQuota, 2)];
    assert_eq!(counted(&accounts), expected);
    assert_eq!(counted(&accounts), []);
}

#[tokio::test]
async fn a_refusal_names_seconds_categories_scope_and_reason() {
    let accounts = Accounts::new();
    let of_project = limits(r#"[{"per":"minute","events":0,"categories":["error","default"]}]"#);
    let one = accounts.admit(project(of_project), key(1, limits(r#"[{"per":"month","events":0,"categories":["session"]}]"#)));
    let mut claim = Claim::new(Arc::clone(&one), Pressure::None);
    for category in [Category::Error, Category::Error, Category::Session] {
        assert!(claim.take(category, 1, || false).is_err());
    }
    assert_eq!(claim.rate_limits().unwrap(), "600:error;default:project:project_quota, 600:session:key:key_quota");
    let refusal = claim.refusal().unwrap();
    assert_eq!((refusal.status.as_u16(), refusal.retry_seconds), (429, Some(600)));
    let response = refusal.into_sentry();
    assert_eq!(response.headers()["retry-after"], "600");
}

#[tokio::test]
async fn a_short_log_refuses_what_can_be_spared_without_silencing_errors() {
    let accounts = Accounts::new();
    let one = accounts.admit(project(vec![]), key(1, vec![]));
    let mut claim = Claim::new(Arc::clone(&one), Pressure::Short);
    assert!(claim.take(Category::Error, 1, || true).is_err());
    let response = claim.refusal().unwrap().into_sentry();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["x-sentry-rate-limits"], "60:session;attachment:organization:log_short");
    assert!(response.headers().get("retry-after").is_none());
    assert_eq!(claim.refusal().unwrap().into_problem().status(), 503);
    assert!(claim.take(Category::Error, 1, || false).is_ok());
    let mut claim = Claim::new(one, Pressure::Full);
    assert!(claim.take(Category::Error, 1, || false).is_err());
    assert_eq!(claim.refusal().unwrap().into_sentry().headers()["retry-after"], "60");
}

#[tokio::test]
async fn a_spike_is_held_once_the_usual_is_known() {
    let accounts = Accounts::new();
    let mut spiking = project(vec![]);
    spiking.settings.spike_protection.floor_per_hour = 3;
    let one = accounts.admit(spiking, key(1, vec![]));
    assert_eq!(through(&one, Category::Error, 10), 10);
    let mut busy = [0; Category::COUNT];
    busy[Category::Error.index()] = 2;
    one.account.learn_busy(Some(busy));
    // Twice ten an hour, of which ten came already; other categories have the floor.
    assert_eq!(through(&one, Category::Error, 100), 10);
    assert_eq!(through(&one, Category::Session, 100), 3);
    let mut claim = Claim::new(Arc::clone(&one), Pressure::None);
    let over = claim.take(Category::Error, 1, || false).unwrap_err();
    assert_eq!(over.reason, Reason::SpikeProtection);
    assert!(claim.rate_limits().unwrap().to_str().unwrap().ends_with(":error:project:spike_protection"));
}

#[tokio::test]
async fn accounts_that_nobody_uses_are_forgotten_after_their_numbers_were_collected() {
    let accounts = Accounts::new();
    let one = accounts.admit(project(vec![]), key(1, vec![]));
    let mut claim = Claim::new(one, Pressure::None);
    assert!(claim.take(Category::Error, 1, || false).is_ok());
    claim.settle(&Ok(()));
    drop(claim);
    assert_eq!(counted(&accounts), [(Category::Error, Reason::Accepted, 1)]);
    assert!(accounts.projects().is_empty());
}

#[test]
fn a_count_is_small() {
    // One for each number of a day: its size is what a flood of keys costs.
    assert!(size_of::<KeyAccount>() < 4 << 10 && size_of::<Count<'_>>() <= 40);
}
