//! Every text of the corpora; what is expected was worked out by reading the text.

use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::event::Frame;

#[path = "tests/programs.rs"]
mod programs;

fn corpora() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora/stacktraces"))
}

fn texts() -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> = std::fs::read_dir(corpora().join("texts"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    texts.sort();
    texts
}

fn file(frame: &Frame) -> &str {
    frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default()
}

/// Type, message, number of frames, and module, function, file and line of the crash; what is unknown is empty.
type Expected = (&'static str, &'static str, usize, (&'static str, &'static str, &'static str, u64));

/// What was found, in the form of [`Expected`].
fn found(parsed: &Parsed) -> (String, String, usize, (String, String, String, u64)) {
    let raised = parsed.exceptions.last().unwrap();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let frames = raised.stacktrace.as_ref().map(|stack| stack.frames.as_slice()).unwrap_or_default();
    let crash = frames.last().cloned().unwrap_or_default();
    let place = (text(&crash.module), text(&crash.function), file(&crash).to_owned(), crash.lineno.unwrap_or_default());
    (text(&raised.kind), text(&raised.value), frames.len(), place)
}

fn assert_found(name: &str, parsed: &Parsed, expected: Expected) {
    let (kind, value, frames, (module, function, file, line)) = expected;
    let expected = (kind.to_owned(), value.to_owned(), frames, (module.to_owned(), function.to_owned(), file.to_owned(), line));
    assert_eq!(found(parsed), expected, "{name}");
}

const UNDEF: &str = "Unable to get property 'undef' of undefined or null reference";
const DART: &str = "file:///path/to/code/dartFile.dart";
const MAIL: &str = "javax.mail.SendFailedException: Invalid Addresses;\n  nested exception is:\n\
    com.sun.mail.smtp.SMTPAddressFailedException: 550 5.7.1 <[REDACTED_EMAIL_ADDRESS]>... Relaying denied";

fn javascript(name: &str) -> Option<Expected> {
    let file = "http://path/to/file.js";
    let local = "http://localhost:8080/file.js";
    Some(match name {
        "error-stack-parser__js__chrome_48_nested_eval" | "tracekit__js__chrome_48_eval" => {
            ("Error", "message string", 5, ("", "baz", local, 21))
        }
        "error-stack-parser__js__edge_20_nested_eval" => ("Error", "message string", 5, ("", "baz", "eval code", 1)),
        "error-stack-parser__js__firefox_14" => ("", "", 3, ("", "", file, 48)),
        "error-stack-parser__js__firefox_3" | "tracekit__js__firefox_3" => {
            ("", "", 7, ("", "", "http://127.0.0.1:8000/js/stacktrace.js", 44))
        }
        "error-stack-parser__js__firefox_43_nested_eval" | "tracekit__js__firefox_43_eval" => ("", "", 5, ("", "baz", local, 26)),
        "error-stack-parser__js__ie_11" | "tracekit__js__ie_11" => ("TypeError", UNDEF, 3, ("", "Anonymous function", file, 47)),
        "error-stack-parser__js__opera_11" | "tracekit__js__opera_11" => ("", "", 4, ("", "run", file, 27)),
        "error-stack-parser__js__opera_12" | "tracekit__js__opera_12" => {
            ("", "", 3, ("", "", "http://localhost:8000/ExceptionLab.html", 48))
        }
        "error-stack-parser__js__safari_7" => ("", "", 3, ("", "", file, 48)),
        "error-stack-parser__js__safari_9_nested_eval" => ("", "", 6, ("", "baz", "", 0)),
        "fluent__js__client_js_exc" => ("Error", "", 5, ("", "bls", "<anonymous>", 3)),
        "fluent__js__node_js_exc" => {
            ("ReferenceError", "myArray is not defined", 10, ("", "next", "/app/node_modules/express/lib/router/index.js", 256))
        }
        "tracekit__js__chrome_xx_webpack" => (
            "TypeError",
            "Cannot read property 'error' of undefined",
            4,
            ("", "TESTTESTTEST.eval", "webpack:///./src/components/test/test.jsx?", 295),
        ),
        "tracekit__js__firefox_31" => ("", "", 3, ("", "foo", file, 41)),
        "tracekit__js__firefox_44_ns_exception" => ("", "", 4, ("", "[2]</Bar.prototype._baz/</<", file, 703)),
        "tracekit__js__firefox_50_resource_url" => ("", "", 3, ("", "render", "resource://path/data/content/bundle.js", 5529)),
        "tracekit__js__firefox_7" => ("", "", 7, ("", "", "file:///G:/js/stacktrace.js", 44)),
        "tracekit__js__ie_10" => ("TypeError", UNDEF, 3, ("", "Anonymous function", file, 48)),
        "tracekit__js__ie_11_eval" => ("ReferenceError", "'getExceptionProps' is undefined", 3, ("", "eval code", "eval code", 1)),
        "tracekit__js__opera_25" => ("TypeError", "Cannot read property 'undef' of null", 3, ("", "", file, 47)),
        "tracekit__js__safari_8" => ("", "", 3, ("", "", file, 47)),
        "tracekit__js__safari_8_eval" => ("", "", 4, ("", "eval code", "", 0)),
        _ => return None,
    })
}

fn dart(name: &str) -> Option<Expected> {
    let closure = "main.<anonymous closure>";
    Some(match name {
        "fluent__dart__dart_abstract_class_err" => (
            "AbstractClassInstantiationError",
            "Cannot instantiate abstract class LNClassName: _url 'null' line null",
            5,
            ("", closure, DART, 12),
        ),
        "fluent__dart__dart_async_err" => {
            ("StateError", "Bad state: oops", 4, ("", "handleFailure", "file:///test/example/http/handling_an_httprequest_error.dart", 16))
        }
        "fluent__dart__dart_err" => ("MyError", "Instance of 'MyError'", 5, ("", closure, DART, 15)),
        "fluent__dart__dart_format_with_code_err" => {
            ("FormatException", "Invalid base64 data (at line 3, character 8)\nthis is not valid\n       ^", 5, ("", closure, DART, 24))
        }
        "fluent__dart__dart_range_err" => {
            ("RangeError", "Invalid value: Valid value range is empty: 1", 6, ("", "List.[]", "dart:core-patch/growable_array.dart", 151))
        }
        "fluent__dart__dart_read_static_err" => {
            ("CyclicInitializationError", "Reading static variable 'variable' during its initialization", 5, ("", closure, DART, 28))
        }
        "fluent__dart__dart_unimplemented_error" => ("UnimplementedError", "unimplemented", 5, ("", closure, DART, 38)),
        "fluent__dart__dart_unsupported_err" => ("UnsupportedError", "Unsupported operation: unsupported", 5, ("", closure, DART, 36)),
        _ => return None,
    })
}

fn others(name: &str) -> Option<Expected> {
    Some(match name {
        "fluent__csharp__csharp_async_exc" => (
            "System.InvalidOperationException",
            "This is an exception",
            10,
            ("ExampleApp2.AsyncExceptionExample", "LowestLevelMethod", "c:/ExampleApp/ExampleApp/AsyncExceptionExample.cs", 36),
        ),
        "fluent__csharp__csharp_exc" => (
            "System.Collections.Generic.KeyNotFoundException",
            "The given key was not present in the dictionary.",
            10,
            (
                "System.Collections.Generic.Dictionary`2[System.String,System.Collections.Generic.Dictionary`2[System.Int32,System.Double]]",
                "get_Item",
                "",
                0,
            ),
        ),
        "fluent__go__go_http" => {
            ("panic", "test panic", 7, ("net/http", "(*conn).serve.func1", "/usr/local/go/src/net/http/server.go", 1746))
        }
        "fluent__go__go_on_gae_exc" => {
            ("panic", "runtime error: index out of range", 8, ("main88989", "memoryAccessException", "crash_example_go.go", 58))
        }
        "fluent__go__go_signal_exc" => (
            "panic",
            "runtime error: invalid memory address or nil pointer dereference",
            2,
            ("panics", "nilPtrDereference", "panics/panics.go", 33),
        ),
        "fluent__java__nested_java_exc" => (
            "java.lang.RuntimeException",
            MAIL,
            12,
            ("com.nethunt.crm.api.server.adminsync.AutomaticEmailFacade", "sendWithSmtp", "AutomaticEmailFacade.java", 236),
        ),
        "fluent__php__php_exc" => ("Exception", "Custom exception", 3, ("", "func1", "/home/joe/work/test-php/test.php", 5)),
        "fluent__python__python_exc" => {
            ("Exception", "('spam', 'eggs')", 3, ("", "get", "/base/data/home/apps/s~nearfieldspy/1.378705245900539993/nearfieldspy.py", 5))
        }
        "fluent__ruby__rails_exc" => (
            "ActionController::RoutingError",
            "No route matches [GET] \"/settings\"",
            21,
            ("", "call", "lib/action_dispatch/middleware/debug_exceptions.rb", 63),
        ),
        _ => return None,
    })
}

#[test]
fn every_text_of_the_corpora_is_read_as_a_person_reads_it() {
    let texts = texts();
    assert!(texts.len() >= 46, "the corpus has {} texts", texts.len());
    for (name, text) in texts {
        let parsed = parse(&text, None);
        if name == "fluent__none__arbitrary_text" {
            assert_eq!(parsed, None, "{name}");
            continue;
        }
        let language = name.split("__").nth(1).map(|word| if word == "js" { "javascript" } else { word }).unwrap();
        let parsed = parsed.unwrap_or_else(|| panic!("{name} is not read"));
        assert_eq!(parsed.language.platform(), language, "{name}");
        let expected = javascript(&name).or_else(|| dart(&name)).or_else(|| others(&name));
        assert_found(&name, &parsed, expected.unwrap_or_else(|| panic!("say what {name} holds")));
    }
}

#[test]
fn the_goroutines_of_every_golden_dump_agree() {
    let mut dumps = 0;
    for entry in std::fs::read_dir(corpora().join("gostackparse")).unwrap() {
        let path = entry.unwrap().path();
        let Some(stem) = path.to_str().and_then(|path| path.strip_suffix(".golden.json")) else { continue };
        let golden: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let text = std::fs::read_to_string(format!("{stem}.txt")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let found: Vec<Value> = go::goroutines(&lines).iter().map(described).collect();
        let expected: Vec<Value> = golden["Goroutines"].as_array().into_iter().flatten().map(golden_described).collect();
        let has_errors = golden["Errors"].as_array().is_some_and(|errors| !errors.is_empty());
        for goroutine in &expected {
            assert!(found.contains(goroutine), "{stem}: {goroutine:#}\nnot in {found:#?}");
        }
        // Where it refuses a goroutine that is cut short, we keep what there is of it.
        assert!(has_errors || found.len() == expected.len(), "{stem}: {} of {}", found.len(), expected.len());
        dumps += 1;
    }
    assert_eq!(dumps, 13);
}

fn described(goroutine: &go::Goroutine) -> Value {
    let frame = |frame: &Frame| {
        let (module, function) = (frame.module.clone().unwrap_or_default(), frame.function.clone().unwrap_or_default());
        // The one function that Go prints without its package.
        let name = if function == "panic" { function } else { format!("{module}.{function}") };
        serde_json::json!({"Func": name, "File": file(frame), "Line": frame.lineno.unwrap_or_default()})
    };
    serde_json::json!({
        "ID": goroutine.id.parse::<u64>().unwrap(),
        "State": goroutine.state.split(',').next(),
        "Stack": goroutine.frames.list.iter().map(frame).collect::<Vec<_>>(),
        "CreatedBy": goroutine.created_by.as_ref().map(frame),
        "FramesElided": goroutine.frames.omitted > 0,
    })
}

fn golden_described(golden: &Value) -> Value {
    ["ID", "State", "Stack", "CreatedBy", "FramesElided"].iter().map(|key| ((*key).to_owned(), golden[*key].clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_to_a_text_makes_a_parser_panic(
        which in any::<prop::sample::Index>(), cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<char>(), 0_u8..4), 0..12),
    ) {
        let mut texts = texts();
        texts.extend(programs::TEXTS.iter().map(|text| (String::new(), (*text).to_owned())));
        let mut text: Vec<char> = which.get(&texts).1.chars().collect();
        for (at, character, what) in cuts {
            let at = at.index(text.len().max(1)).min(text.len().saturating_sub(1));
            match what {
                _ if text.is_empty() => text.push(character),
                0 => { text.remove(at); }
                1 => text.insert(at, character),
                2 => text.truncate(at),
                _ => { let tail = text[at..].to_vec(); text.extend(tail); }
            }
        }
        let text: String = text.into_iter().collect();
        let lines: Vec<&str> = text.lines().collect();
        for language in ALL {
            language.read(&lines);
        }
        if let Some(parsed) = parse(&text, None) {
            prop_assert!(!parsed.exceptions.is_empty());
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}(\n\\PC{0,60}){0,8}") {
        parse(&text, None);
    }
}
