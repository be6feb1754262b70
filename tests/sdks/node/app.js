// Sends a chained exception and a message with the Node SDK. The DSN comes from SENTRY_DSN.
const Sentry = require("@sentry/node");

Sentry.init({ dsn: process.env.SENTRY_DSN, release: "shop@1.2.3", environment: "staging" });

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

Sentry.setUser({ id: "u-42" });
Sentry.setTag("program", "node");
Sentry.addBreadcrumb({ category: "auth", message: "user logged in", level: "info" });
Sentry.addBreadcrumb({ category: "cart", message: "order opened", level: "info", data: { card: "4111 1111 1111 1111" } });
try {
  checkout();
} catch (error) {
  Sentry.captureException(error);
}
Sentry.captureMessage("stock is low", "warning");
Sentry.flush(10000).then((sent) => process.exit(sent ? 0 : 1));
