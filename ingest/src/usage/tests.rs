use schemas::{
    catalog::{Key, Project, ProjectSettings},
    category::Category,
    ids::PublicKey,
    usage::Reason,
};
use storage::catalog::sqlite::SqliteCatalog;

use super::*;
use crate::{
    quota::{Admitted, Claim},
    room::Pressure,
};

const PROJECT: ProjectId = ProjectId(1);

/// One process of a cluster, and the project as it knows it.
struct Process {
    usage: Arc<Usage>,
    admitted: Arc<Admitted>,
}

fn catalog() -> (Arc<dyn Catalog>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (Arc::new(SqliteCatalog::open(&dir.path().join("catalog.db")).unwrap()), dir)
}

fn key() -> PublicKey {
    PublicKey::from_bytes([7; 16])
}

/// A process that does its rounds when it is told.
fn process(catalog: &Arc<dyn Catalog>, instance: &str, limits: &str) -> Process {
    let accounts = Arc::new(Accounts::new());
    let usage = Usage { accounts, catalog: Arc::clone(catalog), instance: instance.into(), book: Mutex::default() };
    let admitted = admit(&usage, limits);
    Process { usage: Arc::new(usage), admitted }
}

fn admit(usage: &Usage, limits: &str) -> Arc<Admitted> {
    let settings = ProjectSettings { limits: serde_json::from_str(limits).unwrap(), ..ProjectSettings::default() };
    let created_at = Timestamp::UNIX_EPOCH;
    let project = Project { id: PROJECT, slug: "p".into(), name: "p".into(), created_at, enabled: true, settings };
    let key = Key { key: key(), project: PROJECT, created_at, enabled: true, limits: vec![], rotated: None };
    usage.accounts.admit(project, key)
}

impl Process {
    /// How many of `events` come through.
    fn send(&self, events: usize) -> usize {
        let mut claim = Claim::new(Arc::clone(&self.admitted), Pressure::None);
        let through = (0..events).filter(|_| claim.take(Category::Error, 1, || false).is_ok()).count();
        claim.settle(&Ok(()));
        through
    }

    async fn round(&self) {
        self.usage.round(WRITE_EVERY).await;
    }
}

/// All that the catalog has of today, and in case the day ends just now, of the day before.
async fn kept(catalog: &Arc<dyn Catalog>, reason: Reason) -> u64 {
    let today = day_of(Timestamp::now());
    let days = usage::between(catalog.as_ref(), vec![PROJECT], today.yesterday().unwrap(), today).await.unwrap();
    days.iter().flat_map(UsageDay::iter).filter(|count| count.reason == reason).map(|count| count.events).sum()
}

const MONTHLY: &str = r#"[{"per":"month","events":10}]"#;

#[tokio::test]
async fn a_monthly_limit_survives_a_restart_and_restarts_add_up() {
    let (catalog, _dir) = catalog();
    let before = process(&catalog, "a", MONTHLY);
    assert_eq!(before.send(7), 7);
    before.usage.finish().await;
    let after = process(&catalog, "b", MONTHLY);
    after.round().await;
    assert_eq!(after.send(7), 3);
    after.usage.finish().await;
    assert_eq!((kept(&catalog, Reason::Accepted).await, kept(&catalog, Reason::ProjectQuota).await), (10, 4));
}

#[tokio::test]
async fn a_project_that_is_new_here_does_not_wait_for_the_next_writing() {
    let (catalog, _dir) = catalog();
    let before = process(&catalog, "a", MONTHLY);
    before.send(10);
    before.usage.finish().await;
    let after = process(&catalog, "b", MONTHLY);
    after.usage.round(1).await;
    assert_eq!(after.send(1), 0);
}

#[tokio::test]
async fn processes_learn_what_the_others_took() {
    let (catalog, _dir) = catalog();
    let (one, other) = (process(&catalog, "a", MONTHLY), process(&catalog, "b", MONTHLY));
    assert_eq!((one.send(3), other.send(4)), (3, 4));
    for process in [&one, &other, &one] {
        process.round().await;
    }
    assert_eq!(one.send(10), 3);
    one.round().await;
    other.round().await;
    assert_eq!(other.send(10), 0);
}

#[tokio::test]
async fn a_limit_that_is_set_in_the_middle_of_a_month_counts_from_its_beginning() {
    let (catalog, _dir) = catalog();
    let mut process = process(&catalog, "a", "[]");
    assert_eq!(process.send(8), 8);
    process.round().await;
    process.admitted = admit(&process.usage, MONTHLY);
    process.round().await;
    assert_eq!(process.send(8), 2);
}

#[tokio::test]
async fn the_days_of_the_month_before_today_count() {
    let (catalog, _dir) = catalog();
    let today = day_of(Timestamp::now());
    let day = |day: Date| {
        let mut usage = UsageDay { project: PROJECT, day, instance: "old".into(), counts: Counts::new() };
        usage.add(Count { key: &key(), category: Category::Error, reason: Reason::Accepted, hour: 0, events: 6 });
        usage
    };
    usage::put(catalog.as_ref(), &[day(today.first_of_month()), day(today.first_of_month().yesterday().unwrap())]).await.unwrap();
    let process = process(&catalog, "a", MONTHLY);
    process.round().await;
    assert_eq!(process.send(9), 4);
}

#[tokio::test]
async fn numbers_that_could_not_be_written_are_written_later() {
    let (catalog, _dir) = catalog();
    let process = process(&catalog, "a", "[]");
    process.round().await;
    process.send(5);
    process.usage.round(1).await;
    assert_eq!(kept(&catalog, Reason::Accepted).await, 0);
    process.send(2);
    process.round().await;
    process.round().await;
    assert_eq!(kept(&catalog, Reason::Accepted).await, 7);
}

#[tokio::test]
async fn usage_that_is_too_old_is_dropped() {
    let (catalog, _dir) = catalog();
    let today = day_of(Timestamp::now());
    let day = |days: i64| {
        let day = today.checked_sub(days.days()).unwrap();
        UsageDay { project: PROJECT, day, instance: "old".into(), counts: Counts::new() }
    };
    usage::put(catalog.as_ref(), &[day(limits::USAGE_DAYS), day(limits::USAGE_DAYS + 1), day(limits::USAGE_DAYS + 90)]).await.unwrap();
    process(&catalog, "a", "[]").round().await;
    let left = usage::between(catalog.as_ref(), vec![PROJECT], day(900).day, today).await.unwrap();
    assert_eq!(left, [day(limits::USAGE_DAYS)]);
}
