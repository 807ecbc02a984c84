/**
 * Lesson 11: Pipelines
 *
 * data → filter (even numbers) → map (double) → reduce (sum). One pipeline, in
 * four ways of writing it; in which order its steps run; and why it can work on
 * data that is endless, too large for memory, or spread over workers.
 *
 * @run deno run lessons/11_pipelines.ts
 * @test deno test tests/11_pipelines_test.ts
 *
 * @hint nested What a function gives is what the function around it gets.
 * @hint nested Data innermost: filter around it, map around that, reduce outside.
 * @hint nested return reduce(add, map(…, filter(…, …)), …);
 * @hint stepwise The same three calls, with a name for what each of them gives.
 * @hint stepwise First the even numbers, then the doubled ones, then the result.
 * @hint stepwise const evens = …; const doubled = map(…, …); return reduce(…, doubled, …);
 * @hint chained Begin with the data, and write the steps in the order in which they happen.
 * @hint chained lazy(data) gives a pipeline, which has filter, map and reduce as methods.
 * @hint chained return lazy(…).filter(…).map(…).reduce(…, …);
 * @hint comprehension Say for which x there is an item, and which.
 * @hint comprehension Inside the generator: a loop, a condition and a `yield`.
 * @hint comprehension for (const x of …) if (…) yield …;
 */
import { count, filter, lazy, map, Pool, range, reduce, sum } from "../mod.ts";
import { flags, section, show, title } from "../lib/lesson.ts";

// Each does one small thing, and is pure.
export const isEven = (x: number): boolean => x % 2 === 0;
export const double = (x: number): number => x * 2;
export const add = (x: number, y: number): number => x + y;

/** The sum of the doubled even numbers: one call inside the other. */
export function nested(data: Iterable<number>): number {
  // #region solution: put filter into map, and map into reduce
  return reduce(add, map(double, filter(isEven, data)), 0);
  // #endregion solution
}

/** The same, with a name for each step. */
export function stepwise(data: Iterable<number>): number {
  // #region solution: name the even numbers, name the doubled ones, add them up
  const evens = filter(isEven, data);
  const doubled = map(double, evens);
  return reduce(add, doubled, 0);
  // #endregion solution
}

/** The same as a chain, which reads in the order in which things happen. */
export function chained(data: Iterable<number>): number {
  // #region solution: make a pipeline of the data, and call its methods
  return lazy(data).filter(isEven).map(double).reduce(add, 0);
  // #endregion solution
}

/** The same as a generator expression that is summed. */
export function comprehension(data: Iterable<number>): number {
  return sum(function* () {
    // #region solution: give the double of each even number
    for (const x of data) if (isEven(x)) yield double(x);
    // #endregion solution
  }());
}

/** The order in which the steps run: lazily, and with arrays. */
export function evaluationOrder(
  data: Iterable<number>,
): { lazy: string[]; arrays: string[] } {
  let events: string[] = [];
  const keep = (x: number) => {
    events.push(`filter ${x}`);
    return isEven(x);
  };
  const change = (x: number) => {
    events.push(`map ${x}`);
    return double(x);
  };
  const combine = (x: number, y: number) => {
    events.push(`add ${y}`);
    return add(x, y);
  };
  const numbers = [...data];

  const pipeline = lazy(numbers).filter(keep).map(change);
  events.push("built");
  pipeline.reduce(combine, 0);
  const lazily = events;

  events = [];
  const array = numbers.filter(keep).map(change);
  events.push("built");
  array.reduce(combine, 0);
  return { lazy: lazily, arrays: events };
}

/** Lines of a long text, each made when it is asked for. */
export function* lines(number: number): Generator<string, void, void> {
  for (const i of range(number)) yield `line ${i}: ${"x".repeat(1000)}`;
}

if (import.meta.main) {
  flags(import.meta);
  title("Pipelines");

  // Even numbers of 0 to 9, doubled and added up: 0 + 4 + 8 + 12 + 16. All four
  // ways give the same, by applying small functions to data; no variable changes
  // step by step. What differs is where one begins to read.
  const data = range(10);
  show(() => nested(data)); // 40
  show(() => stepwise(data)); // 40
  show(() => chained(data)); // 40
  show(() => comprehension(data)); // 40

  // Each step makes new values; none changes those that it got. So the data is
  // what it was, for the next one.
  show(() => data); // Range(0, 10)

  section("Who asks, and when");

  // A pipeline describes. Building it runs nothing; the end asks for an item,
  // and each item goes all the way before the next one starts.
  const order = evaluationOrder([2, 3, 4]);
  show(() => order.lazy.slice(0, 4)); // [ "built", "filter 2", "map 2", "add 4" ]
  show(() => order.lazy.slice(4)); // [ "filter 3", "filter 4", "map 4", "add 8" ]

  // Each step of an array finishes first, and makes an array for the next one.
  show(() => order.arrays.slice(0, 3)); // [ "filter 2", "filter 3", "filter 4" ]
  show(() => order.arrays.slice(3)); // [ "map 2", "map 4", "built", "add 4", "add 8" ]

  section("Without an end, without memory");

  // As nobody computes what nobody asks for, the source may be endless.
  show(() => lazy(count()).filter(isEven).map(double).take(3).toArray()); // [ 0, 4, 8 ]

  // 100 MB of text pass here, and one line of it is in memory at a time.
  show(() => lazy(lines(100_000)).map((line) => line.length).sum()); // 101188890

  section("Over workers");

  // A pure function needs nothing but its arguments, so the same step can run
  // in workers. The pool asks for items as its workers need them.
  using pool = new Pool({ workers: 2 });
  const doubled: number[] = [];
  for await (const x of pool.imap(double, filter(isEven, data))) {
    doubled.push(x);
  }
  show(() => doubled); // [ 0, 4, 8, 12, 16 ]
  show(() => reduce(add, doubled)); // 40
}
