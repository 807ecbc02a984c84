import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { formatCsv } from "../../classroom/reports/csv.ts";
import { formatHtml } from "../../classroom/reports/html.ts";
import { formatTable } from "../../classroom/reports/table.ts";
import type { Report } from "../../classroom/reports/report.ts";
import { testInBrowsers } from "../browsers.ts";
import { deno } from "../helper.ts";
import { classOf, hostile, lesson, region, report, student } from "./sample.ts";

/** Everything a student controls is hostile. */
const attack: Report = report([{
  student: hostile,
  lessons: [
    lesson("03", [region(hostile, hostile)], [hostile]),
    lesson("07", [{ ...region("isIterable"), task: hostile }]),
  ],
}]);

Deno.test("formatTable() has students down, lessons across, and one reason", () => {
  const table = formatTable(report([
    student("anna"),
    student("bela", { iteratorOf: "expected a TypeError, received 5" }),
  ]));
  assertEquals(
    table,
    `\
Student  03  07 total
---------------------
anna    1/1 2/2   3/3
bela    1/1 1/2   2/3
    07 iteratorOf: expected a TypeError, received 5

2 students, 2 lessons, 3 functions.
What to teach again (solved by, of 2):
  07 iteratorOf  1  write iteratorOf
Everyone solved 2 other functions.

Graded 2026-09-01 08:30 UTC with Deno 2.9.6, course 0.1.0, tests 0123456789ab;
--seed 42 repeats the fresh inputs.
`,
  );
});

Deno.test("formatTable() counts regions that a broken submission did not report", () => {
  const broken = {
    student: "cem",
    lessons: [lesson("03", [], ["does not parse"])],
  };
  const table = formatTable(report([student("anna"), broken]));
  assertMatch(table, /^cem {5}0\/1 0\/2 {3}0\/3\n {4}03 does not parse$/m);
});

Deno.test("formatTable() stays within its width, whatever it is told", () => {
  const long = "a reason in many words ".repeat(20);
  const names = [
    "李雷和韩梅梅".repeat(5),
    "👩‍👩‍👧 family",
    "x".repeat(300),
    "anna",
  ];
  const lessons = Array.from(
    { length: 13 },
    (_, i) => String(i + 1).padStart(2, "0"),
  );
  for (const count of [1, 3, 13]) {
    const graded = lessons.slice(0, count);
    const made: Report = {
      ...report([]),
      lessons: graded,
      students: names.map((name) => ({
        student: name,
        lessons: graded.map((each) => lesson(each, [region("f", long)])),
      })),
    };
    for (const width of [80, 120]) {
      for (const line of formatTable(made, { width }).split("\n")) {
        // Han characters take two columns, and so does a family.
        const wide = line.match(/\p{Script=Han}|👩‍👩‍👧/gu)?.length ?? 0;
        const length = [...line.replaceAll("👩‍👩‍👧", "f")].length + wide;
        assert(length <= width, `${length} columns: ${line}`);
      }
    }
  }
});

Deno.test("formatTable() shows control characters instead of obeying them", () => {
  for (const colours of [false, true]) {
    const table = formatTable(attack, { colours });
    const plain = [31, 32, 33, 39].reduce(
      (text, code) => text.replaceAll(`\x1b[${code}m`, ""),
      table,
    );
    // deno-lint-ignore no-control-regex
    assertFalse(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(plain));
    assertEquals(table === plain, !colours);
  }
});

Deno.test("every format has something to say of nobody, of one and of 500", () => {
  const [nobody, one, many] = [0, 1, 500].map(classOf) as [
    Report,
    Report,
    Report,
  ];
  assertEquals(formatTable(nobody), "No submissions.\n");
  assertEquals(
    formatCsv(nobody),
    "student,id,late,03,07,total,maximum\r\n",
  );
  assertStringIncludes(formatHtml(nobody), "No submissions.");
  assertStringIncludes(formatTable(one), "1 student, 2 lessons, 3 functions.");
  assertStringIncludes(
    formatTable(many),
    "07 iteratorOf  333  write iteratorOf",
  );
  assertEquals(formatCsv(many).trimEnd().split("\r\n").length, 501);
  assertEquals(formatHtml(many).match(/<div id="student-/g)?.length, 500);
});

Deno.test("formatCsv() has a column for each lesson and region", () => {
  const csv = formatCsv(report([student("anna", { isIterable: "no" })]));
  assertEquals(
    csv,
    "student,id,late,03,03 runParallel,07,07 isIterable,07 iteratorOf,total,maximum\r\n" +
      "anna,,,1,1,1,0,1,2,3\r\n",
  );
});

Deno.test("formatCsv() quotes, and leaves no formula", () => {
  const first = (name: string) =>
    formatCsv(report([{ student: name, lessons: [] }])).split("\r\n")
      .slice(1).join("\r\n").replace(/,,,0,0,0,0\r\n$/, "");
  const cases: [string, string][] = [
    ["Müller, Zoë", '"Müller, Zoë"'],
    ['the "best"', '"the ""best"""'],
    ["two\nlines", '"two\nlines"'],
    ["O'Brien", "O'Brien"],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@sum", "'@sum"],
    ["\tx", '"\'\tx"'],
    ["\t=1", '"\'\t=1"'],
    [" =1", "' =1"],
    ["＝1", "'＝1"],
    ["\n=1", '"\'\n=1"'],
    ["\r=1\x1b[2J\u202e", "␍=1\\u{202e}"],
    ["\x1b[0m=1", "'=1"],
    ['=1,"2"', '"\'=1,""2"""'],
    ["anna-maria", "anna-maria"],
  ];
  for (const [name, field] of cases) assertEquals(first(name), field);
});

Deno.test("formatHtml() escapes whatever students wrote", () => {
  const html = formatHtml(attack);
  assertFalse(/<script|<img|onerror='/i.test(html));
  assertStringIncludes(html, "&lt;script&gt;alert(&quot;1&quot;)");
  assertStringIncludes(html, "onerror=&#39;alert(1)&#39;");
  assertFalse(html.includes("\u202e"));
  assert(html.isWellFormed());
  assertWellNested(
    html.replace(/<!DOCTYPE html>|<meta .*>|<style>[^]*<\/style>/g, ""),
  );
});

Deno.test("formatHtml() loads nothing, and its policy allows its style alone", async () => {
  const html = formatHtml(attack);
  const style = /<style>([^]*)<\/style>/.exec(html)![1]!;
  const hash = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(style),
  );
  assertStringIncludes(
    html,
    `content="default-src 'none'; base-uri 'none'; form-action 'none'; ` +
      `style-src 'sha256-${new Uint8Array(hash).toBase64()}'"`,
  );
  assertFalse(/ (src|style|on\w+)=["']|href="[^#]|url\(|@import/.test(html));
});

Deno.test("formatHtml() names what was not read, and nothing where all was", () => {
  const notes = ["anna: class.rar is no archive", hostile];
  const html = formatHtml({ ...report([student("anna")]), notes });
  assertStringIncludes(html, "<li>anna: class.rar is no archive</li>");
  assertFalse(html.includes("<script"));
  assertFalse(formatHtml(report([student("anna")])).includes("Not read"));
});

Deno.test("formatHtml() shows each failure, in words and not by colour alone", () => {
  const html = formatHtml(report([
    student("anna", { iteratorOf: "iteratorOf(5): expected\n  a TypeError" }),
  ]));
  assertStringIncludes(html, "iteratorOf(5): expected\n  a TypeError</dd>");
  assertStringIncludes(html, '">iteratorOf: <span class="none">✗ wrong');
  assertStringIncludes(html, '<span class="all">✓ solved</span> isIterable');
  assertEquals(
    html.match(/<caption>/g)?.length,
    html.match(/<table>/g)?.length,
  );
  // Links lead to sections that are there.
  for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) {
    assertStringIncludes(html, ` id="${id}"`);
  }
});

Deno.test("formatHtml() has enough contrast in the light and in the dark", () => {
  const html = formatHtml(classOf(0));
  const schemes = [...html.matchAll(/:root \{[^}]*--page[^}]*\}/g)];
  assertEquals(schemes.length, 3);
  const light = coloursOf(schemes[0]![0]);
  for (const [scheme] of schemes) {
    const { page, box, line: _, ...inks } = { ...light, ...coloursOf(scheme) };
    for (const [ink, colour] of Object.entries(inks)) {
      for (const ground of [page!, box!]) {
        const [dark, bright] = [luminance(colour), luminance(ground)].sort();
        const contrast = (bright! + 0.05) / (dark! + 0.05);
        assert(contrast >= 4.5, `${ink} on ${ground}: ${contrast}`);
      }
    }
  }
});

function coloursOf(css: string): Record<string, string> {
  const found = css.matchAll(/--(\w+): #(\w+)/g);
  return Object.fromEntries(
    [...found].map(([, name, hex]) => [
      name,
      hex!.length === 3 ? hex!.replace(/./g, "$&$&") : hex!,
    ]),
  );
}

/** Relative luminance, https://www.w3.org/TR/WCAG21/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [r, g, b] = [0, 2, 4].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Every tag is closed, in the right order, and no other `<` is left. */
function assertWellNested(markup: string): void {
  const open: string[] = [];
  const rest = markup.replace(
    /<(\/?)([a-z][\w-]*)(?: [\w-]+(?:="[^"<]*")?)*(\/?)>/g,
    (tag, close: string, name: string, empty: string) => {
      if (close) assertEquals(name, open.pop(), tag);
      else if (!empty) open.push(name);
      return "";
    },
  );
  assertEquals(open, []);
  assertFalse(rest.includes("<"), rest.match(/.{0,40}<.{0,40}/)?.[0] ?? "");
}

testInBrowsers("the report", async (name, path) => {
  const { code, stderr } = await deno(
    // Its packages are not for those who run a lesson: no lock names them.
    ...["run", "--no-lock", "--no-check", "--allow-all"],
    ...["tests/classroom/report_in_browser.ts", name, path],
  );
  assertEquals(code, 0, stderr);
});
