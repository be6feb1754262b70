use super::*;

fn frame(module: &str, function: &str, path: &str, in_app: Option<bool>) -> Frame {
    let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    Frame { module: text(module), function: text(function), abs_path: text(path), in_app, ..Frame::default() }
}

#[test]
fn frames_of_which_nothing_is_said_are_judged_by_platform() {
    for (platform, module, function, path, expected) in [
        ("python", "json.decoder", "decode", "/usr/lib/python3.11/json/decoder.py", false),
        ("python", "requests.api", "get", "/venv/lib/python3.11/site-packages/requests/api.py", false),
        ("python", "json.decoder", "decode", "C:\\Python311\\Lib\\json\\decoder.py", false),
        ("python", "shop.views", "pay", "/srv/shop/views.py", true),
        ("python", "shop.pay", "pay", "/app/lib/python_tools/pay.py", true),
        ("javascript", "", "pay", "https://shop.example/internal/pay.js", true),
        ("native", "", "raise_alarm", "", true),
        ("native", "", "raise", "", false),
        ("node", "", "run", "node:internal/timers", false),
        ("node", "", "emit", "events.js", false),
        ("node", "", "pay", "/srv/shop/pay.js", true),
        ("node", "", "get", "/srv/shop/node_modules/got/index.js", false),
        ("javascript", "", "pay", "https://shop.example/js/app.js", true),
        ("java", "java.util.concurrent.FutureTask", "run", "", false),
        ("java", "org.springframework.web.Filter", "run", "", false),
        ("java", "com.shop.Pay", "run", "", true),
        ("java", "javaland.Tour", "run", "", true),
        ("go", "runtime", "gopanic", "", false),
        ("go", "net/http", "(*conn).serve", "", false),
        ("go", "main", "pay", "/srv/shop/main.go", true),
        ("go", "github.com/lib/pq", "Open", "/root/go/pkg/mod/github.com/lib/pq@v1.2.3/conn.go", false),
        ("ruby", "", "pay", "/usr/local/bundle/gems/rack-3.0/lib/rack.rb", false),
        ("php", "", "pay", "/srv/shop/vendor/guzzle/Client.php", false),
        ("csharp", "System.Linq.Enumerable", "First", "", false),
        ("csharp", "Shop.Pay", "Run", "", true),
        ("native", "", "__libc_start_main", "", false),
        ("native", "", "pay", "/srv/shop/pay.c", true),
        ("other", "", "pay", "vendor/x/y.ex", false),
    ] {
        assert_eq!(
            Rules::of(platform, "").judge(&frame(module, function, path, None), true),
            expected,
            "{platform} {module} {function} {path}"
        );
    }
}

#[test]
fn the_flags_of_the_rust_sdk_are_corrected() {
    let rules = Rules::of("native", "sentry.rust");
    for (function, expected) in [
        ("__libc_start_call_main", false),
        ("<unknown>", false),
        ("std::panicking::begin_panic_handler", false),
        ("sentry_panic::panic_handler", false),
        ("core::ops::function::FnOnce::call_once", false),
        ("main", false),
        ("shop::pay", true),
    ] {
        assert_eq!(rules.judge(&frame("", function, "", Some(true)), false), expected, "{function}");
    }
}

#[test]
fn a_go_program_built_with_trimpath_keeps_its_frames() {
    let rules = Rules::of("go", "sentry.go");
    assert!(rules.judge(&frame("main", "run", "github.com/shop/pay/main.go", Some(false)), true));
    assert!(rules.judge(&frame("github.com/shop/pay/db", "run", "github.com/shop/pay/db/db.go", Some(false)), true));
    assert!(!rules.judge(&frame("runtime", "gopanic", "runtime/panic.go", Some(false)), true));
    assert!(!rules.judge(&frame("main", "run", "main.go", Some(false)), false), "the SDK marked others");
}

#[test]
fn the_wrapper_of_the_browser_sdk_is_not_the_application() {
    assert!(!Rules::of("javascript", "").judge(&frame("", "sentryWrapped", "https://shop.example/a.js", Some(true)), false));
    assert!(
        Rules::of("python", "").judge(&frame("plugin", "run", "/venv/site-packages/plugin.py", Some(true)), false),
        "the SDK's word counts"
    );
}

#[test]
fn libraries_of_every_platform_are_known() {
    for (platform, module, function, path) in [
        ("python", "", "f", "C:\\Users\\ann\\miniconda3\\Lib\\asyncio\\base.py"),
        ("python", "", "f", "/usr/lib/python3/dist-packages/apt/cache.py"),
        ("python", "", "f", "<frozen importlib._bootstrap>"),
        ("javascript", "", "f", "https://unpkg.com/react@18/umd/react.js"),
        ("javascript", "", "f", "https://cdnjs.cloudflare.com/ajax/libs/lodash.js"),
        ("javascript", "", "f", "https://cdn.jsdelivr.net/npm/vue.js"),
        ("javascript", "", "f", "https://js-agent.newrelic.com/nr-spa.min.js"),
        ("javascript", "", "f", "https://cdn.lr-in-prod.com/LogRocket.min.js"),
        ("javascript", "", "f", "webpack:///./~/core-js/modules/es6.promise.js"),
        ("javascript", "tslib/tslib.es6", "__awaiter", "https://shop.example/app.js"),
        ("node", "", "processTicksAndRejections", "internal/process/task_queues.js"),
        ("node", "", "runMicrotasks", ""),
        ("java", "jdk.internal.reflect.NativeMethodAccessorImpl", "invoke", ""),
        ("java", "javax.servlet.http.HttpServlet", "service", ""),
        ("scala", "akka.actor.ActorCell", "invoke", ""),
        ("kotlin", "io.ktor.server.Engine", "run", ""),
        ("java", "io.netty.channel.Channel", "run", ""),
        ("go", "", "Open", "/root/go/pkg/mod/github.com/lib/pq@v1.2.3/conn.go"),
        ("go", "github.com/lib/pq", "Open", "github.com/lib/pq@v1.2.3/conn.go"),
        ("rust", "", "std::panicking::begin_panic", ""),
        ("rust", "", "begin_panic", ""),
        ("rust", "", "alloc::vec::Vec<T>::push", ""),
        ("rust", "", "tokio_util::codec::decode", ""),
        ("csharp", "UnityEngine.Events.InvokableCall", "Invoke", ""),
        ("csharp", "Dapper.SqlMapper", "Query", ""),
        ("php", "", "Illuminate\\Pipeline\\Pipeline::handle", "/srv/shop/vendor/laravel/framework/Pipeline.php"),
        ("php", "", "apply_filters", "/var/www/html/wp-includes/plugin.php"),
        ("ruby", "", "call", "/usr/local/bundle/gems/rack-3.0/lib/rack.rb"),
        ("ruby", "", "each", "/usr/lib/ruby/3.2.0/set.rb"),
        ("elixir", "", "f", "deps/plug/lib/plug.ex"),
        ("dart", "", "f", "package:flutter/src/widgets/framework.dart"),
        ("dart", "", "f", "dart:async-patch/async_patch.dart"),
        ("cocoa", "", "f", "/System/Library/Frameworks/UIKit.framework/UIKit"),
        ("swift", "", "f", "/private/var/containers/Bundle/Application/X/Shop.app/Frameworks/libswiftCore.dylib"),
        ("native", "", "f", "C:\\Windows\\System32\\ntdll.dll"),
        ("native", "", "f", "/lib64/libc.so.6"),
    ] {
        assert!(!Rules::of(platform, "").judge(&frame(module, function, path, None), true), "{platform} {module} {function} {path}");
    }
}

#[test]
fn what_only_looks_like_a_library_is_the_applications_own() {
    for (platform, module, function, path) in [
        ("python", "vendor.views", "pay", "/srv/shop/vendor/views.py"),
        ("python", "lib.pay", "pay", "C:\\shop\\Lib\\pay.py"),
        ("python", "gems.views", "pay", "/srv/gems/views.py"),
        ("java", "com.shop.vendor.Pay", "run", "/vendor/Pay.java"),
        ("java", "javafxshop.Pay", "run", ""),
        ("java", "sunrise.Pay", "run", ""),
        ("javascript", "", "pay", "https://myunpkg.com/app.js"),
        ("javascript", "core-js-demo/pay", "pay", "https://shop.example/app.js"),
        ("javascript", "", "pay", "https://shop.example/newrelic/app.js"),
        ("node", "", "processTicks", "/srv/shop/node_modules_audit/pay.js"),
        ("go", "shop/logs", "pay", "/srv/mail@vendor.example/main.go"),
        ("rust", "", "sentry_dashboard::pay", ""),
        ("rust", "", "tokio_shop::pay", ""),
        ("rust", "", "corelib::pay", ""),
        ("csharp", "SystemShop.Pay", "Run", ""),
        ("csharp", "Unity.Shop.Pay", "Run", ""),
        ("php", "", "SymfonyShop\\Pay::run", "/srv/shop/src/Pay.php"),
        ("php", "", "Illuminate\\Routing\\RouteFileRegistrar::{closure}", "/srv/shop/routes/web.php"),
        ("ruby", "", "pay", "/srv/lib/ruby/pay.rb"),
        ("dart", "", "pay", "package:flutter_shop/main.dart"),
        ("swift", "", "pay", "/Applications/MyUIKitShop.app/MyUIKitShop"),
        ("native", "", "pay", "/home/csu/shop/pay.c"),
        ("native", "", "pay", "/srv/kernel32emulator/pay.c"),
    ] {
        assert!(Rules::of(platform, "").judge(&frame(module, function, path, None), true), "{platform} {module} {function} {path}");
    }
}

#[test]
fn libraries_that_an_sdk_takes_for_the_applications_by_default_are_told_apart() {
    for (platform, path, expected) in [
        ("go", "/root/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go", false),
        ("go", "/srv/shop/pay.go", true),
        ("php", "/srv/shop/vendor/guzzlehttp/guzzle/src/Client.php", false),
        ("php", "/srv/shop/src/Pay.php", true),
        ("javascript", "webpack-internal:///./node_modules/react-dom/index.js", false),
        ("javascript", "https://cdn.jsdelivr.net/npm/vue.js", false),
        ("javascript", "https://shop.example/static/js/main.js", true),
        ("dart", "package:http/src/client.dart", false),
        ("dart", "package:shop/main.dart", true),
        ("python", "/venv/lib/python3.11/site-packages/ours/pay.py", true),
        ("node", "/srv/shop/pay.js", true),
    ] {
        assert_eq!(Rules::of(platform, "").judge(&frame("", "run", path, Some(true)), false), expected, "{platform} {path}");
    }
}

#[test]
fn a_frame_that_is_not_what_the_sdk_said_tells_why() {
    let rules = Rules::of("native", "sentry.rust");
    assert_eq!(rules.why(&frame("", "__libc_start_main", "", Some(true)), false), "known libraries and runtimes: rust");
    assert_eq!(rules.why(&frame("", "<unknown>", "", Some(true)), false), "a frame of the SDK, or without a name");
}
