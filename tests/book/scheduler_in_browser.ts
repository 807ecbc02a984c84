/**
 * The scheduler in a real browser, with real workers and without. It is run by
 * scheduler_test.ts, because it needs packages that nobody else has to download.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as esbuild from "npm:esbuild@0.28.2";
import puppeteer, { type Page } from "npm:puppeteer-core@25.16.0";

const [browserName, executablePath, pictures] = Deno.args as [
  string,
  string,
  string | undefined,
];
const isChromium = browserName === "chromium";
const root = new URL("../../", import.meta.url);

/** A page with nothing but the scheduler, bundled as the book is. */
async function pageText(): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: {
      contents: `import { Scheduler } from "./book/client/scheduler.ts";
        globalThis.scheduler = new Scheduler(document.querySelector("main"), [
          { name: "counter[0]++",
            source: "({ counter }) => {\\n  counter[0]++;\\n}" },
          { name: "with the lock",
            source: "({ counter, lock }) => {\\n" +
              "  using _held = lock.acquire();\\n  counter[0]++;\\n}" },
        ]);`,
      resolveDir: decodeURIComponent(root.pathname),
      loader: "ts",
    },
    ...{ bundle: true, write: false, format: "iife", target: "esnext" },
    ...{ minify: true, keepNames: true, logLevel: "error" },
  });
  await esbuild.stop();
  const css = await Deno.readTextFile(new URL("book/book.css", root));
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8">
    <meta name="viewport" content="width=device-width"><title>Scheduler</title>
    <style>${css}</style>
    <main></main><script>${outputFiles![0]!.text}</script>`;
}

const html = await pageText();
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};
/** What is answered to code that asks whether to end. */
let endless = "no";
const server = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  ({ url }) => {
    if (url.endsWith("/endless")) return new Response(endless);
    const headers = url.endsWith("/shared") ? isolation : {};
    return new Response(html, {
      headers: { "content-type": "text/html", ...headers },
    });
  },
);
const browser = await puppeteer.launch({
  browser: isChromium ? "chrome" : "firefox",
  executablePath,
  timeout: 100_000,
  args: isChromium ? ["--no-sandbox", "--disable-gpu", "--no-first-run"] : [],
});
Deno.test.afterAll(async () => {
  await browser.close();
  await server.shutdown();
});

/** Registers a test that looks at the page, which has to complain of nothing. */
function test(
  name: string,
  at: "shared" | "alone",
  use: (page: Page) => Promise<void>,
): void {
  const fn = async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(100_000);
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.setViewport({ width: 1280, height: 800 });
    await page.goto(`http://127.0.0.1:${server.addr.port}/${at}`);
    await says(page, ".memory", "counter 0");
    await use(page);
    assertEquals(complaints, []);
    await page.close();
  };
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

/** Waits until a part of the page says something. */
async function says(page: Page, part: string, text: string): Promise<void> {
  await page.waitForFunction(
    (part, text) =>
      // deno-lint-ignore no-explicit-any -- It runs in the page.
      (globalThis as any).document.querySelector(part)?.innerText
        .replace(/\s+/g, " ").includes(text),
    {},
    part,
    text,
  ).catch(async (cause) => {
    const found = await page.$eval(part, (it) => it.textContent);
    throw new Error(`${part} says ${found}, not ${text}`, { cause });
  });
}

const stepsOf = (page: Page) =>
  page.$$eval(".order li", (all) => all.map((it) => it.textContent));

/** Lets workers take steps, each when the one before is shown. */
async function step(page: Page, ...workers: number[]): Promise<void> {
  for (const worker of workers) {
    const before = (await stepsOf(page)).length;
    await page.click(`[data-worker="${worker - 1}"]`);
    await page.waitForFunction(
      (n) =>
        // deno-lint-ignore no-explicit-any -- It runs in the page.
        (globalThis as any).document.querySelectorAll(".order li").length > n,
      {},
      before,
    );
  }
}

for (const at of ["shared", "alone"] as const) {
  test(
    `${at}: the reader loses an update, and not with the lock`,
    at,
    async (page) => {
      assertStringIncludes(
        await page.$eval("main", (it) => it.textContent!),
        at === "shared" ? "Two real workers" : "are simulated",
      );
      await step(page, 1, 2, 1, 2);
      await says(page, ".verdict", "An update is lost: the counter is 1");
      assertEquals(await stepsOf(page), [
        ...["worker 1 reads 0", "worker 2 reads 0"],
        ...["worker 1 writes 1", "worker 2 writes 1"],
      ]);
      if (pictures) {
        await page.screenshot({ path: `${pictures}/${at}_lost.png` });
      }

      await page.click("[value='1']");
      await says(page, ".memory", "lock free");
      await step(page, 1);
      await says(page, ".memory", "lock held by worker 1");
      await says(
        page,
        "section:nth-child(2) .next",
        "waits: the lock is not free",
      );
      // Who waits takes no step.
      await page.click("[data-worker='1']");
      if (pictures) {
        await page.screenshot({ path: `${pictures}/${at}_lock.png` });
        await page.setViewport({ width: 390, height: 844 });
        await page.screenshot({
          path: `${pictures}/${at}_narrow.png`,
          fullPage: true,
        });
        await page.setViewport({ width: 1280, height: 800 });
      }
      await step(page, 1, 1, 1, 2, 2, 2, 2);
      await says(page, ".verdict", "Both updates are there.");
      await page.click("[data-do='wrong']");
      await says(page, ".verdict", "No order goes wrong");
    },
  );

  test(
    `${at}: a wrong order is found and played, and steps are taken back`,
    at,
    async (page) => {
      await page.emulateMediaFeatures([
        { name: "prefers-reduced-motion", value: "reduce" },
      ]).catch(() => {});
      await page.click("[data-do='wrong']");
      await says(page, ".verdict", "An update is lost");
      assertEquals((await stepsOf(page)).length, 4);
      await page.click("[data-do='back']");
      await says(page, ".verdict", "worker 1 writes 1.");
      await says(page, ".memory", "counter 1");
      await page.click("[data-do='again']");
      await says(page, ".memory", "counter 0");
      assertEquals(await stepsOf(page), []);
    },
  );
}

test(
  "shared: it can be used with the keyboard alone, and marks the line",
  "shared",
  async (page) => {
    await page.focus("[data-worker='0']");
    for (const [i, key] of ["1", "2", "Enter", "2"].entries()) {
      assertEquals(
        await page.$$eval(".here", (all) => all.map((it) => it.textContent)),
        Array(i < 3 ? 2 : 1).fill("  counter[0]++;"),
      );
      // deno-lint-ignore no-explicit-any -- Keys have names of their own type.
      await page.keyboard.press(key as any);
      await says(page, ".order li:last-child", `worker ${i % 2 + 1}`);
      await page.waitForFunction(
        // deno-lint-ignore no-explicit-any -- It runs in the page.
        (n) => (globalThis as any).document.querySelectorAll("li").length === n,
        {},
        i + 1,
      );
    }
    await says(page, "[role='status']", "An update is lost");
    const focused = await page.$eval(":focus", (it) => it.outerHTML);
    assertStringIncludes(focused, 'data-worker="0"');
  },
);

test(
  "shared: changed code is stepped through; a loop without an end is told",
  "shared",
  async (page) => {
    const change = (source: string) =>
      page.evaluate((source) => {
        // deno-lint-ignore no-explicit-any -- It runs in the page.
        const { scheduler } = globalThis as any;
        scheduler.use([{ name: "counter[0]++", source }]);
      }, source);
    await change("({ counter }) => {\n  Atomics.add(counter, 0, 1);\n}");
    await says(page, ".next", "next: adds counter");
    await step(page, 2, 1);
    await says(page, ".verdict", "Both updates are there.");
    await change("() => { throw new Error('oh <b>no</b>'); }");
    await says(page, ".verdict", "Error: oh <b>no</b>");
    // Other changes come before it is told, or has begun.
    await change("() => { while (true); }");
    await page.evaluate(() => {
      // deno-lint-ignore no-explicit-any -- It runs in the page.
      const { scheduler } = globalThis as any;
      for (const source of ["() => {}", "() => { while (true); }"]) {
        scheduler.use([{ name: "counter[0]++", source }]);
      }
    });
    await change("({ counter }) => { counter[0] = 3; }");
    await says(page, ".next", "next: writes 3 into counter");
    // What was slow once may be tried again.
    endless = "yes";
    const address = `http://127.0.0.1:${server.addr.port}/endless`;
    await change(`({ counter }) => {
      const asked = new XMLHttpRequest();
      asked.open("GET", "${address}", false);
      asked.send();
      while (asked.responseText === "yes");
      counter[0]++;
    }`);
    await says(page, ".verdict", "is there a loop without an end?");
    endless = "no";
    await page.click("[data-do='again']");
    await says(page, ".next", "next: reads counter");
    await step(page, 1);
    await change("({ counter }) => { counter[0] = 2; }");
    await says(page, ".next", "next: writes 2 into counter");
    await step(page, 1, 2);
    await says(page, ".verdict", "Both updates are there.");
  },
);
