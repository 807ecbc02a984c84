/**
 * Lesson 8: Generators
 *
 * A range and a generator stand for many values and keep none of them. What
 * both are, how a generator function is written, and how much memory it saves
 * against an array, measured on the heap of this program.
 *
 * @run deno run lessons/08_generators.ts
 * @test deno test tests/08_generators_test.ts
 *
 * @hint squares Hand out the square of x, and wait there until somebody asks on.
 * @hint squares `return` would end the function; `yield` lets it go on.
 * @hint squares yield …;
 * @hint squaresArray The same squares, all of them at once.
 * @hint squaresArray Array.from makes an array of a length, and asks a function for each item.
 * @hint squaresArray return Array.from({ length: … }, (_, x) => …);
 * @hint weigh What is not kept somewhere is garbage, and weighs nothing.
 * @hint weigh Each place of `kept` gets a value of its own from make().
 * @hint weigh for (let i = 0; …; i++) kept[i] = …;
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { map, range, take, toArray } from "../mod.ts";
import { flags, section, show, table, title } from "../lib/lesson.ts";

/** Gives the squares of 0 to n - 1, one each time it is asked. */
export function* squares(n: number): Generator<number, void, void> {
  for (let x = 0; x < n; x++) {
    // #region solution: hand out the square of x
    yield x ** 2;
    // #endregion solution
  }
}

/** The squares of 0 to n - 1, all of them in an array. */
export function squaresArray(n: number): number[] {
  // #region solution: put the square of each number below n into an array
  return Array.from({ length: n }, (_, x) => x ** 2);
  // #endregion solution
}

// V8 shows its garbage collector to code that is made after this flag is set.
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** How many bytes of the heap are in use, garbage not counted. */
function heapInUse(): number {
  collectGarbage();
  return Deno.memoryUsage().heapUsed;
}

/** How many bytes of the heap each of `count` values keeps, on average. */
export function weigh(make: () => unknown, count: number): number {
  // The places are there before the first value is, so they are not weighed.
  const kept: unknown[] = Array(count).fill(null);
  const before = heapInUse();
  // #region solution: make a value for each place of `kept`
  for (let i = 0; i < count; i++) kept[i] = make();
  // #endregion solution
  const after = heapInUse();
  // What nobody uses any more is garbage; up to here, it is in use.
  kept.length = 0;
  return (after - before) / count;
}

/** How many bytes of the heap one value keeps that `make` makes. */
export function memoryOf(make: () => unknown): number {
  // The first time does not count: V8 makes ready what it needs to run `make`.
  // A large value is weighed alone. A small one would be lost among what else
  // happens on the heap, so many of them are weighed together.
  const count = weigh(make, 1) > 100_000 ? 1 : 100_000;
  return Math.round(Math.min(...map(() => weigh(make, count), range(2))));
}

if (import.meta.main) {
  flags(import.meta);
  title("Generators");

  // A range is an iterable: a loop can ask it for an iterator. It is none itself,
  // so every loop begins anew.
  const r = range(3);
  show(() => Symbol.iterator in r); // true
  show(() => "next" in r); // false
  show(() => [[...r], [...r]]); // [ [ 0, 1, 2 ], [ 0, 1, 2 ] ]

  section("Generator functions");

  // The star makes the function a generator function. Calling it runs nothing;
  // it gives a generator. Each next() runs the body as far as a `yield`, which
  // hands out a value, and there the body waits.
  const generator = squares(3);
  show(() => String(generator)); // "[object Generator]"
  show(() => generator.next()); // { value: 0, done: false }
  show(() => generator.next()); // { value: 1, done: false }

  // It is iterable and an iterator in one, so a loop takes what is left of it.
  // After that it is spent: to have the squares again, call the function again.
  show(() => ["next" in generator, Symbol.iterator in generator]); // [ true, true ]
  show(() => [...generator]); // [ 4 ]
  show(() => [...generator]); // []

  // Python writes a short one as (x ** 2 for x in range(5)). What comes nearest
  // is a generator function without a name that is called at once.
  const expression = function* () {
    for (const x of range(5)) yield x ** 2;
  }();
  show(() => String(expression)); // "[object Generator]"
  show(() => [...expression]); // [ 0, 1, 4, 9, 16 ]

  section("Memory");

  // Five million squares. The array computes them all before it can show five;
  // the generator computes five.
  show(() => squaresArray(5_000_000).slice(0, 5)); // [ 0, 1, 4, 9, 16 ]
  show(() => toArray(take(5, squares(5_000_000)))); // [ 0, 1, 4, 9, 16 ]

  const measured = [
    {
      values: "numbers: 100 000",
      lazy: memoryOf(() => range(100_000)),
      array: memoryOf(() => toArray(range(100_000))),
      notes: [48, 800_056],
    },
    {
      values: "squares: 5 000 000",
      lazy: memoryOf(() => squares(5_000_000)),
      array: memoryOf(() => squaresArray(5_000_000)),
      notes: [200, 43_947_864],
    },
  ] as const;

  // Bytes, here and in Python. Both arrays take 8 for each item. Python counts
  // the list alone: its pointers, and some room to grow; the numbers that they
  // point to come on top. Here the numbers are in the array.
  table(measured.flatMap(({ values, lazy, array, notes: [few, many] }) => [
    { values, by: "Deno", lazy, array, ratio: Math.round(array / lazy) },
    {
      values,
      by: "Python",
      lazy: few,
      array: many,
      ratio: Math.round(many / few),
    },
  ]));
}
