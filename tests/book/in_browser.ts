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
  assertThrows,
} from "@std/assert";
import puppeteer, { type Page } from "npm:puppeteer-core@25.16.0";
import { build, serve } from "../../book/build.ts";
import { canGuess, claimsOf } from "../../lib/lesson/claims.ts";
import { compile, CompileError } from "../../book/compile.ts";
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
  "08_waiting_or_computing": { n: 50_000 },
  "13_pipelines": { total: 1_000 },
};
await build({ out, values: quick, isDraft: true });
const server = serve(out, 0);
const http = `http://127.0.0.1:${server.addr.port}/`;
const file = new URL(`file://${out}/`).href;
const browser = await puppeteer.launch({
  browser: isChromium ? "chrome" : "firefox",
  executablePath,
  timeout: 100_000,
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
  // Firefox may lose a tab that opens while another one closes.
  const page = await context.newPage()
    .catch(() => context.newPage());
  try {
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(blob|data):/.test(url) && !url.startsWith(at)) foreign.push(url);
    });
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    // On a busy machine, all takes long; whoever hangs is told, too.
    page.setDefaultTimeout(100_000);
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
    {},
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
    const values = { runs: "1", large: "20000", n: "50000" };
    for (const [name, value] of Object.entries(values)) {
      const field = document.querySelector(`#options [name=${name}]`);
      if (field) (field as HTMLInputElement).value = value;
    }
  });
}

/** Replaces the first piece of code whose text includes another one. */
async function write(page: Page, having: string, text: string): Promise<void> {
  const found = await page.evaluate(
    (having, text) => {
      const view = [...document.querySelectorAll(".edit > .code")]
        .find((it) => it.textContent!.includes(having));
      if (!view) return false;
      for (
        let fold = view.closest("details");
        fold;
        fold = fold.parentElement!.closest("details")
      ) fold.open = true;
      const enter = { key: "Enter", cancelable: true };
      const open = () => view.parentElement!.querySelector("textarea");
      if (!open()) view.dispatchEvent(new KeyboardEvent("keydown", enter));
      const field = open()!;
      field.value = text;
      field.dispatchEvent(new Event("input"));
      return true;
    },
    having,
    text,
  );
  assert(found, `a field holds ${having}`);
}

/** All code of a page, as it stands there. */
function codeOn(page: Page): Promise<string[]> {
  return page.$$eval(
    ".edit > .code",
    (all) => all.map((it) => it.textContent!.replace(/\n$/, "")),
  );
}

/** The lesson of most tests, and its first statements that show a value. */
const plain = "11_lambdas";
const statements = claimsOf(sources.get(plain)!).map(({ line }) =>
  sources.get(plain)!.split("\n")[line - 1]!
).filter((line) => line.endsWith("]") || /\d$/.test(line));
const first = statements[0]!;

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

/** The statements that have a result, and how many rows and drawings it has. */
function resultsOn(page: Page): Promise<string[]> {
  return page.$$eval(".out", (all) =>
    all.map((out) => {
      const before = [...document.querySelectorAll(".edit > .code")]
        .findLast((it) => it.compareDocumentPosition(out) & 4)!;
      const parts = ["table", "figure", ".bars"].map((kind) =>
        `${kind} ${out.querySelectorAll(kind).length}`
      );
      return `${before.textContent!.split("\n")[0]} ${parts.join(", ")}`;
    }));
}

for (const name of running) {
  test(`${name} runs over http, and prints what its comments say, where the recording has it`, () =>
    visit(name, async (page) => {
      await makeQuick(page);
      const before = await resultsOn(page);
      const ended = await run(page);
      await assertAllSaid(page, name, ended);
      assertEquals(await resultsOn(page), before);
      if (name === "03_pool") {
        assertEquals(
          await texts(page, ".out .timeline .name"),
          [1, 2, 3, 4].map((n) => `Worker ${n}`),
        );
        assertEquals((await page.$$(".out .timeline .task")).length, 8);
        assertEquals((await page.$$(".out .gains circle")).length, 3);
        const under = await page.$eval(
          ".out:has(tbody tr)",
          (it) => it.previousElementSibling!.textContent!,
        );
        assertMatch(under, /measure\(/);
        assertEquals((await page.$$("tbody tr")).length, 2);
      }
      // What is lazy cannot be weighed in a page.
      if (/heapInUse\(/.test(sources.get(name)!)) {
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
  test(`${name}: each exercise, solved wrongly and rightly`, () =>
    visit(name, async (page) => {
      const offered = await page.$$eval(
        "[data-exercise]",
        (all) => all.map((it) => (it as HTMLElement).dataset["exercise"]!),
      );
      // No page can weigh what a value takes.
      const all = exercisesOf(name).filter((it) => !it.isWeighing);
      assertEquals(offered.toSorted(), all.map((it) => it.name).toSorted());
      for (const [i, exercise] of all.entries()) {
        const group = `[data-exercise="${exercise.name}"]`;
        const check = async () => {
          await page.$eval("#status", (it) => it.textContent = "");
          await press(page, "Check", group);
          await status(page, new RegExp(`^${exercise.name}: (\\d|the )`));
          return (await texts(page, `${group} .report`))[0]!;
        };
        await press(page, "Solve it yourself", group);
        const empty = await check();
        assertMatch(empty, /^✗ Not solved yet\n/, exercise.name);
        assertStringIncludes(empty, `${exercise.name}: ${exercise.task}`);

        await write(page, `TODO ${exercise.name}`, "  // wrong");
        assertMatch(await check(), /^✗ Not solved yet\n/, exercise.name);

        await press(page, "Hint", group);
        assertEquals((await texts(page, `${group} .hints li`)).length, 1);
        await write(page, "// wrong", exercise.solution);
        assertMatch(await check(), /^✓ Solved\n/, exercise.name);
        assertStringIncludes(
          (await texts(page, `${group} .report`))[0]!,
          i === all.length - 1 ? "All exercises" : `Next: ${all[i + 1]!.name}`,
        );
      }
      await page.goto(`${http}index.html`);
      assertMatch(
        (await texts(page, `[data-progress="${name}"]`))[0]!,
        new RegExp(`^${all.length} of ${all.length} exercises? solved$`),
      );
    }));
}

/** The exercises of a lesson, and their solutions. */
function exercisesOf(name: string) {
  const { sections, segments } = pageOf(sources.get(name)!);
  return sections.flatMap(({ rows }) => rows).flatMap(({ boxes }) => boxes)
    .flatMap((box) => {
      const code = box.segments.map((i) => segments[i]!.text).join("");
      return box.exercises.map((it) => ({
        ...it,
        isWeighing: /heapInUse/.test(code),
        solution: segments[it.segment]!.text.replace(/\n$/, ""),
      }));
    });
}

test("a wrong solution is told as asked, yours and expected", () =>
  visit(plain, async (page) => {
    const group = '[data-exercise="average"]';
    await press(page, "Solve it yourself", group);
    await write(page, "TODO average:", "  return sum(values);");
    await press(page, "Check", group);
    await status(page, /^average: 0 of 1 solved/);
    const [report] = await texts(page, `${group} .report`);
    assertMatch(report!, /The first test that fails: average: /);
    assertMatch(report!, /it asked\s+assert/);
    assertMatch(report!, /your code gave\s+\d/);
    assertMatch(report!, /it should give\s+\d/);
    // Whoever is stuck sees ours, and loses nothing.
    for (let i = 0; i < 9; i++) await press(page, "Hint", group);
    const hints = await texts(page, `${group} .hints li`);
    assertEquals(hints.at(-1), "Our solution");
    await page.click(`${group} .hints summary`);
    assertMatch(
      (await texts(page, `${group} .hints pre`))[0]!,
      /return sum\(values\) \//,
    );
    assert((await codeOn(page)).includes("  return sum(values);"));
  }));

test("Stop ends an endless loop, and the lesson runs again", () =>
  visit(plain, async (page) => {
    await write(page, first, "  for (;;);");
    await press(page, "Run");
    await status(page, /^running/);
    // A value that was not computed does not look as if it was.
    const ticks = await page.$$eval(
      ".out .so",
      (all) =>
        all.filter((it) => getComputedStyle(it).visibility === "visible")
          .length,
    );
    assertEquals(ticks, 0);
    await press(page, "Stop");
    await status(page, /^stopped/);
    const labels = await texts(page, ".out.old .label");
    assert(labels.length > 5 && labels.every((it) => /^recorded/.test(it)));
    await press(page, "Undo my changes");
    assertMatch(await run(page), /^done/);
    assertEquals(await texts(page, ".out.old"), []);
  }));

test("a result is not that of code that was changed", () =>
  visit(plain, async (page) => {
    await run(page);
    const under = (text: string) =>
      page.$$eval(".edit > .code", (all, text) => {
        const code = all.find((it) => it.textContent!.includes(text))!;
        const out = code.closest(".edit")!.nextElementSibling as HTMLElement;
        const tick = out.querySelector(".so");
        return `${out.querySelector(".label")?.textContent} ${
          tick && getComputedStyle(tick).visibility
        }`;
      }, text);
    assertEquals(await under(first), "undefined visible");
    await write(page, first, "  show(() => 7); // 7");
    assertEquals(await under("7"), "from before your change hidden");
    await write(page, "show(() => 7)", first);
    assertEquals(await under(first), "undefined visible");
  }));

test("a worker that prints without end can be stopped", () =>
  visit("02_workers", async (page) => {
    const statement = sources.get("02_workers")!
      .split("\n")[claimsOf(sources.get("02_workers")!)[0]!.line - 1]!;
    await write(
      page,
      statement,
      '  const loud = new FunctionWorker(() => { for (;;) console.log("again"); });\n' +
        "  loud.start();\n  await loud.join();",
    );
    await press(page, "Run");
    await page.waitForSelector(".log");
    await press(page, "Stop");
    await status(page, /^stopped/);
    const [log] = await texts(page, ".log");
    assert(log!.split("\n").length <= 5_001);
  }));

test("of a text that nobody can read, the beginning is shown", () =>
  visit(plain, async (page) => {
    await write(page, first, '  show(() => "x".repeat(1_000_000));');
    assertMatch(await run(page), /^done/);
    const [shown] = await texts(page, ".out:not(.recorded) samp");
    assertMatch(shown!, /^"x{10000,30000} …$/);
  }));

test("a program that starts workers without end is ended", () =>
  visit(plain, async (page) => {
    await write(
      page,
      first,
      '  const blob = new Blob([""]);\n' +
        "  for (;;) new Worker(URL.createObjectURL(blob));",
    );
    assertMatch(await run(page), /^failed: more than 256 workers/);
  }));

test("leaving a lesson that runs ends it", () =>
  visit("03_pool", async (page) => {
    await write(page, "sumOfSquares(4)", "  for (;;);");
    await press(page, "Run");
    await status(page, /^running/);
    await page.goto(`${http}${plain}.html`);
    assertMatch(await run(page), /^done/);
    if (isChromium) assertEquals(page.workers().length, 0);
  }));

test("a lesson that is run twice prints once", () =>
  visit(plain, async (page) => {
    await press(page, "Run");
    assertMatch(await run(page), /^done/);
    assertEquals((await page.$$(".value")).length, valuesOf(plain));
  }));

const cases: [name: string, code: string, text: RegExp][] = [
  ["a syntax error", "  show(() => add(1, 2);", /^SyntaxError: /],
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
    /^TypeError: there is no module ".\/other.ts" in the book/,
  ],
];
for (const [name, code, text] of cases) {
  test(`${name} stands under its line`, () =>
    visit(plain, async (page) => {
      // Not the first one: what ran last is another statement.
      await write(page, statements[2]!, code);
      assertMatch(await run(page), /^failed: /);
      const under = await page.$eval(
        ".failed",
        (it) =>
          [
            it.textContent!,
            it.parentElement!.previousElementSibling!.querySelector(
              "textarea",
            )!.value,
            it.checkVisibility(),
          ] as const,
      );
      assertMatch(under[0], text);
      assertEquals(under[1], code);
      assert(under[2], "it can be seen");
    }));
}

test("an error is seen wherever its line is, and never as an address", () =>
  visit(plain, async (page) => {
    const failed = async () => {
      assertMatch(await run(page), /^failed/);
      await page.waitForSelector(".failed");
      return await page.$eval(".failed", (it) => {
        it.scrollIntoView();
        return `${it.checkVisibility()} ${it.textContent}`;
      });
    };
    const all: string[] = [];
    const declared = /^export function .*$/m.exec(sources.get(plain)!)![0];
    const imports = pageOf(sources.get(plain)!).segments
      .find(({ text }) => text.includes('from "../mod.ts"'))!.text;
    const wrong = [
      ['from "../mod.ts"', `import _ from "npm:lodash";\n_;\n${imports}`],
      [declared, declared.replace("{", "")],
      [
        'from "../mod.ts"',
        `import { nothing } from "../mod.ts";\nnothing();\n${imports}`,
      ],
    ] as const;
    for (const [having, code] of wrong) {
      await write(page, having, code);
      all.push(await failed());
      await press(page, "Undo my changes");
    }
    assertMatch(
      all[0]!,
      /^true SyntaxError: the book cannot import "npm:lodash"/,
    );
    assertMatch(all[1]!, /^true SyntaxError: /);
    assertMatch(
      all[2]!,
      /^true SyntaxError: "..\/mod.ts" does not export nothing/,
    );
  }));

test("Deno.exit ends a lesson, and all of console prints", () =>
  visit(plain, async (page) => {
    await write(
      page,
      first,
      '  console.table([{ n: 1, x: "a" }, { n: 2, x: "b" }]);\n' +
        '  console.assert(false, "no");\n  console.dir([1]);\n' +
        "  Deno.exit(3);",
    );
    await press(page, "Run");
    await status(page, /^the lesson called Deno\.exit\(3\)$/);
    assertMatch(
      (await texts(page, ".log")).join(),
      /^\s*n +x\n0 +1 +"a"\n1 +2 +"b"\nAssertion failed: no\n\[ 1 \]$/,
    );
    assertEquals(await texts(page, ".edit.running"), []);
  }));

test("a value that differs is shown beside the comment", () =>
  visit(plain, async (page) => {
    await write(page, first, "  show(() => add(1, 2)); // 4.5");
    const all = valuesOf(plain);
    assertMatch(
      await run(page),
      new RegExp(`^done in .*, ${all - 1} of ${all} as the comments say$`),
    );
    assertEquals(await texts(page, ".not-so small"), ["the comment says 4.5"]);
  }));

test("changes outlive a reload, are undone, and are brought back", () =>
  visit(plain, async (page) => {
    const before = await codeOn(page);
    const mine = "  show(() => add(1, 2)); // 3";
    await write(page, first, mine);
    await page.reload();
    assert((await codeOn(page)).includes(mine));
    const all = valuesOf(plain);
    assertStringIncludes(await run(page), `${all} of ${all} as the comments`);
    await press(page, "Undo my changes");
    assertEquals(await codeOn(page), before);
    await page.reload();
    assertEquals(await codeOn(page), before);
    // A second version, undone as well: both can be reached.
    const other = "  show(() => add(1, 3)); // 4";
    await write(page, first, other);
    await press(page, "Undo my changes");
    await page.reload();
    await press(page, "Bring back");
    assert((await codeOn(page)).includes(other));
    await press(page, "Bring back");
    assert((await codeOn(page)).includes(mine));
    await press(page, "Bring back");
    assert((await codeOn(page)).includes(other));
  }));

test("from the disk, no code that is written stops the page", () =>
  visit("06_shared_memory", async (page) => {
    const endless = "export function add() {\n  for (;;);\n}";
    await write(page, "function add(", endless);
    await page.reload();
    assert((await codeOn(page)).includes(endless));
    await press(page, "Step worker 1 1", ".scheduler");
    await page.waitForSelector(".order li");
    assertEquals(await texts(page, ".order li"), ["worker 1 reads 0"]);
  }, { at: file }));

test("whoever comes back to a page can go on", () =>
  visit("06_shared_memory", async (page) => {
    await page.waitForSelector(".scheduler .here");
    await page.goto(`${http}${plain}.html`);
    await page.goBack();
    await page.waitForSelector(".scheduler .here");
    await press(page, "Step worker 2 2", ".scheduler");
    await page.waitForSelector(".order li");
    assertEquals(await texts(page, ".order li"), ["worker 2 reads 0"]);
  }));

test("what is played with has an end, and leaves no thread", () =>
  visit("13_pipelines", async (page) => {
    const endless = "export function evaluationOrder() {\n  for (;;);\n}";
    await write(page, "function evaluationOrder(", endless);
    // A minute is too long for a test.
    await page.evaluate(() => {
      const { timeout } = AbortSignal;
      AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 40);
    });
    await press(page, "Show the order", ".widget");
    await press(page, "Show the order", ".widget");
    await page.waitForFunction(() =>
      /^no answer after 60 s/.test(
        document.querySelector(".told")!.textContent!,
      )
    );
    await page.evaluate(() => {
      AbortSignal.timeout = () => new AbortController().signal;
    });
    const exit = "export function evaluationOrder() {\n  Deno.exit();\n}";
    await write(page, "function evaluationOrder(", exit);
    await press(page, "Show the order", ".widget");
    await page.waitForFunction(() =>
      /Deno.exit/.test(document.querySelector(".told")!.textContent!)
    );
    for (let i = 0; isChromium && page.workers().length > 0; i++) {
      assert(i < 10_000, "no thread is left");
      await page.evaluate(() => {});
    }
  }));

test("half a change does not take the scheduler away, which shows no marks", () =>
  visit("06_shared_memory", async (page) => {
    await write(page, "function add(", "export function add({ counter }) {");
    await page.reload();
    await page.waitForSelector(".scheduler .here");
    await page.click(".scheduler [value='2']");
    const shown = ".scheduler pre";
    await page.waitForFunction(
      (shown) => /lock/.test(document.querySelector(shown)!.textContent!),
      {},
      shown,
    );
    const [code] = await texts(page, shown);
    assertMatch(code!, /using _held/);
    assert(!code!.includes("#"), code);
  }));

test("a check that ends a run says what is not of this run", () =>
  visit(plain, async (page) => {
    await write(page, first, "  for (;;);");
    await press(page, "Run");
    await status(page, /^running/);
    await press(page, "Solve it yourself");
    await press(page, "Check");
    await status(page, /solved$/);
    const labels = await page.$$eval(
      ".out.old",
      (all) => all.map((it) => it.querySelector(".label")?.textContent ?? ""),
    );
    assert(labels.length > 5 && labels.every(Boolean), labels.join("\n"));
  }));

test("two tabs: neither takes away what the other one has written", () =>
  visit(plain, async (page) => {
    const tab = await page.browserContext().newPage();
    await tab.goto(`${http}${plain}.html`);
    const [one, two] = ["  show(() => 1); // 1", "  show(() => 2); // 2"];
    await write(page, first, one);
    await write(tab, statements[1]!, two);
    // A tab in the background draws no frames, for which waiting would wait.
    await page.bringToFront();
    await page.reload();
    const code = await codeOn(page);
    assert(code.includes(one) && code.includes(two), code.join("\n"));
    await press(page, "Undo my changes");
    await tab.waitForFunction(
      (text) => !document.querySelector("main")!.textContent!.includes(text),
      { polling: 50 },
      two.trim(),
    );
    // What is solved is not forgotten, either.
    const solve = (at: Page, name: string) =>
      at.evaluate((name) => {
        const all = JSON.parse(localStorage["side-by-side:solved"] ?? "{}");
        all["other"] = [...all["other"] ?? [], name];
        localStorage["side-by-side:solved"] = JSON.stringify(all);
      }, name);
    await solve(tab, "elsewhere");
    const [exercise] = exercisesOf(plain);
    await press(page, "Solve it yourself");
    await write(page, `TODO ${exercise!.name}`, exercise!.solution);
    await press(page, "Check");
    await status(page, /1 of 1 solved/);
    const solved = await tab.evaluate(() =>
      JSON.parse(localStorage["side-by-side:solved"])
    );
    assertEquals(solved, { other: ["elsewhere"], [plain]: [exercise!.name] });
  }));

test("what cannot be saved is said, and asked for before it is lost", () =>
  visit(plain, async (page) => {
    await page.evaluate(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    const mine = "  show(() => 1); // 1";
    await write(page, first, mine);
    assertMatch(await status(page, /./), /^not saved/);
    await write(page, statements[1]!, "  show(() => 2); // 2");
    const code = await codeOn(page);
    assert(code.includes(mine) && code.includes("  show(() => 2); // 2"));
    const isAsked = await page.evaluate(() =>
      !dispatchEvent(new Event("beforeunload", { cancelable: true }))
    );
    assert(isAsked, "leaving asks first");
  }));

test("work on an earlier edition of a lesson is shown where it fits, and kept", () =>
  visit(plain, async (page) => {
    await page.evaluate(
      (name, from) => {
        const changes = [
          // This statement stood elsewhere, and that one is no more.
          { n: 0, from: `${from}\n`, to: "  show(() => 1); // 1\n" },
          { n: 1, from: "  gone();\n", to: "  mine();\n" },
        ];
        localStorage[`side-by-side:${name}`] = JSON.stringify({
          changes,
          begun: [],
        });
      },
      plain,
      first,
    );
    await page.reload();
    assert((await codeOn(page)).includes("  show(() => 1); // 1"));
    assertMatch(
      await page.$eval(".intro details", (it) => it.textContent!),
      /earlier edition.*mine\(\);/s,
    );
    await write(page, "show(() => 1)", "  show(() => 2); // 2");
    await page.reload();
    assertMatch(
      await page.$eval(".intro details", (it) => it.textContent!),
      /mine/,
    );
  }));

test("a link shows another person's changes, runs nothing, and takes nothing away", () =>
  visit(plain, async (page) => {
    const theirs = "  show(() => add(1, 4)); // 5";
    await write(page, first, theirs);
    await press(page, "Link to my changes");
    await status(page, /^the link is/);
    const link = page.url();
    assertMatch(link, /#change=[\w-]+/);
    // The author goes on writing, and reloads.
    const later = "  show(() => 9); // 9";
    await write(page, statements[1]!, later);
    await page.reload();
    const code = await codeOn(page);
    assert(code.includes(theirs) && code.includes(later), "nothing is lost");

    await visit(plain, async (other) => {
      const mine = "  show(() => 8); // 8";
      await write(other, statements[1]!, mine);
      await other.goto("about:blank");
      await other.goto(link);
      await other.waitForSelector("#foreign");
      assertMatch(
        (await texts(other, "#foreign"))[0]!,
        /changed by another person.*before you press Run/,
      );
      assert((await codeOn(other)).includes(theirs));
      assert(!(await codeOn(other)).includes(mine));
      assertMatch(await status(other, /./), /^ready/);
      // Typing makes it one's own; what was there before comes back.
      await write(other, first.slice(0, 8), "  show(() => 6); // 6");
      assertEquals(await other.$("#foreign"), null);
      await other.reload();
      assert((await codeOn(other)).includes("  show(() => 6); // 6"));
      await press(other, "Bring back");
      assert((await codeOn(other)).includes(mine), "one's own is back");

      await other.goto("about:blank");
      await other.goto(link);
      await other.waitForSelector("#foreign");
      await press(other, "Undo my changes");
      assertEquals(await other.$("#foreign"), null);
      assert((await codeOn(other)).includes(mine), "it was never touched");
      await other.goto("about:blank");
      await other.goto(link.slice(0, -9));
      await other.waitForSelector("#foreign");
      assertMatch((await texts(other, "#foreign"))[0]!, /cannot be read/);
    });
  }));

test("Predict hides what can be guessed, and judges guesses", () =>
  visit(plain, async (page) => {
    await press(page, "Predict");
    const all = claimsOf(sources.get(plain)!)
      .filter(({ value }) => canGuess(value));
    assertEquals(await status(page, /guess/), `${all.length} values to guess`);
    const seen = () =>
      page.$$eval(
        ".value.asked samp",
        (all) => all.filter((it) => it.checkVisibility()).length,
      );
    assertEquals(await seen(), 0);
    const claims = await page.$$eval(
      ".edit:not(:has(textarea)) .claim",
      (all) => all.filter((it) => it.checkVisibility()).length,
    );
    assertEquals(claims, 0, "no comment tells it");
    const guess = (text: string) =>
      page.$eval(".guess", (form, text) => {
        form.querySelector("input")!.value = text;
        form.querySelector("button")!.click();
      }, text);
    await guess(all[0]!.value.replaceAll(" ", ""));
    assertEquals(await texts(page, ".guessed"), ["right"]);
    await guess("nonsense");
    assertEquals(
      (await texts(page, ".guessed"))[1],
      "wrong: you said nonsense",
    );
    assertEquals(await status(page, /right/), "1 of 2 guesses right");
    // What was seen stays so when the lesson runs; the rest is asked again.
    assertMatch(await run(page), /^done/);
    assertEquals((await page.$$(".guess")).length, all.length - 2);
    await press(page, "Predict");
    assertEquals(await page.$(".guess"), null);
    assertEquals((await page.$$(".value.asked")).length, 0);
  }));

test("the front page runs tasks on the reader's processors, and measures the gain", () =>
  visit("index", async (page) => {
    await page.waitForFunction(() =>
      /one after another, .* on \d/.test(
        document.querySelector(".told")!.textContent!,
      )
    );
    await page.$eval("input[name=size]", (it) => {
      it.value = "1";
      it.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await page.waitForFunction(() =>
      document.querySelectorAll(".widget .timeline .task").length === 8
    );
    await page.evaluate(() => {
      const all = [...document.querySelectorAll<HTMLElement>(".widget button")];
      all.find((it) => it.textContent!.startsWith("Try"))!.click();
    });
    await page.waitForFunction(() =>
      document.querySelectorAll(".gains circle").length >= 4
    );
    assertMatch(
      (await texts(page, ".curve figcaption"))[0]!,
      /By Amdahl's law, \d+ % of the work ran in parallel|gained nothing|^One/,
    );
  }));

test("a curve is of one size of tasks, and of the code that stands there", () =>
  visit("03_pool", async (page) => {
    const choose = (size: string) =>
      page.$eval(".widget [name=size]", (it, size) => {
        Object.assign(it, { value: size });
        it.dispatchEvent(new Event("input", { bubbles: true }));
      }, size);
    for (
      const change of [
        () => choose("1"),
        () => write(page, "function sumOfSquares", "// other"),
      ]
    ) {
      await choose("0");
      await page.evaluate(() => {
        const all = document.querySelectorAll<HTMLElement>(".widget button");
        [...all].find((it) => it.textContent!.startsWith("Try"))!.click();
      });
      await page.waitForSelector(".widget .curve svg");
      await change();
      assertEquals(await page.$(".widget .curve svg"), null);
    }
  }));

test("the pictures of the front page are of one table each", () =>
  visit("index", async (page) => {
    const widths = await page.$$eval(
      ".picture tr",
      (all) =>
        all.map((it) => {
          const head = it.closest("table")!.querySelector("tr")!;
          return it.children.length - head.children.length;
        }),
    );
    assert(widths.length > 10 && widths.every((it) => it === 0), widths.join());
  }));

test("exports and defaults are folded until the code is changed, and copied", () =>
  visit("03_pool", async (page) => {
    const look = () =>
      page.$$eval(".edit > .code", (all) => {
        const code = all.find((it) =>
          /function runSequential/.test(it.textContent!)
        )!;
        getSelection()!.selectAllChildren(code);
        let copied = "";
        const clipboardData = {
          setData: (_: string, text: string) => copied = text,
        };
        const event = new Event("copy", { bubbles: true });
        code.dispatchEvent(Object.assign(event, { clipboardData }));
        getSelection()!.removeAllRanges();
        return [(code as HTMLElement).innerText, copied] as const;
      });
    const whole =
      /^export function runSequential\([^]* task: \(n: number\) => bigint = sumOfSquares,\n/;
    const [folded, copied] = await look();
    assertMatch(folded, /^function runSequential\([^]* task,\n/);
    assertMatch(copied, whole);
    await page.evaluate(() => {
      const all = [...document.querySelectorAll(".edit > .code")];
      all.find((it) => /function runSequential/.test(it.textContent!))!
        .dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    });
    assertMatch((await look())[0], whole);
  }));

test("the order of a pipeline is stepped through, for the reader's numbers", () =>
  visit("13_pipelines", async (page) => {
    await page.$eval("input[name=items]", (it) => it.value = "6, 8");
    await press(page, "Show the order", ".widget");
    await page.waitForSelector(".lanes td[data-step]");
    assertMatch(
      (await texts(page, ".widget .told"))[0]!,
      /lazy pipeline: built/,
    );
    await press(page, "Next step", ".widget");
    assertMatch(
      (await texts(page, ".widget .told"))[0]!,
      /lazy pipeline: filter 6 · methods of arrays: filter 8/,
    );
    assertEquals(await texts(page, ".lanes td.now"), ["6", "8"]);
  }));

test("at 390 px, menu and options are on the page, and code does not wrap", () =>
  visit("03_pool", async (page) => {
    await page.click("[popovertarget=menu]");
    const menu = await page.$eval("#menu", (it) => {
      const { left, right } = it.getBoundingClientRect();
      return left >= 0 && right <= innerWidth;
    });
    assert(menu, "the menu is on the page");
    await page.keyboard.press("Escape");
    await page.click("[popovertarget=more]");
    await page.click("[popovertarget=options]");
    const boxes = await page.$$eval("#options input", (all) =>
      all.map((it) => {
        const { left, right, top } = it.getBoundingClientRect();
        return left >= 0 && right <= innerWidth && top >= 0;
      }));
    assert(boxes.length > 3 && boxes.every(Boolean), boxes.join());
    const lines = await page.$$eval(
      ".edit > .code",
      (all) =>
        all.filter((it) => it.checkVisibility()).map((it) => {
          const { fontSize, lineHeight } = getComputedStyle(it);
          const rows = Math.round(
            (it.clientHeight - 2) / parseFloat(lineHeight),
          );
          const lines = it.textContent!.replace(/\n$/, "").split("\n").length;
          return `${fontSize} ${rows - lines}`;
        }),
    );
    assertEquals([...new Set(lines)], ["16px 0"]);
  }, { width: 390 }));

test("at 400 %, the page can be read: nothing stands still in front of it", () =>
  visit(plain, async (page) => {
    await page.setViewport({ width: 320, height: 200 });
    await page.evaluate(() => scrollTo(0, 600));
    const still = await page.$$eval(
      "header.top, .bar, .prose",
      (all) =>
        all.filter((it) => /fixed|sticky/.test(getComputedStyle(it).position))
          .length,
    );
    assertEquals(still, 0);
    const size = await page.evaluate(() =>
      document.documentElement.scrollWidth
    );
    assert(size <= 320, `${size}`);
    await page.$eval("#run", (it) => it.scrollIntoView());
    assertMatch(await run(page), /^done/);
  }));

if (isChromium) {
  test("where colours are forced, the code in use is framed; paper is light", () =>
    visit(plain, async (page) => {
      const session = await page.createCDPSession();
      const emulate = (
        media: string,
        features: { name: string; value: string }[],
      ) => session.send("Emulation.setEmulatedMedia", { media, features });
      await emulate("screen", [{ name: "forced-colors", value: "active" }]);
      await page.focus(".edit > .code");
      await page.keyboard.press("Enter");
      const style = await page.$eval("textarea", (it) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(it);
        return `${outlineStyle} ${outlineWidth}`;
      });
      assertEquals(style, "solid 2px");
      await emulate("print", [{ name: "prefers-color-scheme", value: "dark" }]);
      const ink = await page.evaluate(() =>
        getComputedStyle(document.body).color
      );
      assertEquals(ink, "rgb(27, 34, 45)");
      const bar = await page.$eval(
        ".bar",
        (it) => getComputedStyle(it).display,
      );
      assertEquals(bar, "none");
      // On paper, nobody can unfold what a function does.
      const solutions = await page.$$eval(
        ".solution pre",
        (all) => all.map((it) => it.clientHeight > 0),
      );
      assert(solutions.length > 3 && solutions.every(Boolean));
    }));

  test("where colours are forced, the line of each worker is marked", () =>
    visit("06_shared_memory", async (page) => {
      const session = await page.createCDPSession();
      await session.send("Emulation.setEmulatedMedia", {
        features: [{ name: "forced-colors", value: "active" }],
      });
      await page.waitForSelector(".scheduler .here");
      const colours = await page.$$eval(
        ".scheduler .worker:first-child pre span",
        (all) => all.map((it) => getComputedStyle(it).borderLeftColor),
      );
      const [other, here] = colours;
      assert(other !== here, colours.join());
    }));
}

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
        assertMatch(html, /recorded \(Deno [\d.]+ on \w+, \d+ processors?/);
        assertMatch(html, /<samp>21333325333334000000n<\/samp>/);
        assertMatch(html, /<svg class="timeline" role="img"/);
        const note = (await texts(page, "#note"))[0]!;
        assertMatch(note, /^Results are recorded \([^)]*\)\.$/);
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
  await build({ out: plain, isolate: true, values: quick, isDraft: true });
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

test("compile: imports are asked for by name, others are refused with their line", () => {
  return Promise.resolve().then(() => {
    const code = compile(
      'import { a, b as c } from "../mod.ts";\nimport * as all from "x";\n' +
        "a(c, all);\nawait import('y');\n",
      "lessons/x.ts",
    );
    assertStringIncludes(
      code,
      'const { a, b : c }=course("../mod.ts",["a","b"])',
    );
    assertStringIncludes(code, 'const all=course("x",[])');
    assertStringIncludes(code, "await courseImport('y')");
    for (
      const line of [
        'import d from "z"; d;',
        'export * from "z";',
        'import "z";',
      ]
    ) {
      const error = assertThrows(
        () => compile(`\n${line}\n`, "x.ts"),
        CompileError,
        'the book cannot import "z"',
      );
      assertEquals(error.line, 2, line);
    }
    const error = assertThrows(() => compile("\n\n(", "x.ts"), CompileError);
    assertEquals(error.line, 3);
  });
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

test("a port that is in use is said, without a stack", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const { code, stderr } = await deno(
      ...["run", "--no-lock", "--no-check", "--allow-all", "book/build.ts"],
      ...["--serve", `--out=${out}`, `--port=${taken.addr.port}`],
    );
    assertEquals(
      [code, stderr],
      [
        1,
        `book: another program uses port ${taken.addr.port}: stop it, or ` +
        "choose one with --port\n",
      ],
    );
  } finally {
    taken.close();
  }
});

if (isChromium) {
  const { source: axe } = (await import("npm:axe-core@4.14.1")).default;
  const views = [1280, 390].flatMap((width) =>
    (["light", "dark"] as const).map((scheme) => ({ width, scheme }))
  );
  for (const [i, name] of ["index", ...names].entries()) {
    // One lesson is looked at in all views, each of the others in one.
    const wanted = name === plain ? views : [views[i % 4]!];
    for (const view of wanted) {
      test(`${name} is accessible at ${view.width} px, ${view.scheme}`, () =>
        visit(name, async (page) => {
          if (name === plain) {
            await run(page);
            await press(page, "Solve it yourself");
            await press(page, "Check");
            await status(page, /solved$/);
            if (view.width < 861) await page.click("[popovertarget=more]");
            await press(page, "Predict");
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
              rules: { "target-size": { enabled: true } },
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

  test("the scripts take at most 170 KB, compressed", async () => {
    let size = 0;
    for (const name of ["book.js", "runtime.js"]) {
      const { body } = new Response(await Deno.readFile(`${out}/${name}`));
      const packed = body!.pipeThrough(new CompressionStream("gzip"));
      size += (await new Response(packed).bytes()).length;
    }
    assert(size <= 170_000, `${size} bytes`);
  });
}

// These press keys, which only one page can get.
Deno.test("everything can be reached by keyboard, and nothing traps it", () =>
  visit(plain, async (page) => {
    const seen = new Set<string>();
    for (let i = 0; i < 160; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const it = document.activeElement!;
        return it.id || it.getAttribute("aria-label") || it.textContent!;
      });
      seen.add(at);
      if (at === "run") break;
    }
    assert(seen.has("run"), [...seen].join("\n"));
    const codes = [...seen].filter((it) => it.endsWith(", Enter changes it"));
    assert(codes.length > 10, `${codes.length} pieces of code`);
    await page.keyboard.press("Enter");
    await status(page, /^done/);
    await page.focus(".edit > .code");
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("const typed = 1;");
    const written = await page.$eval("textarea", (it) => it.value);
    assertMatch(written, /^( *)\S.*\n\1const typed = 1;/);
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
    await status(page, /^(done|failed)/);
  }));

Deno.test("Enter in an option runs the lesson with it", () =>
  visit("03_pool", async (page) => {
    await makeQuick(page);
    await page.click("[popovertarget=options]");
    await page.$eval("#options [name=tasks]", (it) => {
      Object.assign(it, { value: "3" });
      (it as HTMLElement).focus();
    });
    await page.keyboard.press("Enter");
    assertMatch(await status(page, /^(done|failed)/), /^done/);
    assertEquals((await page.$$(".out .timeline .task")).length, 3);
  }));

Deno.test("Ctrl+Z brings back what an exercise and Undo my changes took away", () =>
  visit(plain, async (page) => {
    const [exercise] = exercisesOf(plain);
    const group = `[data-exercise="${exercise!.name}"]`;
    const undo = async () => {
      await page.keyboard.down("Control");
      await page.keyboard.press("z");
      await page.keyboard.up("Control");
    };
    await write(page, exercise!.solution, "  return 77;");
    await press(page, "Solve it yourself", group);
    assertMatch((await codeOn(page)).join("\n"), /TODO/);
    await page.focus(`${group} button:not([hidden])`);
    await undo();
    assertMatch((await codeOn(page)).join("\n"), /return 77;/);
    await press(page, "Undo my changes");
    assert(!(await codeOn(page)).join("\n").includes("return 77;"));
    await undo();
    assertMatch((await codeOn(page)).join("\n"), /return 77;/);
  }));

Deno.test("the menu leads to every lesson and section, by keyboard too", () =>
  visit("03_pool", async (page) => {
    const isOpen = () =>
      page.$eval("#menu", (it) => it.matches(":popover-open"));
    await page.focus("[popovertarget=menu]");
    await page.keyboard.press("Enter");
    const links = await page.$$eval(
      "#menu a",
      (all) => all.map((it) => it.getAttribute("href")!),
    );
    for (const name of names) assert(links.includes(`${name}.html`), name);
    const ids = links.filter((it) => it.startsWith("#"));
    assert(ids.length > 3, ids.join());
    for (const id of ids) assert(await page.$(id), id);
    await page.keyboard.press("Escape");
    assertEquals(await isOpen(), false);
    // It does not stay in front of what it leads to.
    await page.keyboard.press("Enter");
    assertEquals(await isOpen(), true);
    await page.click(`#menu [href="${ids[2]}"]`);
    assertEquals(await isOpen(), false);
  }));

Deno.test("no page asked for anything from elsewhere, or complained", () => {
  assertEquals(foreign, []);
  // Firefox notes errors that were caught, too.
  if (isChromium) assertEquals(complaints, []);
});
