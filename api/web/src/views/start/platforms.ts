// What to paste for each platform. The DSN has no secret: whoever has it can send events, and read nothing.
export interface Step {
  does: string;
  code: string;
}

export interface Platform {
  name: string;
  steps: (dsn: string) => Step[];
}

/** The key within a DSN, and the address that it is for. */
export function partsOf(dsn: string): { key: string; origin: string } {
  const url = new URL(dsn);
  return { key: url.username, origin: url.origin };
}

export const PLATFORMS: Platform[] = [
  {
    name: "Python",
    steps: (dsn) => [
      { does: "Install the SDK", code: "python3 -m venv env && env/bin/pip install sentry-sdk" },
      {
        does: "Send an error",
        code: `env/bin/python - <<'PY'
import sentry_sdk
sentry_sdk.init(
    dsn="${dsn}",
    release="shop@1.2.3", environment="staging",
)
try:
    price = 100 / 0
except ZeroDivisionError:
    sentry_sdk.capture_exception()
PY`,
      },
    ],
  },
  {
    name: "Node",
    steps: (dsn) => [
      { does: "Install the SDK", code: "npm install @sentry/node" },
      {
        does: "Send an error",
        code: `node -e '
const Sentry = require("@sentry/node");
Sentry.init({
  dsn: "${dsn}",
  release: "shop@1.2.3", environment: "staging",
});
const cause = new TypeError("no amount");
Sentry.captureException(new Error("cannot price the order", { cause }));
Sentry.flush(5000);
'`,
      },
    ],
  },
  {
    name: "Browser",
    steps: (dsn) => [
      { does: "Install the SDK", code: "npm install @sentry/browser" },
      {
        does: "Start it first in your page's script, and send an error",
        code: `import * as Sentry from "@sentry/browser";

Sentry.init({
  dsn: "${dsn}",
  release: "shop@1.2.3", environment: "staging",
});
Sentry.captureException(new Error("cannot price the order"));`,
      },
    ],
  },
  {
    name: "Rust",
    steps: (dsn) => [
      { does: "Add the SDK", code: "cargo add sentry" },
      {
        does: "Send an error",
        code: `fn main() {
    let _guard = sentry::init("${dsn}"); // delivers what is left when it is dropped
    if let Err(error) = "12 pieces".parse::<u32>() {
        sentry::capture_error(&error);
    }
}`,
      },
    ],
  },
  {
    name: "OpenTelemetry",
    steps: (dsn) => {
      const { key, origin } = partsOf(dsn);
      return [
        {
          does: "Point any exporter here; exceptions of log records and spans become errors",
          code: `export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}
export OTEL_EXPORTER_OTLP_HEADERS="x-sentry-auth=sentry sentry_key=${key}"`,
        },
      ];
    },
  },
  {
    name: "Anything with curl",
    steps: (dsn) => {
      const { key, origin } = partsOf(dsn);
      return [
        {
          does: "Send an error as JSON",
          code: `curl ${origin}/api/v1/events -H "Authorization: Bearer ${key}" \\
     -H 'Content-Type: application/json' \\
     -d '{"service": "shop", "severity": "error", "error": {"type": "ValueError", "message": "cannot price the order"}}'`,
        },
      ];
    },
  },
];
