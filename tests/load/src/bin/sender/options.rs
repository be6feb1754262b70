//! The command line.

/// What to send, where to and how fast.
pub struct Options {
    /// HOST:PORT.
    pub addr: String,
    /// Number of the project.
    pub project: String,
    /// Public key of the project.
    pub key: String,
    /// File with the bodies.
    pub corpus: String,
    /// Connections.
    pub conns: usize,
    /// Requests a second over all connections; 0: as fast as answers come.
    pub rate: f64,
    /// Requests in all.
    pub count: u64,
    /// Seconds in all; 0: no limit.
    pub secs: f64,
    /// Bodies of the corpus to pass over first.
    pub skip: u64,
    /// New event ids in plain bodies.
    pub fresh_ids: bool,
    /// Send again, a little later, what was refused with 429 or 503.
    pub retry_429: bool,
}

impl Options {
    pub fn from_args() -> Self {
        let mut options = Self {
            addr: String::new(),
            project: "1".into(),
            key: String::new(),
            corpus: String::new(),
            conns: 16,
            rate: 0.0,
            count: u64::MAX,
            secs: 0.0,
            skip: 0,
            fresh_ids: false,
            retry_429: false,
        };
        let mut args = std::env::args().skip(1);
        while let Some(name) = args.next() {
            let mut value = || args.next().unwrap_or_else(|| panic!("{name} needs a value"));
            match name.as_str() {
                "--addr" => options.addr = value(),
                "--project" => options.project = value(),
                "--key" => options.key = value(),
                "--corpus" => options.corpus = value(),
                "--conns" => options.conns = number(&name, &value()),
                "--rate" => options.rate = number(&name, &value()),
                "--count" => options.count = number(&name, &value()),
                "--secs" => options.secs = number(&name, &value()),
                "--skip" => options.skip = number(&name, &value()),
                "--fresh-ids" => options.fresh_ids = true,
                "--retry429" => options.retry_429 = true,
                _ => panic!("unknown option {name}"),
            }
        }
        assert!(!options.addr.is_empty() && !options.corpus.is_empty(), "--addr and --corpus are needed");
        assert!(options.count < u64::MAX || options.secs > 0.0, "--count or --secs is needed: a run ends by itself");
        options
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{name} needs a number, not {text:?}"))
}
