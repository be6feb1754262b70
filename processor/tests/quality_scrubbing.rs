//! How much of what must go is found, and how much of what only resembles it is kept, over the tables in
//! `tests/quality/scrubbing`: every secret in every place it can stand, every telling name in every notation, and what
//! was seen in one place repeated in all others.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{collections::BTreeMap, path::Path};

use processor::{context::Context, scrub::scrub};
use schemas::{
    catalog::ProjectSettings,
    event::{Breadcrumb, Call, Event, Exception, Frame, Mechanism, Message, Request, Stacktrace, Thread, User},
    ids::{EventId, ProjectId},
};
use serde_json::{Value, json};

const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/quality/scrubbing");
const RECALL: f64 = 0.99;
const PRECISION: f64 = 0.98;

/// The rows of a table, its cells with line breaks for `\n`.
fn table(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(Path::new(TABLES).join(name)).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A cell with its line breaks. Cells that show escaped text keep theirs.
fn broken(cell: &str) -> String {
    if cell.contains("\\\"") || cell.contains("\\\\") || cell.contains(":\\") {
        return cell.to_owned();
    }
    cell.replace("\\r", "\r").replace("\\n", "\n")
}

/// Numbers that look random and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// `<36A>` as 36 letters and digits, and so on; see the head of seeds.tsv.
    fn fill(&mut self, form: &str) -> String {
        let mut filled = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('<') {
            let (class, after) = after.split_once('>').unwrap();
            let (count, class) = class.split_at(class.len() - 1);
            let alphabet = match class {
                "A" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                "a" => "abcdefghijklmnopqrstuvwxyz0123456789",
                "U" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                "B" => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
                "h" => "0123456789abcdef",
                "d" => "0123456789",
                "w" => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
                other => panic!("no class {other}"),
            };
            filled.push_str(before);
            filled.extend((0..count.parse().unwrap()).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])));
            // What ends in a mark or begins with one would not stand free.
            if class == "w" {
                filled.pop();
                filled.push('x');
            }
            rest = after;
        }
        filled + rest
    }
}

fn event() -> Event {
    Event::new(EventId([1; 16]), ProjectId(1), "2026-11-23T12:00:00Z".parse().unwrap())
}

fn frame(event: &mut Event) -> &mut Frame {
    event.exceptions.push(Exception { kind: Some("ValueError".into()), ..Exception::default() });
    let stack = event.exceptions.last_mut().unwrap().stacktrace.insert(Stacktrace::default());
    stack.frames.push(Frame::default());
    stack.frames.last_mut().unwrap()
}

fn request(event: &mut Event) -> &mut Request {
    event.request.get_or_insert_default()
}

/// Puts a text into a part of an event.
fn put(event: &mut Event, place: &str, text: &str) {
    let text = text.to_owned();
    let value = Value::from(text.clone());
    match place {
        "message" | "yaml" | "xml" | "log" => event.message = Some(Message { formatted: text, ..Message::default() }),
        "title" => event.title = text,
        "transaction" => event.transaction = Some(text),
        "message.params" => event.message = Some(Message { params: Some(json!([text, 7])), ..Message::default() }),
        "exception" => event.exceptions.push(Exception { value: Some(text), ..Exception::default() }),
        "stack_text" => event.stacktrace = Some(Stacktrace { raw: Some(text), ..Stacktrace::default() }),
        "breadcrumb" => event.breadcrumbs.push(Breadcrumb { message: Some(text), ..Breadcrumb::default() }),
        "breadcrumb.data" => {
            event.breadcrumbs.push(Breadcrumb { data: [("detail".to_owned(), value)].into(), ..Breadcrumb::default() });
        }
        "tag" => drop(event.tags.insert("detail".into(), text)),
        "extra" => drop(event.extra.insert("detail".into(), value)),
        "extra.nested" => drop(event.extra.insert("state".into(), json!({"items": [{"detail": [text, 1]}]}))),
        "context" => drop(event.contexts.insert("order".into(), json!({"detail": text}))),
        "header" => request(event).headers.push(("X-Detail".into(), text)),
        "cookie" => request(event).cookies.push(("detail".into(), text)),
        "query" => request(event).query.push(("q".into(), text)),
        "query.text" => request(event).data.extend([("query_text".to_owned(), value)]),
        "url" => request(event).url = Some(text),
        "form" | "json" | "json.escaped" | "graphql" => request(event).body = Some(value),
        "body.field" => request(event).body = Some(json!({"detail": {"text": text}})),
        "variable" => drop(frame(event).vars.insert("detail".into(), value)),
        "source" => frame(event).context_line = Some(text),
        "filename" => frame(event).filename = Some(text),
        "abs_path" => frame(event).abs_path = Some(text),
        "fingerprint" => event.client_fingerprint = vec!["{{ default }}".into(), text],
        "thread.data" => event.threads.push(Thread { data: [("detail".to_owned(), value)].into(), ..Thread::default() }),
        "mechanism.data" => {
            let mechanism = Mechanism { data: [("detail".to_owned(), value)].into(), ..Mechanism::default() };
            event.exceptions.push(Exception { mechanism: Some(mechanism), ..Exception::default() });
        }
        "env" => drop(request(event).env.insert("DETAIL".into(), text)),
        "user.data" => event.user = Some(User { data: [("detail".to_owned(), value)].into(), ..User::default() }),
        "call.response" => event.call = Some(Call { response_body: Some(text), ..Call::default() }),
        other => panic!("no place {other}"),
    }
}

/// The parts of an event that have names.
const NAMED: [&str; 12] =
    ["header", "cookie", "query", "form", "env", "tag", "extra", "context", "variable", "breadcrumb.data", "pair", "name and value"];

/// Puts a value under a name into a part of an event that has names.
fn put_named(event: &mut Event, place: &str, name: &str, value: &str) {
    let pair = (name.to_owned(), value.to_owned());
    let entry = (name.to_owned(), Value::from(value));
    match place {
        "header" => request(event).headers.push(pair),
        "cookie" => request(event).cookies.push(pair),
        "query" => request(event).query.push(pair),
        "form" => request(event).body = Some(json!({ name: [value] })),
        "env" => request(event).env.extend([pair]),
        "tag" => event.tags.extend([pair]),
        "extra" => event.extra.extend([entry]),
        "context" => drop(event.contexts.insert("config".into(), json!({"deep": { name: value }}))),
        "variable" => frame(event).vars.extend([(name.to_owned(), Value::from(format!("'{value}'")))]),
        "breadcrumb.data" => event.breadcrumbs.push(Breadcrumb { data: [entry].into(), ..Breadcrumb::default() }),
        "pair" => drop(event.extra.insert("pairs".into(), json!([[name, value]]))),
        "name and value" => drop(event.extra.insert("list".into(), json!([{"name": name, "value": value}]))),
        other => panic!("no place {other}"),
    }
}

fn scrubbed(event: Event) -> Event {
    let settings = ProjectSettings::default();
    scrub(&Context::plain(&settings), event).unwrap()
}

/// Every text of an event, names too.
fn texts(event: &Event) -> Vec<String> {
    fn walk(value: &Value, texts: &mut Vec<String>) {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Array(list) => list.iter().for_each(|value| walk(value, texts)),
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                texts.push(key.clone());
                walk(value, texts);
            }),
            other => texts.push(other.to_string()),
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::to_value(event).unwrap(), &mut found);
    found
}

/// How many of how many, by what.
#[derive(Default)]
struct Score {
    by: BTreeMap<String, (usize, usize)>,
    missed: Vec<String>,
}

impl Score {
    fn count(&mut self, by: &str, right: bool, what: impl FnOnce() -> String) {
        let (hits, all) = self.by.entry(by.to_owned()).or_default();
        *hits += usize::from(right);
        *all += 1;
        // A few of each are enough to see what is wrong.
        if !right && self.missed.iter().filter(|missed| missed.starts_with(by)).count() < 4 {
            self.missed.push(format!("{by}: {}", what()));
        }
    }

    fn print(&self, title: &str) -> f64 {
        let (hits, all) = self.by.values().fold((0, 0), |(hits, all), (h, a)| (hits + h, all + a));
        let share = hits as f64 / all as f64;
        println!("\n{title}: {hits} of {all}, {:.2} %", share * 100.0);
        for (by, (hits, all)) in &self.by {
            println!("  {by:<34} {hits:>6} of {all:>6}  {:>6.2} %", *hits as f64 / *all as f64 * 100.0);
        }
        self.missed.iter().for_each(|missed| println!("    {missed}"));
        share
    }
}

/// Scores of what must go and of what must stay around it.
#[derive(Default)]
struct Scores {
    gone: Score,
    kept: Score,
}

impl Scores {
    fn check(&mut self, by: &str, event: Event, gone: &[&str], kept: &[&str]) {
        let texts = texts(&scrubbed(event));
        let found = gone.iter().find(|secret| texts.iter().any(|text| text.contains(**secret)));
        self.gone.count(by, found.is_none(), || format!("{} in {}", found.unwrap(), shown(&texts)));
        let lost = kept.iter().find(|part| !texts.iter().any(|text| text.contains(**part)));
        self.kept.count(by, lost.is_none(), || format!("{:?} lost in {}", lost.unwrap(), shown(&texts)));
    }
}

/// The texts of interest, for people.
fn shown(texts: &[String]) -> String {
    let own = ["id", "project", "timestamp", "received_at", "severity", "category", "priority", "error", "UNKNOWN", "major", "replace"];
    let shown: Vec<&str> = texts.iter().map(String::as_str).filter(|text| text.len() > 2 && !own.contains(text)).collect();
    shown.join(" | ").chars().take(400).collect()
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Every secret that is known by its look, in every place.
fn seeds(scores: &mut Scores, places: &mut Scores) {
    let mut chance = Chance(7);
    for row in table("seeds.tsv") {
        let seed = chance.fill(&row[1]);
        let secret = seed.split_once('‹').map_or(seed.as_str(), |(_, rest)| rest.split_once('›').unwrap().0).to_owned();
        let seed = seed.replace(['‹', '›'], "");
        for place in table("places.tsv") {
            let (name, encoded) = (place[0].trim_end_matches('%'), place[0].ends_with('%'));
            if encoded && percent_encoded(&seed) != seed && !row[0].starts_with("email") {
                continue;
            }
            let (seed, secret) = if encoded { (percent_encoded(&seed), percent_encoded(&secret)) } else { (seed.clone(), secret.clone()) };
            let carrier = broken(&place[1]);
            let mut event = event();
            put(&mut event, name, &carrier.replace("{}", &seed));
            let around: Vec<&str> = carrier.split("{}").collect();
            scores.check(row[0].split('-').next().unwrap(), event.clone(), &[&secret], &around);
            places.check(name, event, &[&secret], &around);
        }
    }
}

/// Every telling name, in every notation and every part with names.
fn names(forms: &mut Scores, places: &mut Scores) {
    let mut chance = Chance(11);
    for (number, row) in table("names.tsv").into_iter().enumerate() {
        let name = row[0].as_str();
        let is = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let class = if name.bytes().all(is) { 2 } else { 1 - usize::from(!name.bytes().all(|byte| is(byte) || byte == b'-')) };
        let values = ["hunter2".to_owned(), "s3cr3t-P4ss!".to_owned(), chance.fill("<20A>")];
        let value = |at: usize| values[(number + at) % values.len()].as_str();
        for (at, form) in table("forms.tsv").into_iter().enumerate() {
            if ["any", "dash", "word"].iter().position(|kind| *kind == form[1]).unwrap() > class {
                continue;
            }
            let text = broken(&form[2]);
            let mut event = event();
            put(&mut event, "message", &text.replace('@', name).replace('$', value(at)));
            let around: Vec<&str> = text.split(['@', '$']).collect();
            forms.check(&form[0], event, &[value(at)], &around);
        }
        for (at, place) in NAMED.into_iter().enumerate() {
            let mut event = event();
            put_named(&mut event, place, name, value(at));
            places.check(&format!("under a name: {place}"), event, &[value(at)], &[]);
        }
    }
}

/// What was seen under a telling name, repeated in every place.
fn repeated(scores: &mut Scores) {
    let mut chance = Chance(13);
    type Source = fn(&mut Event, &str);
    let sources: [(&str, Source); 9] = [
        ("bearer", |event, value| put_named(event, "header", "Authorization", &format!("Bearer {value}"))),
        ("form", |event, value| {
            request(event).data.extend([("sent".to_owned(), json!(format!("user=jane&password={}", percent_encoded(value))))]);
        }),
        ("variable", |event, value| put_named(event, "variable", "password", value)),
        ("extra", |event, value| put_named(event, "extra", "api_key", value)),
        ("query", |event, value| put_named(event, "query", "access_token", value)),
        ("cookie", |event, value| put_named(event, "cookie", "sessionid", value)),
        ("URL", |event, value| event.logger = Some(format!("https://jane:{}@db.example/", percent_encoded(value)))),
        ("JSON text", |event, value| event.host = Some(json!({"user": "jane", "client_secret": value}).to_string())),
        ("breadcrumb", |event, value| put_named(event, "breadcrumb.data", "token", value)),
    ];
    for (source, seen) in sources {
        for form in ["<14A>", "pw-<5d>-<4a>", "x/<6A>+<4A>", "<8d>"] {
            let value = chance.fill(form);
            for place in table("places.tsv") {
                let (name, encoded) = (place[0].trim_end_matches('%'), place[0].ends_with('%'));
                let carrier = broken(&place[1]);
                let mut event = event();
                put(&mut event, name, &carrier.replace("{}", &if encoded { percent_encoded(&value) } else { value.clone() }));
                seen(&mut event, &value);
                let around: Vec<&str> = carrier.split("{}").collect();
                scores.check(source, event, &[&value, &percent_encoded(&value)], &around);
            }
        }
    }
}

/// The rows written by hand.
fn rows(scores: &mut Scores) {
    for row in table("rows.tsv") {
        let mut event = event();
        put(&mut event, &row[0], &broken(&row[1]));
        let gone: Vec<&str> = row[2].split('|').collect();
        let kept = row.get(3).map(|kept| broken(kept));
        let kept: Vec<&str> = kept.as_deref().map_or(Vec::new(), |kept| kept.split('|').collect());
        scores.check(&row[0], event, &gone, &kept);
    }
}

fn lookalikes(score: &mut Score) {
    for row in table("lookalikes.tsv") {
        let mut event = event();
        let text = broken(row.get(1).map_or("", String::as_str));
        match row[0].strip_prefix("entry ") {
            Some(name) => put_named(&mut event, "extra", name, &text),
            None => put(&mut event, &row[0], &text),
        }
        let after = scrubbed(event.clone());
        score.count(row[0].split(' ').next().unwrap(), after == event, || format!("{text} became {}", shown(&texts(&after))));
    }
}

#[test]
fn secrets_go_and_what_resembles_them_stays() {
    let mut tables: [(&str, Scores); 5] = Default::default();
    let names_of = ["by look, by kind", "by place", "by name, by notation", "repeated, by where it was seen", "written by hand"];
    tables.iter_mut().zip(names_of).for_each(|(table, name)| table.0 = name);
    let [(_, kinds), (_, places), (_, forms), (_, taint), (_, by_hand)] = &mut tables;
    seeds(kinds, places);
    names(forms, places);
    repeated(taint);
    rows(by_hand);
    let mut alike = Score::default();
    lookalikes(&mut alike);
    let mut shares = Vec::new();
    for (name, scores) in &tables {
        shares.push((name, scores.gone.print(&format!("secrets gone, {name}")), scores.kept.print(&format!("surroundings kept, {name}"))));
    }
    let precision = alike.print("look-alikes kept");
    for (name, gone, kept) in shares {
        assert!(gone >= RECALL && kept >= PRECISION, "{name}: {gone} of the secrets gone, {kept} of the surroundings kept");
    }
    assert!(precision >= PRECISION, "precision {precision}");
}
