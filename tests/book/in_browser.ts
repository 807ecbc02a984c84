/**
 * The book in a real browser: reading, running, changing and solving. It is run
 * by book_test.ts, once for each browser, because it needs packages that nobody
 * else has to download.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import puppeteer, { type Page } from "npm:puppeteer-core@25.16.0";
import { build, serve } from "../../book/build.ts";
import { claimsOf } from "../../lib/lesson/claims.ts";
import { pageOf } from "../../book/segments.ts";
import { lessons } from "../../lib/lesson.ts";
import { deno } from "../helper.ts";
import { readOnly, sharing } from "./facts.ts";

const [browserName, executablePath, out] = Deno.args as [
  string,
  string,
  string,
];
const isChromium = browserName === "chromium";

const quick = {
  "03_pool": { runs: 1, large: 20_000 },
  "10_generators": { tries: 1 },
  "13_pipelines": { total: 1_000 },
};
await build({ out, values: quick });
const server = serve(out, 0);
const http = `http://127.0.0.1:${server.addr.port}/`;
const file = new URL(`file://${out}/`).href;
const browser = await puppeteer.launch({
  browser: isChromium ? "chrome" : "firefox",
  executablePath,
  args: isChromium
    ? [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ]
    : [],
});
Deno.test.afterAll(async () => {
  await browser.close();
  await server.shutdown();
});

const names = lessons.map(([name]) => name);
const running = names.filter((name) => !readOnly.includes(name));
const sources = new Map(
  await Promise.all(
    names.map(async (name) =>
      [
        name,
        await Deno.readTextFile(
          new URL(`../../lessons/${name}.ts`, import.meta.url),
        ),
      ] as const
    ),
  ),
);

/** What a page asked for that is not its own, and what it complained about. */
const foreign: string[] = [];
const complaints: string[] = [];

/** How a page is opened. */
interface View {
  readonly at?: string;
  readonly width?: number;
  readonly scheme?: "light" | "dark";
  readonly scripts?: boolean;
}

/** The tests that do not need the keyboard, and those of them that run. */
const tests: { fn: () => Promise<void>; running?: Promise<void> }[] = [];

/** Registers a test that runs while the two after it do: three pages at a time. */
function test(name: string, fn: () => Promise<void>): void {
  const at = tests.push({ fn }) - 1;
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      for (const it of tests.slice(at, at + 3)) {
        it.running ??= it.fn();
        // Whoever waits for it hears of its failure.
        it.running.catch(() => {});
      }
      await tests[at]!.running;
    },
  });
}

/** Opens a page, does something with it, and closes it. */
async function visit(
  name: string,
  use: (page: Page) => Promise<void>,
  { at = http, width = 1280, scheme = "light", scripts = true }: View = {},
): Promise<void> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  try {
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(blob|data):/.test(url) && !url.startsWith(at)) foreign.push(url);
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.setViewport({ width, height: 900 });
    if (isChromium) {
      await page.emulateMediaFeatures([
        { name: "prefers-color-scheme", value: scheme },
      ]);
    }
    // Firefox knows no such command.
    if (!scripts) await page.setJavaScriptEnabled(false);
    await page.goto(`${at}${name}.html`);
    await use(page);
  } finally {
    await context.close();
  }
}

/** Presses the first button that is called so, within something. */
async function press(page: Page, name: string, within = "body"): Promise<void> {
  const done = await page.evaluate(
    (name, within) => {
      const button = [...document.querySelectorAll(`${within} button`)]
        .find((it) => it.textContent === name && it.checkVisibility());
      (button as HTMLElement | undefined)?.click();
      return button !== undefined;
    },
    name,
    within,
  );
  assert(done, `there is a button ${name}`);
}

/** Waits until the status begins so, and gives it. */
async function status(page: Page, pattern: RegExp): Promise<string> {
  await page.waitForFunction(
    (source) =>
      new RegExp(source).test(document.querySelector("#status")!.textContent!),
    { timeout: 60_000 },
    pattern.source,
  );
  return await page.$eval("#status", (it) => it.textContent!);
}

/** Runs a lesson to its end. */
async function run(page: Page): Promise<string> {
  await press(page, "Run");
  return await status(page, /^(done|failed)/);
}

/** Makes a lesson quick that measures, with its options. */
async function makeQuick(page: Page): Promise<void> {
  await page.evaluate(() => {
    const values = { runs: "1", large: "20000", tries: "1" };
    for (const [name, value] of Object.entries(values)) {
      const field = document.querySelector(`#options [name=${name}]`);
      if (field) (field as HTMLInputElement).value = value;
    }
  });
}

/** Replaces the text of the first field whose text includes another one. */
async function write(page: Page, having: string, text: string): Promise<void> {
  const found = await page.evaluate(
    (having, text) => {
      const field = [...document.querySelectorAll("textarea")]
        .find((it) => it.value.includes(having));
      if (!field) return false;
      field.value = text;
      field.dispatchEvent(new Event("input"));
      return true;
    },
    having,
    text,
  );
  assert(found, `a field holds ${having}`);
}

/** The texts of what a selector finds. */
function texts(page: Page, selector: string): Promise<string[]> {
  return page.$$eval(
    selector,
    (all) => all.map((it) => (it as HTMLElement).innerText ?? it.textContent),
  );
}

/** How many values a lesson shows. */
function valuesOf(name: string): number {
  return claimsOf(sources.get(name)!).length;
}

/**
 * Checks that a lesson has come to its end, and that its values are as its
 * comments say. Firefox's engine is not Deno's: it words its own errors in
 * another way, and lists methods in another order.
 */
async function assertAllSaid(
  page: Page,
  name: string,
  ended: string,
): Promise<void> {
  const all = valuesOf(name);
  const own = isChromium ? 0 : await page.$$eval(
    ".not-so",
    (all) =>
      all.filter((it) =>
        it.classList.contains("error") || /methodsOf/.test(it.textContent!)
      ).length,
  );
  const end = `, ${all - own} of ${all} as the comments say`;
  assert(ended.startsWith("done in ") && ended.endsWith(end), ended);
}

// Firefox is shown fewer: its own are its engine, and how it runs threads.
const fromDisk = isChromium ? running : ["05_messages", "11_lambdas"];
const solving = isChromium ? running : ["06_shared_memory", "11_lambdas"];

for (const name of running) {
  test(`${name} runs over http, and prints what its comments say`, () =>
    visit(name, async (page) => {
      await makeQuick(page);
      const ended = await run(page);
      await assertAllSaid(page, name, ended);
      if (name === "02_workers") {
        assertEquals(await texts(page, ".log"), ["Hello from a worker"]);
      }
      if (name === "03_pool") {
        assertEquals(
          await texts(page, ".timeline .name"),
          [1, 2, 3, 4].map((n) => `Worker ${n}`),
        );
        assertEquals((await page.$$(".timeline .task")).length, 8);
        assertEquals((await page.$$("tbody tr")).length, 2);
      }
      if (name === "10_generators") {
        const labels = await texts(page, ".label");
        assert(labels.length > 0, "what is recorded is labelled");
      }
    }));
}

for (const name of fromDisk) {
  test(
    `${name} from the disk ${
      sharing.includes(name) ? "says how to get shared memory" : "runs"
    }`,
    () =>
      visit(name, async (page) => {
        await makeQuick(page);
        const ended = await run(page);
        if (!sharing.includes(name)) return assertAllSaid(page, name, ended);
        assertMatch(ended, /^failed: .*deno task book --serve/);
      }, { at: file }),
  );
}

for (const name of solving) {
  test(`${name}: an exercise, solved wrongly and rightly`, () =>
    visit(name, async (page) => {
      const [exercise] = exercisesOf(name);
      const group = `[data-exercise="${exercise!.name}"]`;
      const check = async () => {
        await press(page, "Check", group);
        await status(page, new RegExp(`^${exercise!.name}: \\d of 1 solved`));
        return (await texts(page, `${group} .report`))[0]!;
      };
      await press(page, "Solve it yourself", group);
      const first = await check();
      assert(first.includes("0 of 1 solved"), first);
      assert(
        first.includes(`next  ${exercise!.name}: ${exercise!.task}`),
        first,
      );
      assertMatch(first, /The first test that fails: /);
      const todo = `nothing is written yet: ${exercise!.name}: ${
        exercise!.task
      }`;
      assert(first.includes(todo), first);

      await press(page, "Hint", group);
      assertEquals((await texts(page, `${group} .hints li`)).length, 1);
      await write(page, `TODO ${exercise!.name}`, exercise!.solution);
      const last = await check();
      assert(last.includes("1 of 1 solved"), last);
      assert(last.endsWith("All is solved."), last);
      await page.goto(`${http}index.html`);
      assertMatch(
        (await texts(page, `[data-progress="${name}"]`))[0]!,
        /^1 of \d+ exercises? solved$/,
      );
    }));
}

/** The exercises of a lesson, and their solutions. */
function exercisesOf(name: string) {
  const { sections, segments } = pageOf(sources.get(name)!);
  return sections.flatMap(({ rows }) => rows).flatMap(({ boxes }) => boxes)
    .flatMap(({ exercises }) => exercises)
    .map((it) => ({
      ...it,
      solution: segments[it.segment]!.text.replace(/\n$/, ""),
    }));
}

test("a wrong solution is told as deno task exercise tells it", () =>
  visit("11_lambdas", async (page) => {
    const group = '[data-exercise="average"]';
    await press(page, "Solve it yourself", group);
    await write(page, "TODO average:", "  return sum(values);");
    await press(page, "Check", group);
    await status(page, /^average: 0 of 1 solved/);
    const [report] = await texts(page, `${group} .report`);
    assertMatch(report!, /The first test that fails: average: /);
    assertMatch(report!, /\n {2}it asked: assert/);
    assertMatch(report!, /\n {2}your code gave: \d/);
    assertMatch(report!, /\n {2}it should give: \d/);
  }));

test("Stop ends an endless loop, and the lesson runs again", () =>
  visit("11_lambdas", async (page) => {
    await write(page, "average(range(10))", "  for (;;);");
    await press(page, "Run");
    await status(page, /^running/);
    await press(page, "Stop");
    await status(page, /^stopped/);
    await press(page, "Undo my changes");
    assertMatch(await run(page), /^done/);
  }));

test("leaving a lesson that runs ends it", () =>
  visit("03_pool", async (page) => {
    await write(page, "sumOfSquares(2)", "  for (;;);");
    await press(page, "Run");
    await status(page, /^running/);
    await page.goto(`${http}11_lambdas.html`);
    assertMatch(await run(page), /^done/);
    if (isChromium) assertEquals(page.workers().length, 0);
  }));

test("a lesson that is run twice prints once", () =>
  visit("11_lambdas", async (page) => {
    await press(page, "Run");
    assertMatch(await run(page), /^done/);
    assertEquals((await page.$$(".value")).length, valuesOf("11_lambdas"));
  }));

const cases: [name: string, code: string, text: RegExp][] = [
  ["a syntax error", "  show(() => average(range(10));", /^SyntaxError: /],
  ["a thrown error", '  throw new RangeError("no");', /^RangeError: no$/],
  [
    "a rejected promise",
    '  Promise.reject(new TypeError("no"));\n' +
    "  await new Promise(() => {});",
    /^TypeError: no$/,
  ],
  ["what is no error", "  throw 5;", /^thrown: 5$/],
  [
    "an unknown module",
    '  await import("./other.ts");',
    /^TypeError: /,
  ],
];
for (const [name, code, text] of cases) {
  test(`${name} stands under its line`, () =>
    visit("11_lambdas", async (page) => {
      await write(page, "average(range(10))", code);
      assertMatch(await run(page), /^failed: /);
      const under = await page.$eval(
        ".failed",
        (it) =>
          [
            it.textContent!,
            it.parentElement!.previousElementSibling!.querySelector(
              "textarea",
            )!.value,
          ] as const,
      );
      assertMatch(under[0], text);
      // Not everything knows where it was thrown.
      const isPlaced = !/throw 5|import/.test(code);
      if (isPlaced) assertEquals(under[1], code);
    }));
}

test("a value that differs is shown beside the comment", () =>
  visit("11_lambdas", async (page) => {
    await write(
      page,
      "show(() => average(",
      "  show(() => average(range(3))); // 4.5",
    );
    assertMatch(await run(page), /^done in .*, 9 of 10 as the comments say$/);
    assertEquals(await texts(page, ".not-so small"), ["the comment says 4.5"]);
  }));

test("changes outlive a reload, and are undone", () =>
  visit("11_lambdas", async (page) => {
    const before = await page.$$eval(
      "textarea",
      (all) => all.map((it) => it.value),
    );
    await write(page, "power(2, 3)", "  show(() => power(2, 4)); // 16");
    await page.reload();
    const after = await page.$$eval(
      "textarea",
      (all) => all.map((it) => it.value),
    );
    assert(after.includes("  show(() => power(2, 4)); // 16"));
    assertMatch(await run(page), /^done in .*, 10 of 10 as the comments say$/);
    await press(page, "Undo my changes");
    assertEquals(
      await page.$$eval("textarea", (all) => all.map((it) => it.value)),
      before,
    );
    await page.reload();
    assertEquals(
      await page.$$eval("textarea", (all) => all.map((it) => it.value)),
      before,
    );
  }));

test("a link shows another person's changes, and runs nothing", () =>
  visit("11_lambdas", async (page) => {
    await write(page, "power(2, 3)", "  show(() => power(2, 5)); // 32");
    await press(page, "Link to my changes");
    await status(page, /^the link is/);
    const link = page.url();
    assertMatch(link, /#change=[\w-]+/);
    await visit("index", async (other) => {
      await other.goto(link);
      await other.waitForSelector("#foreign");
      assertMatch(
        (await texts(other, "#foreign"))[0]!,
        /changed by another person.*before you press Run/,
      );
      const fields = await other.$$eval(
        "textarea",
        (all) => all.map((it) => it.value),
      );
      assert(fields.includes("  show(() => power(2, 5)); // 32"));
      assertMatch(await status(other, /./), /^ready/);
      assertMatch(await run(other), /10 of 10 as the comments say$/);
      await press(other, "Undo my changes");
      assertEquals(await other.$("#foreign"), null);
      await other.goto(link.slice(0, -9));
      await other.reload();
      await other.waitForSelector("#foreign");
      assertMatch((await texts(other, "#foreign"))[0]!, /cannot be read/);
    });
  }));

for (const at of isChromium ? [http, file] : []) {
  test(
    `without scripts, text and recorded results stand (${at.slice(0, 4)})`,
    () =>
      visit("03_pool", async (page) => {
        const html = await page.content();
        assertMatch(
          html,
          /A sequential program computes one thing after another/,
        );
        assertMatch(html, /recorded with Deno [\d.]+ on \w+, \d+ processors?/);
        assertMatch(html, /<samp>21333325333334000000n<\/samp>/);
        assertMatch(html, /<svg class="timeline" role="img"/);
      }, { at, scripts: false }),
  );
}

test("a lesson that needs more than a browser shows what it printed", () =>
  visit("14_subprocess", async (page) => {
    assertEquals(await page.$("#run"), null);
    assertEquals(await page.$("textarea"), null);
    const values = await page.$$(".out.recorded .value");
    assertEquals(values.length, claimsOf(sources.get("14_subprocess")!).length);
  }));

test("light and dark: as the system has it, until the reader chooses", () =>
  visit("index", async (page) => {
    const ground = () =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await press(page, "Dark");
    const dark = await ground();
    assert(light !== dark, dark);
    await page.reload();
    assertEquals(await ground(), dark);
    await press(page, "Light");
    assertEquals(await ground(), light);
  }));

test("a page that a plain server sends isolates itself, if it was built so", async () => {
  const plain = `${out}-plain`;
  await Deno.mkdir(plain);
  await Deno.copyFile(`${out}/.recorded.json`, `${plain}/.recorded.json`);
  await build({ out: plain, isolate: true, values: quick });
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async ({ url }) => {
      const name = new URL(url).pathname.slice(1);
      const type = { html: "text/html", css: "text/css" }[name.split(".")[1]!];
      return new Response(
        await Deno.readTextFile(`${plain}/${name}`),
        { headers: { "content-type": type ?? "text/javascript" } },
      );
    },
  );
  try {
    await visit("06_shared_memory", async (page) => {
      await page.waitForFunction(() =>
        crossOriginIsolated && document.querySelector("#run")
      );
      assertMatch(await run(page), /^done in /);
    }, { at: `http://127.0.0.1:${server.addr.port}/` });
  } finally {
    await server.shutdown();
    await Deno.remove(plain, { recursive: true });
  }
});

test("the command says what is wrong with its options", async () => {
  for (
    const [option, text] of [
      ["--ou", "unknown option or argument: --ou"],
      ["--port=x", '--port: "x" is no number of a port'],
      ["--out=", "--out: a folder is missing"],
    ]
  ) {
    const { code, stderr } = await deno(
      ...["run", "--no-lock", "--no-check", "--allow-read"],
      ...["--allow-env", "book/build.ts", option!],
    );
    assertEquals(code, 2);
    assertStringIncludes(stderr, `book: ${text}\n\nBuilds the book`);
  }
});

if (isChromium) {
  const { source: axe } = (await import("npm:axe-core@4.14.1")).default;
  const views = [1280, 390].flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => ({ width, scheme }))
  );
  for (const [i, name] of ["index", ...names].entries()) {
    // One lesson is looked at in all views, each of the others in one.
    const wanted = name === "11_lambdas" ? views : [views[i % 4]!];
    for (const view of wanted) {
      test(`${name} is accessible at ${view.width} px, ${view.scheme}`, () =>
        visit(name, async (page) => {
          if (name === "11_lambdas") {
            await run(page);
            await press(page, "Solve it yourself");
          }
          const size = await page.evaluate(() =>
            document.documentElement.scrollWidth
          );
          assertEquals(size, view.width, "nothing scrolls sideways");
          await page.evaluate(axe);
          const found = await page.evaluate(async () => {
            // deno-lint-ignore no-explicit-any
            const { violations } = await (globalThis as any).axe.run({
              resultTypes: ["violations"],
            });
            // deno-lint-ignore no-explicit-any
            return violations.map((it: any) =>
              `${it.id}: ${it.nodes[0].html} ${it.nodes[0].failureSummary}`
            );
          });
          assertEquals(found, []);
        }, view));
    }
  }

  test("the pages are valid HTML", async () => {
    const { HtmlValidate } = await import("npm:html-validate@11.21.1");
    const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
    for (const name of ["index", ...names]) {
      const html = await Deno.readTextFile(`${out}/${name}.html`);
      const { results } = await validator.validateString(html);
      assertEquals(
        results.flatMap(({ messages }) => messages).map((it) =>
          `${name}:${it.line}: ${it.ruleId}: ${it.message}`
        ),
        [],
      );
    }
  });

  test("the scripts take at most 150 KB, compressed", async () => {
    let size = 0;
    for (const name of ["book.js", "runtime.js"]) {
      const { body } = new Response(await Deno.readFile(`${out}/${name}`));
      const packed = body!.pipeThrough(new CompressionStream("gzip"));
      size += (await new Response(packed).bytes()).length;
    }
    assert(size <= 150_000, `${size} bytes`);
  });
}

// These press keys, which only one page can get.
Deno.test("everything can be reached by keyboard, and nothing traps it", () =>
  visit("11_lambdas", async (page) => {
    const seen = new Set<string>();
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const it = document.activeElement!;
        return it.id ||
          `${it.tagName} ${it.textContent} ${it.getAttribute("aria-label")}`;
      });
      seen.add(at);
      if (at === "run") break;
    }
    assert(seen.has("run"), [...seen].join("\n"));
    const fields = [...seen].filter((it) => it.startsWith("TEXTAREA"));
    assert(fields.length > 10, `${fields.length} fields`);
    await page.keyboard.press("Enter");
    await status(page, /^done/);
    await page.focus("textarea");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("const typed = 1;");
    const written = await page.$eval("textarea", (it) => it.value);
    assertMatch(written, /^( *)\S.*\n\1const typed = 1;/);
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
    await status(page, /^done/);
  }));

Deno.test("the menu leads to every lesson and section, by keyboard too", () =>
  visit("03_pool", async (page) => {
    await page.focus(".menu summary");
    await page.keyboard.press("Enter");
    const links = await page.$$eval(
      ".menu a",
      (all) => all.map((it) => it.getAttribute("href")!),
    );
    for (const name of names) assert(links.includes(`${name}.html`), name);
    const ids = links.filter((it) => it.startsWith("#"));
    assert(ids.includes("#how-large-must-a-task-be"), ids.join());
    for (const id of ids) assert(await page.$(id), id);
    await page.keyboard.press("Escape");
    assertEquals(
      await page.$eval(".menu", (it) => it.hasAttribute("open")),
      false,
    );
  }));

Deno.test("no page asked for anything from elsewhere, or complained", () => {
  assertEquals(foreign, []);
  // Firefox notes errors that were caught, too.
  if (isChromium) assertEquals(complaints, []);
});
