//! Sends errors with the Rust SDK, to the DSN in SENTRY_DSN and tagged with the name in PROGRAM.
//!
//! Without an argument: a chained error that is handled, a message, and a panic that ends the program. With `steps`:
//! what the lines on standard input ask for, each answered with `done` once the SDK has nothing left to send.

use anyhow::Context;
use sentry::protocol::{Breadcrumb, User};
use std::time::Duration;

#[inline(never)]
fn price(count: u32) -> anyhow::Result<u32> {
    anyhow::ensure!(count > 0, "no price for an empty order");
    Ok(100 / count)
}

#[inline(never)]
fn checkout() -> anyhow::Result<u32> {
    price(0).context("cannot price the order")
}

#[inline(never)]
fn ship() {
    panic!("no address to ship to");
}

fn breadcrumb(category: &str, message: &str) {
    sentry::add_breadcrumb(Breadcrumb { category: Some(category.into()), message: Some(message.into()), ..Default::default() });
}

fn capture() {
    sentry::configure_scope(|scope| {
        scope.set_user(Some(User { id: Some("u-42".into()), ..Default::default() }));
        scope.set_tag("program", variable("PROGRAM"));
        scope.set_extra("note", "paid with card 4111 1111 1111 1111".into());
    });
    breadcrumb("auth", "user logged in");
    breadcrumb("cart", "order opened");
    if let Err(error) = checkout() {
        sentry::integrations::anyhow::capture_anyhow(&error);
    }
    sentry::capture_message("stock is low", sentry::Level::Warning);
    ship();
}

fn steps(guard: &sentry::ClientInitGuard) {
    for line in std::io::stdin().lines() {
        let line = line.expect("the driver writes text");
        match line.strip_prefix("error ") {
            Some(text) => drop(sentry::integrations::anyhow::capture_anyhow(&anyhow::anyhow!("{text}"))),
            None => {
                sentry::start_session();
                sentry::end_session();
            }
        }
        guard.flush(Some(Duration::from_secs(5)));
        println!("done");
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).expect("set by whoever runs this")
}

fn main() {
    let mut options = sentry::ClientOptions::default();
    options.release = Some("shop@1.2.3".into());
    options.environment = Some("staging".into());
    options.auto_session_tracking = false;
    let guard = sentry::init((variable("SENTRY_DSN"), options));
    if std::env::args().nth(1).as_deref() == Some("steps") { steps(&guard) } else { capture() }
}
