//! Grouping an event whose stack trace has 100 frames.
#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use processor::{context::Context, fingerprint::fingerprint, normalize::normalize};
use schemas::{
    catalog::ProjectSettings,
    event::Event,
    ids::{EventId, ProjectId},
    wire::sentry_event,
};
use serde_json::{Value, json};

/// 100 frames of a platform, as they come; every `own`-th is the application's.
fn event(platform: &str, own: usize) -> Event {
    let frame = |n: usize| -> Value {
        let is_own = n.is_multiple_of(own);
        match platform {
            "java" if is_own => {
                json!({"module": format!("com.shop.order.Step{n}$1"), "function": "lambda$run$0", "lineno": n, "in_app": true})
            }
            "java" => {
                json!({"module": "org.springframework.web.filter.OncePerRequestFilter", "function": "doFilter", "lineno": n, "in_app": false})
            }
            "node" => {
                json!({"function": format!("Step{n}.run{n}"), "abs_path": format!("/srv/shop/src/step{n}.3f2a1bcd.js"), "lineno": n, "in_app": is_own})
            }
            _ => {
                json!({"module": format!("shop.orders.step{n}"), "function": format!("run_{n}"), "abs_path": format!("/srv/shop/orders/step{n}.py"),
                "lineno": n, "in_app": is_own})
            }
        }
    };
    let frames: Vec<Value> = (0..100).map(frame).collect();
    let exception = json!({"type": "OrderFailed", "value": "order 17 of jane@shop.example failed", "stacktrace": {"frames": frames}});
    let json = json!({"platform": platform, "exception": {"values": [exception]}}).to_string();
    sentry_event::read(json.as_bytes(), EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap()).unwrap()
}

fn grouping(criterion: &mut Criterion) {
    let settings = ProjectSettings::default();
    let context = Context::plain(&settings);
    let mut group = criterion.benchmark_group("grouping");
    for (name, platform, own) in [("java_3_of_10", "java", 3), ("node_half", "node", 2), ("python_all", "python", 1)] {
        let event = normalize(&context, event(platform, own)).unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| event.clone(), |event| fingerprint(&context, event).unwrap(), BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, grouping);
criterion_main!(benches);
