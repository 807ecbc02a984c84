import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { map, range, reduce } from "../mod.ts";
import {
  joinWords,
  keepEven,
  largest,
  reduceSteps,
  squareAll,
  sumAll,
} from "../lessons/12_map_filter_reduce.ts";
import { transcript } from "./helper.ts";

/** Gives numbers, and notes which of them were asked for. */
function* noting(numbers: Iterable<number>, asked: number[]) {
  for (const number of numbers) {
    asked.push(number);
    yield number;
  }
}

Deno.test("squareAll: gives an iterator, whose first item is 1", () => {
  const a = squareAll([1, 2, 3]);
  assertEquals(typeof a.next, "function");
  assertEquals(a.next(), { value: 1, done: false });
});

Deno.test("squareAll: as an array, 1, 2, 3 become 1, 4, 9", () => {
  assertEquals(Array.from(squareAll([1, 2, 3])), [1, 4, 9]);
  assertEquals([...squareAll(range(-2, 3))], [4, 1, 0, 1, 4]);
});

Deno.test("squareAll: asks for nothing before it is asked, and then for one at a time", () => {
  const asked: number[] = [];
  const squares = squareAll(noting([1, 2, 3], asked));
  assertEquals(asked, []);
  squares.next();
  assertEquals(asked, [1]);
});

Deno.test("keepEven: of 1, 2, 7, 8 the first is 2", () => {
  assertEquals(keepEven([1, 2, 7, 8]).next(), { value: 2, done: false });
});

Deno.test("keepEven: of 1, 2, 7, 8 all are 2 and 8", () => {
  assertEquals([...keepEven([1, 2, 7, 8])], [2, 8]);
  assertEquals([...keepEven([-3, -2, 0, 1])], [-2, 0]);
});

Deno.test("keepEven: goes on only as far as the next even number", () => {
  const asked: number[] = [];
  const evens = keepEven(noting([1, 2, 7, 8], asked));
  assertEquals(asked, []);
  evens.next();
  assertEquals(asked, [1, 2]);
});

Deno.test("sumAll: 1, 2, 3 are 6, and 16 with an initial 10", () => {
  assertEquals(sumAll([1, 2, 3]), 6);
  assertEquals(sumAll([1, 2, 3], 10), 16);
});

Deno.test("sumAll: takes everything, and leaves nothing of the iterator", () => {
  const asked: number[] = [];
  const numbers = noting([1, 2, 3], asked);
  assertEquals(sumAll(numbers), 6);
  assertEquals(asked, [1, 2, 3]);
  assertEquals(numbers.next(), { value: undefined, done: true });
});

Deno.test("sumAll: of no items is the initial value", () => {
  assertEquals([sumAll([]), sumAll([], 10)], [0, 10]);
});

Deno.test("largest: of 5, 9, 4, 15 and an initial 10 is 15", () => {
  assertEquals(largest([5, 9, 4, 15], 10), 15);
});

Deno.test("largest: may be the initial value, or below 0", () => {
  assertEquals(largest([5, 9, 4], 10), 10);
  assertEquals([largest([-5, -2, -9]), largest([])], [-2, -Infinity]);
});

Deno.test("joinWords: four words are a text", () => {
  const words = ["Data", "Science", "is", "fun"];
  assertEquals(joinWords(words), "Data Science is fun");
  assertEquals(joinWords(["alone"]), "alone");
});

Deno.test("joinWords: of no words is an error, for there is no initial value", () => {
  assertEquals(joinWords(["one"]), "one");
  assertThrows(() => joinWords([]), TypeError);
});

Deno.test("given reduceSteps: 1 + 2 = 3, then 3 + 3 = 6", () => {
  assertEquals(reduceSteps([1, 2, 3]), ["1 + 2 = 3", "3 + 3 = 6"]);
});

Deno.test("given reduceSteps: an initial value makes it three steps", () => {
  assertEquals(reduceSteps([1, 2, 3], 10), [
    "10 + 1 = 11",
    "11 + 2 = 13",
    "13 + 3 = 16",
  ]);
});

Deno.test("given reduceSteps: 0 is an initial value too", () => {
  assertEquals(reduceSteps([1, 2], 0), ["0 + 1 = 1", "1 + 2 = 3"]);
});

Deno.test("given reduceSteps: one number alone needs no step", () => {
  assertEquals(reduceSteps([7]), []);
  assertThrows(() => reduceSteps([]), TypeError, "no initial value");
});

Deno.test("given: the lesson says what map, filter and reduce return, and when", async () => {
  const said = await transcript("12_map_filter_reduce");
  for (
    const sentence of [
      "map, filter and reduce are functions of this course, called as in Python, where reduce is in the module functools.",
      "The methods map and filter of an iterator do so, too. Those of an array (lesson 11) are not lazy",
      "map has not called `square` at all, because it is lazy: it returns an iterator (lesson 9), and computes an item when somebody asks for it.",
      "It is a generator (lesson 10), in Python a map object.",
      "filter(function, iterable) is lazy too. It returns an iterator of the items for which the function returns true; in Python, a filter object.",
      "next() tested 1, which is odd, then 2, which is even, and stopped there.",
      "So map and filter return iterators, not results: they describe what to compute, and compute an item only when somebody asks for it.",
      "It calls the function with the result so far and the next item; what the function returns is the new result so far. In the beginning, that is the first item.",
      "A third argument is the initial value: reduce begins with it instead of the first item.",
      "reduce returns a result, not an iterator. The result depends on every item. So reduce asks for all items immediately.",
      "and the iterator is used up.",
      "If there are no items, reduce returns the initial value.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows the code and the values that it speaks of", async () => {
  const said = await transcript("12_map_filter_reduce");
  for (
    const line of [
      "const square = (x) => { calls.push(x); return x ** 2; }; const squares = map(square, [1, 2, 3]); calls → []",
      "squares.next().value → 1 calls → [ 1 ]",
      'String(squares) → "[object Generator]"',
      "function squareAll(numbers) {",
      "[...squareAll([1, 2, 3])] → [ 1, 4, 9 ]",
      'String(evens) → "[object Generator]" tested → [] evens.next().value → 2 tested → [ 1, 2 ]',
      "function keepEven(numbers) {",
      "[...keepEven([1, 2, 7, 8])] → [ 2, 8 ]",
      "const add = (x, y) => x + y; reduce(add, [1, 2, 3]) → 6",
      'reduceSteps([1, 2, 3]) → [ "1 + 2 = 3", "3 + 3 = 6" ]',
      "reduce(add, [1, 2, 3], 10) → 16",
      'reduceSteps([1, 2, 3], 10) → [ "10 + 1 = 11", "11 + 2 = 13", "13 + 3 = 16" ]',
      "function sumAll(numbers, initial = 0) {",
      "sumAll([1, 2, 3]) → 6 sumAll([]) → 0",
      "function largest(numbers, initial = -Infinity) {",
      "function joinWords(words) {",
      "largest([5, 9, 4, 15], 10) → 15",
      'joinWords(["Data", "Science", "is", "fun"]) → "Data Science is fun"',
      "sumAll(squares) → 13 calls → [ 1, 2, 3 ]",
      "[...squares] → []",
      "joinWords([]) → TypeError: reduce: no items and no initial value",
    ]
  ) assertStringIncludes(said, line);
});

Deno.test("given map, reduce: a worked example of the library's own", () => {
  assertEquals(reduce((x, y) => x + y, map((x) => x ** 2, [1, 2, 3])), 14);
});
