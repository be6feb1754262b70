//! What one issue's page tells besides its counts: releases, activity, the events worth reading.

use std::cmp::Reverse;

use jiff::Timestamp;
use schemas::{
    event::{Event, Stacktrace},
    fields::Field,
    issue::Issue,
    limits,
    query::{Expr, FieldRef, Test, Value},
};
use storage::index::{Count, Hit, Scope};

use super::{life, scope_of};
use crate::{
    Api,
    answer::issue::{Activity, Life, OfRelease, Period, Releases},
    problem::Answer,
    times::{DAY, HOUR, stamp},
};

/// Releases that an answer names.
const RELEASES: usize = 20;
/// Days of activity, and hours.
const DAYS: i64 = 30;
const HOURS: usize = 24;
/// Events of each kind that the recommended one is chosen from.
const CHOICE: usize = 10;
/// Events of one instant that are looked at for a neighbour, and how often.
const PAGE: usize = 100;
const PAGES: usize = 10;

/// Counts over the whole life of the issue, and its releases.
pub(crate) async fn of_life(api: &Api, issue: &Issue) -> Answer<(Life, Releases)> {
    let scope = scope_of(issue, &Expr::All, life(issue, api.now()));
    let by = vec![FieldRef::new(Field::Release)];
    let count = Count { by, limit: limits::GROUPS, ..Count::of(scope.clone()) };
    // Users apart: of each release they would cost far more.
    let users = Count { users: true, ..Count::of(scope) };
    let (counted, users) = futures::try_join!(api.index().count(&count), api.index().count(&users))?;
    let life = Life { count: counted.weight, estimated: counted.weight != counted.total, users: users.users.unwrap_or_default() };
    let release = |group: &storage::index::Group| match group.key.first() {
        Some(Value::Keyword(name)) => name.clone(),
        _ => String::new(),
    };
    let groups = &counted.groups;
    let of_release = |group: &storage::index::Group| OfRelease {
        release: release(group),
        count: group.weight,
        first_seen: stamp(group.seen.0),
        last_seen: stamp(group.seen.1),
    };
    let releases = Releases {
        total: counted.groups_total,
        first: groups.iter().min_by_key(|group| group.seen.0).map(release),
        last: groups.iter().max_by_key(|group| group.seen.1).map(release),
        most: groups.iter().take(RELEASES).map(of_release).collect(),
    };
    Ok((life, releases))
}

/// The last 24 hours and 30 days, of one question.
pub(crate) async fn activity(api: &Api, issue: &Issue) -> Answer<Activity> {
    let now = api.now().as_millisecond();
    let today = now - now.rem_euclid(DAY);
    let millis = (today - (DAYS - 1) * DAY).max(0)..today + DAY;
    let start = millis.start;
    let scope = scope_of(issue, &Expr::All, millis);
    let counted = api.index().count(&Count { interval: Some(HOUR), ..Count::of(scope) }).await?;
    let hours: Vec<Period> =
        (0_i64..).zip(&counted.weights).map(|(n, count)| Period { start: stamp(start + n * HOUR), count: *count }).collect();
    let days = hours.chunks(HOURS).filter_map(|day| Some(Period { start: day.first()?.start, count: day.iter().map(|it| it.count).sum() }));
    let days = days.collect();
    let passed = usize::try_from((now - start) / HOUR).unwrap_or_default() + 1;
    let hours = hours.into_iter().take(passed).skip(passed.saturating_sub(HOURS)).collect();
    Ok(Activity { hours, days })
}

/// The newest event in scope.
pub(crate) async fn latest(api: &Api, scope: &Scope) -> Answer<Option<Hit>> {
    Ok(api.index().search(scope, None, 1).await?.hits.into_iter().next())
}

/// An event of the first millisecond that there is one of.
pub(crate) async fn first(api: &Api, scope: &Scope, seen: Option<Timestamp>) -> Answer<Option<Hit>> {
    let Some(first) = seen.map(Timestamp::as_millisecond) else { return Ok(None) };
    latest(api, &Scope { millis: first..first + 1, ..scope.clone() }).await
}

/// The event to read first: of the newest whole events that have user and request, and of the newest whole events, the one
/// that tells most. Without whole ones the newest.
pub(crate) async fn recommended(api: &Api, scope: &Scope) -> Answer<Option<Hit>> {
    let has = |field| Expr::Field(FieldRef::new(field), Test::Exists);
    let whole = Expr::Not(Box::new(has(Field::Slim)));
    let within = |more: Vec<Expr>| {
        let parts = [scope.expr.clone(), whole.clone()].into_iter().chain(more).collect();
        Scope { expr: Expr::And(parts), ..scope.clone() }
    };
    let (rich, any) = (within(vec![has(Field::User), has(Field::Url)]), within(Vec::new()));
    let (rich, any) = futures::try_join!(api.index().search(&rich, None, CHOICE), api.index().search(&any, None, CHOICE))?;
    let best = rich.hits.into_iter().chain(any.hits).max_by_key(|hit| {
        let worth = serde_json::from_slice(&hit.json).map_or(0, |event| worth(&event));
        // Of the same event twice any is fine.
        (worth, hit.cursor.millis, Reverse(hit.cursor.id))
    });
    match best {
        Some(best) => Ok(Some(best)),
        None => latest(api, scope).await,
    }
}

/// How much an event tells, by what counts more than all below it together.
fn worth(event: &Event) -> u32 {
    let mut stacks: Vec<&Stacktrace> = event.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref()).collect();
    stacks.extend(&event.stacktrace);
    let frames = || stacks.iter().flat_map(|stack| &stack.frames);
    [
        frames().any(|frame| frame.in_app == Some(true)),
        frames().next().is_some(),
        event.user.is_some(),
        event.request.is_some(),
        !event.breadcrumbs.is_empty(),
    ]
    .into_iter()
    .fold(0, |worth, has| worth << 1 | u32::from(has))
}

/// The next newer and the next older event, as pages of events are ordered.
pub(crate) async fn neighbours(api: &Api, scope: &Scope, of: &Hit) -> Answer<(Option<Hit>, Option<Hit>)> {
    let at = of.cursor;
    let older = api.index().search(scope, Some(at), 1).await?.hits.into_iter().next();
    let same = Scope { millis: at.millis..at.millis + 1, ..scope.clone() };
    if let Some(newer) = just_before(api, &same, |hit| hit.cursor == at).await? {
        return Ok((Some(newer), older));
    }
    let later = Scope { millis: at.millis + 1..scope.millis.end, ..scope.clone() };
    if later.millis.is_empty() {
        return Ok((None, older));
    }
    let counted = api.index().count(&Count { limit: 1, ..Count::of(later) }).await?;
    let Some(next) = counted.groups.first().filter(|group| group.count > 0).map(|group| group.seen.0) else { return Ok((None, older)) };
    let next = Scope { millis: next..next + 1, ..scope.clone() };
    Ok((just_before(api, &next, |_| false).await?, older))
}

/// Of the events of one instant the last one in front of the one that `is_end`, in the order of pages. Events are rarely
/// many to the millisecond; beyond [`PAGES`] pages of them it is the last one that was looked at.
async fn just_before(api: &Api, instant: &Scope, is_end: impl Fn(&Hit) -> bool) -> Answer<Option<Hit>> {
    let mut last: Option<Hit> = None;
    for _ in 0..PAGES {
        let page = api.index().search(instant, last.as_ref().map(|hit| hit.cursor), PAGE).await?;
        for hit in page.hits {
            if is_end(&hit) {
                return Ok(last);
            }
            last = Some(hit);
        }
        if !page.more {
            break;
        }
    }
    Ok(last)
}
