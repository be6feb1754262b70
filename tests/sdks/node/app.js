// Sends errors with the Node SDK, to the DSN in SENTRY_DSN and tagged with the name in PROGRAM.
//
// Without an argument: a chained exception that is handled, a message, and an exception that ends the program. With
// `steps`: what the lines on standard input ask for, each answered with `done` once the SDK has nothing left to send.
const readline = require("node:readline");
const Sentry = require("@sentry/node");

Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@1.2.3", environment: "staging", tracesSampleRate: 1 });

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
  throw new SyntaxError("no address to ship to");
}

function capture() {
  Sentry.setUser({ id: "u-42" });
  Sentry.setTag("program", process.env.PROGRAM);
  Sentry.setExtra("note", "paid with card 4111 1111 1111 1111");
  Sentry.addBreadcrumb({ category: "auth", message: "user logged in", level: "info" });
  Sentry.addBreadcrumb({ category: "cart", message: "order opened", level: "info", data: { card: "4111 1111 1111 1111" } });
  try {
    checkout();
  } catch (error) {
    Sentry.captureException(error);
  }
  Sentry.captureMessage("stock is low", "warning");
  ship();
}

async function steps() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [step, ...words] = line.split(" ");
    if (step === "error") Sentry.captureException(new Error(words.join(" ")));
    else Sentry.startSpan({ name: "checkout", op: "task", forceTransaction: true }, () => {});
    await Sentry.flush(5000);
    console.log("done");
  }
  process.exit(0);
}

process.argv[2] === "steps" ? steps() : capture();
