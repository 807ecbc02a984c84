import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { range, take } from "../mod.ts";
import { squares, squaresArray, weigh } from "../lessons/10_generators.ts";
import { transcript } from "./helper.ts";

Deno.test("given: range is iterable and no iterator", () => {
  const r = range(3);
  assertEquals([Symbol.iterator in r, "next" in r], [true, false]);
  assertEquals([[...r], [...r]], [[0, 1, 2], [0, 1, 2]]);
});

Deno.test("squares: three of them are 0, 1 and 4, one at a time", () => {
  const generator = squares(3);
  assertEquals(generator.next(), { value: 0, done: false });
  assertEquals(generator.next(), { value: 1, done: false });
  assertEquals(generator.next(), { value: 4, done: false });
  assertEquals(generator.next(), { value: undefined, done: true });
});

Deno.test("squares: gives a generator, by the name of its type", () => {
  assertEquals(String(squares(3)), "[object Generator]");
  assertEquals([...squares(3)], [0, 1, 4]);
});

Deno.test("squares: a generator is both an iterable and an iterator", () => {
  const generator = squares(3);
  assertEquals([Symbol.iterator in generator, "next" in generator], [
    true,
    true,
  ]);
  assert(generator[Symbol.iterator]() === generator);
  assertEquals(generator.next().value, 0);
});

Deno.test("squares: a generator cannot be used again", () => {
  const generator = squares(3);
  assertEquals([...generator], [0, 1, 4]);
  assertEquals([...generator], []);
  assertEquals([...squares(3)], [0, 1, 4]);
});

Deno.test("squares: without an end, the first are there at once", () => {
  assertEquals([...take(3, squares(Infinity))], [0, 1, 4]);
  assertEquals([...squares(0)], []);
});

Deno.test("squares: the first five of five million are 0, 1, 4, 9, 16", () => {
  assertEquals([...take(5, squares(5_000_000))], [0, 1, 4, 9, 16]);
});

Deno.test("squaresArray: the first and the last of 70 000 are there", () => {
  const array = squaresArray(70_000);
  assertEquals(array.slice(0, 5), [0, 1, 4, 9, 16]);
  assertEquals([array.length, array.at(-1)], [70_000, 4_899_860_001]);
});

Deno.test("squaresArray: is an array, with one item for each number", () => {
  assert(Array.isArray(squaresArray(4)));
  assertEquals(squaresArray(10), [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  assertEquals(squaresArray(0), []);
});

// A test runner has tens of megabytes on its heap, some of which come and go.
Deno.test("weigh: an array takes 8 bytes for each item, however many there are", () => {
  let made = 0;
  const size = weigh(() => {
    made += 1;
    return new Array(1_000).fill(0);
  }, 5_000);
  assert(size > 7_500 && size < 8_500, `${size}`);
  assertEquals(made, 5_000);
});

Deno.test("weigh: nothing new takes nothing, and garbage does not count", () => {
  const shared = { text: "one object" };
  const size = weigh(() => [new Array(100).fill(0), shared].at(-1), 20_000);
  assert(Math.abs(size) < 100, `${size}`);
});

Deno.test("given: the lesson says what ranges and generators are, and shows it", async () => {
  const said = await transcript("10_generators");
  for (
    const sentence of [
      "An array stores all of them. A generator is an iterator (lesson 9) that computes a square when somebody asks for it.",
      "Sizes are in bytes (B).",
      "numbers (100 000) Python 48 800 056 16 668",
      "squares (5 000 000) Python 200 43 947 864 219 739",
      "A range or a generator takes the same number of bytes however many values it stands for: it stores no items.",
      "some versions of Python give 208 bytes for a generator.",
      "range is a function of this course, made after Python's.",
      "To measure one value, the lesson creates many, keeps them, and divides.",
      "They are not stored: the range only knows where it begins and how many numbers there are.",
      "at(-1) computes the last of them. const r = range(3); r → Range(0, 3)",
      'Symbol.iterator in r → true "next" in r → false [[...r], [...r]] → [ [ 0, 1, 2 ], [ 0, 1, 2 ] ]',
      "It is an iterable, but not an iterator: every pass starts again.",
      "`function*` makes a generator function. In place of `return`, which would end the function, `yield` hands out one value",
      "function* squares(n) { for (let x = 0; x < n; x++) { yield",
      "It returns a generator, which computes its values lazily",
      'const generator = squares(3); String(generator) → "[object Generator]"',
      "A generator is both an iterable and an iterator",
      "generator.next() → { value: 0, done: false } generator.next() → { value: 1, done: false }",
      "[...generator] → [ 4 ] [...generator] → [] [...squares(3)] → [ 0, 1, 4 ]",
      "Then the generator is used up: you cannot use it again.",
      "In Python, (x ** 2 for x in range(5_000_000)) is a generator expression",
      "a list comprehension, which computes all items and stores them in a list.",
      "JavaScript has neither.",
      "the old item, `_`, is not used here, and `x` is its place",
      "const expression = squares(5_000_000);",
      "Their types are Generator and Array. In Python, they are generator and list.",
      "array.slice(0, 5) → [ 0, 1, 4, 9, 16 ] expression.next().value → 0",
    ]
  ) assertStringIncludes(said, sentence);

  // The conclusion follows the table, and Deno saves as much as Python at least.
  const [, squares = "", numbers = ""] =
    /squares takes ([\d ]+) times .* numbers takes ([\d ]+) times/
      .exec(said) ?? [];
  const number = (text: string) => Number(text.replaceAll(" ", ""));
  for (
    const [row, ratio, least] of [
      ["numbers \\(100 000\\)", numbers, 16_668],
      ["squares \\(5 000 000\\)", squares, 219_739],
    ] as const
  ) {
    const [, lazy = "", stored = ""] =
      new RegExp(`${row} Deno (\\d{2,3}) ([\\d ]+) ${ratio} `).exec(said) ?? [];
    assertEquals(number(ratio), Math.round(number(stored) / number(lazy)));
    assert(number(ratio) >= least, ratio);
  }
});
