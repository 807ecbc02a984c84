import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { count, lazy, map, range } from "../mod.ts";
import {
  add,
  chained,
  comprehension,
  double,
  doubleInPlace,
  evaluationOrder,
  isEven,
  lengthOf,
  lines,
  nested,
  stepwise,
} from "../lessons/13_pipelines.ts";
import { transcript } from "./helper.ts";

const ways = { nested, stepwise, chained, comprehension };

for (const [name, way] of Object.entries(ways)) {
  Deno.test(`${name}: even numbers of 0 to 9, doubled and summed, are 40`, () => {
    assertEquals(way(range(10)), 40);
  });

  Deno.test(`${name}: works on any numbers, from any iterable`, () => {
    assertEquals(way([1, 2, 7, 8]), 20);
    assertEquals(way(new Set([-4, -3, 3])), -8);
    assertEquals(way(map((x) => x, [6])), 12);
    assertEquals([way([]), way([1, 3])], [0, 0]);
  });

  Deno.test(`${name}: leaves its data unchanged`, () => {
    const data = Object.freeze([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals([way(data), way(data)], [40, 40]);
    assertEquals(data, [...range(10)]);
  });
}

Deno.test("given evaluationOrder: nothing runs before the pipeline is built and the end asks", () => {
  assertEquals(evaluationOrder(lazy([2, 3, 4]))[0], "built");
});

Deno.test("given evaluationOrder: lazily, one item goes all the way before the next one starts", () => {
  assertEquals(evaluationOrder(lazy([2, 3, 4])), [
    "built",
    "filter 2",
    "map 2",
    "reduce 0 + 4",
    "filter 3",
    "filter 4",
    "map 4",
    "reduce 4 + 8",
  ]);
});

Deno.test("given evaluationOrder: with arrays, each step finishes before the next one starts", () => {
  assertEquals(evaluationOrder([2, 3, 4]), [
    "filter 2",
    "filter 3",
    "filter 4",
    "map 2",
    "map 4",
    "built",
    "reduce 0 + 4",
    "reduce 4 + 8",
  ]);
});

Deno.test("given evaluationOrder: of nothing, there is nothing to do", () => {
  assertEquals(evaluationOrder([]), ["built"]);
  assertEquals(evaluationOrder(lazy([])), ["built"]);
});

Deno.test("given: isEven, double and add give the same for the same arguments", () => {
  assertEquals([isEven(2), isEven(7), isEven(0), isEven(-2)], [
    true,
    false,
    true,
    true,
  ]);
  assertEquals([double(4), double(4), add(1, 2), add(1, 2)], [8, 8, 3, 3]);
});

Deno.test("given: a pipeline over an endless source gives as many as are taken", () => {
  const firstThree = lazy(count()).filter(isEven).map(double).take(3);
  assertEquals(firstThree.toArray(), [0, 4, 8]);
});

Deno.test("given lines: a pipeline has one line at a time, and never the whole text", () => {
  let made = 0;
  const seen: number[] = [];
  const source = map((line) => {
    made += 1;
    return line;
  }, lines(5));
  lazy(source).map((line) => line.length).forEach(() => seen.push(made));
  assertEquals(seen, [1, 2, 3, 4, 5]);
});

Deno.test("given lines, lengthOf: a line is 1 kB", () => {
  assertEquals([...lines(2)].map((line) => line.slice(0, 9)), [
    "line 0: x",
    "line 1: x",
  ]);
  assertEquals(lengthOf(["", "a", "bcd"]), 4);
  assertEquals(lengthOf(lines(1_000)), 994_890);
});

Deno.test("given doubleInPlace: changes its argument, unless that is frozen", () => {
  const numbers = [1, 2, 7, 8];
  doubleInPlace(numbers);
  assertEquals(numbers, [2, 4, 14, 16]);
  const frozen = Object.freeze([1, 2]) as number[];
  assertThrows(() => doubleInPlace(frozen), TypeError, "read only");
  assertEquals(frozen, [1, 2]);
});

Deno.test("given: the lesson says what a pipeline is, how to think in pipelines, and shows it", async () => {
  const said = await transcript("13_pipelines", { total: 4_000 });
  for (
    const words of [
      "A pipeline chains functions. Each of them does one small job and passes its result to the next.",
      "data -> filter -> map -> reduce.",
      '"built" is when filter and map had returned, just before reduce was called.',
      "1 built filter 2 2 filter 2 filter 3 3 map 2 filter 4 4 reduce 0 + 4 map 2 5 filter 3 map 4 6 filter 4 built 7 map 4 reduce 0 + 4 8 reduce 4 + 8 reduce 4 + 8",
      "The lazy pipeline has computed nothing when it is built. It is reduce that asks map for an item; map asks filter, and filter asks the data.",
      "With arrays, each step finishes first and makes a whole array for the next one",
      "[...map(double, filter(isEven, data))] → [ 0, 4, 8, 12, 16 ]",
      "Nested: the result of each call is the data of the call around it. You read it from the inside out. function nested(data) {",
      "nested(data) → 40",
      "Step by step: each result gets a name. You read it from top to bottom. function stepwise(data) {",
      "stepwise(data) → 40",
      "Chained: each step is a method of what the step before it returns. You read it in the order in which things happen. function chained(data) {",
      "chained(data) → 40",
      "Generator: it makes the doubled numbers, and sum() adds them up.",
      "In Python, it is a generator expression: sum(x * 2 for x in range(10) if x % 2 == 0).",
      "function comprehension(data) { return sum(function* () {",
      "comprehension(data) → 40",
      "Functional programming builds pipelines of small pure functions (lesson 11), which are easy to test and to use again. A step transforms: it makes new values. It does not mutate: it does not change the values that it got. So the source is the same after the pipeline.",
      "const source = [1, 2, 7, 8]; chained(source) → 20 source → [ 1, 2, 7, 8 ]",
      "doubleInPlace(source); chained(source) → 72",
      "Immutable data prevents that: nobody can change it.",
      "take(3).toArray() → [ 0, 4, 8 ]",
      "its steps store no intermediate results. (A sort would.) So its memory stays flat, however long the text is.",
    ]
  ) assertStringIncludes(said, words);
  // The array keeps every line. A test runner's heap is never quite still.
  assertMatch(said, / 4 000 [\d.]+ k?B [34]\.\d+ MB The pipeline forgets/);
});
