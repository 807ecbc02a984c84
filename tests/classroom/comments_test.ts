/** What a teacher writes, and what it does to a report. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  formatComments,
  readComments,
  withComments,
} from "../../classroom/grading/comments.ts";
import { codeOf } from "../../classroom/grading/grade_works.ts";
import { mistakeOf, mistakesIn } from "../../classroom/grading/mistakes.ts";
import { chosenLessons } from "../../classroom/exercise/regions.ts";
import { fillGradebook } from "../../classroom/reports/csv.ts";
import { region, report, student } from "./sample.ts";

const wrong = "WrongAnswer: isIterable([])\nfalse\ntrue";
const made = report([
  student("anna", { isIterable: wrong }),
  student("bela", { isIterable: wrong, iteratorOf: "TypeError: a is b" }),
  student("cem"),
]);

Deno.test("mistakeOf(): a place and the words of an error make no other mistake", () => {
  const keyOf = (reason: string) => mistakeOf("07", region("f", reason));
  assertEquals(keyOf(wrong), keyOf(`${wrong}\n    at lessons/07_x.ts:3`));
  assertEquals(
    keyOf("TypeError: list is not iterable"),
    keyOf("TypeError: values is not iterable"),
  );
  assertEquals(
    keyOf("waited for more than 10 seconds"),
    keyOf("waited for more than 30 seconds"),
  );
  const others = [
    keyOf(wrong),
    keyOf("computed for more than 10 seconds"),
    keyOf("waited for more than 10 seconds"),
    keyOf("WrongAnswer: isIterable([])\nundefined\ntrue"),
    keyOf("WrongAnswer: isIterable({})\nfalse\ntrue"),
    keyOf("TypeError: x"),
    keyOf("RangeError: x"),
  ];
  assertEquals(new Set(others).size, others.length);
  assertEquals(keyOf("Error: TODO f: write it"), undefined);
  assertEquals(mistakeOf("07", region("f")), undefined);
});

Deno.test("comments are read as they were written, whoever makes a mistake today", () => {
  const groups = mistakesIn(made, new Map());
  assertEquals(groups.map(({ students }) => students), [
    ["anna", "bela"],
    ["bela"],
  ]);
  const [{ key }] = groups as [typeof groups[0]];
  const empty = formatComments(readComments(""), groups);
  const written = empty.replace(
    new RegExp(`(<!-- mistake ${key}.*\n)`),
    "$1\nLook again.\n\n```ts\nf();\n```\n",
  );
  assert(written !== empty);
  const comments = readComments(written.replaceAll("\n", "\r\n"));
  assertEquals(comments.mistakes.get(key), "Look again.\n\n```ts\nf();\n```");
  assertEquals(formatComments(comments, groups), written);
  // Nobody makes it any more, and then somebody does.
  const without = formatComments(comments, groups.slice(1));
  assertMatch(without, /Look again\./);
  const back = formatComments(readComments(without), groups);
  assertEquals(back, written);
});

Deno.test("withComments() decides, adds points, and names what concerns nobody", () => {
  const text = `# x
## Student: anna

- 07 isIterable: solved
+0.5: tidy

## Student: bela

07 isIterable: 1.5
07 nothing: solved
-1: late

## Student: nobody

Well.
`;
  const points = { "07 isIterable": 2 };
  const found = withComments(made, readComments(text), points, []);
  const [anna, bela, cem] = found.students;
  const first = (one: typeof anna) => one!.lessons[1]!.regions[0]!;
  assertEquals([first(anna).solved, first(anna).points], [true, 2]);
  assertEquals([first(bela).solved, first(bela).points], [false, 1.5]);
  assertEquals([first(cem).worth, first(cem).byHand], [2, undefined]);
  assertEquals(anna!.added, [{ points: 0.5, why: "tidy" }]);
  assertEquals(bela!.added, [{ points: -1, why: "late" }]);
  assertEquals(found.notes, [
    'comments.md: there is no student "nobody"',
    'comments.md: bela: there is no "07 nothing"',
  ]);
});

Deno.test("fillGradebook() gives no grade where a name is there twice", () => {
  const roster = "Full name,ID number\nAnna,1\nanna,2\nBela,3\nDora,4\n";
  const { text, unknown } = fillGradebook(made, roster);
  assertEquals(unknown, ["anna", "cem"]);
  assertEquals(
    text,
    'Full name,ID number,"Lessons 03, 07"\r\nAnna,1,\r\nanna,2,\r\n' +
      "Bela,3,1\r\nDora,4,\r\n",
  );
});

Deno.test("codeOf() finds a function, a class and a method, and says what it leaves out", () => {
  const source = `function half(x) {
  return x / 2;
}
export class Register {
  add(x) {
    this.sum += x;
  }
}
export const double = (x) =>
  x * 2;
export async function* long() {
${"  yield 1;\n".repeat(60)}}
`;
  assertEquals(
    codeOf(source, "half"),
    "function half(x) {\n  return x / 2;\n}",
  );
  assertMatch(codeOf(source, "Register")!, /^export class[^]*\n\}$/);
  assertEquals(codeOf(source, "add"), "add(x) {\n  this.sum += x;\n}");
  assertMatch(codeOf(source, "double")!, /^export const double/);
  assertMatch(codeOf(source, "long")!, /\n… 32 more lines$/);
  assertEquals(codeOf(source, "none"), undefined);
});

Deno.test("chosenLessons() takes numbers, ranges, files and all", () => {
  const lessons = ["01", "02", "03", "11"].map((number) => ({
    number,
    path: `lessons/${number}_x.ts`,
    test: "",
    hints: "",
  }));
  const chosen = (...typed: string[]) =>
    chosenLessons(lessons, typed).map(({ number }) => number).join();
  assertEquals(chosen("all"), "01,02,03,11");
  assertEquals(chosen("2-11"), "02,03,11");
  assertEquals(chosen("3-1"), "01,02,03");
  assertEquals(chosen("03,01", "1"), "01,03");
  assertEquals(chosen("lessons/11_x.ts", "1-2"), "01,02,11");
  for (const typed of ["4", "1-4", "", "x", "3-"]) {
    assertThrows(() => chosen(typed), RangeError, "there are 01, 02");
  }
});
