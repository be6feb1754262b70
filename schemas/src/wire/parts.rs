//! The parts of an event, as clients of ten years write them. Sentry events and native events read them alike.
//!
//! Every reader takes its value apart by move and never refuses: what has not the form that a field needs is noted
//! and kept. Text is kept as sent.

mod breadcrumb;
mod exception;
mod message;
mod pairs;
mod request;
mod scalar;
mod sdk;
mod stacktrace;
mod tags;
mod template;
mod thread;
mod time;
mod trace;
mod user;

pub(super) use breadcrumb::breadcrumbs;
pub(super) use exception::{adopt_stacktrace, exceptions};
pub(super) use message::message;
pub(super) use pairs::{decoded, headers, pairs};
pub(super) use request::{request, status};
pub(super) use scalar::{free, number, severity, text, unsigned};
pub(super) use sdk::{modules, sdk};
pub(super) use stacktrace::stacktrace;
pub(super) use tags::{fingerprint, tags};
pub(super) use template::template;
pub(super) use thread::threads;
pub(super) use time::{parse as time, timestamp};
pub(super) use trace::adopt_trace;
pub(super) use user::user;
