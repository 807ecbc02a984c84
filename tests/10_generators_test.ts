import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
} from "@std/assert";
import { range, take } from "../mod.ts";
import {
  memoryOf,
  squares,
  squaresArray,
  weigh,
} from "../lessons/10_generators.ts";
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

Deno.test("squaresArray: the first five of five million are 0, 1, 4, 9, 16", () => {
  const array = squaresArray(5_000_000);
  assertEquals(array.slice(0, 5), [0, 1, 4, 9, 16]);
  assertEquals(array.length, 5_000_000);
  assertEquals(array.at(-1), 4_999_999 ** 2);
});

Deno.test("squaresArray: is an array, with one item for each number", () => {
  assert(Array.isArray(squaresArray(4)));
  assertEquals(squaresArray(10), [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]);
  assertEquals(squaresArray(0), []);
});

Deno.test("weigh: an array takes 8 bytes for each item", () => {
  const zeros = (length: number) => new Array(length).fill(0);
  const large = weigh(() => zeros(1_000_000), 1);
  assert(large > 7_950_000 && large < 8_050_000, `${large}`);
  let made = 0;
  const small = weigh(() => {
    made += 1;
    return zeros(100);
  }, 20_000);
  assert(small > 790 && small < 900, `${small}`);
  assertEquals(made, 20_000);
});

Deno.test("weigh: nothing new takes nothing, and garbage does not count", () => {
  const shared = { text: "one object" };
  assertAlmostEquals(weigh(() => ({ shared }).shared, 20_000), 0, 4);
});

Deno.test("given memoryOf: a large value is weighed alone; the middle of the tries counts", () => {
  // The first time only decides how many are weighed at once.
  const lengths = [200_000, 900_000, 200_000, 500_000];
  const size = memoryOf(() => {
    assert(lengths.length > 0, "three tries are enough");
    return new Array(lengths.shift()!).fill(0);
  });
  assert(size > 3_950_000 && size < 4_050_000, `${size}`);
  assertEquals(lengths, []);
});

Deno.test("given memoryOf: a small value is weighed with many others", () => {
  let made = 0;
  const size = memoryOf(() => {
    made += 1;
    return squares(10);
  }, 1);
  assert(size >= 40 && size < 200, `${size}`);
  assert(made > 10_000, `${made}`);
});

Deno.test("given: a range or a generator of a billion values takes next to nothing", () => {
  for (const make of [squares, range]) {
    const size = weigh(() => make(1e9), 20_000);
    assert(size >= 16 && size < 200, `${size}`);
  }
});

Deno.test("given: the lesson says what ranges and generators are, and shows it", async () => {
  const said = await transcript("10_generators", { tries: 1 });
  for (
    const sentence of [
      "A range and a generator are lazy: they compute an item when somebody asks for it, and keep none.",
      "The numbers are not stored: the range only knows where it begins and how many numbers there are.",
      "it is an iterable (lesson 9). It has no method next: it is no iterator.",
      'Symbol.iterator in r → true "next" in r → false',
      "[[...r], [...r]] → [ [ 0, 1, 2 ], [ 0, 1, 2 ] ]",
      "`function*` makes a generator function, and `yield` hands out one value. `return` would end the function. After `yield`, the function waits; it goes on from there when somebody asks for the next value.",
      "function* squares(n) { for (let x = 0; x < n; x++) { yield",
      "a generator: an iterator that computes its values lazily",
      'String(generator) → "[object Generator]"',
      "A generator is both an iterator and an iterable",
      "generator.next() → { value: 0, done: false } generator.next() → { value: 1, done: false }",
      "Then the generator is used up, and you cannot use it again.",
      "[...generator] → [ 4 ] [...generator] → [] [...squares(3)] → [ 0, 1, 4 ]",
      "In Python, (x ** 2 for x in range(5_000_000)) is a generator expression",
      "a list comprehension, which computes all items and stores them in a list.",
      "Their types are Generator and Array. In Python, they are generator and list.",
      "array.slice(0, 5) → [ 0, 1, 4, 9, 16 ] expression.next().value → 0",
      "In the table, all sizes are in bytes (B).",
      "numbers (100 000) Python 48 800 056 16 668",
      "squares (5 000 000) Python 200 43 947 864 219 739",
      "it stores where it is and where it ends, and no items.",
      "you write a generator function, such as squares, and call it.",
      "`_` is the item, which is not used, and `x` is its place",
      "const expression = squares(5_000_000);",
    ]
  ) assertStringIncludes(said, sentence);

  // The conclusion follows the table, and Deno saves as much as Python at least.
  const [, numbers = "", squares = ""] =
    /numbers takes ([\d ]+) times .* squares takes ([\d ]+) times/
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
