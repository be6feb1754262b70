//! The service catalogue and deploys over an engine.

use jiff::Timestamp;
use schemas::{
    catalog::{Deploy, Service},
    ids::ProjectId,
    limits,
};
use storage::catalog::{
    deploys,
    services::{self, Changed},
};

use super::Store;

fn service(name: &str, team: &str) -> Service {
    Service { name: name.into(), team: Some(team.into()), ..Service::default() }
}

pub(crate) async fn services_are_one_catalogue_that_others_see(store: &dyn Store) {
    let (c, other) = (store.open().await, store.open().await);
    assert_eq!(services::get(&*c).await.unwrap(), services::Services::default());
    assert_eq!(services::put(&*c, &service("pay", "A")).await.unwrap(), Changed::Added);
    assert_eq!(services::put(&*other, &service("cart", "B")).await.unwrap(), Changed::Added);
    assert_eq!(services::put(&*c, &service("pay", "C")).await.unwrap(), Changed::Replaced);
    let known = services::get(&*other).await.unwrap();
    assert_eq!((known.revision, known.services), (3, vec![service("cart", "B"), service("pay", "C")]));
    assert_eq!(services::remove(&*other, "pay").await.unwrap(), Changed::Removed);
    assert_eq!(services::remove(&*c, "pay").await.unwrap(), Changed::Absent);
    assert_eq!(services::get(&*c).await.unwrap().services, [service("cart", "B")]);
}

pub(crate) async fn services_changed_at_once_are_all_kept(store: &dyn Store) {
    let (a, b) = (store.open().await, store.open().await);
    let put = async |c: &dyn storage::catalog::Catalog, prefix: &str| {
        for number in 0..8 {
            services::put(c, &service(&format!("{prefix}{number}"), "A")).await.unwrap();
        }
    };
    tokio::join!(put(&*a, "a"), put(&*b, "b"));
    assert_eq!(services::get(&*a).await.unwrap().services.len(), 16);
}

pub(crate) async fn the_service_catalogue_has_a_size(store: &dyn Store) {
    let c = store.open().await;
    let large = |name: &str| Service { paths: vec!["x".repeat(limits::SERVICES_BYTES / 2)], ..service(name, "A") };
    assert_eq!(services::put(&*c, &large("a")).await.unwrap(), Changed::Added);
    assert_eq!(services::put(&*c, &large("b")).await.unwrap(), Changed::Full);
    assert_eq!(services::get(&*c).await.unwrap().services.len(), 1);
}

fn deploy(project: u64, release: &str, second: i64) -> Deploy {
    let (project, at) = (ProjectId(project), Timestamp::from_second(1_790_000_000 + second).unwrap());
    let id = Deploy::id_of(project, release, None, at);
    Deploy { id, project, release: release.into(), environment: None, commit: Some(format!("c{second}")), at, url: None, name: None }
}

pub(crate) async fn deploys_are_listed_newest_first_and_tell_commits(store: &dyn Store) {
    let c = store.open().await;
    for (deploy, new) in [
        (deploy(1, "1.0", 20), true),
        (deploy(1, "1.0", 10), true),
        (deploy(1, "2.0", 15), true),
        (deploy(1, "1.0", 20), false),
        (deploy(2, "1.0", 30), true),
    ] {
        assert_eq!(deploys::add(&*c, &deploy).await.unwrap(), new, "{deploy:?}");
    }
    let listed = deploys::list(&*c, ProjectId(1), 10).await.unwrap();
    assert_eq!(listed, [deploy(1, "1.0", 20), deploy(1, "2.0", 15), deploy(1, "1.0", 10)]);
    assert_eq!(deploys::list(&*c, ProjectId(1), 1).await.unwrap().len(), 1);
    let commits = deploys::commits(&*store.open().await, &[ProjectId(3), ProjectId(2), ProjectId(1)]).await.unwrap();
    assert_eq!(commits.iter().map(|known| known.of("1.0", Some("qa"))).collect::<Vec<_>>(), [None, Some("c30"), Some("c20")]);
}
