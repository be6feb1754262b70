// Search and the live tail: completion, the histogram, facets, columns, one event by itself, events as they are stored.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, narrow, serve, shot, signedIn, until } from "./belfry.js";

const MINUTE = 60;
const now = () => Date.now() / 1000;
const error = (n, more = {}) => ({ timestamp: now() - n * MINUTE, level: "error", environment: n % 2 ? "production" : "staging", release: `shop@1.${n % 3}`, tags: { tenant: `t${n % 4}` }, exception: { values: [{ type: "PriceError", value: `order ${n} has no price` }] }, ...more });

let server, browser;
before(async () => {
  server = await serve();
  browser = await launch();
  await server.send(...Array.from({ length: 60 }, (_, n) => error(n * 20)), error(1, { level: "warning", environment: "check out" }));
});
after(async () => {
  await browser.close();
  await server.stop();
});

const rows = (page) => page.locator(".events tbody tr").count();

test("a query is completed by fields, values and tags, with the keyboard alone", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/search`);
  await page.waitForSelector(".events tbody tr");
  assert.equal(await rows(page), 50);
  const box = page.locator("input[type=search]");
  await page.keyboard.press("/");
  await page.keyboard.type("envi");
  await page.waitForSelector("[role=option]:has-text('environment')");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await box.inputValue(), "environment:");
  await page.keyboard.type("ch");
  await page.waitForSelector("[role=option]:has-text('check out')");
  await accessible(page, "completion");
  await shot(page, "completion-1280", false);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal(await box.inputValue(), 'environment:"check out" ');
  // First the list is closed, then the box is left; what is written stays.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.equal(await box.inputValue(), 'environment:"check out" ');
  await page.keyboard.press("/");
  await page.keyboard.type("tags.te");
  await page.waitForSelector("[role=option]:has-text('tags.tenant')");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  assert.equal(await box.inputValue(), "tags.tenant:");
  await page.keyboard.type("t1");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?query=tags.tenant:t1");
  const { total } = await server.get("stats/summary?query=tags.tenant:t1");
  await until("the table answers the query", async () => (await rows(page)) === total);
  assert.deepEqual(faults, []);
  await context.close();
});

test("facets narrow the query with and without a value, and a drag over the histogram the time", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/search`);
  await page.click(".facets a:has-text('staging')");
  await page.waitForURL("**/search?query=environment:staging");
  await page.click(".facets a[title='Without shop@1.0']");
  await page.waitForURL(/-release/);
  const query = new URL(page.url()).searchParams.get("query");
  assert.equal(query, "environment:staging -release:shop@1.0");
  await page.waitForSelector(".search .chart .plot");
  const box = await page.locator(".search .chart .plot").boundingBox();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  const range = new URL(page.url()).searchParams;
  const { total } = await server.get(`stats/summary?query=${encodeURIComponent(query)}&from=${range.get("from")}&to=${range.get("to")}`);
  assert.ok(total > 0 && total < 20, String(total));
  await until("the table has the range", async () => (await rows(page)) === total);
  assert.deepEqual(faults, []);
  await context.close();
});

test("columns are chosen, stand in the address, and an event leads to its issue", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/search`);
  await page.waitForSelector(".events tbody tr");
  await page.click("summary:has-text('Columns')");
  await page.uncheck(".columns-menu label:has-text('service') input");
  await page.fill(".columns-menu input[name=key]", "tenant");
  await page.click(".columns-menu button:has-text('Add')");
  await page.waitForURL("**/search?columns=environment,release,tags.tenant");
  assert.deepEqual(await page.locator(".events th").allTextContents(), ["Time", "Event", "environment", "release", "tags.tenant"]);
  await page.click("a:has-text('Older')");
  await until("the second page is there", async () => (await rows(page)) === 11);
  await page.locator(".events td.what a").first().click();
  await page.waitForURL("**/events/*");
  await page.waitForSelector(".event-head");
  await accessible(page, "one event");
  await shot(page, "event-1280");
  await page.click("a:has-text('All events of')");
  await page.waitForURL("**/issues/default-*");
  await page.waitForSelector(".side .numbers");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the live tail shows what is stored, by query, and stands still while it is held", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/live?query=level:error`);
  await page.waitForSelector("text=Following");
  await server.send(error(0, { environment: "live-one" }), error(0, { level: "info", environment: "not-this" }));
  await page.waitForSelector(".events td:has-text('live-one')");
  await page.click("button:has-text('Hold')");
  await server.send(error(0, { environment: "live-two" }));
  await page.waitForSelector("text=1 more");
  assert.equal(await rows(page), 1);
  await accessible(page, "the live tail");
  await page.click("text=1 more");
  await page.waitForSelector(".events td:has-text('live-two')");
  assert.equal(await rows(page), 2);
  assert.ok(!(await page.textContent("main")).includes("not-this"));
  await shot(page, "live-1280", false);
  await page.goto(`${server.origin}/live?query=levl:error`);
  await page.waitForSelector(".fault mark:has-text('levl')");
  assert.deepEqual(faults, []);
  await context.close();
});

for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [380, "light"], [380, "dark"]]) {
  test(`search and live are readable and within their box at ${width} px, ${scheme}`, async () => {
    const { page, context, faults } = await signedIn(server, { viewport: { width, height: 800 }, colorScheme: scheme });
    for (const [name, path, ready] of [["search", "/search?query=level:error", ".events tbody tr"], ["live", "/live", "text=Following"]]) {
      await page.goto(`${server.origin}${path}`);
      await page.waitForSelector(ready);
      await narrow(page, name);
      await accessible(page, `${name}, ${scheme}, ${width} px`);
      await shot(page, `${name}-${width}-${scheme}`, false);
    }
    assert.deepEqual(faults, []);
    await context.close();
  });
}
