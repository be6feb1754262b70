//! What comes beside events: files, what users wrote, what browsers report; through the real binary.

use serde_json::json;

use crate::{
    client::{Client, parts},
    server::{Server, TOKEN, eventually},
};

const ID: &str = "5f0c8f9d4e1a04b6f8c3d5e7f9012345";

/// An envelope of the event [`ID`] with a log of some megabytes, a binary file and a user's words.
fn envelope(log: &str) -> Vec<u8> {
    let report =
        json!({ "event_id": ID, "name": "Jane", "email": "jane@shop.example", "comments": "I am bob@shop.example. It broke." }).to_string();
    let mut body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{\"message\":\"it broke\"}}\n").into_bytes();
    let items: [(&str, &str, &[u8]); 3] = [
        ("attachment", r#","filename":"../../logs/app.log","content_type":"text/plain""#, log.as_bytes()),
        ("attachment", r#","filename":"x\u202e\r\n.html","content_type":"text/html""#, b"\0\x01<script>jane@shop.example</script>"),
        ("user_report", "", report.as_bytes()),
    ];
    for (item, headers, bytes) in items {
        body.extend_from_slice(format!("{{\"type\":\"{item}\",\"length\":{}{headers}}}\n", bytes.len()).as_bytes());
        body.extend_from_slice(bytes);
        body.push(b'\n');
    }
    body
}

async fn files(client: &Client) -> Vec<serde_json::Value> {
    let (status, listed) = client.try_get(&format!("/api/v1/events/{ID}/attachments")).await.unwrap();
    if status == 200 { listed["attachments"].as_array().unwrap().clone() } else { Vec::new() }
}

#[tokio::test]
async fn files_and_words_are_kept_beside_their_event_through_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let line = "2026-11-23 12:00:00 sent the receipt to jane@shop.example, order 17\n";
    let log = line.repeat(30_000);
    assert_eq!(server.client().envelope(project, &key, envelope(&log)).await, Some(200));
    // What was acknowledged is there after a power cut, and what is sent again changes nothing.
    server.end();
    let server = Server::start("serve", dir.path(), &[]).await;
    let client = server.client();
    assert_eq!(client.envelope(project, &key, envelope(&log)).await, Some(200));
    eventually("both files are whole", async || files(&client).await.len() == 2).await;
    let listed = files(&client).await;
    assert_eq!((&listed[0]["filename"], &listed[1]["filename"]), (&json!("app.log"), &json!("x.html")));
    let download = async |number: usize| {
        let path = format!("http://{}/api/v1/events/{ID}/attachments/{}", server.address, listed[number]["id"].as_str().unwrap());
        let answer = reqwest::Client::new().get(path).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!((answer.status(), &answer.headers()["x-content-type-options"]), (reqwest::StatusCode::OK, &"nosniff".parse().unwrap()));
        assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment; filename=\""));
        let media = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (media, answer.bytes().await.unwrap())
    };
    let (media, text) = download(0).await;
    assert_eq!(media, "text/plain");
    assert!(text == line.replace("jane@shop.example", "[email]").repeat(30_000).as_bytes(), "the log is whole and scrubbed");
    let (media, page) = download(1).await;
    assert_eq!((media.as_str(), page.as_ref()), ("application/octet-stream", &b"\0\x01<script>jane@shop.example</script>"[..]));

    eventually("the event is there", async || client.try_get(&format!("/api/v1/events/{ID}")).await.unwrap().0 == 200).await;
    let event = client.get(&format!("/api/v1/events/{ID}")).await;
    assert_eq!(event["feedback"].as_array().unwrap().len(), 1);
    let words = &event["feedback"][0];
    assert_eq!((&words["email"], &words["message"]), (&json!("jane@shop.example"), &json!("I am [email]. It broke.")));
    assert_eq!(client.get("/api/v1/feedback").await["feedback"][0], *words);
    assert_eq!(client.get("/api/v1/stats/summary").await["total"], 1);
    assert_eq!(client.get("/api/v1/dead-letters").await["dead_letters"], json!([]));
}

#[tokio::test]
async fn reports_of_browsers_become_issues_by_what_was_blocked() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start("serve", dir.path(), &[]).await;
    let (key, project) = parts(&server.read_dsn());
    let client = server.client();
    let path = format!("http://{}/api/{project}/security/?sentry_key={key}&sentry_release=shop%401", server.address);
    for (page, blocked) in [("cart", "https://evil.example/a.js"), ("pay", "https://evil.example/b.js"), ("cart", "inline")] {
        let report = json!({ "csp-report": { "document-uri": format!("https://shop.example/{page}"), "effective-directive": "script-src",
            "blocked-uri": blocked } });
        let request = reqwest::Client::new().post(&path).header("content-type", "application/csp-report").header("user-agent", "Firefox");
        let answer = request.body(report.to_string()).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, String::new()));
    }
    let titles = async || -> Vec<(String, u64)> {
        let issues = client.get("/api/v1/issues?sort=count").await;
        let issues = issues["issues"].as_array().unwrap().iter();
        issues.map(|issue| (issue["title"].as_str().unwrap().to_owned(), issue["count"].as_u64().unwrap())).collect()
    };
    let expected = [("Blocked 'script' from 'evil.example'".to_owned(), 2), ("Blocked inline 'script'".to_owned(), 1)];
    eventually("both issues are there", async || titles().await == expected).await;
    let events = client.get("/api/v1/events?query=release:shop@1").await;
    let event = &events["events"][0];
    assert_eq!((&event["culprit"], &event["request"]["headers"]), (&json!("script-src"), &json!([["User-Agent", "Firefox"]])));
    assert!(event["request"]["url"].as_str().unwrap().starts_with("https://shop.example/"));
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_who_asks() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start("serve", dir.path(), &[]).await;
    let http = reqwest::Client::new();
    for (path, field) in [("/api/1/unreal/x/", "causes"), ("/api/v1/nothing", "code"), ("/api/1//nothing", "causes")] {
        let answer = http.get(format!("http://{}{path}", server.address)).bearer_auth(TOKEN).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        let allowed = answer.headers().contains_key("access-control-allow-origin");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert!(body["detail"].is_string(), "{path}: {body}");
        assert_eq!((body.get("code").is_some(), allowed), (field == "code", field != "code"), "{path}: {body}");
    }
}
