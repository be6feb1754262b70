//! Which items of an envelope are within the limits of their project and key.

use schemas::{
    category::Category,
    event::Severity,
    wire::{
        envelope::{Envelope, Item, ItemType},
        peek,
    },
};

use crate::{pack, quota::Claim};

/// Whether each item is to be stored. A file that goes with an event is left out with it.
pub(super) fn within(envelope: &Envelope, claim: &mut Claim) -> Vec<bool> {
    let mut within = vec![false; envelope.items.len()];
    let mut event_is_over = false;
    // Files may stand before their event.
    for files in [false, true] {
        for (item, within) in envelope.items.iter().zip(&mut within) {
            let kind = item.headers.kind;
            let category = Category::of(kind);
            if (category == Category::Attachment) != files {
                continue;
            }
            let quantity = pack::quantity(item.headers.item_count);
            if files && event_is_over {
                claim.refuse_too(category, quantity);
                continue;
            }
            *within = claim.take(category, quantity, || is_lesser(category, item)).is_ok();
            event_is_over |= kind == ItemType::Event && !*within;
        }
    }
    within
}

/// Whether it can be spared when room is short.
fn is_lesser(category: Category, item: &Item) -> bool {
    match category {
        Category::Error => peek::severity(&item.payload).is_some_and(|severity| severity < Severity::Error),
        Category::Security | Category::Feedback | Category::Internal | Category::Default => false,
        _ => true,
    }
}
