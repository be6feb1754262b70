//! Sends a chained error and a message with the Rust SDK. The DSN comes from SENTRY_DSN.

use anyhow::Context;
use sentry::protocol::{Breadcrumb, User};

#[inline(never)]
fn price(count: u32) -> anyhow::Result<u32> {
    anyhow::ensure!(count > 0, "no price for an empty order");
    Ok(100 / count)
}

#[inline(never)]
fn checkout() -> anyhow::Result<u32> {
    price(0).context("cannot price the order")
}

fn breadcrumb(category: &str, message: &str) {
    sentry::add_breadcrumb(Breadcrumb { category: Some(category.into()), message: Some(message.into()), ..Default::default() });
}

fn main() {
    let mut options = sentry::ClientOptions::default();
    options.release = Some("shop@1.2.3".into());
    options.environment = Some("staging".into());
    let dsn = std::env::var("SENTRY_DSN").expect("SENTRY_DSN is set by whoever runs this");
    let guard = sentry::init((dsn, options));
    sentry::configure_scope(|scope| {
        scope.set_user(Some(User { id: Some("u-42".into()), ..Default::default() }));
        scope.set_tag("program", "rust");
        scope.set_extra("note", "paid with card 4111 1111 1111 1111".into());
    });
    breadcrumb("auth", "user logged in");
    breadcrumb("cart", "order opened");
    if let Err(error) = checkout() {
        sentry::integrations::anyhow::capture_anyhow(&error);
    }
    sentry::capture_message("stock is low", sentry::Level::Warning);
    assert!(guard.flush(Some(std::time::Duration::from_secs(10))), "the SDK could not deliver");
}
