import { assert, assertEquals } from "@std/assert";
import { range, take, toArray } from "../mod.ts";
import {
  memoryOf,
  squares,
  squaresArray,
  weigh,
} from "../lessons/08_generators.ts";

Deno.test("range is iterable and no iterator", () => {
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

Deno.test("weigh and memoryOf: an array takes 8 bytes for each item", () => {
  const zeros = (length: number) => new Array(length).fill(0);
  const large = memoryOf(() => zeros(1_000_000));
  assert(large >= 8_000_000 && large < 8_100_000, `${large}`);
  // What V8 throws away meanwhile can make one of them lighter.
  const weighed = [1, 2, 3].map(() => weigh(() => zeros(100), 20_000));
  const small = weighed.toSorted((a, b) => a - b)[1]!;
  assert(small >= 800 && small < 900, `${small}`);
});

Deno.test("weigh and memoryOf: nothing new takes nothing, and garbage does not count", () => {
  const shared = { text: "one object" };
  assertEquals(memoryOf(() => shared), 0);
  assertEquals(memoryOf(() => [1, 2, 3].length), 0);
});

Deno.test("weigh: makes as many values as it is told to", () => {
  let made = 0;
  weigh(() => ({ number: ++made }), 10);
  assertEquals(made, 10);
});

Deno.test("memoryOf: range(100_000) takes at most 1 / 16 668 of its array", () => {
  const lazy = memoryOf(() => range(100_000));
  const array = memoryOf(() => toArray(range(100_000)));
  const ratio = Math.round(array / lazy);
  assert(ratio >= 16_668, `${array} / ${lazy} = ${ratio}`);
});

Deno.test("memoryOf: a generator of five million takes at most 1 / 219 739 of their array", () => {
  const lazy = memoryOf(() => squares(5_000_000));
  const array = memoryOf(() => squaresArray(5_000_000));
  const ratio = Math.round(array / lazy);
  assert(ratio >= 219_739, `${array} / ${lazy} = ${ratio}`);
});

Deno.test("memoryOf: a range or a generator takes the same, however many it stands for", () => {
  assertEquals(memoryOf(() => range(10)), memoryOf(() => range(1e9)));
  assertEquals(memoryOf(() => squares(10)), memoryOf(() => squares(1e6)));
});

Deno.test("the notes' figures give the notes' ratios", () => {
  assertEquals(Math.round(800_056 / 48), 16_668);
  assertEquals(Math.round(43_947_864 / 200), 219_739);
});
