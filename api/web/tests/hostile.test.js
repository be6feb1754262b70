// Events by someone who wants to run something in the reader's browser, to freeze it, or to lie to the reader.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, narrow, serve, shot, signedIn } from "./belfry.js";

let server, browser;
before(async () => {
  server = await serve();
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.stop();
});

const MARKUP = '"><img src=x onerror=alert(1)><script>alert(2)</script><svg onload=alert(3)>';
const LINKS = ["javascript:alert(4)", "data:text/html,<script>alert(5)</script>", "JaVaScRiPt://x%0aalert(6)"];
const now = () => Date.now() / 1000;

function everywhere() {
  return {
    timestamp: now(),
    level: "error",
    transaction: MARKUP,
    release: MARKUP,
    environment: "<b>prod</b>",
    server_name: MARKUP,
    user: { id: MARKUP, username: MARKUP },
    tags: { [`k${MARKUP}`.slice(0, 30)]: MARKUP.slice(0, 150), link: LINKS[0] },
    extra: { [MARKUP]: LINKS, __proto__: 1, constructor: { prototype: MARKUP } },
    request: { url: "javascript:alert(7)", method: "<i>GET</i>", headers: [["Referer", LINKS[1]], [MARKUP, MARKUP]], data: MARKUP },
    breadcrumbs: { values: [{ timestamp: now(), category: MARKUP, message: MARKUP, data: { url: LINKS[2], to: LINKS[0] } }] },
    exception: {
      values: [{
        type: MARKUP,
        value: `${MARKUP} {{constructor.constructor('alert(8)')()}}`,
        stacktrace: {
          frames: [{ function: MARKUP, filename: LINKS[0], abs_path: LINKS[1], module: MARKUP, lineno: 3, in_app: true, context_line: MARKUP, pre_context: ["</code></div>", MARKUP], vars: { [MARKUP]: MARKUP, link: LINKS[0] } }],
        },
      }],
    },
  };
}

/** Opens the newest issue, with everything on its page unfolded. */
async function opened(options) {
  const session = await signedIn(server, options);
  const { page } = session;
  await page.goto(`${server.origin}/issues?sort=last_seen`);
  await page.waitForSelector(".issues li.row");
  await narrow(page, "the list");
  await page.locator(".issues a.title").first().click();
  await page.waitForSelector(".event-head");
  for (const summary of await page.locator("summary").all()) await summary.click();
  await page.waitForSelector(".rawjson pre");
  return session;
}

test("markup and scripts in every field are text, on the list, the issue and the overview", async () => {
  await server.send(everywhere());
  const { page, context, faults } = await opened();
  const text = await page.textContent("main");
  assert.ok(text.includes("<script>alert(2)</script>") && text.includes("onerror=alert(1)"));
  assert.equal(await page.locator("main script, main img, main iframe, main svg[onload], main b:has-text('prod')").count(), 0);
  const followed = await page.locator("a").evaluateAll((all) => all.map((one) => [one.protocol, one.target, one.rel]));
  for (const [protocol, target, rel] of followed) {
    assert.ok(protocol === "http:" || protocol === "https:", protocol);
    if (target) assert.match(rel, /noopener/);
  }
  await narrow(page, "the issue");
  await accessible(page, "a hostile issue");
  await shot(page, "hostile-1280");
  await page.goto(`${server.origin}/?by=release`);
  await page.waitForSelector(".overview .chart");
  await page.hover(".chart.tall .plot");
  await page.goto(`${server.origin}/search?columns=release,transaction,url,tags.link,%3Cscript%3E`);
  await page.waitForSelector(".events tbody tr");
  for (const summary of await page.locator(".facets summary").all()) await summary.click();
  await narrow(page, "the search");
  assert.equal(await page.locator("main script, main img, main iframe").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
});

test("control characters and direction marks are seen", async () => {
  await server.send({ timestamp: now(), level: "error", exception: { values: [{ type: "Ansi\u001b[31mError", value: "pay\u202etxt.exe\u2066 nul\u0000 bell\u0007 \u200bhidden" }] } });
  const { page, context, faults } = await opened();
  const text = await page.textContent(".issue");
  for (const part of ["pay⟨U+202E⟩txt.exe", "⟨U+200B⟩hidden"]) assert.ok(text.includes(part), part);
  assert.ok(!/[\u0000\u0007\u001b\u202e\u2066\u200b]/.test(text), "an unseen character is on the page");
  assert.deepEqual(faults, []);
  await context.close();
});

test("a line of a megabyte stays in its box and can be read on", async () => {
  // Words, so that nothing takes it for a secret.
  const long = "a long line of plain words ".repeat(38_000).slice(0, 1_000_000);
  await server.send({ timestamp: now(), level: "error", exception: { values: [{ type: "LongError", value: long }] } });
  for (const width of [1280, 380]) {
    const { page, context, faults } = await opened({ viewport: { width, height: 800 } });
    await narrow(page, `a long line at ${width} px`);
    assert.ok((await page.textContent(".thrown")).length < 5_000);
    await page.locator(".thrown button.link").first().click();
    assert.ok((await page.textContent(".thrown")).length > 5_000 || (await page.locator(".thrown button.link").count()) === 0);
    await narrow(page, `more of a long line at ${width} px`);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("ten thousand frames, breadcrumbs and tags are a page that can be used", async () => {
  const frames = Array.from({ length: 10_000 }, (_, n) => ({ function: `f${n}`, filename: "a.py", lineno: n + 1, in_app: n % 3 !== 0 }));
  const breadcrumbs = Array.from({ length: 1_000 }, (_, n) => ({ timestamp: now() - n, category: "x", message: `step ${n}` }));
  const tags = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`tag${n}`, `v${n}`]));
  await server.send({ timestamp: now(), level: "error", breadcrumbs, tags, exception: { values: [{ type: "DeepError", value: "deep", stacktrace: { frames } }] } });
  const { page, context, faults } = await opened();
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  assert.ok(nodes < 8_000, `${nodes} nodes`);
  assert.match(await page.textContent(".frames"), /frames were cut out|more frames/);
  assert.ok((await page.locator(".frame").count()) >= 30);
  await accessible(page, "a deep stack");
  assert.deepEqual(faults, []);
  await context.close();
});
