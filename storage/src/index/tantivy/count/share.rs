//! Work on many segments by several threads.

use std::{
    num::NonZero,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Most threads of one question.
const THREADS: usize = 4;

/// Does `work` for each number below `pieces` and hands each result to `take`, in any order. Ends with the first error.
pub(in crate::index::tantivy) fn share<T: Send, E: Send>(
    pieces: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
    take: impl FnMut(T) -> Result<(), E> + Send,
) -> Result<(), E> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(THREADS).min(pieces);
    let (next, take) = (AtomicUsize::new(0), Mutex::new(take));
    let run = || {
        loop {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return Ok(());
            }
            let done = work(piece).and_then(|done| take.lock().unwrap_or_else(PoisonError::into_inner)(done));
            if done.is_err() {
                next.store(pieces, Ordering::Relaxed);
                return done;
            }
        }
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        for other in others {
            let result = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            done = done.and(result);
        }
        done
    })
}
