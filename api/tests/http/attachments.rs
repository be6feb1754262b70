use schemas::{ids::EventId, record};
use serde_json::json;
use storage::catalog::attachments::{self, Part};

use crate::server::{BILLING, SHOP, Server, ago, id};

/// Part `part` of two of a file of event 1.
fn part(number: u32, filename: &str, content_type: &str, bytes: &[u8]) -> Part {
    let of = record::Attachment {
        id: EventId([7; 16]),
        filename: filename.into(),
        content_type: Some(content_type.into()),
        attachment_type: "event.attachment".into(),
        part: number,
        parts: 2,
        file_bytes: 10,
    };
    let position = record::Position { partition: 0, offset: number.into() };
    Part { project: SHOP, event: id(1), received_at: ago(5), position, of, bytes: bytes.to_vec() }
}

async fn add(server: &Server, parts: &[Part]) {
    attachments::add(&*server.catalog, &parts.iter().map(|part| (part, u64::MAX)).collect::<Vec<_>>()).await.unwrap();
}

const LIST: &str = "/api/v1/events/00000000000000000000000000000001/attachments";

#[tokio::test]
async fn a_file_is_listed_and_given_to_members_once_it_is_whole() {
    let server = Server::empty().await;
    let file = format!("{LIST}/{}", EventId([7; 16]));
    add(&server, &[part(0, "a.txt", "text/plain; charset=utf-8", b"hello ")]).await;
    assert_eq!(server.get(LIST).await, json!({ "attachments": [] }));
    assert_eq!(server.send("GET", &file, Some("member"), "").await.status, 404);
    add(&server, &[part(1, "a.txt", "text/plain", b"world")]).await;
    let listed = server.get(LIST).await;
    let expected = json!({
        "id": EventId([7; 16]).to_string(), "project": 1, "event": id(1).to_string(), "filename": "a.txt",
        "content_type": "text/plain; charset=utf-8", "attachment_type": "event.attachment", "bytes": 11,
        "received_at": ago(5).to_string(),
    });
    assert_eq!(listed["attachments"], json!([expected]));
    let reply = server.send("GET", &file, Some("member"), "").await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (200, "hello world"));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-length", "11"),
        ("content-disposition", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.headers[name], value);
    }
    assert_eq!(server.send("GET", &file, Some("viewer"), "").await.status, 403);
    assert_eq!(server.send("GET", &file, None, "").await.status, 401);
    let elsewhere = format!("{file}?project={BILLING}");
    assert_eq!(server.send("GET", &elsewhere, Some("member"), "").await.status, 404);
    assert_eq!(server.send("GET", &format!("{LIST}/x"), Some("member"), "").await.status, 400);
}

#[tokio::test]
async fn a_page_with_a_script_is_only_bytes_to_be_saved_under_a_harmless_name() {
    let server = Server::empty().await;
    let page = |number| part(number, "../..\\x\"\r\n\u{202e}.html", "text/html", b"<script>alert(1)</script>");
    add(&server, &[page(0), page(1)]).await;
    let reply = server.send("GET", &format!("{LIST}/{}", EventId([7; 16])), Some("admin"), "").await;
    assert_eq!(reply.headers["content-type"], "application/octet-stream");
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"x_.html\"; filename*=UTF-8''x%22.html");
    assert_eq!(server.get(LIST).await["attachments"][0]["filename"], "x\".html");
}
