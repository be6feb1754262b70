// The page's script: sends errors with the browser SDK, from an origin that is not Belfry's. `SETTINGS` and `Sentry`
// come from scripts before this one; drive.js calls `capture`, `step` and `limits`.
Sentry.init({ dsn: SETTINGS.dsn, release: "shop@1.2.3", environment: "staging", tracesSampleRate: 1 });

function readPrice(item) {
  return item.price.amount;
}

function checkout() {
  try {
    return readPrice({});
  } catch (cause) {
    throw new RangeError("cannot price the order", { cause });
  }
}

function ship() {
  setTimeout(function onShip() {
    throw new SyntaxError("no address to ship to");
  });
}

async function capture() {
  Sentry.setUser({ id: "u-42" });
  Sentry.setTag("program", SETTINGS.program);
  Sentry.setExtra("note", "paid with card 4111 1111 1111 1111");
  Sentry.addBreadcrumb({ category: "auth", message: "user logged in", level: "info" });
  Sentry.addBreadcrumb({ category: "cart", message: "order opened", level: "info" });
  try {
    checkout();
  } catch (error) {
    Sentry.captureException(error);
  }
  Sentry.captureMessage("stock is low", "warning");
  const thrown = new Promise((resolve) => window.addEventListener("error", resolve, { once: true }));
  ship();
  await thrown;
  return Sentry.flush(10000);
}

async function step(line) {
  const [kind, ...words] = line.split(" ");
  if (kind === "error") Sentry.captureException(new Error(words.join(" ")));
  else Sentry.startSpan({ name: "checkout", op: "task", forceTransaction: true }, () => {});
  await Sentry.flush(5000);
}

// What a script of this page may read of an answer of the server.
async function limits() {
  const dsn = new URL(SETTINGS.dsn);
  const url = `${dsn.protocol}//${dsn.host}/api${dsn.pathname}/envelope/?sentry_key=${dsn.username}&sentry_version=7`;
  const answer = await fetch(url, { method: "POST", body: '{}\n{"type":"event"}\n{"message":"stock is low"}\n' });
  return `${answer.status} ${answer.headers.get("x-sentry-rate-limits")} ${answer.headers.get("retry-after")}`;
}
