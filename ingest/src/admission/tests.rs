use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use storage::{
    Error, Result,
    catalog::{Collection, Kept, List, Write, Written, sqlite::SqliteCatalog},
};

use super::*;

/// A catalog that counts questions and can be away.
struct Away {
    inner: SqliteCatalog,
    away: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl Catalog for Away {
    async fn get(&self, collection: Collection, ids: &[String]) -> Result<Vec<Option<Kept>>> {
        if collection == Collection::Keys {
            self.asked.fetch_add(1, Ordering::SeqCst);
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::retryable("asking the catalog", "it is away"));
        }
        self.inner.get(collection, ids).await
    }

    async fn write(&self, collection: Collection, writes: Vec<Write>) -> Result<Vec<Written>> {
        self.inner.write(collection, writes).await
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
        self.inner.close().await
    }
}

struct Bench {
    catalog: Arc<Away>,
    admission: Admission,
    key: PublicKey,
    project: ProjectId,
    _dir: tempfile::TempDir,
}

async fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let inner = SqliteCatalog::open(&dir.path().join("catalog.db")).unwrap();
    let catalog = Arc::new(Away { inner, away: AtomicBool::new(false), asked: AtomicUsize::new(0) });
    let key = PublicKey::from_bytes([7; 16]);
    let (project, _) = projects::create(catalog.as_ref(), "shop", key.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
    catalog.asked.store(0, Ordering::SeqCst);
    Bench { admission: Admission::new(catalog.clone(), Arc::new(Accounts::new())), catalog, key, project: project.id, _dir: dir }
}

impl Bench {
    async fn verdict(&self) -> std::result::Result<ProjectId, &'static str> {
        self.admission.admit(&self.key, None).await.map(|project| project.id).map_err(|refusal| refusal.code)
    }

    fn asked(&self) -> usize {
        self.catalog.asked.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_key_writes_to_its_own_project_only() {
    let bench = bench().await;
    assert_eq!(bench.admission.admit(&bench.key, Some(bench.project)).await.unwrap().id, bench.project);
    let refusal = bench.admission.admit(&bench.key, Some(ProjectId(999))).await.unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.code), (403, "project_mismatch"));
    let refusal = bench.admission.admit(&PublicKey::from_bytes([8; 16]), None).await.unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.code), (403, "unknown_key"));
}

#[tokio::test]
async fn disabled_keys_and_projects_are_refused() {
    let bench = bench().await;
    let catalog = bench.catalog.as_ref();
    keys::update(catalog, &bench.key, |key| key.enabled = false).await.unwrap();
    assert_eq!(bench.verdict().await, Err("disabled_key"));
    keys::update(catalog, &bench.key, |key| key.enabled = true).await.unwrap();
    projects::update(catalog, bench.project, |project| project.enabled = false).await.unwrap();
    let fresh = Admission::new(bench.catalog.clone(), Arc::new(Accounts::new()));
    assert_eq!(fresh.admit(&bench.key, None).await.unwrap_err().code, "disabled_project");
}

#[tokio::test]
async fn a_rotated_key_is_taken_until_its_overlap_is_over() {
    let bench = bench().await;
    let catalog = bench.catalog.as_ref();
    let hour = jiff::SignedDuration::from_hours(1);
    let rotate = async |until: Timestamp| {
        let to = PublicKey::from_bytes([9; 16]);
        let rotated = schemas::catalog::Rotation { to, until };
        keys::update(catalog, &bench.key, |key| key.rotated = Some(rotated.clone())).await.unwrap();
        let fresh = Admission::new(bench.catalog.clone(), Arc::new(Accounts::new()));
        fresh.admit(&bench.key, None).await.map(|project| project.id)
    };
    assert_eq!(rotate(Timestamp::now() + hour).await, Ok(bench.project));
    let refusal = rotate(Timestamp::now() - hour).await.unwrap_err();
    assert_eq!((refusal.status.as_u16(), refusal.code), (403, "rotated_key"));
    assert!(refusal.causes[0].contains("replaced"));
}

#[tokio::test(start_paused = true)]
async fn the_catalog_is_asked_once_for_many_requests_at_once() {
    let bench = bench().await;
    let answers = futures::future::join_all((0..100).map(|_| bench.verdict())).await;
    assert!(answers.iter().all(|answer| *answer == Ok(bench.project)));
    assert_eq!(bench.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_change_is_seen_within_two_seconds() {
    let bench = bench().await;
    assert_eq!(bench.verdict().await, Ok(bench.project));
    keys::update(bench.catalog.as_ref(), &bench.key, |key| key.enabled = false).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(bench.verdict().await, Err("disabled_key"));
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_seen_within_two_seconds_though_it_was_refused_before() {
    let bench = bench().await;
    let key = PublicKey::from_bytes([9; 16]);
    assert!(bench.admission.admit(&key, None).await.is_err());
    keys::create(bench.catalog.as_ref(), bench.project, key.clone(), Timestamp::UNIX_EPOCH).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(bench.admission.admit(&key, None).await.unwrap().id, bench.project);
}

#[tokio::test(start_paused = true)]
async fn known_keys_are_served_while_the_catalog_is_away_and_it_is_not_asked_for_each() {
    let bench = bench().await;
    assert_eq!(bench.verdict().await, Ok(bench.project));
    bench.catalog.away.store(true, Ordering::SeqCst);
    tokio::time::advance(Duration::from_secs(60)).await;
    for _ in 0..100 {
        assert_eq!(bench.verdict().await, Ok(bench.project));
    }
    assert_eq!(bench.asked(), 2);
    let refusal = bench.admission.admit(&PublicKey::from_bytes([8; 16]), None).await.unwrap_err();
    assert_eq!((refusal.code, refusal.retry_seconds), ("catalog_unavailable", Some(5)));
    tokio::time::advance(STALE).await;
    assert_eq!(bench.verdict().await, Err("catalog_unavailable"));
    bench.catalog.away.store(false, Ordering::SeqCst);
    tokio::time::advance(FRESH).await;
    assert_eq!(bench.verdict().await, Ok(bench.project));
}

#[tokio::test]
async fn any_number_of_unknown_keys_takes_bounded_memory_and_leaves_known_ones() {
    let bench = bench().await;
    assert_eq!(bench.verdict().await, Ok(bench.project));
    for n in 0..KEYS + 100 {
        let key = PublicKey::from_bytes((n as u128).to_be_bytes());
        bench.admission.entry(&key).known.store(Some(Arc::new(Known { verdict: Verdict::UnknownKey, at: Instant::now() })));
    }
    assert!(bench.admission.lock().len() <= KEYS);
    assert!(bench.admission.lock().contains_key(&bench.key));
}
