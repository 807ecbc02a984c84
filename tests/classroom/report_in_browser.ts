/**
 * The report as a page in a real browser: on a telephone and on a desk, in the
 * light and in the dark. It is run by formats_test.ts, once for each browser,
 * because it needs packages that nobody else has to download.
 */

import { assert, assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.14.1";
import puppeteer from "npm:puppeteer-core@25.16.0";
import { formatFeedback, formatHtml } from "../../classroom/reports/html.ts";
import { hostile, lesson, region, report } from "./sample.ts";

/** A class with all that could need more room than there is. */
function wideClass() {
  const long = `a reason ${"without any space".replaceAll(" ", "").repeat(20)}`;
  const names = ["anna", "x".repeat(300), hostile, "李雷和韩梅梅".repeat(20)];
  const lessons = Array.from(
    { length: 13 },
    (_, i) => String(i + 1).padStart(2, "0"),
  );
  const students = names.map((student, i) => ({
    student,
    lessons: lessons.map((number) =>
      lesson(number, [
        region("aFunctionWithAVeryLongNameThatNobodyWouldWantToType"),
        region("largest", i > 0 ? long : undefined),
      ], i > 1 ? [long] : [])
    ),
  }));
  return { ...report(students), lessons };
}

/** A student of the usual kind: two lessons, some of it wrong or not begun. */
function usualStudent() {
  const said = [
    { label: "it asked", text: "keepEven([2.25, 62.25, -85.75, 195.75])" },
    { label: "your code gave", text: "[2.25, 62.25]", kind: "wrong" as const },
    { label: "it should give", text: "[]", kind: "right" as const },
  ];
  const wrong = (name: string, lines: number) => {
    const { tests, ...rest } = region(name, "WrongAnswer: …");
    return {
      ...rest,
      tests: tests.map((test) => ({ ...test, said })),
      mistake: { key: "0", name: "by its last bit", comment: "Read it again." },
      code: `function ${name}() {\n${"  return 1;\n".repeat(lines)}}`,
    };
  };
  const blank = region("joinWords", "Error: TODO joinWords: reduce the words");
  return {
    student: "anna",
    lessons: [
      lesson("03", [region("sumAll"), wrong("isIterator", 5), blank]),
      lesson("07", [
        ...[region("largest"), wrong("squareAll", 3), wrong("keepEven", 3)],
        blank,
      ]),
    ],
    long: [lesson("03", [wrong("isIterator", 60)])],
  };
}

const [name, executablePath] = Deno.args as [string, string];
const folder = await Deno.makeTempDir();
const { long, ...usual } = usualStudent();
const pages = {
  report: formatHtml(wideClass()),
  feedback: formatFeedback(report([usual]), usual),
  long: formatFeedback(report([usual]), { ...usual, lessons: long }),
};
const urlOf = (page: string) => new URL(`file://${folder}/${page}.html`).href;
for (const [page, text] of Object.entries(pages)) {
  await Deno.writeTextFile(`${folder}/${page}.html`, text);
}
const url = urlOf("report");
const browser = await puppeteer.launch({
  browser: name === "chromium" ? "chrome" : "firefox",
  executablePath,
  args: name === "chromium" ? ["--no-sandbox", "--disable-gpu"] : [],
  // How long it takes is a matter of what else the machine does.
  timeout: 0,
  protocolTimeout: 0,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  /** Looks at a page as it is open now: nothing is out of reach for anybody. */
  const check = async (what: string) => {
    const sideways = await page.evaluate(() => {
      for (const box of document.querySelectorAll("details")) box.open = true;
      const wide = [...document.querySelectorAll("*")]
        .filter((it) => it.scrollWidth > it.clientWidth + 1)
        .filter((it) => getComputedStyle(it).overflowX !== "visible");
      const { scrollWidth, clientWidth } = document.documentElement;
      return [scrollWidth - clientWidth, wide.length];
    });
    assertEquals(sideways, [0, 0], `nothing scrolls sideways: ${what}`);
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      // deno-lint-ignore no-explicit-any
      const { violations } = await (globalThis as any).axe.run();
      // deno-lint-ignore no-explicit-any
      return violations.map((it: any) => `${it.id}: ${it.nodes[0].html}`);
    });
    assertEquals(violations, [], what);
  };
  for (const width of [320, 390, 960, 1200]) {
    for (const value of ["light", "dark"]) {
      const features = [{ name: "prefers-color-scheme", value }];
      // Firefox has the one that the system has.
      if (name === "chromium") await page.emulateMediaFeatures(features);
      await page.setViewport({ width, height: 900 });
      for (const which of Object.keys(pages)) {
        await page.goto(urlOf(which));
        await check(`${which}, ${width} px, ${value}`);
      }
    }
  }
  for (const [width, height] of [[1280, 800], [390, 844]] as const) {
    await page.setViewport({ width, height });
    await page.goto(urlOf("feedback"));
    const long = await page.evaluate(() =>
      document.documentElement.scrollHeight
    );
    assert(long <= 2 * height, `${long} px of ${height} at ${width} px`);
  }

  /** Waits until a student's box is open, and what it holds in view. */
  const isShown = (id: string) =>
    page.waitForFunction(
      (id) => {
        const content = document.getElementById(id)!;
        const { top } = content.getBoundingClientRect();
        return content.closest("details")!.open && top >= 0 &&
          top < innerHeight;
      },
      {},
      id,
    );
  await page.setViewport({ width: 390, height: 900 });
  await page.goto("about:blank");
  await page.goto(`${url}#student-1`);
  await isShown("student-1");
  await page.goto(url);
  await page.click('a[href="#student-4"]');
  await isShown("student-4");
} finally {
  await browser.close();
  await Deno.remove(folder, { recursive: true });
}
