//! The least that a server can do with an envelope: read the whole body and answer 200. What Belfry acknowledges
//! a second is measured against this. Prints its address.

use axum::{Router, body::Bytes, extract::DefaultBodyLimit, routing::post};

const ANSWER: &str = r#"{"id":"00000000000000000000000000000000"}"#;

async fn envelope(body: Bytes) -> ([(&'static str, &'static str); 1], &'static str) {
    std::hint::black_box(body.len());
    ([("content-type", "application/json")], ANSWER)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let routes = Router::new().route("/api/{project}/envelope/", post(envelope)).layer(DefaultBodyLimit::max(1 << 20));
    axum::serve(listener, routes).await
}
