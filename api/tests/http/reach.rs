//! Tokens of some projects: of all others they see nothing, on any route.

use schemas::{
    catalog::{DeadLetter, Feedback, Role},
    event::{Event, User},
    ids::EventId,
    outcome::Reason,
    record::{self, Position},
    tally::{Counts, Measure, Subject, Tally},
};
use serde_json::json;
use storage::catalog::{
    attachments::{self, Part},
    dead_letters, feedback, tokens,
};

use crate::{
    routes::{About, ROUTES, Route},
    server::{BILLING, SHOP, Server, ago, event, id, issue_id, now},
};

const ROLES: [(&str, Role); 3] = [("viewer", Role::Viewer), ("member", Role::Member), ("admin", Role::Admin)];

/// What only the shop has: it stands in none of billing's answers.
const MARK: &str = "shop";

/// Something of each kind in the shop, marked, and a token of each role for billing alone.
pub(crate) async fn shop() -> (Server, Ids) {
    let server = Server::empty().await;
    let marked = |n: u32| {
        let mut event = event(n, SHOP, "of the shop", n.into());
        event.service = Some("shop-checkout".into());
        event.release = Some("shop@2".into());
        event.environment = Some("shop-production".into());
        event.user = Some(User { id: Some("shop-user".into()), ..User::default() });
        event.trace.correlation_id = Some("shop-order-17".into());
        event.tags.insert("shop-zone".into(), "north".into());
        event
    };
    let other: Event = event(9, BILLING, "of billing", 5);
    server.store(vec![marked(1), marked(2), other]).await;
    let of = record::Attachment {
        id: EventId([7; 16]),
        filename: "shop.txt".into(),
        content_type: Some("text/plain".into()),
        attachment_type: "event.attachment".into(),
        part: 0,
        parts: 1,
        file_bytes: 5,
    };
    let position = Position { partition: 1, offset: 2 };
    let part = Part { project: SHOP, event: id(1), received_at: ago(5), position, of, bytes: b"shop!".to_vec() };
    attachments::add(&*server.catalog, &[(&part, u64::MAX)]).await.unwrap();
    let words = Feedback {
        id: id(3),
        project: SHOP,
        event: Some(id(1)),
        received_at: ago(4),
        name: None,
        email: None,
        message: "the shop is down".into(),
        url: None,
    };
    feedback::add(&*server.catalog, vec![words]).await.unwrap();
    let letter = DeadLetter {
        position,
        project: SHOP,
        event_id: id(4),
        received_at: ago(3),
        reason: Reason::InvalidJson,
        detail: "of the shop".into(),
        record: "c2VjcmV0".into(),
    };
    dead_letters::add(&*server.catalog, vec![letter]).await.unwrap();
    let fact = |key: u8, subject, names: [&str; 2], measure| Tally {
        key: [key; 16],
        project: SHOP,
        subject,
        at: ago(60),
        names: names.map(str::to_owned),
        user: None,
        counts: Counts::default().with(measure, 3),
    };
    let session = fact(1, Subject::Session, ["shop@2", "shop-production"], Measure::Sessions);
    let loss = fact(2, Subject::Loss, ["shop-overflow", "error"], Measure::Lost);
    server.index.tally(vec![session, loss]).await.unwrap();
    server.index.flush().await.unwrap();
    for (name, role) in ROLES {
        tokens::create(&*server.catalog, &format!("billing-{name}"), role, Some(vec![BILLING]), now()).await.unwrap();
    }
    let job = server.send("POST", "/api/v1/projects/shop/rules/preview", Some("member"), r#"{"rules":{}}"#).await.json();
    let job = job["id"].as_str().unwrap().to_owned();
    let token = tokens::create(&*server.catalog, "doomed", Role::Viewer, None, now()).await.unwrap().hash;
    (server, Ids { job, token })
}

/// Ids that are made only while a test runs.
pub(crate) struct Ids {
    job: String,
    token: String,
}

impl Ids {
    /// The path of an example.
    pub(crate) fn path_of(&self, route: &Route) -> String {
        let issue = issue_id(SHOP, "of the shop");
        route.path.replace("SHOP_ISSUE", &issue).replace("SHOP_JOB", &self.job).replace("TOKEN_ID", &self.token)
    }
}

#[tokio::test]
async fn no_route_shows_or_changes_anything_of_another_project() {
    let (server, ids) = shop().await;
    for route in &ROUTES {
        let path = ids.path_of(route);
        for (role, _) in ROLES.into_iter().skip_while(|(name, _)| *name != route.least) {
            let reply = server.send(route.method, &path, Some(&format!("billing-{role}")), route.body).await;
            let expected = match route.about {
                About::Shop => 404,
                About::Seen | About::Nothing => 200,
                About::All => 403,
            };
            assert_eq!(reply.status, expected, "{role} {} {path}: {}", route.method, reply.text);
            // Its own words are what it asked for, so that they may come back.
            let told = reply.text.replace("shop-order-17", "").replace("service:shop*", "");
            assert!(!told.contains(MARK) && !told.contains("\"project\":1"), "{role} {} {path}: {told}", route.method);
            assert!(!told.contains(&ids.job), "{role} {path}: {told}");
        }
    }
    // All of it was there to be seen and changed.
    let issue = issue_id(SHOP, "of the shop");
    // Splits and undos need something that is merged: tests/http/issue_merges.rs.
    for route in ROUTES.iter().filter(|route| !route.path.ends_with("/split") && !route.path.ends_with("/undo")) {
        let path = ids.path_of(route);
        let reply = server.send(route.method, &path, Some("admin"), &route.body.replace("SHOP_ISSUE", &issue)).await;
        assert!(reply.status.is_success(), "{} {path}: {} {}", route.method, reply.status, reply.text);
        let only_numbers = ["summary", "heatmap", "impact"].iter().any(|name| path.starts_with(&format!("/api/v1/stats/{name}")));
        if route.about == About::Seen && !only_numbers {
            assert!(reply.text.contains(MARK) || reply.text.contains("\"project\":1"), "{} {path}: {}", route.method, reply.text);
        }
    }
}

#[tokio::test]
async fn a_project_of_others_is_refused_in_the_words_for_one_that_is_not_there() {
    let (server, _) = shop().await;
    let seen = ROUTES.iter().filter(|route| route.about == About::Seen);
    for route in seen.filter(|route| !route.path.ends_with("/projects")) {
        let sign = if route.path.contains('?') { '&' } else { '?' };
        let mut answers = Vec::new();
        for project in ["shop", "1", "nowhere", "77"] {
            let path = format!("{}{sign}project={project}", route.path);
            let reply = server.send(route.method, &path, Some("billing-admin"), "").await;
            assert_eq!(reply.status, 400, "{path}: {}", reply.text);
            let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
            answers.push(message.replace(&format!("{project:?}"), "X"));
            let both = format!("{}{sign}project=billing,{project}", route.path);
            assert_eq!(server.send(route.method, &both, Some("billing-admin"), "").await.status, 400, "{both}");
        }
        assert_eq!(answers, ["there is no project X"; 4], "{}", route.path);
    }
    let missing = |name: &'static str| server.send_with("GET", name, Some("billing-viewer"), &[("x-request-id", "one")], "");
    assert_eq!(missing("/api/v1/projects/shop").await.text, missing("/api/v1/projects/nowhere").await.text);
    assert_eq!(missing("/api/v1/projects/1").await.text, missing("/api/v1/projects/77").await.text);
}

#[tokio::test]
async fn a_token_of_some_projects_sees_its_own_and_is_its_role_there() {
    let (server, _) = shop().await;
    let get = async |path: &str| server.send("GET", path, Some("billing-viewer"), "").await.json();
    let projects = get("/api/v1/projects").await;
    assert_eq!(projects["projects"].as_array().unwrap().iter().map(|one| &one["slug"]).collect::<Vec<_>>(), ["billing"]);
    assert_eq!(get("/api/v1/events").await["events"].as_array().unwrap().len(), 1);
    assert_eq!(get("/api/v1/stats/summary").await["total"], json!(1));
    assert_eq!(get(&format!("/api/v1/issues/{}", issue_id(BILLING, "of billing"))).await["count"], json!(1));
    let made = server.send("POST", "/api/v1/projects/billing/keys", Some("billing-admin"), "").await;
    assert_eq!(made.status, 201, "{}", made.text);
    let refused = server.send("POST", "/api/v1/projects/billing/keys", Some("billing-member"), "").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (403, &json!("forbidden")));
}
