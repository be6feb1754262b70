//! The same crash through different doors: a Sentry SDK, the text of a stack trace, OpenTelemetry.

use schemas::{
    ids::{EventId, ProjectId},
    wire::sentry_event,
};
use serde_json::{Value, json};

use super::{parts, read};

/// A frame as an SDK sends it.
fn frame(module: &str, function: &str, path: &str, line: u32) -> Value {
    let filled = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    json!({"module": filled(module), "function": function, "abs_path": filled(path), "lineno": line, "in_app": true})
}

fn sentry(platform: &str, module: Option<&str>, kind: &str, value: &str, frames: &[Value]) -> Value {
    json!({"platform": platform, "exception": {"values": [{"type": kind, "module": module, "value": value, "stacktrace": {"frames": frames}}]}})
}

/// One crash as an SDK and as a runtime tell it.
fn join(sdk: &Value, text: &str) {
    let told = parts(read(sdk));
    assert_eq!(parts(read(&json!({"error": {"stack_trace": text}}))), told, "the native API with text alone");
    let platform = sdk["platform"].as_str().unwrap();
    let kind = text.lines().next().unwrap_or_default();
    assert_eq!(parts(read(&json!({"platform": platform, "error": {"stack_trace": text}}))), told, "the native API: {kind}");
    // What readers of logs and of OpenTelemetry make: type and message apart, the stack as text.
    let event = &sdk["exception"]["values"][0];
    let both = json!({"platform": platform, "error": {"type": event["type"], "message": event["value"], "stack_trace": text}});
    assert_eq!(parts(read(&both)), told, "type, message and text: {kind}");
}

#[test]
fn python() {
    let frames =
        [frame("shop.orders.views", "checkout", "/srv/shop/orders/views.py", 41), frame("shop.pay", "charge", "/srv/shop/pay.py", 7)];
    let text = "Traceback (most recent call last):\n  File \"/srv/shop/orders/views.py\", line 44, in checkout\n    charge(card)\n  \
        File \"/srv/shop/pay.py\", line 9, in charge\n    raise ValueError(\"no card\")\n";
    join(&sentry("python", Some("builtins"), "ValueError", "no card", &frames), &format!("{text}ValueError: no card\n"));
    join(&sentry("python", Some("shop.errors"), "PaymentError", "no card", &frames), &format!("{text}shop.errors.PaymentError: no card\n"));
}

#[test]
fn java() {
    let frames = [frame("com.shop.web.Api", "post", "", 40), frame("com.shop.order.Orders", "lambda$place$0", "", 88)];
    let text = "java.lang.IllegalStateException: cart 7 is empty\n\tat com.shop.order.Orders.lambda$place$2(Orders.java:90)\n\
        \tat com.shop.web.Api.post(Api.java:41)\n";
    join(&sentry("java", Some("java.lang"), "IllegalStateException", "cart 7 is empty", &frames), text);
}

#[test]
fn node() {
    let frames =
        [frame("routes:orders", "handler", "/srv/app/routes/orders.js", 3), frame("orders", "Object.place", "/srv/app/orders.js", 41)];
    let text = "TypeError: no items\n    at Orders.place (/srv/app/orders.js:44:11)\n    at async handler (/srv/app/routes/orders.js:3:5)\n    \
        at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n";
    join(&sentry("node", None, "TypeError", "no items", &frames), text);
}

#[test]
fn go() {
    let frames = [
        frame("main", "main", "/srv/shop/main.go", 9),
        frame("github.com/shop/pay", "(*Gateway).Charge.func1", "/srv/shop/pay/pay.go", 20),
    ];
    let text = "panic: runtime error: integer divide by zero\n\ngoroutine 1 [running]:\ngithub.com/shop/pay.(*Gateway).Charge(0xc000010000)\n\
        \t/build/pay/pay.go:22 +0x1f\nmain.main()\n\t/build/main.go:9 +0x1d\n";
    let sdk = sentry("go", None, "runtime.runtimeError", "runtime error: integer divide by zero", &frames);
    let told = parts(read(&sdk));
    assert!(told.contains("Charge") && told.contains("main"), "{told}");
    join(&sentry("go", None, "runtime.Error", "runtime error: integer divide by zero", &frames), text);
}

#[test]
fn csharp() {
    let frames =
        [frame("Shop.Api.OrdersController", "Post", "", 20), frame("Shop.Orders.OrderService+<SaveAsync>d__12", "MoveNext", "", 51)];
    let text = "System.InvalidOperationException: Sequence contains no elements\n   at Shop.Orders.OrderService.SaveAsync(Int32 id) in \
        C:\\build\\Orders.cs:line 52\n   at Shop.Api.OrdersController.<Post>d__4.MoveNext() in C:\\build\\Api.cs:line 21\n";
    join(
        &sentry("csharp", Some("System.Private.CoreLib"), "System.InvalidOperationException", "Sequence contains no elements", &frames),
        text,
    );
}

#[test]
fn ruby() {
    let frames = [
        frame("", "create", "/srv/shop/app/controllers/orders_controller.rb", 5),
        frame("", "block in total", "/srv/shop/app/models/cart.rb", 9),
    ];
    let text = "/srv/shop/app/models/cart.rb:12:in 'block in Shop::Cart#total': card declined (Shop::Errors::Declined)\n\
        \tfrom /srv/shop/app/controllers/orders_controller.rb:6:in 'OrdersController#create'\n";
    join(&sentry("ruby", None, "Shop::Errors::Declined", "card declined", &frames), text);
}

#[test]
fn php() {
    let frames = [
        frame("", "App\\Http\\PayController::store", "/var/www/app/Http/PayController.php", 31),
        frame("", "App\\Billing\\Gateway::charge", "/var/www/app/Billing/Gateway.php", 52),
    ];
    let text = "PHP Fatal error:  Uncaught App\\Errors\\NoAccount: none in /var/www/app/Billing/Gateway.php:55\nStack trace:\n\
        #0 /var/www/app/Http/PayController.php(33): App\\Billing\\Gateway->charge(Object(App\\User))\n\
        #1 /var/www/public/index.php(9): App\\Http\\PayController->store()\n#2 {main}\n  thrown in /var/www/app/Billing/Gateway.php on line 55\n";
    join(&sentry("php", None, "App\\Errors\\NoAccount", "none", &frames), text);
}

#[test]
fn opentelemetry_s_type_is_whole_and_sentry_s_is_not() {
    let read_at = "2026-11-23T12:00:00Z".parse().unwrap();
    let of = |json: Value| parts(sentry_event::read(json.to_string().as_bytes(), EventId([1; 16]), ProjectId(1), read_at).unwrap());
    let frames = [frame("com.shop.Pay", "charge", "", 3)];
    let short = of(sentry("java", Some("com.shop"), "PayFailed", "x", &frames));
    assert_eq!(short, of(sentry("java", None, "com.shop.PayFailed", "x", &frames)));
    assert_ne!(short, of(sentry("java", None, "com.shop.RefundFailed", "x", &frames)));
}
