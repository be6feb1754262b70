//! Every text of the corpora in the midst of a log, behind every prefix.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::{
    ids::{EventId, ProjectId},
    wire::native,
};

fn now() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn texts() -> Vec<(String, String)> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpora/stacktraces/texts"));
    let mut texts: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    texts.sort();
    texts
}

/// Lines of a busy log, none of them of a trace.
fn noise(number: usize) -> String {
    let second = number % 60;
    match number % 9 {
        0 => format!("2026-11-23T10:00:{second:02}.123Z INFO  [http-nio-1] c.s.web.Access - GET /cart/{number} 200 12ms"),
        1 => format!("10.0.0.{} - - [23/Nov/2026:10:00:{second:02} +0000] \"GET /a?b=c HTTP/1.1\" 200 {number}", number % 250),
        2 => format!("{{\"level\":\"info\",\"msg\":\"started {number}\",\"time\":\"2026-11-23T10:00:{second:02}Z\"}}"),
        3 => format!("level=info msg=\"request done\" id={number} url=http://shop.example:8080/a"),
        4 => format!("2026-11-23 10:00:{second:02},456 WARNING shop.pay: slow query took {number} ms (limit 100)"),
        5 => format!("worker {number} ready"),
        6 => format!("[2026-11-23 10:00:{second:02}] production.INFO: mail sent to queue #{number} [] []"),
        7 => format!("DEBUG:root:cache miss for key a:{number}"),
        _ => format!("2026/11/23 10:00:{second:02} listening on :80{number}"),
    }
}

/// A text in the midst of 200 other lines, each line behind a prefix.
fn embedded(text: &str, seed: usize, prefix: impl Fn(usize, &str) -> String) -> String {
    let before = (0..100 + seed % 9).map(noise);
    let after = (200..300).map(noise);
    let lines: Vec<String> = before.chain(text.lines().map(str::to_owned)).chain(after).collect();
    lines.iter().enumerate().map(|(number, line)| prefix(number, line) + "\n").collect()
}

type Style = (&'static str, fn(usize, &str) -> String);

const STYLES: [Style; 9] = [
    ("plain", |_, line| line.to_owned()),
    ("crlf", |_, line| format!("{line}\r")),
    ("docker", |number, line| {
        let time = format!("2026-11-23T10:00:{:02}.5Z", number % 60);
        serde_json::json!({"log": format!("{line}\n"), "stream": "stderr", "time": time}).to_string()
    }),
    ("cri", |number, line| format!("2026-11-23T10:00:{:02}.123456789+01:00 stderr F {line}", number % 60)),
    ("kubectl", |_, line| format!("[pod/shop-7d4b9/app] {line}")),
    ("compose", |_, line| format!("shop-1  | {line}")),
    ("syslog", |number, line| format!("<34>Nov 23 10:00:{:02} web1 shop[812]: {line}", number % 60)),
    ("syslog 5424", |number, line| format!("<34>1 2026-11-23T10:00:{:02}.003Z web1 shop 812 - - {line}", number % 60)),
    ("colour", |_, line| format!("\u{1b}[31m{line}\u{1b}[0m")),
];

#[test]
fn every_text_is_found_once_behind_every_prefix() {
    for (name, text) in texts() {
        let whole = stack_text::parse(&text, None);
        for (index, (style, prefix)) in STYLES.iter().enumerate() {
            for seed in [index, index + 5] {
                let log = embedded(&text, seed, prefix);
                let found = split(&log, now(), true);
                assert_eq!(found.consumed, log.len());
                let Some(whole) = &whole else {
                    assert_eq!(found.items, [], "{name} {style}");
                    continue;
                };
                assert_eq!(found.items.len(), 1, "{name} {style} {seed}: {:#?}", found.items);
                let item = &found.items[0];
                let raised = whole.exceptions.last().unwrap();
                let told = stack_text::parse(&item.text, None).unwrap_or_else(|| panic!("{name} {style}: {item:#?}"));
                assert_eq!((&item.kind, &item.value), (&raised.kind, &raised.value), "{name} {style} {seed}: {item:#?}");
                let frames = |parsed: &stack_text::Parsed| {
                    parsed.exceptions.iter().flat_map(|e| &e.stacktrace).map(|s| s.frames.len()).sum::<usize>()
                };
                assert_eq!(frames(&told), frames(whole), "{name} {style} {seed}: {}", item.text);
            }
        }
    }
}

#[test]
fn each_line_may_have_its_own_header() {
    let prefix = |number: usize, line: &str| format!("2026-11-23 10:00:{:02},000 ERROR [main] {line}", number % 60);
    for (name, text) in texts() {
        let Some(whole) = stack_text::parse(&text, None) else { continue };
        let quiet: String = (0..200).map(|number| prefix(number, &format!("step {number}")) + "\n").collect();
        let lines: String = text.lines().enumerate().map(|(number, line)| prefix(number, line) + "\n").collect();
        let found = split(&format!("{quiet}{lines}{quiet}"), now(), true);
        assert_eq!(found.items.len(), 1, "{name}: {:#?}", found.items);
        assert_eq!(found.items[0].kind, whole.exceptions.last().unwrap().kind, "{name}: {:#?}", found.items);
    }
}

const JAVA: &str = "java.lang.IllegalStateException: no stock\n\tat com.shop.Pay.run(Pay.java:12)\n\tat com.shop.Main.main(Main.java:3)\n\
    Caused by: java.io.IOException: disk\n\tat com.shop.Disk.read(Disk.java:7)\n\t... 1 more\n";
const PYTHON: &str = "Traceback (most recent call last):\n  File \"/srv/pay.py\", line 7, in pay\n    raise ValueError(\"no stock\")\nValueError: no stock\n";

fn only(text: &str) -> Item {
    let found = split(text, now(), true);
    assert_eq!(found.items.len(), 1, "{text}\n{:#?}", found.items);
    found.items.into_iter().next().unwrap()
}

#[test]
fn the_record_before_a_trace_tells_time_level_logger_and_message() {
    for (head, time, severity, logger) in [
        (
            "2026-11-23 10:00:00,250 ERROR [http-1] com.shop.Pay - request failed\n",
            "2026-11-23T10:00:00.25Z",
            Severity::Error,
            "com.shop.Pay",
        ),
        (
            "2026-11-23T10:00:00.250+01:00  WARN 7 --- [main] c.s.Pay   : request failed\n",
            "2026-11-23T09:00:00.25Z",
            Severity::Warning,
            "c.s.Pay",
        ),
        ("2026-11-23 10:00:00,250 - shop.pay - CRITICAL - request failed\n", "2026-11-23T10:00:00.25Z", Severity::Critical, "shop.pay"),
        ("[2026-11-23 10:00:00.25] [ERROR] shop.pay - request failed\n", "2026-11-23T10:00:00.25Z", Severity::Error, "shop.pay"),
        ("<11>Nov 23 10:00:00 web1 shop[8]: ERROR:shop.pay:request failed\n", "2026-11-23T10:00:00Z", Severity::Error, "shop.pay"),
    ] {
        for trace in [JAVA, PYTHON] {
            let prefixed = head.starts_with('<');
            let trace: String = trace
                .lines()
                .map(|line| if prefixed { format!("<11>Nov 23 10:00:00 web1 shop[8]: {line}\n") } else { format!("{line}\n") })
                .collect();
            let item = only(&format!("2026-11-23 09:00:00 INFO up\n{head}{trace}2026-11-23 11:00:00 INFO on\n"));
            assert_eq!(item.message.as_deref(), Some("request failed"), "{head}");
            assert_eq!(item.timestamp.unwrap().to_string(), time, "{head}");
            assert_eq!((item.severity, item.logger.as_deref()), (Some(severity), Some(logger)), "{head}");
            assert_eq!(item.value.as_deref(), Some("no stock"), "{head}");
        }
    }
}

#[test]
fn streams_that_are_mixed_line_by_line_are_told_apart() {
    let other = PYTHON.replace("no stock", "no money");
    let (one, two) = (PYTHON.lines().map(|l| format!("[pod/a/app] {l}\n")), other.lines().map(|l| format!("[pod/b/app] {l}\n")));
    let log: String = one.zip(two).flat_map(|(one, two)| [one, two]).collect();
    let values: Vec<_> = split(&log, now(), true).items.into_iter().map(|item| (item.value.unwrap(), item.text)).collect();
    assert_eq!(values, [("no stock".to_owned(), PYTHON.trim_end().to_owned()), ("no money".to_owned(), other.trim_end().to_owned())]);
}

#[test]
fn lines_of_others_between_the_lines_of_a_trace_do_not_end_it() {
    let lines: Vec<&str> = JAVA.lines().collect();
    let log = format!("{}\n{}\n2026-11-23 10:00:00 INFO [t2] c.s.A - other\n{}\n", lines[0], lines[1], lines[2..].join("\n"));
    let item = only(&log);
    assert_eq!(item.text, JAVA.trim_end());
}

#[test]
fn traces_that_follow_each_other_are_two() {
    for (text, count) in [(PYTHON, 3), (JAVA, 3)] {
        let items = split(&text.repeat(count), now(), true).items;
        assert_eq!(items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(), vec![text.trim_end(); count]);
        let with_lines = format!("2026-11-23 10:00:00 ERROR a\n{text}").repeat(count);
        assert_eq!(split(&with_lines, now(), true).items.len(), count, "{with_lines}");
    }
}

#[test]
fn lines_of_json_hold_whole_traces() {
    let escaped = serde_json::to_string(JAVA).unwrap();
    for line in [
        format!(
            "{{\"@timestamp\":\"2026-11-23T10:00:00Z\",\"level\":\"ERROR\",\"logger_name\":\"shop\",\"message\":\"failed\",\"stack_trace\":{escaped}}}"
        ),
        format!(
            "{{\"time\":\"2026-11-23T10:00:00Z\",\"level\":50,\"name\":\"shop\",\"msg\":\"failed\",\"err\":{{\"type\":\"java.lang.IllegalStateException\",\"message\":\"no stock\",\"stack\":{escaped}}}}}"
        ),
        format!("{{\"ts\":1795428000.0,\"severity\":\"error\",\"logger\":\"shop\",\"message\":\"failed\",\"exception\":{escaped}}}"),
    ] {
        let item = only(&format!("worker ready\n{line}\nworker done\n"));
        assert_eq!((item.kind.as_deref(), item.value.as_deref()), (Some("java.lang.IllegalStateException"), Some("no stock")), "{line}");
        assert_eq!((item.message.as_deref(), item.logger.as_deref()), (Some("failed"), Some("shop")), "{line}");
        assert_eq!(
            (item.timestamp.unwrap().to_string().as_str(), item.severity),
            ("2026-11-23T10:00:00Z", Some(Severity::Error)),
            "{line}"
        );
        assert_eq!(item.text, JAVA, "{line}");
    }
}

#[test]
fn what_only_looks_like_a_trace_is_kept_as_text() {
    let log = "2026-11-23 10:00:00 ERROR boom\n#0 /a.php(1): x()\n\tat b.C.d(E.java:1)\n\tat b.C.d(F.java:2)\n\tFile \"x.py\", line 3, in z\nbye\n";
    assert_eq!(split(log, now(), true).items.len(), 1);
    assert_eq!(split("see http://shop.example:8080\nat x.js:1:2\nfoo (a.js:3:4)\n", now(), true).items, []);
}

#[test]
fn what_is_open_waits_for_more_and_is_found_the_same() {
    let log: String = (0..4).map(|number| format!("{}\n{JAVA}{}\n", noise(number * 9), noise(number))).collect();
    let whole = split(&log, now(), true).items;
    assert_eq!(whole.len(), 4);
    for cut in (0..log.len()).filter(|at| log.is_char_boundary(*at)) {
        let first = split(&log[..cut], now(), false);
        assert!(first.consumed <= cut);
        let second = split(&log[first.consumed..], now(), true);
        let texts: Vec<_> = first.items.iter().chain(&second.items).map(|item| (&item.text, &item.message, item.timestamp)).collect();
        let expected: Vec<_> = whole.iter().map(|item| (&item.text, &item.message, item.timestamp)).collect();
        assert_eq!(texts, expected, "cut at {cut}, consumed {}", first.consumed);
    }
}

#[test]
fn the_same_text_gives_the_same_ids_and_repeats_are_told_apart() {
    let log = format!("{PYTHON}{PYTHON}{JAVA}");
    let ids = |defaults: &Defaults, project| {
        events(&split(&log, now(), true).items, ProjectId(project), defaults).map(|(id, _)| id).collect::<Vec<EventId>>()
    };
    let here = ids(&Defaults::default(), 1);
    assert_eq!(here, ids(&Defaults::default(), 1));
    let distinct: std::collections::BTreeSet<_> = here.iter().collect();
    assert_eq!(distinct.len(), 3);
    assert_ne!(here, ids(&Defaults::default(), 2));
    let at = |offset| ids(&Defaults { source: Some("a".into()), offset, ..Defaults::default() }, 1);
    assert_ne!(at(0), at(1000));
}

#[test]
fn events_are_read_by_the_native_reader() {
    let log = format!("2026-11-23 10:00:00 ERROR [main] shop.pay - request failed\n{JAVA}");
    let defaults = Defaults { service: Some("shop".into()), environment: Some("staging".into()), ..Defaults::default() };
    let found = split(&log, now(), true);
    let (id, json) = events(&found.items, ProjectId(1), &defaults).next().unwrap();
    let event = native::read(&json, id, ProjectId(1), now()).unwrap();
    assert_eq!(event.service.as_deref(), Some("shop"));
    assert_eq!(event.exceptions[0].kind.as_deref(), Some("java.lang.IllegalStateException"));
    assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().raw.as_deref(), Some(JAVA.trim_end()));
    assert_eq!(event.message.unwrap().formatted, "request failed");
    assert_eq!(event.timestamp.to_string(), "2026-11-23T10:00:00Z");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_log_makes_it_panic_and_every_item_fits(
        pieces in prop::collection::vec(prop_oneof![
            any::<prop::sample::Index>().prop_map(|at| { let texts = texts(); at.get(&texts).1.clone() }),
            (0_usize..99).prop_map(noise),
            "\\PC{0,60}\n",
            Just("{\"log\":\"".to_owned()), Just("<34>1 ".to_owned()), Just("2026-11-23T10:00:00Z stderr F ".to_owned()),
        ], 0..6),
        at_end in any::<bool>(),
    ) {
        let log = pieces.concat();
        let found = split(&log, now(), at_end);
        prop_assert!(found.consumed <= log.len() && log.is_char_boundary(found.consumed));
        for (id, json) in events(&found.items, ProjectId(1), &Defaults::default()) {
            prop_assert!(native::read(&json, id, ProjectId(1), now()).is_ok());
        }
    }
}
