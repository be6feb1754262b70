//! What programs really print, beyond the corpora; most of it was printed by running one.

use super::*;

const PYTHON: &str = r#"Traceback (most recent call last):
  File "/srv/a.py", line 6, in <module>
    f(20)
  File "/srv/a.py", line 3, in f
    f(n-1)
  File "/srv/a.py", line 3, in f
    f(n-1)
  File "/srv/a.py", line 3, in f
    f(n-1)
  [Previous line repeated 17 more times]
  File "/srv/a.py", line 2, in f
    if n == 0: raise ValueError("deep\nsecond line")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
ValueError: deep
second line

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/a.py", line 8, in <module>
    raise KeyError("k") from e
KeyError: 'k'

During handling of the above exception, another exception occurred:

  + Exception Group Traceback (most recent call last):
  |   File "/srv/a.py", line 14, in <module>
  |     raise eg
  | ExceptionGroup: many (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/a.py", line 9, in g
    |     raise ValueError("a")
    | ValueError: a
    +---------------- 2 ----------------
    | ExceptionGroup: inner (1 sub-exception)
    +-+---------------- 1 ----------------
      | TypeError: t
      +------------------------------------
"#;
const SYNTAX: &str = "  File \"/srv/x.py\", line 3\n    print \"a\"\n    ^^^^^^^^^\nSyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)?\n";
const FAULT: &str = "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f (most recent call first):\n  File \"/srv/x.py\", line 3 in g\n  File \"/srv/x.py\", line 7 in <module>\n";
const JAVA: &str = "Exception in thread \"main\" java.lang.RuntimeException: outer\nsecond\n\tat A.mid(A.java:5)\n\tat A.main(A.java:6)\n\
    Caused by: java.lang.IllegalStateException: inner\n\tat A.inner(A.java:3)\n\tat A.lambda$mid$0(A.java:5)\n\
    \tat java.base/java.util.Optional.ifPresent(Optional.java:178)\n\t... 2 more\n\
    \tSuppressed: java.lang.RuntimeException: close\n\t\tat app//A$R.close(A.java:4)\n\t\t... 1 more\n";
const KOTLIN: &str = "kotlin.UninitializedPropertyAccessException: lateinit property x has not been initialized\n\
    \tat com.shop.Cart$load$1.invokeSuspend(Cart.kt:12) ~[shop.jar:1.2]\n\
    \tat kotlin.coroutines.jvm.internal.BaseContinuationImpl.resumeWith(ContinuationImpl.kt:33) ~[kotlin-stdlib.jar:?]\n\
    \tat jdk.internal.reflect.GeneratedMethodAccessor12.invoke(Unknown Source) [na:na]\n\
    \tat com.shop.Job$$Lambda$14/0x0000000800c03000.run(Unknown Source)\n";
const NODE: &str = "/srv/a.js:3\n    throw new TypeError(\"x\");\n    ^\n\nError: outer\nline two\n    at go (/srv/a.js:3:69)\n    at async main (/srv/a.js:4:24) {\n  code: 'E',\n\
    \x20 [cause]: TypeError [E_X]: inner\n      at new A (/srv/a.js:1:26)\n      at go (/srv/a.js:3:40)\n      at async Promise.all (index 0)\n      at node:internal/main:3:24 {\n    code: 'E_X'\n  }\n}\n\nNode.js v20.20.2\n";
const AGGREGATE: &str = "AggregateError: agg\n    at process.emit (node:events:524:28) {\n  [errors]: [\n    TypeError: null\n        at eval (eval at <anonymous> (/srv/a.js:5:79), <anonymous>:1:6)\n        at Array.map (<anonymous>),\n    Error: two\n    lines\n        at go (/srv/a.js:3:69)\n  ]\n}\n";
const MATCHING: &str = "Error: outer\n    at load (/srv/a.js:9:1)\n    at run (/srv/a.js:2:1)\n    ... 1 lines matching cause stack trace ...\n    at main (/srv/a.js:1:1) {\n  [cause]: Error: inner\n      at read (/srv/a.js:3:3)\n      at run (/srv/a.js:2:1)\n      at step (/srv/a.js:5:5)\n      at main (/srv/a.js:1:1)\n}\n";
const FIREFOX: &str = "Error: no stock\npromise callback*load@https://shop.example/js/app@2.js:12:9\nasync*start@https://shop.example/js/app@2.js:3:1\n@https://shop.example/:1:1\n";
const GO: &str = "panic: runtime error: index out of range [5] with length 1 [recovered]\n\tpanic: wrap: in [recovered, repanicked]\n\tpanic: again\n\ngoroutine 1 gp=0x38 m=0 [running]:\nmain.main.func2.1()\n\t/srv/main.go:9 +0x54\npanic({0x4b1c80?, 0x38?})\n\t/usr/local/go/src/runtime/panic.go:860 +0x13a\nmain.gen[...](0x3?)\n\t/srv/main.go:5 +0x73\nmain.(*T).boom(...)\n\t/srv/main.go:4\ngopkg.in/yaml%2ev2.Unmarshal()\n\t/srv/y.go:1 +0x1\n\ngoroutine 7 [sleep, 2 minutes]:\ntime.Sleep(0x3)\n\t/usr/local/go/src/runtime/time.go:363 +0x165\ncreated by main.main in goroutine 1\n\t/srv/main.go:7 +0x26\nexit status 2\n";
const DEADLOCK: &str =
    "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/srv/main.go:4 +0x2c\n";
const CSHARP: &str = "Unhandled exception. System.AggregateException: One or more errors occurred. (inner)\n ---> System.InvalidOperationException: inner\n   at Shop.Pay.<>c.<Run>b__0_0(Int32 id) in /src/Pay.cs:line 9\n   at System.Threading.Tasks.Task.Execute()\n   --- End of inner exception stack trace ---\n   at Shop.Pay.Run[T](T x) in C:\\src\\Pay.cs:line 12\n   at Shop.Program..ctor()\n ---> (Inner Exception #0) System.InvalidOperationException: inner\n   at Shop.Pay.<>c.<Run>b__0_0(Int32 id) in /src/Pay.cs:line 9<---\n\n ---> (Inner Exception #1) System.ArgumentNullException: Value cannot be null. (Parameter 'x')\n   at Shop.Other.Go() in /src/Other.cs:line 3<---\n";
const FRAMEWORK: &str = "System.Exception: outer ---> System.IO.IOException: disk\r\n   bei Shop.Store.Save(String path) in C:\\src\\Store.cs:Zeile 12.\r\n   --- Ende der internen Ausnahmestapelüberwachung ---\r\n   bei Shop.Program.Main() in C:\\src\\Program.cs:Zeile 3.\r\n";
const RUBY: &str = "app.rb:2:in 'Shop#pay': no amount (ArgumentError)\nmore\n\tfrom app.rb:6:in 'block in Object#run'\n\tfrom /usr/lib/ruby/3.4.0/set.rb:5:in 'Array#each'\n\tfrom app.rb:9:in '<main>'\napp.rb:1:in 'Integer#/': divided by 0 (ZeroDivisionError)\n\tfrom app.rb:1:in 'Shop#pay'\n";
const RUBY_26: &str = "Traceback (most recent call last):\n\t2: from app.rb:9:in `<main>'\n\t1: from app.rb:6:in `run'\napp.rb:2:in `pay': undefined method `x' for nil:NilClass (NoMethodError)\n";
const PHP: &str = "PHP Fatal error:  Uncaught InvalidArgumentException: bad amount in /srv/pay.php:5\nStack trace:\n#0 [internal function]: App\\Pay->App\\{closure}(1)\n#1 /srv/run.php(9): array_map(Object(Closure), Array)\n#2 {main}\n\nNext RuntimeException: outer\nsecond in /srv/run.php:12\nStack trace:\n#0 /srv/index.php(3): App\\Run->go('x', 1)\n#1 {main}\n  thrown in /srv/run.php on line 12\n";
const LARAVEL: &str = "[2026-11-23 10:00:00] production.ERROR: bad {\"exception\":\"[object] (RuntimeException(code: 0): bad at /srv/app/Pay.php:12)\n[stacktrace]\n#0 /srv/vendor/laravel/Route.php(9): App\\\\Pay->run()\n#1 {main}\n\"}\n";
const MEMORY: &str =
    "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/pay.php on line 3";
const RUST: &str = "thread 'main' (18184) panicked at src/main.rs:1:50:\nno amount\nsecond\nstack backtrace:\n   0: __rustc::rust_begin_unwind\n             at /rustc/59807/library/std/src/panicking.rs:689:5\n   1: core::option::Option<T>::expect\n   2: shop::pay\n             at ./src/main.rs:1:50\n   3: shop::main::{{closure}}\n             at ./src/main.rs:2:51\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\n";
const RUST_BARE: &str = "\nthread '<unnamed>' panicked at src/lib.rs:7:9:\nindex out of bounds: the len is 0 but the index is 3\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
const RUST_OLD: &str = "thread 'main' panicked at 'called `Option::unwrap()` on a `None` value', src/main.rs:4:9\nstack backtrace:\n   0:     0x55a1 - std::panicking::begin_panic::h0123456789abcdef\n   1:     0x55b2 - shop::main::hfedcba9876543210\n                               at src/main.rs:4:9\n";
const ANYHOW: &str = "Error: reading the order\n\nCaused by:\n    0: opening the file\n    1: No such file or directory (os error 2)\n\nStack backtrace:\n   0: anyhow::error::<impl anyhow::Error>::msg\n   1: shop::read\n             at ./src/main.rs:9:5\n";
const ELIXIR: &str = "** (ArithmeticError) bad argument in arithmetic expression: 1 / 0\n    :erlang./(1, 0)\n    (shop 0.1.0) lib/shop/pay.ex:12: Shop.Pay.run/2\n    (elixir 1.16.0) lib/enum.ex:1700: Enum.\"-map/2-lists^map/1-1-\"/2\n    (stdlib 5.2) gen_server.erl:1095: :gen_server.try_handle_cast/3\n    (shop 0.1.0) lib/shop.ex:3: anonymous fn/1 in Shop.go/0\n";
const PHOENIX: &str = "#PID<0.1270.0> running ShopWeb.Endpoint (connection #PID<0.1261.0>, stream id 1) terminated\nServer: localhost:4000 (http)\nRequest: GET /\n** (exit) an exception was raised:\n    ** (RuntimeError) boom\n        (shop 0.1.0) lib/shop_web/controllers/page_controller.ex:5: ShopWeb.PageController.index/2\n        (phoenix 1.7.10) lib/phoenix/router.ex:432: Phoenix.Router.__call__/5\n";
const ERLANG: &str = "=CRASH REPORT==== 23-Nov-2026::10:00:00.000000 ===\n  crasher:\n    initial call: shop_pay:init/1\n    pid: <0.80.0>\n    exception error: no match of right hand side value 3\n      in function  shop_pay:run/2 (src/shop_pay.erl, line 12)\n      in call from gen_server:try_dispatch/4 (gen_server.erl, line 637)\n    ancestors: [<0.78.0>]\n";
const TERM: &str = "Error in process <0.80.0> with exit value:\n{badarith,[{shop_pay,run,[1,0],[{file,\"src/shop_pay.erl\"},{line,5}]},{proc_lib,init_p,3,[{file,\"proc_lib.erl\"},{line,240}]}]}\n";
const FLUTTER: &str = "E/flutter ( 1234): [ERROR:flutter/runtime/dart_vm_initializer.cc(41)] Unhandled Exception: Exception: no stock\n#0      _CartState.load (package:shop/cart.dart:10:5)\n<asynchronous suspension>\n#1      main (package:shop/main.dart:3:1)\n";
const APPLE: &str = "*** Terminating app due to uncaught exception 'NSInvalidArgumentException', reason: '-[Shop pay]: unrecognized selector'\n*** First throw call stack:\n(\n\t0   CoreFoundation                      0x00007fff204ff8db __exceptionPreprocess + 242\n\t1   libobjc.A.dylib                     0x00007fff20177ba3 objc_exception_throw + 48\n\t2   Shop Demo                           0x000000010 -[Pay run:] + 52 (Pay.m:12)\n)\n";
const REPORT: &str = "Exception Type:        EXC_BAD_ACCESS (SIGSEGV)\nException Subtype:     KERN_INVALID_ADDRESS at 0x0\n\nThread 0:\n0   libsystem_kernel.dylib 0x18e __ulock_wait + 8\n\nThread 1 Crashed:\n0   Shop 0x1041 pay + 4\n1   Shop 0x1042 0x1040000 + 8\n";
const GDB: &str = "Program received signal SIGSEGV, Segmentation fault.\n#0  pay (order=0x0) at src/pay.c:12\n#1  0x000055 in run (argc=1) at src/main.c:5\n#2  0x00007f in __libc_start_main () from /lib/libc.so.6\n";
const ASAN: &str = "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602 at pc 0x4f\n    #0 0x4f0e1a in pay(int) /srv/pay.cpp:5:3\n    #1 0x7f1122 (/lib/libc.so.6+0x21b96)\n\nfreed by thread T0 here:\n    #0 0x4a in free (/srv/shop+0x4a)\n";
const TOMBSTONE: &str = "signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x0\nbacktrace:\n    #00 pc 000000000001a2b4  /system/lib64/libc.so (abort+104) (BuildId: ab)\n    #01 pc 0000000000000abc  /data/app/libshop.so\n";
const SWIFT: &str = "*** Program crashed: Bad pointer dereference at 0x0000000000000000 ***\n\nThread 0 \"shop\" crashed:\n\n0 0x0000aaab pay() + 24 in shop at /srv/Sources/main.swift:3:5\n1 [ra] 0x0000aaac main + 11 in shop at /srv/Sources/main.swift:9:1\n";

pub(super) const TEXTS: &[&str] = &[
    PYTHON, SYNTAX, FAULT, JAVA, KOTLIN, NODE, AGGREGATE, MATCHING, FIREFOX, GO, DEADLOCK, CSHARP, FRAMEWORK, RUBY, RUBY_26, PHP, LARAVEL,
    MEMORY, RUST, RUST_BARE, RUST_OLD, ANYHOW, ELIXIR, PHOENIX, ERLANG, TERM, FLUTTER, APPLE, REPORT, GDB, ASAN, TOMBSTONE, SWIFT,
];

#[test]
fn what_programs_print_is_read() {
    use Language::*;
    let expected: [(Language, &str, Expected); 33] = [
        (Python, PYTHON, ("ExceptionGroup", "many (2 sub-exceptions)", 1, ("", "<module>", "/srv/a.py", 14))),
        (Python, SYNTAX, ("SyntaxError", "Missing parentheses in call to 'print'. Did you mean print(...)?", 1, ("", "", "/srv/x.py", 3))),
        (Python, FAULT, ("Fatal Python error", "Segmentation fault", 2, ("", "g", "/srv/x.py", 3))),
        (Java, JAVA, ("java.lang.RuntimeException", "outer\nsecond", 2, ("A", "mid", "A.java", 5))),
        (
            Java,
            KOTLIN,
            (
                "kotlin.UninitializedPropertyAccessException",
                "lateinit property x has not been initialized",
                4,
                ("com.shop.Cart$load$1", "invokeSuspend", "Cart.kt", 12),
            ),
        ),
        (JavaScript, NODE, ("Error", "outer\nline two", 2, ("", "go", "/srv/a.js", 3))),
        (JavaScript, AGGREGATE, ("AggregateError", "agg", 1, ("", "process.emit", "node:events", 524))),
        (JavaScript, MATCHING, ("Error", "outer", 4, ("", "load", "/srv/a.js", 9))),
        (JavaScript, FIREFOX, ("Error", "no stock", 3, ("", "load", "https://shop.example/js/app@2.js", 12))),
        (Go, GO, ("panic", "again", 5, ("main", "main.func2.1", "/srv/main.go", 9))),
        (Go, DEADLOCK, ("fatal error", "all goroutines are asleep - deadlock!", 1, ("main", "main", "/srv/main.go", 4))),
        (
            CSharp,
            CSHARP,
            ("System.AggregateException", "One or more errors occurred. (inner)", 2, ("Shop.Pay", "Run", "C:\\src\\Pay.cs", 12)),
        ),
        (CSharp, FRAMEWORK, ("System.Exception", "outer", 1, ("Shop.Program", "Main", "C:\\src\\Program.cs", 3))),
        (Ruby, RUBY, ("ArgumentError", "no amount\nmore", 4, ("Shop", "pay", "app.rb", 2))),
        (Ruby, RUBY_26, ("NoMethodError", "undefined method `x' for nil:NilClass", 3, ("", "pay", "app.rb", 2))),
        (Php, PHP, ("RuntimeException", "outer\nsecond", 2, ("", "App\\Run::go", "/srv/run.php", 12))),
        (Php, LARAVEL, ("RuntimeException", "bad", 2, ("", "App\\\\Pay::run", "/srv/app/Pay.php", 12))),
        (
            Php,
            MEMORY,
            (
                "Fatal error",
                "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)",
                1,
                ("", "", "/srv/pay.php", 3),
            ),
        ),
        (
            Rust,
            RUST,
            ("panic", "no amount\nsecond", 4, ("", "__rustc::rust_begin_unwind", "/rustc/59807/library/std/src/panicking.rs", 689)),
        ),
        (Rust, RUST_BARE, ("panic", "index out of bounds: the len is 0 but the index is 3", 1, ("", "", "src/lib.rs", 7))),
        (Rust, RUST_OLD, ("panic", "called `Option::unwrap()` on a `None` value", 2, ("", "std::panicking::begin_panic", "", 0))),
        (Rust, ANYHOW, ("Error", "reading the order", 2, ("", "anyhow::error::<impl anyhow::Error>::msg", "", 0))),
        (Elixir, ELIXIR, ("ArithmeticError", "bad argument in arithmetic expression: 1 / 0", 5, ("erlang", "/", "", 0))),
        (
            Elixir,
            PHOENIX,
            ("RuntimeError", "boom", 2, ("ShopWeb.PageController", "index/2", "lib/shop_web/controllers/page_controller.ex", 5)),
        ),
        (Elixir, ERLANG, ("error", "no match of right hand side value 3", 2, ("shop_pay", "run/2", "src/shop_pay.erl", 12))),
        (Elixir, TERM, ("badarith", "", 2, ("shop_pay", "run", "src/shop_pay.erl", 5))),
        (Dart, FLUTTER, ("Exception", "no stock", 2, ("", "_CartState.load", "package:shop/cart.dart", 10))),
        (Native, APPLE, ("NSInvalidArgumentException", "-[Shop pay]: unrecognized selector", 3, ("", "__exceptionPreprocess", "", 0))),
        (Native, REPORT, ("EXC_BAD_ACCESS", "EXC_BAD_ACCESS (SIGSEGV)\nKERN_INVALID_ADDRESS at 0x0", 2, ("", "pay", "", 0))),
        (Native, GDB, ("SIGSEGV", "Segmentation fault", 3, ("", "pay", "src/pay.c", 12))),
        (Native, ASAN, ("heap-use-after-free", "heap-use-after-free on address 0x602 at pc 0x4f", 2, ("", "pay(int)", "/srv/pay.cpp", 5))),
        (Native, TOMBSTONE, ("SIGSEGV", "code 1 (SEGV_MAPERR), fault addr 0x0", 2, ("", "abort", "", 0))),
        (Native, SWIFT, ("crash", "Bad pointer dereference at 0x0000000000000000", 2, ("", "pay()", "/srv/Sources/main.swift", 3))),
    ];
    for (language, text, expected) in expected {
        let parsed = parse(text, None).unwrap_or_else(|| panic!("not read: {text}"));
        assert_eq!(parsed.language, language, "{text}");
        assert_found(text, &parsed, expected);
    }
}

/// Type, value and relation of each exception, causes first.
fn chain(text: &str) -> Vec<(String, String, String)> {
    let describe = |exception: &Exception| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let source = exception.mechanism.as_ref().map(|m| text(&m.source)).unwrap_or_default();
        (text(&exception.kind), text(&exception.value), source)
    };
    parse(text, None).unwrap().exceptions.iter().map(describe).collect()
}

fn assert_chain(text: &str, expected: &[(&str, &str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(chain(text), expected);
}

#[test]
fn causes_come_first_and_say_how_they_are_held() {
    assert_chain(
        PYTHON,
        &[
            ("TypeError", "t", "exceptions[0]"),
            ("ExceptionGroup", "inner (1 sub-exception)", "exceptions[1]"),
            ("ValueError", "a", "exceptions[0]"),
            ("ValueError", "deep\nsecond line", "__cause__"),
            ("KeyError", "'k'", "__context__"),
            ("ExceptionGroup", "many (2 sub-exceptions)", ""),
        ],
    );
    assert_chain(
        JAVA,
        &[
            ("java.lang.RuntimeException", "close", "suppressed"),
            ("java.lang.IllegalStateException", "inner", "cause"),
            ("java.lang.RuntimeException", "outer\nsecond", ""),
        ],
    );
    assert_chain(NODE, &[("TypeError", "inner", "cause"), ("Error", "outer\nline two", "")]);
    assert_chain(AGGREGATE, &[("Error", "two\n    lines", "errors[1]"), ("TypeError", "null", "errors[0]"), ("AggregateError", "agg", "")]);
    assert_chain(
        GO,
        &[
            ("panic", "runtime error: index out of range [5] with length 1", "panic"),
            ("panic", "wrap: in", "panic"),
            ("panic", "again", ""),
        ],
    );
    assert_chain(
        CSHARP,
        &[
            ("System.ArgumentNullException", "Value cannot be null. (Parameter 'x')", "InnerExceptions[1]"),
            ("System.InvalidOperationException", "inner", "InnerException"),
            ("System.AggregateException", "One or more errors occurred. (inner)", ""),
        ],
    );
    assert_chain(FRAMEWORK, &[("System.IO.IOException", "disk", "InnerException"), ("System.Exception", "outer", "")]);
    assert_chain(RUBY, &[("ZeroDivisionError", "divided by 0", "cause"), ("ArgumentError", "no amount\nmore", "")]);
    assert_chain(PHP, &[("InvalidArgumentException", "bad amount", "previous"), ("RuntimeException", "outer\nsecond", "")]);
    assert_chain(
        ANYHOW,
        &[("", "No such file or directory (os error 2)", "source"), ("", "opening the file", "source"), ("Error", "reading the order", "")],
    );
}

/// `function file:line` of each frame of the exception at this place from the end, callers first.
fn frames(text: &str, from_end: usize) -> Vec<String> {
    let parsed = parse(text, None).unwrap();
    let exception = &parsed.exceptions[parsed.exceptions.len() - 1 - from_end];
    let describe = |frame: &Frame| format!("{} {}:{}", frame.function.clone().unwrap_or_default(), file(frame), frame.lineno.unwrap_or(0));
    exception.stacktrace.iter().flat_map(|stack| &stack.frames).map(describe).collect()
}

#[test]
fn frames_that_are_printed_once_are_filled_in() {
    assert_eq!(
        frames(JAVA, 1),
        ["main A.java:6", "mid A.java:5", "ifPresent Optional.java:178", "lambda$mid$0 A.java:5", "inner A.java:3"]
    );
    assert_eq!(frames(JAVA, 2), ["main A.java:6", "close A.java:4"]);
    assert_eq!(frames(MATCHING, 0), ["main /srv/a.js:1", "step /srv/a.js:5", "run /srv/a.js:2", "load /srv/a.js:9"]);
}

#[test]
fn frames_say_what_the_text_says_and_no_more() {
    let parsed = parse(PYTHON, None).unwrap();
    let deep = parsed.exceptions[3].stacktrace.as_ref().unwrap();
    assert_eq!((deep.frames.len(), deep.frames_omitted), (5, 17));
    assert_eq!(deep.frames[0].context_line.as_deref(), Some("f(20)"));
    assert_eq!(frames(PHP, 1), [" /srv/run.php:9", "array_map [internal]:0", "App\\Pay::App\\{closure} /srv/pay.php:5"]);
    assert_eq!(frames(RUBY, 0)[0], "<main> app.rb:9");
    assert_eq!(frames(RUBY_26, 0), ["<main> app.rb:9", "run app.rb:6", "pay app.rb:2"]);
    assert_eq!(frames(NODE, 1), [" node:internal/main:3", "Promise.all :0", "go /srv/a.js:3", "new A /srv/a.js:1"]);
    let kotlin = parse(KOTLIN, None).unwrap();
    let crash = kotlin.exceptions[0].stacktrace.as_ref().unwrap().frames.last().unwrap();
    assert_eq!(crash.package.as_deref(), Some("shop.jar"));
    let go = parse(GO, None).unwrap();
    assert_eq!(go.exceptions[2].thread_id.as_deref(), Some("1"));
    assert_eq!(go.threads[1].data["created_by"], "main.main (/srv/main.go:7)");
    assert_eq!(frames(GO, 0)[0], "Unmarshal /srv/y.go:1");
}

#[test]
fn colours_and_escaped_line_ends_do_not_matter() {
    let escaped = JAVA.replace('\n', "\\n").replace('\t', "\\t");
    assert_eq!(parse(&escaped, None), parse(JAVA, None));
    let coloured = format!("\u{1b}[31m{}\u{1b}[0m", RUBY.replace("(ArgumentError)", "(\u{1b}[1;4mArgumentError\u{1b}[m)"));
    assert_eq!(parse(&coloured, None), parse(RUBY, None));
}

#[test]
fn recursion_keeps_both_ends_and_says_how_much_is_missing() {
    let text =
        format!("java.lang.StackOverflowError\n\tat A.a(A.java:1)\n{}\tat A.main(A.java:9)\n", "\tat A.f(A.java:3)\n".repeat(100_000));
    let stack = parse(&text, None).unwrap().exceptions.remove(0).stacktrace.unwrap();
    assert_eq!(stack.frames.len() as u64 + stack.frames_omitted, 100_002);
    assert!(stack.frames.len() <= 2 * crate::limits::FRAMES);
    assert_eq!((stack.frames[0].lineno, stack.frames.last().unwrap().lineno), (Some(9), Some(1)));
}

#[test]
fn numbers_that_can_not_be_do_no_harm() {
    let times = "  [Previous line repeated 999999999999999999 more times]\n".repeat(40);
    let frame = "  File \"/srv/a.py\", line 1, in f\n";
    let text = format!("Traceback (most recent call last):\n{frame}{times}{}ValueError: x\n", frame.repeat(1_000));
    assert_eq!(parse(&text, None).unwrap().exceptions[0].stacktrace.as_ref().unwrap().frames_omitted, u64::from(u32::MAX));
    let gaps = "    ... 999999999999999999 lines matching cause stack trace ...\n".repeat(3_000);
    let text = format!(
        "Error: a\n    at f (/a.js:1:1)\n{gaps} {{\n  [cause]: Error: b\n      at f (/a.js:1:1)\n{}",
        "      at g (/a.js:2:2)\n".repeat(300)
    );
    let raised = parse(&text, None).unwrap().exceptions.pop().unwrap();
    assert!(raised.stacktrace.unwrap().frames.len() <= 1_001);
}

#[test]
fn text_that_only_resembles_a_trace_is_none() {
    for text in [
        "",
        "\n\n",
        "at home",
        "we met at noon (probably)\nat the station",
        "mail ann@shop.example:25",
        "1: one\n2: two",
        "Caused by: rain",
        "2026-11-23 10:00:00 INFO started",
        "see #1 and #2",
        "{\"a\": 1}",
        "panicked at the disco",
        "** bold ** (text)",
        "Stack trace: none",
    ] {
        assert_eq!(parse(text, None), None, "{text}");
    }
}
