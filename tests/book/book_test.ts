/**
 * The book: how lessons are cut, what is drawn of their results, and, where
 * there is a browser, the pages in it.
 */
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { agrees, claimsOf } from "../../lib/lesson/claims.ts";
import { inspect, words } from "../../book/client/inspect.ts";
import { draw, drawAll, isNumber, judge } from "../../book/draw.ts";
import { isDisturbed } from "../../book/said.ts";
import { pageOf, segmentsByLine } from "../../book/segments.ts";
import { lineIn } from "../../book/stack.ts";
import { readJunit } from "../../classroom/exercise/junit.ts";
import { regionsOf } from "../../classroom/exercise/regions.ts";
import { lessons } from "../../lib/lesson.ts";
import { testInBrowsers } from "../browsers.ts";
import { deno, testWith } from "../helper.ts";

const root = new URL("../../", import.meta.url);

const small = `/**
 * Lesson 11: A lesson
 *
 * What it is
 * about.
 *
 * @run deno run lessons/11_lambdas.ts
 */
import { show } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // One
  // paragraph.
  //
  // Another one.
  code(twice);
  const x = 2;
  show(() => twice(x)); // 4
  show(() => 5); // 5

  section("The end");
  for (const y of [1, 2]) {
    show(() => y);
  }
  const y = 3;
  say("three");
});

/** Two times as much. */
export function twice(x: number): number {
  // #region solution: double x
  return 2 * x;
  // #endregion solution
}
`;

Deno.test("pageOf: paragraphs, statements that print, headings, functions and exercises", () => {
  const { intro, sections, segments } = pageOf(small);
  assertEquals(intro, "What it is about.");
  assertEquals(segments.map(({ text }) => text).join(""), small);
  assertEquals(
    sections.map(({ title }) => title),
    ["", "The end", "The rest of the program"],
  );
  const [row] = sections[0]!.rows;
  assertEquals(row!.prose, ["One paragraph.", "Another one."]);
  const textsOf = (numbers: readonly number[]) =>
    numbers.map((number) => segments[number]!.text);
  const [twice, story] = row!.boxes;
  // A function stands where the story speaks of it, without the marks.
  assertEquals(twice!.doc, "Two times as much.");
  assertEquals(textsOf(twice!.segments), [
    "export function twice(x: number): number {\n",
    "  return 2 * x;\n",
    "}\n",
  ]);
  const [exercise] = twice!.exercises;
  assertEquals([exercise!.name, exercise!.task], ["twice", "double x"]);
  assertEquals(
    segments[exercise!.segment]!.todo,
    '  // TODO: double x\n  throw new Error("TODO twice: double x");\n',
  );
  // Each statement that prints ends a segment.
  assertEquals(textsOf(story!.segments), [
    "  const x = 2;\n  show(() => twice(x)); // 4\n",
    "  show(() => 5); // 5\n",
  ]);
  assertEquals(textsOf(sections[1]!.rows[0]!.boxes[0]!.segments), [
    "  for (const y of [1, 2]) {\n    show(() => y);\n  }\n",
    // What makes a sentence is folded, so it stands alone.
    "  const y = 3;\n",
    '  say("three");\n',
  ]);
  assertEquals(
    sections[2]!.rows.map(({ boxes }) => boxes[0]!.fold),
    ["Imports", "Options and links"],
  );
});

Deno.test("pageOf: what has no story is refused", () => {
  assertThrows(
    () => pageOf("/**\n */\nconst x = 1;\n"),
    SyntaxError,
    "no story",
  );
});

Deno.test("segmentsByLine: what is out of sight belongs to the code before it", () => {
  const segments = ["a\n", "b\n", "c\nd\n", "e\n"].map((text, i) => (
    { text, isCode: i === 1 || i === 3 }
  ));
  const at = segmentsByLine(segments);
  assertEquals([1, 2, 3, 4, 5, 9].map(at), [1, 1, 1, 1, 3, 3]);
});

Deno.test("isDisturbed: a lesson that says that the machine was busy is recorded again", () => {
  const say = (text: string) => [{ kind: "say", text, line: 1 }] as const;
  assert(isDisturbed(say("2 × is possible; but the processors are busy.")));
  assert(!isDisturbed(say("In parallel, large tasks were 1.81 × as fast.")));
  const curve = (gain: number) =>
    [{
      kind: "curve",
      points: [{ workers: 4, gain }],
      cores: 2,
      line: 1,
    }] as const;
  assert(isDisturbed(curve(0.6)));
  assert(!isDisturbed(curve(1.6)));
});

Deno.test("segmentsByLine: each line is in its segment", () => {
  const { segments } = pageOf(small);
  const at = segmentsByLine(segments.map((it) => ({ ...it, isCode: true })));
  for (const [i, line] of small.trimEnd().split("\n").entries()) {
    assertStringIncludes(segments[at(i + 1)]!.text, `${line}\n`);
  }
});

testWith(
  ["read"],
  "the segments of each lesson are its file, byte by byte",
  async () => {
    for (const [name] of lessons) {
      const source = await Deno.readTextFile(
        new URL(`lessons/${name}.ts`, root),
      );
      const { sections, segments } = pageOf(source);
      assertEquals(segments.map(({ text }) => text).join(""), source, name);

      const boxes = sections.flatMap(({ rows }) => rows)
        .flatMap(({ boxes }) => boxes);
      const shown = boxes.flatMap(({ segments }) => segments).sort((a, b) =>
        a - b
      );
      const code = segments.keys().filter((i) => segments[i]!.isCode);
      assertEquals(shown, [...code], `${name}: all code is shown, and once`);
      assertEquals(
        boxes.flatMap(({ exercises }) => exercises).map(({ name }) => name)
          .sort(),
        regionsOf(source).map(({ name }) => name).sort(),
      );
      // What the story speaks of stands there, and not with the rest.
      const told = sections.slice(0, -1).flatMap(({ rows }) => rows)
        .flatMap(({ boxes }) => boxes).flatMap(({ segments }) => segments)
        .map((i) => segments[i]!.text).join("");
      for (const [, asked] of source.matchAll(/^ {2}code\((\w+)\);$/gm)) {
        const declared = new RegExp(`(function\\*?|class|const) ${asked}\\b`);
        assertMatch(told, declared);
      }
    }
  },
);

Deno.test("agrees: a value is what its comment says, … any text, and after ≈ any number", () => {
  assert(agrees("[ 1, 2 ]", "[\n  1,\n  2\n]".replace(/,\n {2}/, ", ")));
  assert(agrees("TypeError: no …", "TypeError: no x"));
  assert(
    agrees('≈ { pid: 5542, text: "I am 7" }', '{ pid: 1, text: "I am 12" }'),
  );
  assert(!agrees("4", "44"));
  assert(!agrees("≈ { pid: 5542 }", '{ pid: "1" }'));
  const claims = claimsOf(small).map(({ line, value }) => [line, value]);
  assertEquals(claims, [[18, "4"], [19, "5"]]);
});

Deno.test("lineIn: stacks of three engines, by name and by address", () => {
  const path = "lessons/11_lambdas.ts";
  const address =
    "data:text/javascript,x//%23%20sourceURL%3Dlessons%2F11_lambdas.ts";
  for (
    const stack of [
      `Error: x\n    at show (blob:null/1:2:3)\n    at ${path}:24:3`,
      `show@blob:null/1:2:3\nasync*@${path}:24:3\n`,
      `show@blob:null/1:2:3\n@${address}:24:3\n`,
    ]
  ) assertEquals(lineIn(stack, path), 24, stack);
  assertEquals(
    lineIn("Error: x\n    at show (blob:null/1:2:3)", path),
    undefined,
  );
  assertEquals(lineIn(undefined, path), undefined);
});

class Point {
  constructor(readonly x: number, readonly y: unknown) {}
}

Deno.test("inspect writes what Deno.inspect writes", () => {
  const ring: { next?: unknown } = {};
  ring.next = ring;
  const values: unknown[] = [
    ...[0, -0, 1.5, NaN, 2n ** 64n, true, null, undefined, Symbol("s")],
    ...["text", 'a "b"', "a 'b' \"c\"", "line\nline\t\\", ""],
    ...[[], [1, 2, 3], [[1], ["a", null]], [undefined, , 3], Array(3)],
    ...[{}, { a: 1, "b-c": [2] }, { [Symbol("k")]: 1 }, Object.create(null)],
    ...[new Map<unknown, unknown>([["a", [1]], [2, {}]]), new Set([1, "x"])],
    ...[new Date(0), new Date(NaN), /a+/g, ring, [ring]],
    ...[new Point(1, new Point(2, [])), new Uint8Array([1, 2]), Promise],
    ...[() => 1, function named() {}, class {}, Point, async () => {}],
    ...[function* generator() {}, { a: { b: { c: { d: { e: { f: 1 } } } } } }],
    Array.from({ length: 120 }, (_, i) => `item ${i}`),
    [{ customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 }],
  ];
  const squeeze = (text: string) => text.replace(/\s+/g, " ");
  for (const value of values) {
    const options = { depth: 4, breakLength: 72 };
    assertEquals(
      squeeze(inspect(value, options)),
      squeeze(Deno.inspect(value, options)),
    );
    // As assertions write both sides.
    const lines = { compact: false, sorted: true, trailingComma: true };
    const deep = { ...lines, depth: Infinity, iterableLimit: Infinity };
    assertEquals(
      squeeze(inspect(value, deep)),
      squeeze(Deno.inspect(value, deep)),
    );
  }
  assertEquals(words(["a", 1, ["b"]]), 'a 1 [ "b" ]');
});

Deno.test("draw: a value stands beside what its comment says, and is text, not HTML", () => {
  const said = {
    kind: "value",
    line: 1,
    expression: "a < b",
    text: '"<b>"',
  } as const;
  const drawn = draw(said, { claim: "4", isSo: false });
  assertStringIncludes(drawn, "<samp>&#34;&#60;b&#62;&#34;</samp>");
  assertStringIncludes(drawn, "the comment says 4");
  assertStringIncludes(
    draw(said, { claim: "", isSo: true }),
    "as the comment says",
  );
});

Deno.test("draw: rows come into their table, bars are as long as their shares", () => {
  const html = drawAll([
    { kind: "table", line: 1, heads: ["n", "text"], numbers: [true, false] },
    { kind: "row", line: 1, cells: ["1 000", "x"] },
    { kind: "row", line: 1, cells: ["2", "y"] },
    { kind: "say", line: 1, text: "end" },
  ]);
  assertStringIncludes(
    html,
    '<tr><th scope="col" class="number">n</th><th scope="col">text</th></tr>',
  );
  assertStringIncludes(
    html,
    '<tbody><tr><td class="number">1 000</td><td>x</td></tr>' +
      '<tr><td class="number">2</td><td>y</td></tr></tbody>',
  );
  const bars = draw({
    kind: "bars",
    line: 1,
    bars: [{ label: "a", share: 1, text: "2 s" }, {
      label: "b",
      share: .25,
      text: "0.5 s",
    }],
  });
  assertEquals([...bars.matchAll(/width="([^"]+)"/g)].map(([, it]) => it), [
    "100%",
    "25%",
  ]);
});

Deno.test("isNumber: numbers and quantities stand to the right, words do not", () => {
  for (
    const it of ["12.5 ms", "1.9 ×", "3 700 × slower", "≈ 12", "-4", "8 MB"]
  ) {
    assert(isNumber(it), it);
  }
  for (const it of ["1 reads 0", "2 B or not", "", "n = 4", "yes"]) {
    assert(!isNumber(it), it);
  }
});

Deno.test("judge: a duration may have another unit, where a comment says about", () => {
  const said = (text: string) =>
    ({ kind: "value", line: 1, expression: "x", text }) as const;
  assert(judge(said('"below 100 µs"'), '≈ "1.25 ms"')!.isSo);
  assert(!judge(said('"12 ms"'), '"19 ms"')!.isSo);
  assertEquals(judge(said("1")), undefined);
});

Deno.test("draw: a timeline has a row a worker, a bar a task, an axis and a text", () => {
  const html = draw({
    kind: "timeline",
    line: 1,
    bars: [
      { worker: 2, task: 1, from: 10, to: 60 },
      { worker: 1, task: 0, from: 0, to: 100 },
      { worker: 1, task: 2, from: 100, to: 200 },
    ],
  });
  assertEquals(html.match(/class="name"/g)?.length, 2);
  assertEquals(html.match(/class="task/g)?.length, 3);
  assertStringIncludes(html, '<rect x="5%" y="31" width="25%"');
  assertEquals(
    [...html.matchAll(/class="tick"[^>]*>([^<]*)</g)].map(([, it]) => it),
    ["0", "50 ms", "100 ms", "150 ms"],
  );
  assertStringIncludes(
    html,
    "Worker 1: task 0 from 0 µs to 100 ms, task 2 from 100 ms to 200 ms. " +
      "Worker 2: task 1 from 10.0 ms to 60.0 ms.",
  );
  assertStringIncludes(html, "1.3 at the same time on average");
});

Deno.test("draw: a curve has a dot for each gain, the ideal, and the law where something was gained", () => {
  const drawn = (gains: number[], cores: number) =>
    draw({
      kind: "curve",
      line: 1,
      cores,
      points: gains.map((gain, i) => ({ workers: 2 ** i, gain })),
    });
  const html = drawn([1, 1.5], 2);
  assertEquals(html.match(/<circle/g)?.length, 2);
  assertEquals(html.match(/<path class="(ideal|fit)"/g)?.length, 2);
  // Both begin at 1 ×; the ideal ends at the most that is possible.
  assertMatch(html, /class="ideal" d="M34\.0 85\.0L.*L334\.0 10\.0"/);
  assertMatch(html, /Line: the law\. By Amdahl's law, 67 % of the work/);
  assertStringIncludes(html, "2 workers: 1.50 times as fast");

  const lost = drawn([0.9, 0.8], 2);
  assert(!lost.includes("fit") && !lost.includes("the law"), lost);
  assertStringIncludes(lost, "More workers gained nothing");
  // As many lines as can be told from each other.
  assertEquals(
    [...drawn([1, 2, 4, 8, 16, 32], 32).matchAll(/>(\d+) ×<\/text>/g)]
      .map(([, gain]) => gain),
    ["6", "12", "18", "24", "30"],
  );
});

/** Where the book is; the second browser is shown what the first one was. */
let built: string | undefined;
addEventListener("unload", () => {
  if (built) Deno.removeSync(built, { recursive: true });
});

testInBrowsers("the book", async (name, path, t) => {
  built ??= await Deno.makeTempDir();
  const report = `${built}/report.xml`;
  const test = new URL("in_browser.ts", import.meta.url).href;
  // Its packages are not for those who run a lesson: no lock names them.
  const { stdout, stderr } = await deno(
    ...["test", "--no-lock", "--no-check", "--allow-all"],
    ...[`--junit-path=${report}`, test, "--", name, path, `${built}/site`],
  );
  const tests = readJunit(await Deno.readTextFile(report).catch(() => ""));
  assert(tests.length > 30, `${stdout}\n${stderr}`);
  await Deno.remove(report);
  for (const { name, status, message } of tests) {
    await t.step(name, () => assertEquals(status, "passed", message));
  }
});
