// What goes wrong between page and server is said in place, and is over by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, open, serve, shot, signedIn } from "./belfry.js";

let server, browser;
before(async () => {
  server = await serve();
  browser = await launch();
  await server.send({ message: "there is something", level: "error", timestamp: Date.now() / 1000 });
});
after(async () => {
  await browser.close();
  await server.stop();
});

const LIST = "**/api/v1/issues?*";

/** The list while `answer` stands for the server's, and after it. */
async function through(answer, says) {
  const { page, context, faults } = await signedIn(server);
  await page.waitForSelector(".overview");
  await page.route(LIST, answer);
  await page.goto(`${server.origin}/issues`);
  await page.waitForSelector(`.notice:has-text("${says}")`);
  await shot(page, `trouble-${says.replace(/\W+/g, "-")}`);
  await page.unroute(LIST);
  await page.waitForSelector(".issues li.row");
  assert.equal(await page.locator(".notice").count(), 0);
  assert.deepEqual(faults, []);
  await context.close();
}

const problem = (status, code, detail, more = {}) => (route) =>
  route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "", status, code, detail, ...more }) });

test("a lost connection", () => through((route) => route.abort("connectionrefused"), "Belfry can't be reached"));
test("a broken answer", () => through((route) => route.fulfill({ status: 200, contentType: "application/json", body: '{"issues": [' }), "The answer broke off"));
test("too many questions", () => through(problem(429, "too_many_requests", "this token asks too often", { retry_after: 1 }), "this token asks too often"));
test("storage that is away", () => through(problem(503, "unavailable", "the storage can't be reached now", { retry_after: 2 }), "the storage can't be reached now"));

test("what was shown stays while a refresh fails", async () => {
  const { page, context } = await signedIn(server);
  await page.goto(`${server.origin}/issues`);
  await page.waitForSelector(".issues li.row");
  await page.route(LIST, (route) => route.abort("connectionrefused"));
  await page.waitForSelector(".notice");
  assert.equal(await page.locator(".issues li.row").count(), 1);
  await page.unroute(LIST);
  await page.click("text=Try now");
  await page.waitForSelector(".notice", { state: "detached" });
  await context.close();
});

test("new issues come without moving what is being read", async () => {
  const { page, context } = await signedIn(server);
  await page.goto(`${server.origin}/issues`);
  await page.waitForSelector(".issues li.row");
  await server.send({ message: "something new", level: "error", timestamp: Date.now() / 1000 });
  await page.waitForSelector("text=1 more issue");
  assert.equal(await page.locator(".issues li.row").count(), 1);
  await page.click("text=1 more issue");
  assert.equal(await page.locator(".issues li.row").count(), 2);
  await context.close();
});

test("a session that ended asks for a token, and the same page is shown after it", async () => {
  const { page, context, faults } = await signedIn(server);
  await page.goto(`${server.origin}/issues?sort=count`);
  await page.waitForSelector(".issues li.row");
  await context.clearCookies();
  await page.waitForSelector("input[name=token]");
  await page.fill("input[name=token]", "belfry_wrong");
  await page.click("text=Sign in");
  await page.waitForSelector("text=Nobody knows this token");
  await shot(page, "signin-1280");
  await page.fill("input[name=token]", server.token);
  await page.click("button:has-text('Sign in')");
  await page.waitForSelector(".issues li.row");
  assert.ok(page.url().endsWith("/issues?sort=count"));
  assert.deepEqual(faults, []);
  await context.close();
});

test("signing out ends the session in every tab's next question", async () => {
  const { page, context } = await signedIn(server);
  await page.click("button[title='Sign out']");
  await page.waitForSelector("input[name=token]");
  const status = await page.evaluate(() => fetch("/api/v1/projects").then((answer) => answer.status));
  assert.equal(status, 401);
  await context.close();
});

test("a page of another site gets nothing out of a session", async () => {
  const { context } = await signedIn(server);
  const { port } = new URL(server.origin);
  // The same host by another name is another site; its cookies are not ours, and neither are its questions.
  const other = await context.newPage();
  await other.goto(`http://localhost:${port}/sign-in`);
  const answer = await other.evaluate(
    (origin) => fetch(`${origin}/api/v1/projects`, { method: "POST", credentials: "include", mode: "no-cors", body: '{"name":"theirs"}' }).then((one) => one.type, () => "refused"),
    server.origin,
  );
  assert.ok(["opaque", "refused"].includes(answer));
  assert.equal((await server.get("projects")).projects.length, 1);
  await context.close();
});

test("who is not signed in sees the way in on every path", async () => {
  const { page, context, faults } = await open(server);
  for (const path of ["/", "/issues", "/issues/default-00000", "/sign-in"]) {
    await page.goto(server.origin + path);
    await page.waitForSelector("input[name=token]");
  }
  assert.deepEqual(faults, []);
  await context.close();
});
