//! Stack traces as text: one of 30 frames of each common language, and a megabyte of each text of the corpora, alone
//! and as a log. The goals: 30 µs for the 30 frames, 50 ms for each megabyte.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fmt::Write, hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schemas::wire::{log_text, stack_text};

const FRAMES: usize = 30;
const LONG_BYTES: usize = 1 << 20;

fn repeated(head: &str, frame: impl Fn(usize) -> String, tail: &str) -> String {
    let mut text = head.to_owned();
    for number in 0..FRAMES {
        writeln!(text, "{}", frame(number)).unwrap();
    }
    text + tail
}

fn thirty_frames(criterion: &mut Criterion) {
    let texts = [
        ("java", repeated("com.shop.Failed: no stock\n", |n| format!("\tat com.shop.cart.Cart{n}.load(Cart{n}.java:{n}7)"), "")),
        (
            "python",
            repeated(
                "Traceback (most recent call last):\n",
                |n| format!("  File \"/srv/shop/cart/step_{n}.py\", line {n}7, in load\n    return self.next(order, {n})"),
                "ValueError: no stock\n",
            ),
        ),
        ("javascript", repeated("TypeError: x is undefined\n", |n| format!("    at Cart.step{n} (/srv/shop/cart/step{n}.js:{n}7:13)"), "")),
        (
            "go",
            repeated(
                "panic: no stock\n\ngoroutine 1 [running]:\n",
                |n| format!("main.(*Cart).step{n}(0xc000{n}, 0x1)\n\t/srv/shop/cart.go:{n}7 +0x1d"),
                "",
            ),
        ),
        (
            "csharp",
            repeated("System.Exception: no stock\n", |n| format!("   at Shop.Cart.Step{n}(Int32 id) in /src/Cart.cs:line {n}7"), ""),
        ),
        (
            "ruby",
            repeated("app.rb:1:in 'run': no stock (ArgumentError)\n", |n| format!("\tfrom app/cart/step_{n}.rb:{n}7:in 'Cart#step'"), ""),
        ),
    ];
    let mut group = criterion.benchmark_group("stack_text");
    group.throughput(Throughput::Elements(FRAMES as u64));
    for (name, text) in &texts {
        let frames = stack_text::parse(text, None).unwrap().exceptions[0].stacktrace.as_ref().unwrap().frames.len();
        assert!((FRAMES..=FRAMES + 1).contains(&frames), "{name}: {frames}");
        group.bench_function(format!("30_frames/{name}"), |bencher| bencher.iter(|| stack_text::parse(black_box(text), None)));
    }
    group.finish();
}

fn megabytes(criterion: &mut Criterion) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora/stacktraces/texts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut group = criterion.benchmark_group("megabyte");
    group.throughput(Throughput::Bytes(LONG_BYTES as u64)).sample_size(10);
    group.warm_up_time(Duration::from_millis(50)).measurement_time(Duration::from_millis(200));
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.trim_end().to_owned() + "\n";
        let long = text.repeat(LONG_BYTES / text.len() + 1);
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        group.bench_function(format!("parse/{name}"), |bencher| bencher.iter(|| stack_text::parse(black_box(&long), None)));
        let split = || log_text::split(black_box(&long), jiff::Timestamp::UNIX_EPOCH, true);
        group.bench_function(format!("split/{name}"), |bencher| bencher.iter(split));
    }
    group.finish();
}

criterion_group!(benches, thirty_frames, megabytes);
criterion_main!(benches);
