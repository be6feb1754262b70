// A newcomer's way: the link of the first start, the first event of a real SDK, its issue, the list, the keyboard.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { after, before, test } from "node:test";
import { accessible, launch, narrow, open, serve, shot, signedIn, until } from "./belfry.js";

let server, browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
});

/** What the published Python SDK sends. */
const program = (name) => promisify(execFile)(process.env.BELFRY_PYTHON, [fileURLToPath(new URL(name, import.meta.url))], { env: { ...process.env, SENTRY_DSN: server.dsn, SENTRY_DEBUG: "1" } });

test("the link of the first start signs in, leaves no trace of the token, and leads to the first event", async () => {
  const { page, context, faults } = await open(server);
  const seen = [];
  context.on("request", (request) => seen.push(request.url()));
  await page.goto(server.link);
  await page.waitForSelector("text=Waiting for an event");
  assert.equal(new URL(page.url()).hash, "");
  assert.equal(new URL(page.url()).pathname, "/start");
  assert.ok(!seen.some((url) => url.includes(server.token)), "the token was in an address");
  assert.ok(!(await page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage }))).includes("belfry_"));
  assert.ok((await page.textContent("main")).includes(server.dsn));
  await accessible(page, "first start");
  await shot(page, "start-1280");

  const { stderr } = await program("first.py");
  await until(`the SDK's event is stored; the SDK said: ${stderr}`, async () => (await server.get("stats/summary")).total === 1);
  await page.waitForURL("**/issues/default-*");
  await page.waitForSelector(".stack");
  const text = await page.textContent("main");
  for (const part of ["ValueError", "cannot price the order", "ZeroDivisionError", "division by zero", "price_of", "amount", "looked up the price list", "shop@1.2.3", "staging"]) {
    assert.ok(text.includes(part), `${part} is not on the page`);
  }
  // What was raised comes first, then its cause, each with the frame of the crash open.
  assert.deepEqual(await page.locator(".thrown h3").allTextContents(), ["ValueError", "ZeroDivisionError"]);
  assert.ok((await page.locator(".code-lines .own").first().textContent()).includes("raise ValueError"));
  await accessible(page, "an issue");
  await shot(page, "issue-1280");
  assert.deepEqual(faults, []);
  await context.close();
});

test("explanations and the raw event come when they are opened", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/issues`);
  await page.click(".issues a.title");
  await page.click("text=Why grouped, judged and scrubbed so");
  await page.waitForSelector(".why table");
  assert.ok((await page.textContent(".why")).includes("staging is not production"));
  await page.click("text=Raw JSON");
  assert.ok((await page.textContent(".rawjson pre")).includes('"exceptions"'));
  await accessible(page, "an explained event");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the list is walked with the keyboard, filtered by query, and says where a query is wrong", async () => {
  await server.send({ message: "second one", level: "warning", timestamp: Date.now() / 1000 - 60 });
  const { page, context, faults } = await signedIn(server);
  await page.waitForSelector(".overview");
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.waitForSelector(".issues li.row");
  assert.equal(await page.locator(".issues li.row").count(), 2);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "second one");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/issues/default-*");
  await page.goBack();
  await page.waitForSelector(".issues li.row");
  await page.keyboard.press("/");
  await page.keyboard.type("level:warning");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/issues?query=level:warning");
  await until("one issue is left", async () => (await page.locator(".issues li.row").count()) === 1);
  await page.fill("input[type=search]", "levl:warning");
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent(".fault mark"), "levl");
  assert.match(await page.textContent(".fault"), /did you mean "level"/);
  await accessible(page, "a wrong query");
  await page.goto(`${server.origin}/issues?query=service:nowhere`);
  await page.waitForSelector("text=Nothing matches");
  await page.keyboard.press("?");
  await page.waitForSelector("[role=dialog]");
  await accessible(page, "the list of keys");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("[role=dialog]").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a drag over the chart zooms in, and the range stands in the address", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.waitForSelector(".chart.tall .plot");
  const box = await page.locator(".chart.tall .plot").boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.97, box.y + 50, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL("**/?from=*&to=*");
  const range = new URL(page.url()).searchParams;
  const hours = (new Date(range.get("to")) - new Date(range.get("from"))) / 3_600_000;
  assert.ok(hours > 9 && hours < 14, `${hours} h`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("issues are merged, and a merge is undone", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/issues?query=level:warning`);
  await page.click(".issues a.title");
  await page.waitForSelector(".merge form");
  const id = new URL(page.url()).pathname.split("/").pop();
  await page.goto(`${server.origin}/issues?query=level:error`);
  await page.click(".issues a.title");
  await page.fill(".merge input", id);
  await page.click(".merge button:has-text('Merge')");
  await page.waitForSelector(".merge li:has-text('Merged')");
  assert.equal((await server.get("issues")).total, 1);
  await page.click(".merge button:has-text('Undo')");
  await page.waitForSelector(".merge li:has-text('Took back')");
  assert.equal((await server.get("issues")).total, 2);
  assert.deepEqual(faults, []);
  await context.close();
});

test("a project is made, its DSN is there, and its first event opens by itself", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/projects`);
  await page.waitForSelector(".keys code");
  assert.equal(await page.textContent(".keys code"), server.dsn);
  await page.fill("input[name=name]", "Check-out");
  await page.click("text=Make it");
  await page.waitForURL("**/start?project=check-out");
  await page.click("button:has-text('Anything with curl')");
  const told = await page.locator(".steps-list pre").textContent();
  const key = /Bearer (\w+)/.exec(told)[1];
  const body = /-d '(.*)'/.exec(told)[1];
  await page.waitForSelector("text=Waiting for an event");
  // Once it has looked, so that the event is news.
  await page.waitForResponse((answer) => answer.url().includes("/api/v1/issues?project=check-out"));
  const sent = await fetch(`${server.origin}/api/v1/events`, { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body });
  assert.equal(sent.status, 200);
  await page.waitForURL("**/issues/check-out-*");
  await page.waitForSelector("h1:has-text('ValueError')");
  await page.goto(`${server.origin}/projects`);
  await page.waitForSelector(".project:has-text('Check-out') a:has-text('1 event')");
  await narrow(page, "projects");
  await accessible(page, "projects");
  await page.fill("input[name=name]", "Check-out");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the picture of the README is of this issue", async () => {
  const issue = (await server.get("issues?query=level:error&project=default")).issues[0].id;
  for (const colorScheme of ["light", "dark"]) {
    const { page, context } = await signedIn(server, { viewport: { width: 1280, height: 760 }, colorScheme });
    await page.goto(`${server.origin}/issues/${issue}`);
    await page.waitForSelector(".tags .shares");
    await page.waitForSelector(".code-lines .own");
    await shot(page, `dashboard-${colorScheme}`, false);
    await context.close();
  }
});

for (const scheme of ["light", "dark"]) {
  for (const width of [1280, 380]) {
    test(`every view is readable and within its box at ${width} px, ${scheme}`, async () => {
      const { page, context, faults } = await signedIn(server, { viewport: { width, height: 800 }, colorScheme: scheme });
      await page.waitForSelector(".overview .chart");
      const issue = (await server.get("issues?query=level:error")).issues[0].id;
      for (const [name, path, ready] of [
        ["overview", "/", ".overview .chart"],
        ["issues", "/issues", ".issues li.row"],
        ["issue", `/issues/${issue}`, ".tags .shares"],
        ["start", "/start", ".steps-list"],
        ["projects", "/projects", ".keys code"],
        ["missing", "/nowhere", ".blank"],
      ]) {
        await page.goto(`${server.origin}${path}`);
        await page.waitForSelector(ready);
        await narrow(page, `${name} at ${width}`);
        await accessible(page, `${name}, ${scheme}, ${width} px`);
        await shot(page, `${name}-${width}-${scheme}`);
      }
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}
