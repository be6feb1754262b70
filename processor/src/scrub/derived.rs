//! What other parts of an event were made of: when own rules take something out of the parts, it must not stay here.

use schemas::event::Event;

use crate::normalize::message;

/// Which of the summaries say nothing but what the parts say.
#[derive(Clone, Copy)]
pub(super) struct Derived {
    error: bool,
    title: bool,
    culprit: bool,
}

impl Derived {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            error: message::error(event) == event.error,
            title: message::title(event) == event.title,
            culprit: message::culprit(event) == event.culprit,
        }
    }

    /// Makes them again of what is left of the parts.
    pub(super) fn follow(self, event: &mut Event) {
        if self.error {
            event.error = message::error(event);
        }
        if self.culprit {
            event.culprit = message::culprit(event);
        }
        if self.title {
            event.title = message::title(event);
        }
    }
}
