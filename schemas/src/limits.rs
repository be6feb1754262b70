//! Every limit that more than one part must know, with its unit in the name.
//!
//! Sources: Relay's published defaults where they serve ("Relay"), else our own choice with its reason.

/// Longest request body on the wire, compressed or not. An envelope of the largest allowed size, sent plain.
pub const REQUEST_WIRE_BYTES: usize = 20 << 20;
/// Longest envelope after decompression. Relay allows 200 MiB; half of an SDK's attachments of 20 MiB is plenty.
pub const ENVELOPE_BYTES: usize = 20 << 20;
/// Longest event item, also the longest body on `store/` and one event on the native API (Relay).
pub const EVENT_BYTES: usize = 1 << 20;
/// Longest batch on the native API after decompression.
pub const NATIVE_BATCH_BYTES: usize = 20 << 20;
/// Most events in a batch on the native API.
pub const NATIVE_BATCH_EVENTS: usize = 10_000;
/// Longest OpenTelemetry request, as sent and after decompression, and most bytes of all records that it becomes. What
/// the specification recommends.
pub const OTLP_REQUEST_BYTES: usize = 64 << 20;
/// Most log records or spans in an OpenTelemetry request. Exporters send 512 at a time, collectors 8,192.
pub const OTLP_RECORDS: usize = 100_000;
/// Most resources in an OpenTelemetry request, scopes of a resource, and events of a span.
pub const OTLP_GROUPS: usize = 10_000;
/// Deepest nesting of an OpenTelemetry attribute in JSON; Protobuf is read to about 45 levels.
pub const OTLP_VALUE_DEPTH: usize = 32;
/// Longest body with reports of browsers.
pub const SECURITY_BYTES: usize = 64 << 10;
/// Most reports of one such body.
pub const SECURITY_REPORTS: usize = 200;
/// Most items in an envelope (Relay).
pub const ENVELOPE_ITEMS: usize = 500;
/// Longest header line of an envelope or item.
pub const ENVELOPE_HEADER_BYTES: usize = 16 << 10;
/// Most files of one envelope that are kept (Relay takes 30).
pub const ENVELOPE_ATTACHMENTS: usize = 30;
/// Longest part of a file in one record. With base64 and its header it is a document far below [`DOCUMENT_BYTES`].
pub const ATTACHMENT_PART_BYTES: usize = 512 << 10;
/// Most files of one event that are kept.
pub const EVENT_ATTACHMENTS: usize = 100;
/// So many bytes a file counts at least, for its description: a million empty ones need room too.
pub const ATTACHMENT_LEAST_BYTES: u64 = 4 << 10;
/// Most bytes of files that a project keeps, unless it is told otherwise.
pub const PROJECT_ATTACHMENT_BYTES: u64 = 1 << 30;
/// How long files are kept, in days, unless a project is told otherwise.
pub const ATTACHMENT_DAYS: u32 = 30;
/// Longest that a project can keep files, in days.
pub const ATTACHMENT_DAYS_MOST: u32 = 400;
/// Deepest nesting of JSON that is read. The limit of `serde_json`.
pub const JSON_DEPTH: usize = 128;

/// Longest text of a log in one request, after decompression.
pub const LOG_TEXT_BYTES: usize = 8 << 20;
/// Longest text of a stack trace out of a log, in bytes: as JSON it must fit into an event however it is escaped.
pub const LOG_TRACE_BYTES: usize = 160 << 10;

/// Longest record in the log: an event item that did not shrink, with its header.
pub const RECORD_BYTES: usize = EVENT_BYTES + (64 << 10);
/// Most records that are made durable by one append.
pub const APPEND_RECORDS: usize = 1_024;
/// Most bytes of records that are made durable by one append.
pub const APPEND_BYTES: usize = 8 << 20;

/// Longest exception value or message, in characters (Relay).
pub const MESSAGE_CHARS: usize = 8_192;
/// Longest exception type or module, in characters (Relay).
pub const TYPE_CHARS: usize = 256;
/// Longest title, in characters.
pub const TITLE_CHARS: usize = 256;
/// Longest function name, in characters (Relay).
pub const FUNCTION_CHARS: usize = 512;
/// Longest file name or path, in characters. Relay keeps 256; monorepos and URLs need more.
pub const PATH_CHARS: usize = 512;
/// Longest line of source code kept around a frame, in characters; minified lines are cut.
pub const CONTEXT_LINE_CHARS: usize = 1_024;
/// Most lines of source code kept before and after a frame's own.
pub const CONTEXT_LINES: usize = 10;
/// Longest stack trace kept as text, in characters.
pub const RAW_STACK_CHARS: usize = 64 << 10;
/// Longest transaction, culprit, release or service, in characters (Relay).
pub const NAME_CHARS: usize = 200;
/// Longest environment, distribution or logger, in characters (Relay).
pub const SHORT_NAME_CHARS: usize = 64;
/// Longest tag key, in characters (Relay).
pub const TAG_KEY_CHARS: usize = 200;
/// Longest tag value, in characters (Relay).
pub const TAG_VALUE_CHARS: usize = 200;
/// Most tags of an event.
pub const TAGS: usize = 200;
/// Most exceptions in a chain or group. Longer chains keep both ends.
pub const EXCEPTIONS: usize = 50;
/// Most frames of one stack trace. Longer ones keep both ends: recursion repeats itself in the middle.
pub const FRAMES: usize = 250;
/// Most threads of an event.
pub const THREADS: usize = 200;
/// Most breadcrumbs, the newest. The SDKs keep 100.
pub const BREADCRUMBS: usize = 200;
/// Frames of a stack trace, counted from the crash, that keep variables and source context (Relay).
pub const FRAMES_WITH_CONTEXT: usize = 50;
/// Most entries of one free map or list.
pub const FREE_ENTRIES: usize = 1_000;
/// Deepest nesting kept in free values (Relay).
pub const FREE_DEPTH: usize = 7;
/// Longest text in a free value, in characters.
pub const FREE_TEXT_CHARS: usize = 8_192;
/// Most bytes kept of `extra`, counted as JSON (Relay).
pub const EXTRA_BYTES: usize = 256 << 10;
/// Most bytes kept of a request body, counted as JSON (Relay keeps 8 KiB).
pub const REQUEST_BODY_BYTES: usize = 16 << 10;
/// Most bytes kept of one frame's variables, counted as JSON. Relay keeps 2 KiB.
pub const VARIABLES_BYTES: usize = 4 << 10;
/// Most bytes kept of one breadcrumb's data, counted as JSON (Relay).
pub const BREADCRUMB_DATA_BYTES: usize = 2 << 10;
/// Most bytes kept of one context, counted as JSON (Relay).
pub const CONTEXT_BYTES: usize = 8 << 10;
/// Most bytes kept of `call.response_body`.
pub const RESPONSE_BODY_CHARS: usize = 1_000;
/// Most parts of a client's fingerprint.
pub const FINGERPRINT_PARTS: usize = 32;
/// Most errors about an event that are kept with it.
pub const EVENT_ERRORS: usize = 50;
/// Most scrubbing remarks that are kept with an event.
pub const SCRUB_REMARKS: usize = 200;

/// How far ahead of our clock an event's time may be before it is moved to the time of receipt, in seconds (Relay).
pub const FUTURE_SECONDS: i64 = 60;
/// How old an event's time may be before it is moved to the time of receipt, in days.
pub const PAST_DAYS: i64 = 90;
/// From this difference between the client's send time and ours the client's clock is held to be wrong, in seconds (Relay).
pub const CLOCK_DRIFT_SECONDS: i64 = 55 * 60;
/// How long ago a session may have begun to count for its begin and not for the time of receipt, in days (Relay).
pub const SESSION_DAYS: i64 = 5;
/// Most session items in an envelope (Relay).
pub const SESSION_ITEMS: usize = 100;
/// Most bytes of session items in an envelope (Relay).
pub const SESSIONS_BYTES: usize = 10 << 20;
/// Most counts in one item of counted sessions. The SDKs send those of a minute or two.
pub const SESSION_AGGREGATES: usize = 100;
/// Most things that one number of a client may stand for.
pub const COUNTED_AT_ONCE: u64 = 1_000_000;
/// How long a repeated event id is recognised, in hours.
pub const DEDUPLICATION_HOURS: i64 = 24;

/// Longest keyword in the index, in bytes; longer ones are cut at a character. Lucene's limit is 32,766.
pub const KEYWORD_BYTES: usize = 1_024;
/// Most tokens of one event in the full-text field.
pub const TEXT_TOKENS: usize = 4_096;
/// Longest token in bytes; longer ones are cut at a character.
pub const TOKEN_BYTES: usize = 128;
/// Longest query text, in bytes.
pub const QUERY_BYTES: usize = 4_096;
/// Most terms of one query.
pub const QUERY_TERMS: usize = 100;
/// Deepest nesting of one query.
pub const QUERY_DEPTH: usize = 20;
/// Longest condition of a rule, in bytes. Every event is asked: less than a person may ask now and then.
pub const CONDITION_BYTES: usize = 2_048;
/// Most terms of the condition of a rule.
pub const CONDITION_TERMS: usize = 50;
/// Most filters of one project, and of all projects.
pub const FILTERS: usize = 200;
/// Longest name of a filter, in characters.
pub const FILTER_NAME_CHARS: usize = 100;
/// Most browsers, statuses, releases or messages of one filter.
pub const FILTER_ITEMS: usize = 100;
/// Longest of them, in bytes.
pub const FILTER_ITEM_BYTES: usize = 256;
/// Most events on a page.
pub const PAGE_EVENTS: usize = 1_000;
/// Most issues on a page.
pub const PAGE_ISSUES: usize = 500;
/// Most keys of tags among which the most frequent are found.
pub const TAG_KEYS: usize = 10_000;
/// Most groups that one aggregation answers.
pub const GROUPS: usize = 1_000;
/// Most groups that one aggregation answers with nothing but their counts and times.
pub const PLAIN_GROUPS: usize = 10_000;
/// Most buckets over time that one aggregation answers.
pub const BUCKETS: usize = 2_000;
/// Longest time range of a query, in days.
pub const RANGE_DAYS: i64 = 400;

/// Longest rule set of a project or of all, as JSON.
pub const RULES_BYTES: usize = 256 << 10;
/// Most rules of a text with a rule a line.
pub const RULE_LINES: usize = 500;
/// Longest line of such a text, in bytes.
pub const RULE_LINE_BYTES: usize = 2_000;
/// Most conditions of one rule.
pub const RULE_MATCHERS: usize = 20;
/// Most errors of one rule set that are answered.
pub const RULE_ERRORS: usize = 50;
/// So much of a rule is kept with what it decided, in bytes.
pub const RULE_TEXT_BYTES: usize = 160;
/// Longest glob, in bytes.
pub const GLOB_BYTES: usize = 500;
/// Most stars, question marks and sets of one glob.
pub const GLOB_WILDCARDS: usize = 16;
/// Most globs that the braces of one may stand for.
pub const GLOB_WAYS: usize = 16;

/// Most groups whose rate, releases and so on a processor remembers; a group takes some 300 bytes.
pub const KNOWN_GROUPS: usize = 100_000;
/// Most sampling rules of a rule set.
pub const SAMPLING_RULES: usize = 100;
/// Most rules of category, severity and priority of a rule set, and most of strategies.
pub const CLASSIFICATION_RULES: usize = 200;
/// Of at most so many traces sampling keeps one.
pub const KEEP_ONE_IN: u64 = 1_000_000;

/// Most projects.
pub const PROJECTS: usize = 10_000;
/// Most API tokens.
pub const TOKENS: usize = 1_000;
/// Most projects that a token is bound to.
pub const TOKEN_PROJECTS: usize = 100;
/// Most keys of one project.
pub const PROJECT_KEYS: usize = 100;
/// Most limits of one project or key.
pub const LIMITS: usize = 20;
/// Most events that a limit may allow.
pub const LIMIT_EVENTS: u64 = 1_000_000_000_000;
/// How many days of a project must be known before it has a usual rate.
pub const SPIKE_LEARNING_DAYS: usize = 3;
/// From how many days before today the usual rate is learned.
pub const SPIKE_HISTORY_DAYS: i64 = 14;
/// How long usage is kept, in days.
pub const USAGE_DAYS: i64 = RANGE_DAYS;
/// Longest overlap of a rotated key with the one that replaces it, in hours.
pub const ROTATION_HOURS: u32 = 24 * 365;
/// Most origins that a project allows.
pub const PROJECT_ORIGINS: usize = 100;
/// Most fingerprints of one issue.
pub const ISSUE_FINGERPRINTS: usize = 1_000;
/// Most issues of a project that are merged into others: they are one document.
pub const MERGED_ISSUES: usize = 3_000;
/// Most moves of issues that a project's newest changes hold together; older changes are let go of.
pub const MOVED_ISSUES: usize = 3_000;
/// Most feedback that is shown with one event. There may be more; it is listed with the project's.
pub const EVENT_FEEDBACK: usize = 100;
/// How long feedback is kept, in days: as far as questions reach.
pub const FEEDBACK_DAYS: i64 = RANGE_DAYS;
/// Most entries of the service catalogue, of the API's and of the file's.
pub const SERVICES: usize = 1_000;
/// Most bytes of the service catalogue, as JSON: it is one document, and every processor keeps looking at it.
pub const SERVICES_BYTES: usize = 1 << 20;
/// Most names, and most paths, of one entry of the service catalogue.
pub const SERVICE_PATTERNS: usize = 50;
/// Most deploys of a project that are kept, the newest.
pub const PROJECT_DEPLOYS: usize = 1_000;
/// Most releases and environments of a project whose commit is known from deploys.
pub const DEPLOYED_COMMITS: usize = 500;
/// Longest id of a document of the catalog. Elasticsearch takes 512.
pub const DOCUMENT_ID_BYTES: usize = 400;
/// Longest document of the catalog, as JSON: a dead letter with the longest record in base64.
pub const DOCUMENT_BYTES: usize = 2 << 20;
/// Longest slug of a project.
pub const SLUG_BYTES: usize = 50;

/// Most jobs that are looked at; older ones are let go of.
pub const JOBS: usize = 1_000;
/// Most unfinished jobs of a project.
pub const JOBS_WAITING: usize = 10;
/// How often a job is begun. One that ends its process each time must not do so for ever.
pub const JOB_ATTEMPTS: u32 = 3;
/// How long jobs are kept, in days.
pub const JOB_DAYS: i64 = 7;
/// Most events that a preview groups again.
pub const PREVIEW_EVENTS: u64 = 100_000;
/// Most examples of a kind in a preview, and parts of an example.
pub const PREVIEW_EXAMPLES: usize = 20;

/// Most own scrubbing rules of a rule set, and most selectors that they are used at.
pub const SCRUB_RULES: usize = 500;
/// Most uses of scrubbing rules at selectors, lists of rules counted as what they list.
pub const SCRUB_STEPS: usize = 1_000;
/// Most sensitive fields and most safe fields of a rule set.
pub const SCRUB_FIELDS: usize = 500;
/// Longest name of a scrubbing rule or field, and longest text to replace a value by.
pub const SCRUB_FIELD_BYTES: usize = 200;
/// Longest selector.
pub const SCRUB_SELECTOR_BYTES: usize = 1_024;
/// Longest pattern of a scrubbing rule.
pub const SCRUB_PATTERN_BYTES: usize = 1_024;
/// Most bytes that one pattern of a scrubbing rule takes when compiled.
pub const SCRUB_REGEX_BYTES: usize = 1 << 20;
