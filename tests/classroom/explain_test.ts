import { assert, assertEquals, assertThrows } from "@std/assert";
import { stripAnsiCode } from "@std/fmt/colors";
import { explain } from "../../classroom/exercise/explain.ts";

/** The lines without colours, which the environment decides. */
const linesOf = (...args: Parameters<typeof explain>) =>
  explain(...args).map(stripAnsiCode);

const file = `import { half } from "../lessons/07_x.ts";
Deno.test("half: of 4 is 2", () => {
  assertEquals(half(4), 2);
  assertEquals(
    [half(2), half({ of: 6 })],
    [1, 3],
  );
});
`.split("\n");

/** What is said of a test of `half` that threw an error, in this line. */
function said(error: unknown, line = 3): string[] {
  const message = `${error}\n\n  throw new AssertionError(message);\n` +
    `        ^\n    at x (file:///c/is_error.js:59:11)\n` +
    `    at half (file:///c/lessons/07_x.ts:9:3)\n` +
    `    at file:///c/tests/07_x_test.ts:${line}:5`;
  const test = { name: "half: of 4 is 2", status: "failed" as const, message };
  const lines = linesOf(
    test,
    "half",
    (path) => path === "tests/07_x_test.ts" ? file : undefined,
  );
  assertEquals(lines[0], "The first test that fails: half: of 4 is 2");
  return lines.slice(1).map((line) => line.trim());
}

/** What an assertion throws. */
const thrown = (fn: () => void) => assertThrows(fn);

Deno.test("explain() gives the input and both values", () => {
  assertEquals(said(thrown(() => assertEquals(3, 2))), [
    "it asked: assertEquals(half(4), 2)",
    "your code gave: 3",
    "it should give: 2",
  ]);
});

Deno.test("explain() gives a statement of several lines, and values as a whole", () => {
  const error = thrown(() =>
    assertEquals([1, { of: [3, 4] }], [1, { of: [3] }])
  );
  assertEquals(said(error, 4), [
    "it asked: assertEquals([half(2), half({ of: 6 })], [1, 3])",
    "your code gave: [ 1, { of: [ 3, 4 ] } ]",
    "it should give: [ 1, { of: [ 3 ] } ]",
  ]);
});

Deno.test("explain() says for which of several inputs a value is wrong", () => {
  const error = thrown(() => assertEquals(3, 2, "n = 4"));
  assertEquals(said(error).slice(1), [
    "with: n = 4",
    "your code gave: 3",
    "it should give: 2",
  ]);
});

Deno.test("explain() shows of a long value where it differs", () => {
  const numbers = Array.from({ length: 500 }, (_, i) => i);
  const error = thrown(() => assertEquals(numbers.with(9, 77), numbers));
  assertEquals(said(error).slice(1), [
    "your code gave: … 77,",
    "it should give: … 9,",
  ]);
  const short = thrown(() => assertEquals(numbers.slice(0, 499), numbers));
  assertEquals(said(short).slice(1), [
    "your code gave: less than that",
    "it should give: … 499,",
  ]);
  const nothing = thrown(() => assertEquals([], numbers));
  for (const line of said(nothing)) assert(line.length < 300, line);
});

Deno.test("explain() gives what an assertion found that has no two values", () => {
  const [, found] = said(thrown(() => assert(false, "3 ms")));
  assertEquals(found, "it found: 3 ms");
  const [, plain] = said(thrown(() => assert(false)));
  assertEquals(plain, "it found: that this is not so");
});

Deno.test("explain() says what the code threw, and where in the lesson", () => {
  const [, threw] = said(new RangeError("too: far"));
  assertEquals(
    threw,
    "your code threw: RangeError: too: far (lessons/07_x.ts:9)",
  );
});

Deno.test("explain() tells what is not written from what something else lacks", () => {
  const [, own] = said(new Error("TODO half: divide by two"));
  assertEquals(own, "nothing is written yet: half: divide by two");
  const [, other] = said(new Error("TODO double: add it"));
  assertEquals(other, "it needs double, which is not written yet");
});

Deno.test("explain() has something to say of a test that was cancelled, or of no place", () => {
  const test = { name: "half: x", status: "failed" as const };
  const nowhere = () => undefined;
  assertEquals(linesOf({ ...test, message: "Cancelled" }, "half", nowhere), [
    "The first test that fails: half: x",
    "  it was not finished: an error that nobody caught ended all tests",
  ]);
  assertEquals(linesOf({ ...test, message: "" }, "half", nowhere).length, 2);
});
