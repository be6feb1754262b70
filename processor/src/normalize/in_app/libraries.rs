//! What libraries, runtimes and frameworks look like in stack traces, by platform.
//!
//! Collected from Sentry's published defaults (newstyle@2023-01-11) and from traces of the SDKs themselves. Names are as
//! exact as they can be: an application that is called like a library, or lies in a folder that is, stays one.

mod javascript;
mod native;

pub(super) use javascript::JAVASCRIPT;
pub(super) use native::{NATIVE, RUST};

/// What a frame has that marks it as not the application's own.
pub(super) struct Library {
    /// Parts of the path, with forward slashes. `^` stands for its start, `=` for the whole last component, `@` for the
    /// start of the last component.
    pub(super) paths: &'static [&'static str],
    /// Heads of the module or the function; those after `=` are whole names.
    pub(super) modules: &'static [&'static str],
}

pub(super) const ANY: Library = Library {
    paths: &["/node_modules/", "/site-packages/", "/dist-packages/", "/.cargo/registry/", "/go/pkg/mod/", "/.rustup/"],
    modules: &[],
};

/// Where the other languages keep what they did not write; those of Python, the JVM and .NET don't, and shops have
/// vendors.
pub(super) const VENDOR: Library = Library { paths: &["/vendor/"], modules: &[] };

/// The folder of the standard library on Windows, `Lib`, is looked at apart.
pub(super) const PYTHON: Library = Library {
    paths: &["/lib/python2.", "/lib/python3.", "/lib64/python2.", "/lib64/python3.", "^<frozen ", "<__array_function__", "^<string>"],
    modules: &[],
};

pub(super) const JAVA: Library = Library {
    paths: &[],
    modules: &[
        "java.",
        "javax.",
        "jakarta.",
        "jdk.",
        "sun.",
        "com.sun.",
        "javafx.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "org.codehaus.",
        "akka.",
        "android.",
        "androidx.",
        "dalvik.",
        "com.android.",
        "com.google.android.",
        "com.google.common.",
        "com.google.inject.",
        "dagger.",
        "org.apache.",
        "org.springframework.",
        "org.hibernate.",
        "org.eclipse.",
        "org.jboss.",
        "org.glassfish.",
        "org.junit.",
        "junit.",
        "io.netty.",
        "io.ktor.",
        "io.grpc.",
        "io.undertow.",
        "io.vertx.",
        "io.quarkus.",
        "io.micronaut.",
        "io.helidon.",
        "io.micrometer.",
        "io.opentelemetry.",
        "reactor.",
        "rx.",
        "io.reactivex.",
        "okhttp3.",
        "okio.",
        "retrofit2.",
        "com.squareup.",
        "com.fasterxml.",
        "com.zaxxer.",
        "com.mysql.",
        "org.postgresql.",
        "com.mongodb.",
        "com.amazonaws.",
        "software.amazon.",
        "ch.qos.logback.",
        "org.slf4j.",
        "io.sentry.",
        "clojure.",
        "play.",
        "zio.",
        "cats.effect.",
        "net.bytebuddy.",
        "net.sf.cglib.",
        "org.mockito.",
        "org.gradle.",
        "worker.org.gradle.",
        "com.facebook.react.",
        "io.flutter.",
    ],
};

pub(super) const CSHARP: Library = Library {
    paths: &[],
    modules: &[
        "System.",
        "System,",
        "Microsoft.",
        "Mono.",
        "Xamarin.",
        "UnityEngine.",
        "UnityEditor.",
        "Unity.Collections.",
        "Unity.Entities.",
        "Unity.Jobs.",
        "Unity.Burst.",
        "Sentry.",
        "Newtonsoft.",
        "mscorlib",
        "netstandard",
        "Npgsql.",
        "MySql.",
        "MySqlConnector.",
        "Dapper.",
        "StackExchange.Redis.",
        "Grpc.",
        "Serilog.",
        "NLog.",
        "Polly.",
        "AutoMapper.",
        "MediatR.",
        "Castle.",
        "NHibernate.",
        "FluentValidation.",
        "Hangfire.",
        "MassTransit.",
        "RestSharp.",
        "Xunit.",
        "NUnit.",
    ],
};

pub(super) const RUBY: Library = Library {
    paths: &[
        "/gems/",
        "/lib/ruby/1.",
        "/lib/ruby/2.",
        "/lib/ruby/3.",
        "/lib/ruby/4.",
        "/lib/ruby/site_ruby/",
        "/lib/ruby/vendor_ruby/",
        "/bundle/ruby/",
        "^<internal:",
        "^uri:classloader:",
    ],
    modules: &[],
};

pub(super) const PHP: Library = Library {
    paths: &["[internal]", "^phar:", "/wp-includes/", "/wp-admin/"],
    modules: &["Illuminate\\", "Symfony\\", "Doctrine\\", "GuzzleHttp\\", "Monolog\\", "Sentry\\"],
};

pub(super) const DART: Library = Library {
    paths: &[
        "^dart:",
        "^org-dartlang-sdk:",
        "^package:flutter/",
        "^package:flutter_test/",
        "^package:flutter_bloc/",
        "^package:flutter_riverpod/",
        "^package:sentry/",
        "^package:sentry_flutter/",
        "^package:async/",
        "^package:bloc/",
        "^package:collection/",
        "^package:dio/",
        "^package:go_router/",
        "^package:http/",
        "^package:provider/",
        "^package:riverpod/",
        "^package:stack_trace/",
        "/.pub-cache/",
        "/flutter/packages/flutter/",
    ],
    modules: &[],
};

pub(super) const ELIXIR: Library =
    Library { paths: &["^deps/"], modules: &["=erlang", "=lists", "=maps", "=gen_server", "=proc_lib", "=supervisor", "=erl_eval"] };

/// Applications of the runtime and of the common frameworks, as Elixir names them before each frame.
pub(super) const ELIXIR_APPS: [&str; 34] = [
    "elixir",
    "stdlib",
    "kernel",
    "erts",
    "logger",
    "mix",
    "iex",
    "ex_unit",
    "eex",
    "ssl",
    "inets",
    "crypto",
    "phoenix",
    "phoenix_html",
    "phoenix_live_view",
    "phoenix_template",
    "phoenix_pubsub",
    "phoenix_ecto",
    "plug",
    "plug_cowboy",
    "plug_crypto",
    "cowboy",
    "cowlib",
    "ranch",
    "bandit",
    "thousand_island",
    "ecto",
    "ecto_sql",
    "db_connection",
    "postgrex",
    "absinthe",
    "absinthe_plug",
    "telemetry",
    "sentry",
];

/// First parts of import paths in Go's standard library.
pub(super) const GO_STANDARD: [&str; 44] = [
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
];
