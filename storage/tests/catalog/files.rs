//! Files that came with events.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::date};
use schemas::{
    catalog::{Attachment, EventAttachments},
    ids::{EventId, ProjectId},
    limits,
    record::{self, Position},
};
use storage::catalog::{
    Catalog,
    attachments::{self, Part, Swept, Verdict},
};

use super::Store;

const SHOP: ProjectId = ProjectId(1);
const KIB: u64 = 1 << 10;

/// Part `part` of two of file `file` of event `event`, which came on the 20th of November at the given offset.
fn part(event: u8, file: u8, part: u32, offset: u64) -> Part {
    Part {
        project: SHOP,
        event: EventId([event; 16]),
        received_at: "2026-11-20T12:00:00Z".parse().unwrap(),
        position: Position { partition: 3, offset },
        of: record::Attachment {
            id: EventId([file; 16]),
            filename: format!("{file}.log"),
            content_type: Some("text/plain".into()),
            attachment_type: "event.attachment".into(),
            part,
            parts: 2,
            file_bytes: 10 * KIB,
        },
        bytes: vec![file, part as u8, 0xff],
    }
}

async fn add(c: &dyn Catalog, parts: &[Part], room: u64) -> Vec<Verdict> {
    attachments::add(c, &parts.iter().map(|part| (part, room)).collect::<Vec<_>>()).await.unwrap()
}

async fn files(c: &dyn Catalog, event: u8) -> Vec<Attachment> {
    let events: Vec<EventAttachments> = attachments::of_event(c, &[SHOP, ProjectId(2)], EventId([event; 16])).await.unwrap();
    events.into_iter().flat_map(|event| event.attachments).collect()
}

pub(crate) async fn a_file_is_whole_when_its_last_part_came_in_any_order_and_number(store: &dyn Store) {
    let c = store.open().await;
    assert_eq!(add(&*c, &[part(1, 1, 1, 5)], u64::MAX).await, [Verdict::Kept]);
    assert!(!files(&*c, 1).await[0].is_complete());
    assert_eq!(add(&*c, &[part(1, 1, 0, 6), part(1, 1, 1, 7), part(1, 2, 0, 8)], u64::MAX).await, [Verdict::Kept; 3]);
    let [one, two] = files(&*c, 1).await.try_into().unwrap();
    assert!(one.is_complete() && !two.is_complete());
    assert_eq!((one.filename.as_str(), one.kept.clone(), one.bytes()), ("1.log", BTreeMap::from([(0, 3), (1, 3)]), 6));
    for number in 0..2 {
        let bytes = attachments::part(&*c, SHOP, EventId([1; 16]), one.id, number).await.unwrap();
        assert_eq!(bytes, Some(vec![1, number as u8, 0xff]));
    }
    assert_eq!(attachments::part(&*c, ProjectId(2), EventId([1; 16]), one.id, 0).await.unwrap(), None);
    assert_eq!(files(&*c, 2).await, []);
}

pub(crate) async fn files_beyond_the_room_of_a_project_are_not_kept_and_a_replay_decides_alike(store: &dyn Store) {
    let c = store.open().await;
    // The parts of three files of 10 KiB, of which two have room.
    let all: Vec<Part> = (0..6).map(|n| part(n as u8 / 2, n as u8 / 2 + 1, n % 2, n.into())).collect();
    let expected = [Verdict::Kept, Verdict::Kept, Verdict::Kept, Verdict::Kept, Verdict::ProjectFull, Verdict::ProjectFull];
    assert_eq!(add(&*c, &all[..3], 25 * KIB).await, expected[..3]);
    assert_eq!(add(&*c, &all[3..], 25 * KIB).await, expected[3..]);
    assert_eq!(add(&*c, &all, 25 * KIB).await, expected);
    // Read again when there is more room: what was not kept then is not kept now.
    assert_eq!(add(&*c, &all, 50 * KIB).await, expected);
    // A file that is sent again takes no more room; another finds the 5 KiB that are left, and a short one them.
    assert_eq!(add(&*c, &[part(0, 1, 0, 6), part(9, 9, 0, 7)], 25 * KIB).await, [Verdict::Kept, Verdict::ProjectFull]);
    let mut short = part(9, 8, 0, 8);
    (short.of.file_bytes, short.of.parts) = (0, 1);
    assert_eq!(add(&*c, &[short, part(9, 7, 0, 9)], 25 * KIB).await, [Verdict::Kept, Verdict::ProjectFull]);
    assert_eq!(limits::ATTACHMENT_LEAST_BYTES, 4 * KIB);
}

pub(crate) async fn an_event_has_a_bounded_number_of_files(store: &dyn Store) {
    let c = store.open().await;
    let parts: Vec<Part> = (0..=limits::EVENT_ATTACHMENTS as u8).map(|n| part(1, n, 0, n.into())).collect();
    let verdicts = add(&*c, &parts, u64::MAX).await;
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == Verdict::Kept).count(), limits::EVENT_ATTACHMENTS);
    assert_eq!(verdicts.last(), Some(&Verdict::EventFull));
}

pub(crate) async fn old_files_are_swept_and_make_room(store: &dyn Store) {
    let c = store.open().await;
    let mut parts: Vec<Part> = (0..5).map(|n| part(n, 1, 0, n.into())).collect();
    parts[4].received_at += 24.hours();
    add(&*c, &parts, u64::MAX).await;
    let full = [Verdict::ProjectFull];
    assert_eq!(add(&*c, &[part(9, 1, 0, 9)], 50 * KIB).await, full);
    let first = date(2026, 11, 21);
    assert_eq!(attachments::sweep(&*c, SHOP, date(2026, 11, 20), 100).await.unwrap(), Swept::default());
    assert_eq!(attachments::sweep(&*c, ProjectId(2), first, 100).await.unwrap(), Swept::default());
    assert_eq!(attachments::sweep(&*c, SHOP, first, 3).await.unwrap(), Swept { events: 3, more: true });
    assert_eq!(attachments::sweep(&*c, SHOP, first, 3).await.unwrap(), Swept { events: 1, more: false });
    assert_eq!(attachments::sweep(&*c, SHOP, first, 3).await.unwrap(), Swept::default());
    assert_eq!((files(&*c, 0).await.len(), files(&*c, 4).await.len()), (0, 1));
    assert_eq!(attachments::part(&*c, SHOP, EventId([0; 16]), EventId([1; 16]), 0).await.unwrap(), None);
    assert_eq!(add(&*c, &[part(9, 1, 0, 10)], 20 * KIB).await, [Verdict::Kept], "only the file of the next day takes room");
}
