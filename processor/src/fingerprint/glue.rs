//! Frames that never tell where an error came from: what runs tasks, proxies and callbacks. Which of them stand in a
//! trace depends on timing, configuration and version.

use memchr::{memchr, memchr_iter, memchr2_iter};
use schemas::event::Frame;

use super::{family::Family, functions::without_alias};

/// JavaScript: what compilers make of `async`, and the engine's queues. Last part of the function.
const JAVASCRIPT: [&str; 22] = [
    "processTicksAndRejections",
    "_tickCallback",
    "_tickDomainCallback",
    "runMicrotasks",
    "runNextTicks",
    "__awaiter",
    "__generator",
    "__async",
    "asyncGeneratorStep",
    "_asyncToGenerator",
    "_next",
    "_throw",
    "fulfilled",
    "rejected",
    "sentryWrapped",
    "__webpack_require__",
    "__webpack_exec__",
    "webpackJsonpCallback",
    "invokeGuardedCallback",
    "invokeGuardedCallbackDev",
    "nrWrapper",
    "tryCatch",
];
/// The same with their receiver.
const JAVASCRIPT_WHOLE: [&str; 10] = [
    "Object.next",
    "Generator.next",
    "Generator.throw",
    "Generator._invoke",
    "new Promise",
    "Promise.all",
    "Promise.allSettled",
    "Promise.any",
    "Promise.race",
    "new ZoneAwarePromise",
];
/// Java: start of the class.
const JAVA: [&str; 22] = [
    "java.lang.Thread",
    "java.lang.VirtualThread",
    "java.lang.reflect.",
    "java.util.concurrent.",
    "java.util.TimerThread",
    "jdk.internal.reflect.",
    "jdk.internal.vm.",
    "sun.reflect.",
    "com.sun.proxy.",
    "jdk.proxy",
    "kotlin.coroutines.",
    "kotlinx.coroutines.",
    "reactor.core.",
    "io.reactivex.",
    "rx.",
    "scala.concurrent.",
    "akka.dispatch.",
    "akka.actor.ActorCell",
    "zio.internal.",
    "cats.effect.",
    "android.os.Handler",
    "io.netty.util.concurrent.",
];
/// Java: part of a class that was made at run time around one of the application, from `$` or `_` on.
const JAVA_MADE: [&str; 11] = [
    "$$Lambda",
    "$$EnhancerBy",
    "$$FastClassBy",
    "$$SpringCGLIB$$",
    "$HibernateProxy$",
    "_$$_jvst",
    "_$$_Weld",
    "$ByteBuddy$",
    "$MockitoMock$",
    "_ClientProxy",
    "_Subclass",
];
/// Python: modules.
const PYTHON: [&str; 8] = ["asyncio", "concurrent.futures", "threading", "runpy", "anyio", "trio", "uvloop", "multiprocessing"];
/// .NET: start of the type.
const CSHARP: [&str; 7] = [
    "System.Runtime.CompilerServices.",
    "System.Runtime.ExceptionServices.",
    "System.Threading.Tasks.",
    "System.Threading.ExecutionContext",
    "System.Threading.Thread",
    "System.Reflection.",
    "System.Environment",
];
/// Go: whole package and function.
const GO: [&str; 9] = [
    "runtime.goexit",
    "runtime.main",
    "runtime.gopanic",
    "runtime.panicmem",
    "runtime.sigpanic",
    "runtime.panic",
    "runtime.goPanicIndex",
    "testing.tRunner",
    "net/http.HandlerFunc.ServeHTTP",
];
/// Rust: start of the function, without a leading `<`.
const RUST: [&str; 20] = [
    "std::panicking",
    "core::panicking",
    "std::panic::",
    "std::rt::",
    "std::sys",
    "std::thread::",
    "std::backtrace",
    "std::future::",
    "core::future::",
    "core::ops::function",
    "core::result::unwrap_failed",
    "core::option::",
    "alloc::boxed::Box<F",
    "rust_begin_unwind",
    "__rust_",
    "_rust_begin_unwind",
    "tokio::",
    "futures_",
    "async_std::",
    "rayon",
];
/// Native: start of the function, or all of it after an equals sign.
const NATIVE: [&str; 21] = [
    "__libc_start",
    "=_start",
    "start_thread",
    "=__clone",
    "=clone",
    "_pthread_",
    "pthread_",
    "thread_start",
    "_dispatch_",
    "thunk for ",
    "reabstraction thunk",
    "partial apply for thunk",
    "std::__",
    "std::function",
    "std::thread::",
    "__static_initialization",
    "objc_msgSend",
    "=abort",
    "=raise",
    "BaseThreadInitThunk",
    "RtlUserThreadStart",
];
/// Dart: last part of the function.
const DART: [&str; 8] = [
    "_rootRun",
    "_rootRunUnary",
    "_asyncThenWrapperHelper",
    "_asyncErrorWrapperHelper",
    "_CustomZone",
    "_Future",
    "_startMicrotaskLoop",
    "_microtaskLoop",
];
/// Elixir: modules.
const ELIXIR: [&str; 6] = ["gen_server", "proc_lib", "gen_statem", "Task.Supervised", "erl_eval", "elixir_eval"];

/// Whether a frame never counts.
pub(super) fn is_glue(frame: &Frame, family: Family) -> bool {
    let function = frame.function.as_deref().unwrap_or_default();
    let module = frame.module.as_deref().unwrap_or_default();
    match family {
        Family::JavaScript => javascript(frame, function),
        Family::Java => starts(module, &JAVA) || is_made(module) || function.starts_with("access$") || function.starts_with("CGLIB$"),
        Family::Python => python(frame, module),
        Family::CSharp => starts(module, &CSHARP),
        Family::Go => {
            !function.is_empty()
                && GO.iter().any(|whole| whole.strip_prefix(module).and_then(|rest| rest.strip_prefix('.')) == Some(function))
        }
        Family::Rust => starts(function.trim_start_matches('<'), &RUST),
        Family::Native => {
            NATIVE.iter().any(|name| name.strip_prefix('=').map_or_else(|| function.starts_with(name), |whole| function == whole))
        }
        Family::Dart => starts(function.rsplit('.').next().unwrap_or_default(), &DART) || starts(function, &DART),
        Family::Elixir => ELIXIR.contains(&module.trim_start_matches(':').trim_start_matches("Elixir.")),
        Family::Php | Family::Ruby | Family::Other => false,
    }
}

/// Whether a text begins with one of these, most of which differ from it in the first byte.
fn starts(text: &str, list: &[&str]) -> bool {
    let Some(first) = text.as_bytes().first() else { return false };
    list.iter().any(|start| start.as_bytes()[0] == *first && text.starts_with(start))
}

/// Whether a class of Java was made at run time.
fn is_made(module: &str) -> bool {
    let from = |at: usize, list: &[&str]| starts(&module[at..], list);
    let bytes = module.as_bytes();
    memchr(b'$', bytes).is_some() && memchr2_iter(b'$', b'_', bytes).any(|at| from(at, &JAVA_MADE))
        || memchr_iter(b'G', bytes).any(|at| from(at, &["GeneratedMethodAccessor"]))
}

fn javascript(frame: &Frame, function: &str) -> bool {
    let mut function = without_alias(function);
    while let Some(rest) = function.strip_prefix("async ") {
        function = rest;
    }
    let function = function.rsplit('*').next().unwrap_or_default();
    let last = function.rsplit('.').next().unwrap_or_default();
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    JAVASCRIPT.contains(&last) || JAVASCRIPT_WHOLE.contains(&function) || path.contains("/zone.js") || path.contains("regenerator-runtime")
}

fn python(frame: &Frame, module: &str) -> bool {
    let is_in = |name: &str, of: &str| name.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if starts(module, &PYTHON) && PYTHON.iter().any(|of| is_in(module, of)) {
        return true;
    }
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    path.starts_with("<frozen ") || path.contains("/python3") && is_python_library(path)
}

fn is_python_library(path: &str) -> bool {
    let library = path.find("/python3").map(|at| &path[at + 8..]).and_then(|rest| rest.split_once('/')).map_or("", |(_, rest)| rest);
    let file = library.trim_start_matches("site-packages/");
    !file.is_empty() && PYTHON.iter().any(|of| starts_as_path(file, of))
}

/// Whether a path begins with a dotted module.
fn starts_as_path(path: &str, module: &str) -> bool {
    let mut rest = path;
    for part in module.split('.') {
        match rest.strip_prefix(part) {
            Some(after) => rest = after.trim_start_matches('/'),
            None => return false,
        }
    }
    path.as_bytes().get(module.len()).is_some_and(|b| matches!(b, b'/' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_tasks_and_proxies_is_glue() {
        for (family, module, function, path, expected) in [
            (Family::JavaScript, "", "process.processTicksAndRejections", "node:internal/process/task_queues", true),
            (Family::JavaScript, "", "async Promise.all", "index 0", true),
            (Family::JavaScript, "", "_next", "https://a.example/app.js", true),
            (Family::JavaScript, "", "getNext", "https://a.example/app.js", false),
            (Family::Java, "com.shop.Pay$$SpringCGLIB$$0", "run", "", true),
            (Family::Java, "kotlinx.coroutines.DispatchedTask", "run", "", true),
            (Family::Java, "com.shop.Pay", "access$000", "", true),
            (Family::Java, "com.shop.Pay", "accessToken", "", false),
            (Family::Python, "asyncio.tasks", "run", "", true),
            (Family::Python, "", "_run_once", "/usr/lib/python3.12/asyncio/base_events.py", true),
            (Family::Python, "", "run", "/srv/threading_of_orders/pay.py", false),
            (Family::CSharp, "System.Runtime.CompilerServices.TaskAwaiter`1", "GetResult", "", true),
            (Family::Go, "net/http", "HandlerFunc.ServeHTTP", "", true),
            (Family::Go, "main", "goexit", "", false),
            (Family::Rust, "", "<tokio::runtime::task::core::Core<T,S>>::poll", "", true),
            (Family::Rust, "", "shop::tokio::run", "", false),
            (Family::Native, "", "raise", "", true),
            (Family::Native, "", "raise_alarm", "", false),
            (Family::Native, "", "cloneOrder", "", false),
            (Family::Elixir, ":gen_server", "try_handle_call/4", "", true),
        ] {
            let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
            let frame = Frame { module: text(module), function: text(function), abs_path: text(path), ..Frame::default() };
            assert_eq!(is_glue(&frame, family), expected, "{module} {function} {path}");
        }
    }
}
