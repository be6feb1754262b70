//! An event without its payload: what can be searched and counted by, its title and message, and nothing else.

use schemas::{
    event::{Call, ErrorSummary, Event, Exception, Grouping, Mechanism, Message, Ownership, Request, Sdk, User},
    limits,
    tokens::cut,
};
use serde_json::Value;

/// Leaves out the payload: frames, threads, breadcrumbs, bodies, headers, contexts, variables, extra. Every field of
/// [`schemas::fields::visit`] stays as it is. Of the full text the message, the exception that was raised, culprit and
/// transaction stay, as far as a keyword goes.
pub fn slim(event: Event) -> Event {
    let handled = event.handled();
    Event {
        timestamp: event.timestamp,
        severity: event.severity,
        platform: event.platform,
        title: event.title,
        culprit: event.culprit,
        error: ErrorSummary { message: event.error.message.map(short), ..event.error },
        message: event.message.map(|message| Message { formatted: short(message.formatted), ..Message::default() }),
        exceptions: event.exceptions.into_iter().next_back().map(|raised| bare(raised, handled)).into_iter().collect(),
        service: event.service,
        environment: event.environment,
        release: event.release,
        dist: event.dist,
        commit: event.commit,
        host: event.host,
        instance_id: event.instance_id,
        logger: event.logger,
        transaction: event.transaction,
        trace: event.trace,
        user: event.user.map(countable),
        session_id: event.session_id,
        request: event.request.map(|request| Request {
            method: request.method,
            url: request.url.map(short),
            status_code: request.status_code,
            ..Request::default()
        }),
        call: event.call.map(|call| Call { operation: call.operation, status_code: call.status_code, ..Call::default() }),
        tags: event.tags,
        sdk: event.sdk.map(|sdk| Sdk { name: sdk.name, version: sdk.version, ..Sdk::default() }),
        grouping: event.grouping.map(|grouping| Grouping { parts: Value::Null.into(), frames: Vec::new(), ..grouping }),
        category: event.category,
        priority: event.priority,
        strategies: event.strategies,
        changes: event.changes,
        ownership: event.ownership.map(|ownership| Ownership { team: ownership.team, tier: ownership.tier, ..Ownership::default() }),
        user_agent: event.user_agent,
        weight: event.weight,
        slim: true,
        ..Event::new(event.id, event.project, event.received_at)
    }
}

/// As much as a keyword of the index has.
fn short(mut text: String) -> String {
    text.truncate(cut(&text, limits::KEYWORD_BYTES).len());
    text
}

/// The exception that was raised, which says for all whether the program handled it.
fn bare(raised: Exception, handled: Option<bool>) -> Exception {
    let mechanism = handled.map(|handled| Mechanism { handled: Some(handled), ..Mechanism::default() });
    Exception { kind: raised.kind, value: raised.value.map(short), mechanism, ..Exception::default() }
}

fn countable(mut user: User) -> User {
    user.geo.retain(|name, _| name == "country_code");
    User { name: None, data: Default::default(), ..user }
}
