//! Issues that people merge and split, while sightings come and programs are killed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use schemas::{
    catalog::Role,
    ids::{IssueId, ProjectId},
    issue::{
        Issue,
        merges::{By, Change, Refused},
    },
};
use storage::{
    Error, Result,
    catalog::{
        Catalog, Collection, Kept, List, Write, Written,
        issues::{self, merges},
    },
};

use super::{Store, at, fingerprint, issue_of, sighting};

const PROJECT: ProjectId = ProjectId(1);

fn by() -> By {
    By { token: Some("someone".into()), role: Role::Member }
}

async fn merge(c: &dyn Catalog, into: &IssueId, issues: &[&IssueId]) -> Change {
    let issues: Vec<IssueId> = issues.iter().map(|id| (*id).clone()).collect();
    merges::merge(c, PROJECT, into, &issues, at(0), &by()).await.unwrap().unwrap().unwrap()
}

async fn undo(c: &dyn Catalog, issue: &IssueId, change: u64) -> std::result::Result<Option<Change>, Refused> {
    merges::undo(c, PROJECT, issue, change, at(0), &by()).await.unwrap()
}

async fn id_of(c: &dyn Catalog, n: u32) -> IssueId {
    issue_of(c, 1, n).await.unwrap().id
}

fn facts(issue: &Issue) -> (i64, i64, &str) {
    (issue.first_seen.as_second() - at(0).as_second(), issue.last_seen.as_second() - at(0).as_second(), &issue.title)
}

/// Issues of the fingerprints 1 to 3, each seen twice.
async fn three(c: &dyn Catalog) -> [IssueId; 3] {
    let seen = [(1, "a", 10), (1, "a", 40), (2, "b", 5), (2, "b", 50), (3, "c", 20), (3, "c", 30)];
    issues::merge(c, seen.map(|(n, title, second)| sighting(1, n, title, second)).into()).await.unwrap();
    [id_of(c, 1).await, id_of(c, 2).await, id_of(c, 3).await]
}

pub(crate) async fn merged_issues_are_one_with_the_times_of_all(store: &dyn Store) {
    let (c, other) = (store.open().await, store.open().await);
    let [a, b, _] = three(&*c).await;
    merge(&*c, &a, &[&b]).await;
    let whole = issue_of(&*other, 1, 1).await.unwrap();
    assert_eq!((&whole.id, facts(&whole)), (&a, (5, 50, "b")));
    assert_eq!(whole.fingerprints, [fingerprint(1), fingerprint(2)]);
    assert_eq!(issue_of(&*other, 1, 2).await.unwrap(), whole, "both fingerprints are of it");
    assert_eq!(issues::get(&*c, std::slice::from_ref(&b)).await.unwrap(), [Some(whole)], "the old id answers with it");
    // What comes now counts at once, whoever stores it.
    issues::merge(&*other, vec![sighting(1, 2, "newest", 60), sighting(1, 1, "oldest", 1)]).await.unwrap();
    assert_eq!(facts(&issue_of(&*c, 1, 1).await.unwrap()), (1, 60, "newest"));
}

pub(crate) async fn a_split_and_an_undo_leave_each_issue_with_its_own_times(store: &dyn Store) {
    let c = store.open().await;
    let [a, b, d] = three(&*c).await;
    let first = merge(&*c, &a, &[&b]).await;
    let second = merge(&*c, &d, &[&a]).await;
    issues::merge(&*c, vec![sighting(1, 2, "later", 60)]).await.unwrap();
    let split = merges::split(&*c, PROJECT, &d, &[fingerprint(2)], at(0), &by()).await.unwrap().unwrap().unwrap();
    assert_eq!(facts(&issue_of(&*c, 1, 2).await.unwrap()), (5, 60, "later"));
    assert_eq!(facts(&issue_of(&*c, 1, 1).await.unwrap()), (10, 40, "a"));
    assert_eq!(id_of(&*c, 1).await, d);
    assert_eq!(undo(&*c, &d, second.id).await, Err(Refused::Moved { issue: b.clone(), change: split.id }));
    undo(&*c, &d, split.id).await.unwrap();
    assert_eq!(undo(&*c, &a, first.id).await.unwrap_err(), Refused::Moved { issue: b.clone(), change: split.id + 1 });
    assert_eq!(merges::undo(&*c, ProjectId(2), &a, first.id, at(0), &by()).await.unwrap(), Err(Refused::Unknown(first.id)));
    assert_eq!([id_of(&*c, 1).await, id_of(&*c, 2).await, id_of(&*c, 3).await], [d.clone(), d.clone(), d]);
}

pub(crate) async fn merges_keep_to_what_is_there(store: &dyn Store) {
    let c = store.open().await;
    let [a, b, _] = three(&*c).await;
    issues::merge(&*c, vec![sighting(2, 9, "elsewhere", 1)]).await.unwrap();
    let elsewhere = issue_of(&*c, 2, 9).await.unwrap().id;
    let nothing = IssueId("p1-00000".into());
    for bad in [&elsewhere, &nothing] {
        let refused = merges::merge(&*c, PROJECT, &a, &[b.clone(), bad.clone()], at(0), &by()).await.unwrap();
        assert_eq!(refused, Err(Refused::NoIssue(bad.clone())));
    }
    let split = async |n| merges::split(&*c, PROJECT, &a, &[fingerprint(n)], at(0), &by()).await.unwrap();
    assert_eq!(split(9).await, Err(Refused::NoFingerprint(fingerprint(9))), "it is of another project");
    assert_eq!(split(1).await, Err(Refused::NoPart(a.clone())));
    assert_eq!(merges::of(&*c, [PROJECT]).await.unwrap().len(), 0, "nothing was written");
    merge(&*c, &a, &[&b]).await;
    assert_eq!(merges::merge(&*c, PROJECT, &b, std::slice::from_ref(&a), at(0), &by()).await.unwrap(), Ok(None));
}

pub(crate) async fn merges_and_sightings_at_once_lose_nothing(store: &dyn Store) {
    const ISSUES: u32 = 8;
    let c = store.open().await;
    issues::merge(&*c, (0..ISSUES).map(|n| sighting(1, n, "first", 100)).collect()).await.unwrap();
    let mut ids = Vec::new();
    for n in 0..ISSUES {
        ids.push(id_of(&*c, n).await);
    }
    let mut tasks = Vec::new();
    for worker in 0..2_i64 {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move {
            for round in 0..6 {
                let second = 101 + round * 2 + worker;
                issues::merge(&*c, (0..ISSUES).map(|n| sighting(1, n, &format!("at {second}"), second)).collect()).await.unwrap();
            }
        }));
        let (c, ids) = (store.open().await, ids.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..6_usize {
                let (into, from) = ((round + worker as usize) % 8, (round * 3 + 1) % 8);
                let done = merges::merge(&*c, PROJECT, &ids[into], &ids[from..=from], at(0), &by()).await.unwrap().unwrap();
                if let (Some(done), 1) = (done, round % 2) {
                    // Whoever was in between is a reason, never a mess.
                    let _ = undo(&*c, &ids[into], done.id).await;
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut listed = std::collections::BTreeMap::<IssueId, Vec<u32>>::new();
    for n in 0..ISSUES {
        let issue = issue_of(&*c, 1, n).await.unwrap();
        assert!(issue.fingerprints.contains(&fingerprint(n)));
        assert_eq!(facts(&issue), (100, 112, "at 112"));
        listed.entry(issue.id).or_default().push(n);
    }
    for (id, members) in listed {
        let issue = issues::get(&*c, &[id]).await.unwrap().remove(0).unwrap();
        assert_eq!(issue.fingerprints.len(), members.len(), "each fingerprint is of one issue");
    }
}

/// A catalog of a program that is killed at its write number `left`: before it, or right after it.
struct Killed {
    inner: Arc<dyn Catalog>,
    left: AtomicUsize,
    after: bool,
}

#[async_trait]
impl Catalog for Killed {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>> {
        self.inner.get(collection, ids).await
    }

    async fn write(&self, collection: Collection, writes: Vec<Write>) -> Result<Vec<Written>> {
        let killed = || Error::retryable("writing", "the program was killed");
        match self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
            Err(_) => Err(killed()),
            Ok(1) if self.after => self.inner.write(collection, writes).await.and_then(|_| Err(killed())),
            Ok(1) => Err(killed()),
            Ok(_) => self.inner.write(collection, writes).await,
        }
    }

    async fn list(&self, collection: Collection, list: &List) -> Result<Vec<Kept>> {
        self.inner.list(collection, list).await
    }

    async fn compact(&self) -> Result<()> {
        self.inner.compact().await
    }

    async fn health(&self) -> Result<()> {
        Ok(())
    }

    async fn close(&self) -> Result<()> {
        Ok(())
    }
}

/// Two new groups, merged, seen again and split, as far as the catalog lets it.
async fn story(c: &dyn Catalog) -> Result<()> {
    issues::merge(c, vec![sighting(1, 1, "a", 10), sighting(1, 2, "b", 20)]).await?;
    let found = issues::of_fingerprints(c, &[(PROJECT, fingerprint(1)), (PROJECT, fingerprint(2))]).await?;
    let ids: Vec<IssueId> = found.into_iter().map(Option::unwrap).collect();
    merges::merge(c, PROJECT, &ids[0], &ids[1..], at(0), &by()).await?.unwrap();
    issues::merge(c, vec![sighting(1, 2, "c", 30)]).await?;
    merges::split(c, PROJECT, &ids[0], &[fingerprint(2)], at(0), &by()).await?.unwrap();
    Ok(())
}

pub(crate) async fn whoever_is_killed_between_writes_leaves_nothing_half_done(store: &dyn Store) {
    let c = store.open().await;
    let mut killed = 0;
    for (left, after) in (1..).flat_map(|left| [(left, false), (left, true)]) {
        for n in [1, 2] {
            let forget = |collection, id| {
                let c = Arc::clone(&c);
                async move { c.write(collection, vec![Write::Delete(id, storage::catalog::Expect::Any)]).await.unwrap() }
            };
            forget(Collection::Issues, IssueId::new("p1", PROJECT, &fingerprint(n), IssueId::SHORTEST).0).await;
            forget(Collection::Fingerprints, format!("{PROJECT}:{}", fingerprint(n))).await;
            forget(Collection::IssueMerges, PROJECT.to_string()).await;
        }
        let failing = Killed { inner: Arc::clone(&c), left: AtomicUsize::new(left), after };
        let ended = story(&failing).await;
        for n in [1, 2] {
            // A fingerprint that is known belongs to an issue that is there.
            issue_of(&*c, 1, n).await;
        }
        if ended.is_ok() {
            break;
        }
        killed += 1;
        story(&*c).await.unwrap();
        let [one, two] = [issue_of(&*c, 1, 1).await.unwrap(), issue_of(&*c, 1, 2).await.unwrap()];
        assert_eq!((facts(&one), facts(&two)), ((10, 10, "a"), (20, 30, "c")), "killed at write {left}, {after}");
        assert_eq!((one.fingerprints.len(), two.fingerprints.len()), (1, 1));
    }
    assert!(killed >= 8, "{killed}");
}
