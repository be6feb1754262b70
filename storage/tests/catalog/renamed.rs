//! Groups that a new version of the algorithm calls by another name.

use schemas::ids::{IssueId, ProjectId};
use storage::catalog::issues::{self, Sighting};

use super::{Store, at, fingerprint, issue_of, sighting};

/// A sighting of fingerprint `n` that was called by `previous` before.
fn renamed(n: u32, previous: &[u32], title: &str, second: i64) -> Sighting {
    Sighting { previous: previous.iter().map(|n| fingerprint(*n)).collect(), ..sighting(1, n, title, second) }
}

pub(crate) async fn a_group_under_its_new_name_joins_the_issue_of_its_earlier_one(store: &dyn Store) {
    let c = store.open().await;
    issues::merge(&*c, vec![sighting(1, 1, "old", 10), sighting(1, 5, "older still", 11)]).await.unwrap();
    let old = issue_of(&*c, 1, 1).await.unwrap();
    // Twice, as a replay does; the newest of its names counts.
    for _ in 0..2 {
        issues::merge(&*c, vec![renamed(2, &[1, 5], "new", 20), renamed(3, &[9], "nobody knew", 21)]).await.unwrap();
        let joined = issue_of(&*c, 1, 2).await.unwrap();
        assert_eq!((&joined.id, joined.title.as_str(), joined.first_seen), (&old.id, "new", at(10)));
        assert_eq!(joined.fingerprints, [fingerprint(1), fingerprint(2)]);
        let own = issue_of(&*c, 1, 3).await.unwrap();
        assert_eq!(own.id, IssueId::new("p1", ProjectId(1), &fingerprint(3), IssueId::SHORTEST));
    }
    // Once it belongs somewhere, earlier names change nothing, and another project's name is another name.
    issues::merge(&*c, vec![renamed(2, &[5], "newer", 30)]).await.unwrap();
    assert_eq!(issue_of(&*c, 1, 2).await.unwrap().id, old.id);
    let other = Sighting { previous: vec![fingerprint(1)], ..sighting(2, 4, "elsewhere", 1) };
    issues::merge(&*c, vec![other]).await.unwrap();
    assert_eq!(issue_of(&*c, 2, 4).await.unwrap().id, IssueId::new("p2", ProjectId(2), &fingerprint(4), IssueId::SHORTEST));
}

pub(crate) async fn earlier_names_that_come_in_the_same_batch_or_name_each_other_do_no_harm(store: &dyn Store) {
    let c = store.open().await;
    issues::merge(&*c, vec![renamed(2, &[1], "new", 20), sighting(1, 1, "old", 10)]).await.unwrap();
    let issue = issue_of(&*c, 1, 1).await.unwrap();
    assert_eq!(issue_of(&*c, 1, 2).await.unwrap(), issue);
    assert_eq!((issue.fingerprints.len(), issue.first_seen, issue.last_seen), (2, at(10), at(20)));
    issues::merge(&*c, vec![renamed(6, &[7], "a", 1), renamed(7, &[6], "b", 2), renamed(8, &[8], "c", 3)]).await.unwrap();
    for n in [6, 7, 8] {
        assert!(issue_of(&*c, 1, n).await.is_some(), "{n}");
    }
}

pub(crate) async fn processors_that_race_agree_where_a_renamed_group_belongs(store: &dyn Store) {
    const GROUPS: u32 = 8;
    let c = store.open().await;
    issues::merge(&*c, (0..GROUPS).map(|n| sighting(1, n, "old", 1)).collect()).await.unwrap();
    let mut tasks = Vec::new();
    for processor in 0..4_i64 {
        let c = store.open().await;
        tasks.push(tokio::spawn(async move {
            let sightings = (0..GROUPS).map(|n| renamed(100 + n, &[n], "new", 10 + processor)).collect();
            issues::merge(&*c, sightings).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for n in 0..GROUPS {
        let issue = issue_of(&*c, 1, 100 + n).await.unwrap();
        assert_eq!(issue, issue_of(&*c, 1, n).await.unwrap());
        assert_eq!((issue.fingerprints, issue.first_seen, issue.last_seen), (vec![fingerprint(n), fingerprint(100 + n)], at(1), at(13)));
    }
}
