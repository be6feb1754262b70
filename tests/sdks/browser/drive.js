// Opens the page with app.js in Chromium, served by itself and so from another origin than the DSN in SENTRY_DSN.
//
// Without an argument: has the page send its errors. With `steps`: has it do what the lines on standard input ask for,
// each answered with `done`. The line `leave` goes to another page, `limits` is answered with what the page could read
// of an answer.
const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const readline = require("node:readline");
const esbuild = require("esbuild");
const { chromium } = require("playwright-core");

const FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const BUNDLE = { contents: 'import * as Sentry from "@sentry/browser"; window.Sentry = Sentry;', resolveDir: __dirname };
const PAGE = `<!doctype html><title>shop</title>
<script src="/settings.js"></script><script src="/sentry.js"></script><script src="/app.js"></script>`;
const SETTINGS = { dsn: process.env.SENTRY_DSN, program: process.env.PROGRAM };

const bundle = () => esbuild.buildSync({ stdin: BUNDLE, bundle: true, minify: true, write: false }).outputFiles[0].text;
const files = {
  "/": ["text/html", PAGE],
  "/settings.js": ["text/javascript", `const SETTINGS = ${JSON.stringify(SETTINGS)};`],
  "/sentry.js": ["text/javascript", bundle()],
  "/app.js": ["text/javascript", fs.readFileSync(path.join(__dirname, "app.js"))],
};

function serve() {
  const server = http.createServer((request, response) => {
    const [type, body] = files[request.url] ?? ["text/plain", ""];
    response.writeHead(files[request.url] ? 200 : 404, { "Content-Type": type });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

async function answer(page, line) {
  if (line === "limits") return page.evaluate(() => limits());
  if (line === "leave") await page.goto("about:blank");
  else await page.evaluate((text) => step(text), line);
  return "done";
}

async function steps(page) {
  for await (const line of readline.createInterface({ input: process.stdin })) console.log(await answer(page, line));
}

async function main() {
  const port = await serve();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS.split(" ") });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  if (process.argv[2] === "steps") await steps(page);
  else if (!(await page.evaluate(() => capture()))) throw new Error("the SDK could not deliver");
  await browser.close();
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(2);
});
