import { gradingAny } from "../../classroom/exercise/graded.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  blank,
  findLesson,
  gradedBy,
  hintsOf,
  regionsOf,
  starterOf,
} from "../../classroom/exercise/regions.ts";

const lesson = `/**
 * Lesson 99: Halves
 *
 * @run deno run lessons/99_halves.ts
 */

/** Half of it. */
export function half(x: number): number {
  // #region solution: divide by "two"
  return x / 2;
  // #endregion solution
}

export class Box {
  keep(value: unknown): void {
    // #region solution: keep it
    this.kept = value;

    this.count += 1;
    // #endregion solution
  }
}
`;

Deno.test("regionsOf() finds each region with its name and task", () => {
  const [half, keep, ...rest] = regionsOf(lesson);
  assertEquals(rest, []);
  assertEquals(half, {
    name: "half",
    task: 'divide by "two"',
    start: 9,
    end: 11,
    indent: "  ",
    text: "  return x / 2;",
  });
  assertEquals([keep!.name, keep!.start, keep!.end], ["keep", 16, 20]);
  assertEquals(
    keep!.text,
    "    this.kept = value;\n\n    this.count += 1;",
  );
});

Deno.test("regionsOf() reads line ends of Windows too", () => {
  assertEquals(
    regionsOf(lesson.replaceAll("\n", "\r\n")),
    regionsOf(lesson),
  );
});

Deno.test("regionsOf() finds nothing where there is nothing", () => {
  assertEquals(regionsOf(""), []);
  assertEquals(regionsOf("export const x = 1;\n"), []);
});

Deno.test("regionsOf() says in which line a region is wrong", () => {
  const begin = "  // #region solution: do it";
  const end = "  // #endregion solution";
  const wrong = (lines: string[], message: string) =>
    assertThrows(() => regionsOf(lines.join("\n")), SyntaxError, message);
  wrong(["", begin, "x"], "line 2: a region is not closed");
  wrong([begin, begin, end, end], "line 2: a region begins inside another one");
  wrong(["", "", end], "line 3: a region ends that did not begin");
  wrong([begin, end], "line 2: a region is in no function");

  const half = ["export function half() {", begin, "x", end, "}"];
  wrong([...half.slice(0, 4), ...half.slice(1)], "half has a region");
});

Deno.test("regionsOf() refuses what looks like a marker and is none", () => {
  const end = "  // #endregion solution";
  const [region] = regionsOf(lesson);
  const task = region!.task;
  for (
    const [from, to] of [
      ["// #region solution: keep", "//#region solution: keep"],
      ["// #region solution: keep", "// #region solution keep"],
      ["// #region solution: keep it", "// #region solution:"],
      ["// #region solution: keep", "// #Region Solution: keep"],
      [`${task}\n  return x / 2;\n${end}`, `${task}\n  // #endregion`],
    ] as const
  ) {
    assert(lesson.includes(from), from);
    const source = lesson.replace(from, to);
    for (const read of [regionsOf, starterOf]) {
      assertThrows(() => read(source), SyntaxError, "this is no marker");
    }
  }
});

Deno.test("regionsOf() tells a method from its class, and from a call", () => {
  const names = (source: string) => regionsOf(source).map(({ name }) => name);
  const generator = lesson.replace(
    "  keep(value: unknown): void",
    "  constructor(readonly x: number) {}\n  *[Symbol.iterator]()",
  );
  assertEquals(names(generator), ["half", "Box"]);
  const calling = lesson.replace(
    '  // #region solution: divide by "two"',
    '  keep(x);\n  // #region solution: divide by "two"',
  );
  assertEquals(names(calling), ["half", "keep"]);
});

Deno.test("blank() replaces one region by its TODO and leaves the others", () => {
  const [half, keep] = regionsOf(lesson);
  const without = blank(lesson, half!);
  assert(!without.includes("return x / 2;"));
  assert(without.includes('  // TODO: divide by "two"\n'));
  assert(
    without.includes(`throw new Error('TODO half: divide by "two"');`),
  );
  assert(without.includes("this.kept = value;"));
  assert(blank(lesson, keep!).includes("return x / 2;"));
});

Deno.test("starterOf() leaves no solution", () => {
  const starter = starterOf(lesson);
  for (const gone of ["return x / 2", "this.kept", "count", "#region"]) {
    assert(!starter.includes(gone), gone);
  }
  assertEquals(regionsOf(starter), []);
  assertEquals(starterOf("export const x = 1;\n"), "export const x = 1;\n");
});

Deno.test("hintsOf() reads the hints of each function, in order", () => {
  const markdown = [
    "# Hints for lesson 99",
    "",
    "## half",
    "",
    "1. Think of two.",
    "2. Divide",
    "   by it.",
    "",
    "## keep",
    "",
    "1. A Set.",
  ];
  for (const end of ["\n", "\r\n"]) {
    assertEquals(
      [...hintsOf(markdown.join(end))],
      [["half", ["Think of two.", "Divide by it."]], ["keep", ["A Set."]]],
    );
  }
});

Deno.test("gradedBy() takes what stands before the first colon", () => {
  const tests = [
    "count: counts",
    "count, sum: agree",
    "sum, count: agree",
    "counted: is another one",
    "recount: of count",
    "given: count: is no subject here",
    "given count: is given",
    "count",
  ];
  assertEquals(gradedBy("count", tests), tests.slice(0, 3));
  assertEquals(tests.filter((test) => gradingAny(["count"]).test(test)), [
    ...tests.slice(0, 3),
  ]);
});

Deno.test("findLesson() takes a number or a file, and lists what there is", () => {
  const lessons = ["03", "07"].map((number) => ({
    number,
    path: `lessons/${number}_x.ts`,
    test: `tests/${number}_x_test.ts`,
    hints: `classroom/hints/${number}_x.md`,
  }));
  for (
    const typed of ["7", "07", "lessons/07_x.ts", "lessons\\07_x.ts", "07_x"]
  ) {
    assertEquals(findLesson(lessons, typed).number, "07", typed);
  }
  for (const typed of ["8", "x", "", "703", "7.5", "-7", "7x"]) {
    assertThrows(
      () => findLesson(lessons, typed),
      RangeError,
      `there is no lesson ${typed}; there are 03, 07`,
    );
  }
});
