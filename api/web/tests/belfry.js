// Starts the real binary on an empty folder, and a real Chromium that watches what a page must never do.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const SECONDS = 60_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A running server: `dsn`, `token`, `link` as it printed them, and `origin`. */
export async function serve() {
  const folder = mkdtempSync(join(tmpdir(), "belfry-dashboard."));
  const env = { ...process.env, BELFRY_OTLP__GRPC_LISTEN: "off", BELFRY_OTLP__HTTP_LISTEN: "off" };
  const child = spawn(process.env.BELFRY_BIN, ["serve", "--data", join(folder, "data"), "--listen", "127.0.0.1:0"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const told = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, value] = line.split(/:\s+/, 2);
    told[name] = value;
    if (name === "Open") break;
  }
  assert.ok(told.Open, "the server ended before it printed a link");
  const origin = new URL(told.Open).origin;
  const server = { dsn: told.DSN, token: told.Token, link: told.Open, origin };
  server.stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  server.get = async (path) => {
    const answer = await fetch(`${origin}/api/v1/${path}`, { headers: { authorization: `Bearer ${server.token}` } });
    assert.equal(answer.status, 200, path);
    return answer.json();
  };
  /** Sends events as an SDK does, and waits until each can be found. */
  server.send = async (...events) => {
    const { username: key, pathname } = new URL(server.dsn);
    const before = (await server.get("stats/summary?from=-399d")).total;
    for (const event of events) {
      const body = `{}\n{"type":"event"}\n${typeof event === "string" ? event : JSON.stringify(event)}\n`;
      const answer = await fetch(`${origin}/api${pathname}/envelope/`, { method: "POST", headers: { "x-sentry-auth": `Sentry sentry_key=${key}, sentry_version=7` }, body });
      assert.equal(answer.status, 200, await answer.text());
    }
    await until("every event is stored", async () => (await server.get("stats/summary?from=-399d")).total === before + events.length);
  };
  await until("the server is ready", async () => (await fetch(`${origin}/readyz`)).status === 200);
  return server;
}

/** Waits for what comes by itself. */
export async function until(what, holds) {
  const deadline = Date.now() + SECONDS;
  for (;;) {
    if (await holds()) return;
    assert.ok(Date.now() < deadline, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let browser;

export async function launch() {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
  return browser;
}

/** A page of its own session. `faults` gathers what no page may do. */
export async function open(server, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(SECONDS);
  const page = await context.newPage();
  const faults = [];
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== server.origin && url.protocol !== "data:") faults.push(`a request to ${url.origin}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("pageerror", (error) => faults.push(`an error: ${error.message}`));
  await page.exposeFunction("violated", (text) => faults.push(`a violation of the policy: ${text}`));
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => window.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  return { context, page, faults };
}

export async function signedIn(server, options) {
  const opened = await open(server, options);
  await opened.page.goto(server.link);
  await opened.page.waitForSelector(".bar");
  return opened;
}

/** No serious finding of axe on this page. */
export async function accessible(page, where) {
  // Run in a world of its own by the debugger, as the policy lets in no script of anyone.
  const session = await page.context().newCDPSession(page);
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    assert.ok(!exceptionDetails, `${where}: ${exceptionDetails?.exception?.description}`);
    return result.value;
  };
  await evaluate(AXE);
  const found = await evaluate('axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => ({ impact: v.impact, id: v.id, nodes: v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")) })))');
  const serious = found.filter((one) => one.impact === "serious" || one.impact === "critical");
  assert.deepEqual(serious, [], where);
}

/** Nothing has to be scrolled sideways. */
export async function narrow(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(over, 0, `${where} is ${over} px too wide`);
}

/** A picture for people to look at, where they asked for them. */
export async function shot(page, name, fullPage = true) {
  if (!process.env.BELFRY_SHOTS) return;
  mkdirSync(process.env.BELFRY_SHOTS, { recursive: true });
  await page.screenshot({ path: join(process.env.BELFRY_SHOTS, `${name}.png`), fullPage });
}
