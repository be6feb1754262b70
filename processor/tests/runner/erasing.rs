//! Forgetting users: events, issues, feedback, files, dead letters and jobs, through repetition and replay.

use jiff::SignedDuration;
use schemas::job::{self, Erase, Job, Progress, Receipt, State, Task, What};
use storage::catalog::jobs;

use super::*;

const DAY: Date = date(2026, 11, 23);
const JANE: &str = "jane@shop.example";
const HOURS: SignedDuration = SignedDuration::from_hours(24);
/// Longest wait for a job. Nothing depends on how long it takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn order(n: u8, user: job::Subject, what: What, dry_run: bool) -> Job {
    let erase = Erase { user: Some(user), what, dry_run, projects: vec![PROJECT], all_projects: false, ordered_by: "ab12".into() };
    Job {
        id: EventId([n; 16]),
        project: PROJECT,
        created_at: Timestamp::now(),
        task: Task::Erase(erase),
        state: State::Waiting,
        progress: Progress::default(),
        lease: None,
        attempts: 0,
        outcome: None,
        error: None,
        ended_at: None,
    }
}

fn by_email(email: &str) -> job::Subject {
    job::Subject { email: Some(email.into()), ..job::Subject::default() }
}

fn by_id(id: &str) -> job::Subject {
    job::Subject { id: Some(id.into()), ..job::Subject::default() }
}

impl House {
    /// Has a job done.
    async fn done(&self, job: Job) -> Job {
        assert!(jobs::order(&*self.catalog, &job).await.unwrap());
        let stop = CancellationToken::new();
        let log: Arc<dyn EventLog> = Arc::<MemoryLog>::clone(&self.log);
        let processor = Processor::new(log, Arc::clone(&self.index), Arc::clone(&self.catalog), Options::default());
        let run = tokio::spawn({
            let (stop, processor) = (stop.clone(), processor.with_log_keep(HOURS));
            async move { processor.run(stop).await }
        });
        let ended = async {
            loop {
                let now = jobs::get(&*self.catalog, job.id).await.unwrap().unwrap();
                if now.state.is_end() {
                    break now;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let done = tokio::time::timeout(PATIENCE, ended).await.expect("the job does not end");
        stop.cancel();
        run.await.unwrap().unwrap();
        done
    }

    async fn receipt(&self, job: Job) -> Receipt {
        let done = self.done(job).await;
        assert_eq!((done.state, done.error.as_deref()), (State::Done, None));
        match (&done.task, done.outcome) {
            (Task::Erase(Erase { user: None, .. }), Some(job::Outcome::Erase(receipt))) => receipt,
            other => panic!("{other:?}"),
        }
    }

    /// Whether any file of index and catalog holds this text; what is compressed is looked at by reading everything.
    async fn holds(&self, word: &str) -> bool {
        self.place(word).await.is_some()
    }

    async fn place(&self, word: &str) -> Option<String> {
        let mut folders = vec![self._dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).unwrap();
                    if let Some(at) = bytes.windows(word.len()).position(|part| part == word.as_bytes()) {
                        let around = &bytes[at.saturating_sub(200)..bytes.len().min(at + 100)];
                        return Some(format!("{path:?}: {}", String::from_utf8_lossy(around)));
                    }
                }
            }
        }
        self.events().await.iter().map(|event| serde_json::to_string(event).unwrap()).find(|json| json.contains(word))
    }
}

fn of(user: &str, message: &str) -> String {
    format!(r#"{{"user":{{"id":"{user}"}},"tags":{{"seat":"12"}},"message":"{message}"}}"#)
}

/// Four events, one of them with feedback, files and a group of its own.
async fn filled() -> (House, Vec<Record>) {
    let house = House::new().await;
    let words = |event: u8, email: &str| {
        format!(r#"{{"event_id":"{}","email":"{email}","comments":"it broke for user-7731"}}"#, EventId([event; 16]))
    };
    let part = |event: u8, file: u8, bytes: &str| {
        let of = record::Attachment {
            id: EventId([file; 16]),
            filename: "app.log".into(),
            content_type: None,
            attachment_type: "event.attachment".into(),
            part: 0,
            parts: 1,
            file_bytes: bytes.len() as u64,
        };
        Record { attachment: Some(of), ..house.record(event, Kind::Attachment, bytes) }
    };
    let records = vec![
        house.event(1, &of("user-7731", "no seat for user-7731")),
        house.event(2, &of("bob", "user-7731 was here")),
        house.event(3, &of("bob", "all well")),
        house.event(4, &of("user-7731", "all well")),
        house.record(11, Kind::UserReport, &words(1, "somebody@shop.example")),
        house.record(12, Kind::UserReport, &words(3, JANE)),
        part(1, 21, "bytes"),
        part(3, 22, "\u{0}\u{1} user-7731 \u{2}"),
        part(3, 23, "\u{0}\u{1} other \u{2}"),
        house.event(8, r#"{"user":{"id":"user-7731"#),
        house.event(9, r#"{"user":{"id":"bob"#),
    ];
    house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    assert_eq!(house.ended(8).await, [(Ending::DeadLettered, Reason::InvalidJson)]);
    (house, records)
}

#[tokio::test]
async fn a_users_events_go_with_all_that_came_with_them_and_do_not_come_back() {
    let (mut house, records) = filled().await;
    assert!(house.holds("user-7731").await, "what is there is seen");
    let receipt = house.receipt(order(51, by_id("user-7731"), What::Events, false)).await;
    assert_eq!((receipt.events, receipt.rewritten, receipt.dead_letters, receipt.attachments), (2, 1, 1, 2));
    assert_eq!((receipt.issues, receipt.feedback, receipt.days), (2, 2, 1));
    assert_eq!(receipt.ordered_by, "ab12");
    assert_eq!(receipt.log_until.unwrap().duration_since(receipt.done_at.unwrap()), HOURS * 2 + SignedDuration::from_hours(1));
    assert!(receipt.subject.len() == 32 && !receipt.subject.contains("7731"));
    let check = async |house: &House| {
        let mut left: Vec<u8> = house.events().await.iter().map(|event| event.id.0[0]).collect();
        left.sort_unstable();
        assert_eq!(left, [2, 3]);
        for id in [1, 4] {
            assert_eq!(house.ended(id).await[0], (Ending::Erased, Reason::ErasureRequest));
        }
        assert_eq!(house.place("user-7731").await, None);
        let files = attachments::of_event(&*house.catalog, &[PROJECT], EventId([3; 16])).await.unwrap();
        assert_eq!(files[0].attachments.iter().map(|file| file.id.0[0]).collect::<Vec<_>>(), [23]);
        assert!(attachments::of_event(&*house.catalog, &[PROJECT], EventId([1; 16])).await.unwrap().is_empty());
        let about = feedback::of_event(&*house.catalog, PROJECT, EventId([1; 16])).await.unwrap();
        assert_eq!((about[0].message.as_str(), about[0].email.as_deref()), ("[erased]", None));
        let about = feedback::of_event(&*house.catalog, PROJECT, EventId([3; 16])).await.unwrap();
        assert_eq!((about[0].message.as_str(), about[0].email.as_deref()), ("it broke for [erased]", Some(JANE)));
        let letters = dead_letters::list(&*house.catalog, None, None, 10).await.unwrap();
        assert_eq!(letters.iter().filter(|letter| letter.record.is_empty()).count(), 1);
    };
    check(&house).await;
    let balance = house.index.balance(DAY).await.unwrap();
    assert!(balance.contains(&(Ending::Erased, Reason::ErasureRequest, 2)));
    assert_eq!(balance.iter().map(|(_, _, records)| records).sum::<u64>(), records.len() as u64, "the ledger balances");
    // The log is read again from its beginning, as after a replay.
    house.log = Arc::new(MemoryLog::new());
    house.append(&records).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    check(&house).await;
    assert_eq!(house.index.balance(DAY).await.unwrap(), balance);
    let again = house.receipt(order(52, by_id("user-7731"), What::Events, false)).await;
    assert_eq!((again.events, again.rewritten, again.dead_letters, again.attachments), (0, 0, 0, 0));
    assert_eq!(again.subject, receipt.subject, "the same order has the same subject");
}

#[tokio::test]
async fn trying_changes_nothing_and_counts_the_same() {
    let (house, _) = filled().await;
    let tried = house.receipt(order(51, by_id("user-7731"), What::Events, true)).await;
    assert!(tried.dry_run);
    assert_eq!(house.events().await.len(), 4);
    let done = house.receipt(order(52, by_id("user-7731"), What::Events, false)).await;
    assert_eq!((tried.events, tried.rewritten, tried.dead_letters), (done.events, done.rewritten, done.dead_letters));
    assert_eq!((tried.attachments, tried.feedback, tried.issues), (done.attachments, done.feedback, done.issues));
}

#[tokio::test]
async fn an_identity_goes_and_the_events_stay_and_count() {
    let (house, _) = filled().await;
    let receipt = house.receipt(order(51, by_id("user-7731"), What::Identity, false)).await;
    assert_eq!((receipt.events, receipt.rewritten), (0, 3));
    let events = house.events().await;
    assert_eq!(events.len(), 4);
    assert!(!house.holds("user-7731").await);
    let nobody: Vec<_> = events.iter().filter_map(|event| event.user.as_ref()?.id.clone()).filter(|id| id.starts_with("erased-")).collect();
    assert_eq!(nobody.len(), 2);
    assert_eq!(nobody[0], nobody[1], "they still count as one user");
    let scope = Scope { projects: vec![PROJECT], millis: 0..i64::MAX, expr: Expr::All };
    let count = Count { users: true, ..Count::of(scope) };
    assert_eq!(house.index.count(&count).await.unwrap().users, Some(2));
    assert_eq!(house.ended(1).await[0], (Ending::Stored, Reason::Accepted));
}

#[tokio::test]
async fn who_is_stored_as_a_hash_is_found_by_the_plain_address() {
    let house = House::new().await;
    house.append(&[house.event(1, RAISED), house.event(2, &of("bob", "all well"))]).await;
    house.drain(Arc::clone(&house.index)).await.unwrap();
    assert!(!house.holds(JANE).await, "scrubbing made a hash of it");
    let receipt = house.receipt(order(51, by_email("Jane@SHOP.example"), What::Events, false)).await;
    assert_eq!((receipt.events, receipt.rewritten), (1, 0));
    assert_eq!(house.events().await.len(), 1);
    assert!(!house.holds("Jane@SHOP.example").await, "nor is the order itself left");
}

#[tokio::test]
async fn an_order_of_one_project_leaves_the_others_alone() {
    let (house, _) = filled().await;
    let mut job = order(51, by_id("user-7731"), What::Events, false);
    job.project = ProjectId(9);
    if let Task::Erase(erase) = &mut job.task {
        erase.projects = vec![ProjectId(9)];
    }
    let receipt = house.receipt(job).await;
    assert_eq!((receipt.events, receipt.rewritten, receipt.feedback, receipt.dead_letters), (0, 0, 0, 0));
    assert_eq!(house.events().await.len(), 4);
}

#[tokio::test]
async fn an_order_that_ended_in_its_last_step_is_finished_without_whom_it_was_about() {
    let (house, _) = filled().await;
    let mut job = order(51, by_id("user-7731"), What::Events, false);
    job.task.forget();
    let receipt = Receipt { events: 7, ..Receipt::default() };
    job.outcome = Some(job::Outcome::Erase(receipt.clone()));
    assert_eq!(house.receipt(job).await, receipt);
    let mut nobody = order(52, by_id("user-7731"), What::Events, false);
    nobody.task.forget();
    let done = house.done(nobody).await;
    assert_eq!(done.state, State::Failed);
    assert_eq!(house.events().await.len(), 4);
}
