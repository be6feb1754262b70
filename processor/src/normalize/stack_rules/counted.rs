//! How many frames count: `max-frames` and `min-frames`.

use schemas::event::Frame;

/// How many frames of a stack trace count, each with the rule that says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Limit<'a> {
    /// At most so many, nearest the crash; 0: all.
    pub(super) most: Option<(usize, &'a str)>,
    /// With fewer, none.
    pub(super) least: Option<(usize, &'a str)>,
}

/// Whether any frame is the application's own, as far as counting goes.
pub(super) fn has_own(frames: &[Frame]) -> bool {
    frames.iter().any(|frame| frame.counts.unwrap_or(frame.in_app == Some(true)))
}

/// Takes frames out of the count. `has_own`: only the application's own count, because there are some.
pub(super) fn limit(frames: &mut [Frame], limit: Option<Limit<'_>>, has_own: bool) {
    let Some(Limit { most, least }) = limit else { return };
    let mut counted: Vec<&mut Frame> =
        frames.iter_mut().filter(|frame| frame.counts.unwrap_or(!has_own || frame.in_app == Some(true))).collect();
    if let Some((least, rule)) = least
        && counted.len() < least
    {
        leave_out(&mut counted, rule);
    } else if let Some((most, rule)) = most
        && most > 0
    {
        let far = counted.len().saturating_sub(most);
        leave_out(&mut counted[..far], rule);
    }
}

fn leave_out(frames: &mut [&mut Frame], rule: &str) {
    for frame in frames {
        frame.counts = Some(false);
        frame.why = Some(rule.to_owned());
    }
}
