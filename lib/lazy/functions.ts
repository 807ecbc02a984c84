/**
 * Lazy functions over iterables: function first, data last.
 *
 * Each is a generator of a few lines. Nothing is taken from a source before an
 * item is asked for, and then one item at a time. Whoever leaves early closes the
 * source, once; so does an error in a callback; a source that has ended is left
 * alone.
 *
 * @module
 */

import {
  checkCount,
  checkFunction,
  checkIterable,
  checkNumber,
  checkSize,
} from "../describe.ts";
import { Range } from "./range.ts";
import { close, itemsOf, over, Rows } from "./source.ts";

export { Range };

/**
 * The numbers from `start` to before `stop`, computed when they are asked for.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { range } from "./functions.ts";
 *
 * assertEquals([...range(3)], [0, 1, 2]);
 * assertEquals([...range(2, 10, 3)], [2, 5, 8]);
 * assertEquals([...range(5, -5, -3)], [5, 2, -1, -4]);
 * ```
 *
 * @param stop Where it ends; this number is not part of it.
 * @returns A Range, which can be iterated again and again.
 * @throws {TypeError} If an argument is no number.
 * @throws {RangeError} If an argument is not finite, or the step is 0.
 */
export function range(stop: number): Range;
/**
 * The same from a first number on, and in steps.
 *
 * @param start The first number.
 * @param stop Where it ends; this number is not part of it.
 * @param step The distance between two numbers; 1 unless given.
 */
export function range(start: number, stop: number, step?: number): Range;
export function range(first: number, second?: number, step = 1): Range {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  return Range.from(start, stop, step);
}

/**
 * Counts without end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { count, take, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(take(3, count(10, 5))), [10, 15, 20]);
 * ```
 *
 * @param start The first number.
 * @param step The distance between two numbers.
 * @returns The numbers `start`, `start + step`, … without end.
 */
export function count(start = 0, step = 1): Generator<number, never, void> {
  checkNumber("count", "start", start);
  checkNumber("count", "step", step);
  return counting(start, step);
}

function* counting(start: number, step: number): Generator<number, never> {
  // Multiplied, not added up: small errors would grow.
  for (let i = 0;; i++) yield start + i * step;
}

/**
 * Repeats a source without end. Its items are kept, because a source may be
 * iterable only once.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cycle, take, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(take(5, cycle("ab"))), ["a", "b", "a", "b", "a"]);
 * ```
 *
 * @param source The items.
 * @returns The items, again and again; nothing if there are none.
 * @throws {TypeError} If a source is not iterable.
 */
export function cycle<T>(source: Iterable<T>): Generator<T, void, void> {
  return over(source, cycling);
}

function* cycling<T>(source: Iterable<T>) {
  const kept: T[] = [];
  for (const item of source) {
    kept.push(item);
    yield item;
  }
  while (kept.length > 0) for (const item of kept) yield item;
}

/**
 * Repeats a value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { repeat, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(repeat("x", 3)), ["x", "x", "x"]);
 * ```
 *
 * @param value The value.
 * @param times How often; without end unless given.
 * @returns The value, again and again.
 * @throws {RangeError | TypeError} If `times` is no whole number of at least 0.
 */
export function repeat<T>(
  value: T,
  times = Infinity,
): Generator<T, void, void> {
  checkSize("repeat", "times", times);
  return repeating(value, times);
}

function* repeating<T>(value: T, times: number) {
  for (let i = 0; i < times; i++) yield value;
}

/**
 * Calls a function with what it returned before, without end.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { iterate, take, toArray } from "./functions.ts";
 *
 * const powers = iterate((x: number) => x * 2, 1);
 * assertEquals(toArray(take(5, powers)), [1, 2, 4, 8, 16]);
 * ```
 *
 * @param fn Makes the next value of a value.
 * @param seed The first value.
 * @returns `seed`, `fn(seed)`, `fn(fn(seed))`, …
 */
export function iterate<T>(
  fn: (value: T) => T,
  seed: T,
): Generator<T, never, void> {
  checkFunction("iterate", "fn", fn);
  return iterating(fn, seed);
}

function* iterating<T>(fn: (value: T) => T, seed: T): Generator<T, never> {
  for (let value = seed;; value = fn(value)) yield value;
}

/**
 * Calls a function with each item.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(map((x) => x ** 2, [1, 2, 3])), [1, 4, 9]);
 * ```
 *
 * @param fn Called with an item.
 * @param source The items.
 * @returns What the function returned, one by one.
 * @throws {TypeError} If a source is not iterable.
 */
export function map<T, R>(
  fn: (item: T) => R,
  source: Iterable<T>,
): Generator<R, void, void>;
/**
 * Calls a function with an item of each source, until one of them has no more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map, toArray } from "./functions.ts";
 *
 * const sums = map((a: number, b: number) => a + b, [1, 2, 3], [10, 20]);
 * assertEquals(toArray(sums), [11, 22]);
 * ```
 *
 * @param fn Called with an item of each source.
 * @param sources The items.
 * @returns What the function returned, one by one.
 * @throws {TypeError} If a source is not iterable.
 */
export function map<Items extends unknown[], R>(
  fn: (...items: Items) => R,
  ...sources: { [I in keyof Items]: Iterable<Items[I]> }
): Generator<R, void, void>;
export function map<R>(
  fn: (...items: unknown[]) => R,
  ...sources: Iterable<unknown>[]
): Generator<R, void, void> {
  checkFunction("map", "fn", fn);
  return sources.length === 1
    ? over(sources[0]!, (items) => mapping(fn, items))
    : over(new Rows(sources), (rows) => mappingRows(fn, rows));
}

function* mapping<T, R>(fn: (item: T) => R, source: Iterable<T>) {
  for (const item of source) yield fn(item);
}

function* mappingRows<T, R>(fn: (...items: T[]) => R, rows: Iterable<T[]>) {
  for (const row of rows) yield fn(...row);
}

/**
 * Lets pass the items for which a function says so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filter, toArray } from "./functions.ts";
 *
 * const even = filter((x) => x % 2 === 0, [1, 2, 7, 8]);
 * assertEquals(toArray(even), [2, 8]);
 * ```
 *
 * @param fn Whether an item is to pass.
 * @param source The items.
 * @returns The items that passed.
 * @throws {TypeError} If a source is not iterable.
 */
export function filter<T, S extends T>(
  fn: (item: T) => item is S,
  source: Iterable<T>,
): Generator<S, void, void>;
/** The same, with a function that does not tell types apart. */
export function filter<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void, void>;
export function filter<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void, void> {
  checkFunction("filter", "fn", fn);
  return over(source, (items) => filtering(fn, items));
}

function* filtering<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  for (const item of source) if (fn(item)) yield item;
}

/**
 * Numbers the items.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { enumerate, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(enumerate("ab")), [[0, "a"], [1, "b"]]);
 * ```
 *
 * @param source The items.
 * @param start The first number.
 * @returns Pairs of a number and an item.
 * @throws {TypeError} If a source is not iterable.
 */
export function enumerate<T>(
  source: Iterable<T>,
  start = 0,
): Generator<[number, T], void, void> {
  checkNumber("enumerate", "start", start);
  return over(source, (items) => numbering(items, start));
}

function* numbering<T>(
  source: Iterable<T>,
  start: number,
): Generator<[number, T], void> {
  let i = start;
  for (const item of source) yield [i++, item];
}

/**
 * Joins an item of each source into one, until one of them has no more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toArray, zip } from "./functions.ts";
 *
 * assertEquals(toArray(zip([1, 2, 3], "ab")), [[1, "a"], [2, "b"]]);
 * ```
 *
 * @param sources The items.
 * @returns Lists of an item of each source.
 * @throws {TypeError} If a source is not iterable.
 */
export function zip<Items extends unknown[]>(
  ...sources: { [I in keyof Items]: Iterable<Items[I]> }
): Generator<Items, void, void> {
  const rows = new Rows<unknown>(sources) as Iterable<Items>;
  return over(rows, itemsOf);
}

/**
 * Gives what `reduce` would have at each item.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { accumulate, toArray } from "./functions.ts";
 *
 * const sums = accumulate((a, b) => a + b, [1, 2, 3]);
 * assertEquals(toArray(sums), [1, 3, 6]);
 * ```
 *
 * @param fn Makes the next value of the value so far and an item.
 * @param source The items.
 * @returns The values so far; the first one is the first item.
 * @throws {TypeError} If a source is not iterable.
 */
export function accumulate<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
): Generator<T, void, void>;
/**
 * The same with an initial value.
 *
 * @param initial The first value, which is given first.
 */
export function accumulate<T, A>(
  fn: (value: A, item: T) => A,
  source: Iterable<T>,
  initial: A,
): Generator<A, void, void>;
export function accumulate<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  ...initial: [T?]
): Generator<T, void, void> {
  checkFunction("accumulate", "fn", fn);
  return over(source, (items) => accumulating(fn, items, initial));
}

function* accumulating<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  // Not a default: undefined is an initial value too.
  initial: [T?],
) {
  let [value] = initial as [T];
  let hasValue = initial.length > 0;
  if (hasValue) yield value;
  for (const item of source) {
    value = hasValue ? fn(value, item) : item;
    hasValue = true;
    yield value;
  }
}

/**
 * Calls a function with each item, and gives what is in the results.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { flatMap, toArray } from "./functions.ts";
 *
 * const twice = flatMap((x) => [x, x], [1, 2]);
 * assertEquals(toArray(twice), [1, 1, 2, 2]);
 * ```
 *
 * @param fn Makes something iterable of an item.
 * @param source The items.
 * @returns The items of the results, one by one.
 * @throws {TypeError} If a source is not iterable.
 */
export function flatMap<T, R>(
  fn: (item: T) => Iterable<R>,
  source: Iterable<T>,
): Generator<R, void, void> {
  checkFunction("flatMap", "fn", fn);
  return over(source, (items) => flattening(fn, items));
}

function* flattening<T, R>(fn: (item: T) => Iterable<R>, source: Iterable<T>) {
  for (const item of source) {
    for (const inner of checkIterable(fn(item))) yield inner;
  }
}

/**
 * Gives the first items, and closes the source after them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { count, take, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(take(3, count())), [0, 1, 2]);
 * ```
 *
 * @param n How many, at least 0.
 * @param source The items.
 * @returns The first `n` items, or all if there are fewer.
 * @throws {TypeError} If a source is not iterable.
 * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
 */
export function take<T>(
  n: number,
  source: Iterable<T>,
): Generator<T, void, void> {
  checkSize("take", "n", n);
  return over(source, (items) => taking(n, items));
}

function* taking<T>(n: number, source: Iterable<T>) {
  if (n === 0) return close(source);
  let left = n;
  for (const item of source) {
    yield item;
    if (--left === 0) return;
  }
}

/**
 * Leaves out the first items.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { drop, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(drop(2, "abcd")), ["c", "d"]);
 * ```
 *
 * @param n How many, at least 0.
 * @param source The items.
 * @returns The items after the first `n`.
 * @throws {TypeError} If a source is not iterable.
 * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
 */
export function drop<T>(
  n: number,
  source: Iterable<T>,
): Generator<T, void, void> {
  checkSize("drop", "n", n);
  return over(source, (items) => dropping(n, items));
}

function* dropping<T>(n: number, source: Iterable<T>) {
  let left = n;
  for (const item of source) {
    if (left > 0) left -= 1;
    else yield item;
  }
}

/**
 * Gives items for as long as a function says so, and then closes the source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { count, takeWhile, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(takeWhile((x) => x < 3, count())), [0, 1, 2]);
 * ```
 *
 * @param fn Whether to go on.
 * @param source The items.
 * @returns The items before the first one that it refused.
 * @throws {TypeError} If a source is not iterable.
 */
export function takeWhile<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void, void> {
  checkFunction("takeWhile", "fn", fn);
  return over(source, (items) => takingWhile(fn, items));
}

function* takingWhile<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  for (const item of source) {
    if (!fn(item)) return;
    yield item;
  }
}

/**
 * Leaves out items for as long as a function says so.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dropWhile, toArray } from "./functions.ts";
 *
 * const rest = dropWhile((x) => x < 3, [1, 2, 3, 1]);
 * assertEquals(toArray(rest), [3, 1]);
 * ```
 *
 * @param fn Whether to leave it out.
 * @param source The items.
 * @returns The items from the first one that it refused on.
 * @throws {TypeError} If a source is not iterable.
 */
export function dropWhile<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void, void> {
  checkFunction("dropWhile", "fn", fn);
  return over(source, (items) => droppingWhile(fn, items));
}

function* droppingWhile<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  let isDropping = true;
  for (const item of source) {
    isDropping &&= Boolean(fn(item));
    if (!isDropping) yield item;
  }
}

/**
 * Leaves out items that were there before. What was there is kept, so memory
 * grows with the number of different items.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toArray, unique } from "./functions.ts";
 *
 * assertEquals(toArray(unique([1, 2, 1, 3])), [1, 2, 3]);
 * assertEquals(toArray(unique(["a", "bb", "c"], (w) => w.length)), ["a", "bb"]);
 * ```
 *
 * @param source The items.
 * @param key What two items must not have in common; the item itself unless given.
 * @returns The items that are new.
 * @throws {TypeError} If a source is not iterable.
 */
export function unique<T>(
  source: Iterable<T>,
  key: (item: T) => unknown = (item) => item,
): Generator<T, void, void> {
  checkFunction("unique", "key", key);
  return over(source, (items) => singling(items, key));
}

function* singling<T>(source: Iterable<T>, key: (item: T) => unknown) {
  const seen = new Set<unknown>();
  for (const item of source) {
    const found = key(item);
    if (seen.has(found)) continue;
    seen.add(found);
    yield item;
  }
}

/**
 * Gathers items into arrays of a size.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chunks, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(chunks(2, "abc")), [["a", "b"], ["c"]]);
 * ```
 *
 * @param n How many make an array, at least 1.
 * @param source The items.
 * @returns Arrays of `n` items; the last one may be shorter.
 * @throws {TypeError} If a source is not iterable.
 * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
 */
export function chunks<T>(
  n: number,
  source: Iterable<T>,
): Generator<T[], void, void> {
  checkCount("chunks", "n", n);
  return over(source, (items) => chunking(n, items));
}

function* chunking<T>(n: number, source: Iterable<T>) {
  let chunk: T[] = [];
  for (const item of source) {
    chunk.push(item);
    if (chunk.length < n) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Gives each stretch of neighbours.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toArray, windows } from "./functions.ts";
 *
 * assertEquals(toArray(windows(2, "abc")), [["a", "b"], ["b", "c"]]);
 * ```
 *
 * @param n How many make a stretch, at least 1.
 * @param source The items.
 * @returns Arrays of `n` items, each beginning one item later than the one before.
 * @throws {TypeError} If a source is not iterable.
 * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
 */
export function windows<T>(
  n: number,
  source: Iterable<T>,
): Generator<T[], void, void> {
  checkCount("windows", "n", n);
  return over(source, (items) => sliding(n, items));
}

function* sliding<T>(n: number, source: Iterable<T>) {
  const window: T[] = [];
  for (const item of source) {
    window.push(item);
    if (window.length > n) window.shift();
    if (window.length === n) yield [...window];
  }
}

/**
 * Gives each pair of neighbours.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pairwise, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(pairwise([1, 2, 3])), [[1, 2], [2, 3]]);
 * ```
 *
 * @param source The items.
 * @returns Pairs of an item and the next.
 * @throws {TypeError} If a source is not iterable.
 */
export function pairwise<T>(
  source: Iterable<T>,
): Generator<[T, T], void, void> {
  return windows(2, source) as Generator<[T, T], void, void>;
}

/**
 * Gives the items of one source after another; a source is opened when it is
 * its turn.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { concat, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(concat([1], [2, 3])), [1, 2, 3]);
 * ```
 *
 * @param sources The items.
 * @returns The items of the first source, then those of the second, …
 * @throws {TypeError} If a source is not iterable.
 */
export function concat<T>(
  ...sources: Iterable<T>[]
): Generator<T, void, void> {
  for (const source of sources) checkIterable(source);
  const [first = [], ...others] = sources;
  return over(first, (items) => concatenating([items, ...others]));
}

function* concatenating<T>(sources: readonly Iterable<T>[]) {
  for (const source of sources) for (const item of source) yield item;
}

/**
 * Gathers neighbours that have the same key.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { groupBy, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(groupBy((x) => x > 2, [1, 2, 3, 1])), [
 *   [false, [1, 2]],
 *   [true, [3]],
 *   [false, [1]],
 * ]);
 * ```
 *
 * @param key What they are to have in common.
 * @param source The items.
 * @returns Pairs of a key and an array of the neighbours that have it.
 * @throws {TypeError} If a source is not iterable.
 */
export function groupBy<T, K>(
  key: (item: T) => K,
  source: Iterable<T>,
): Generator<[K, T[]], void, void> {
  checkFunction("groupBy", "key", key);
  return over(source, (items) => grouping(key, items));
}

function* grouping<T, K>(key: (item: T) => K, source: Iterable<T>) {
  let group: [K, T[]] | undefined;
  for (const item of source) {
    const found = key(item);
    if (group && Object.is(group[0], found)) {
      group[1].push(item);
      continue;
    }
    if (group) yield group;
    group = [found, [item]];
  }
  if (group) yield group;
}

/**
 * Takes all items at once, and sorts them in two arrays.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { partition } from "./functions.ts";
 *
 * assertEquals(partition((x) => x > 1, [1, 2, 3]), [[2, 3], [1]]);
 * ```
 *
 * @param fn Which of the two an item belongs to.
 * @param source The items.
 * @returns The items for which the function says yes, and the others.
 * @throws {TypeError} If a source is not iterable.
 */
export function partition<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): [T[], T[]] {
  checkFunction("partition", "fn", fn);
  const yes: T[] = [];
  const no: T[] = [];
  for (const item of checkIterable(source)) (fn(item) ? yes : no).push(item);
  return [yes, no];
}

/**
 * Takes all items at once, and makes one value of them, from left to right.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reduce } from "./functions.ts";
 *
 * assertEquals(reduce((x, y) => x + y, [1, 2, 3]), 6);
 * assertEquals(reduce((x, y) => x + y, [1, 2, 3], 10), 16);
 * ```
 *
 * @param fn Makes the next value of the value so far and an item.
 * @param source The items.
 * @returns The last value; with one item, that item.
 * @throws {TypeError} If there are no items, or the source is not iterable.
 */
export function reduce<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
): T;
/**
 * The same from an initial value on, which is the result if there are no items.
 *
 * @param initial The first value; `undefined` is one too.
 */
export function reduce<T, A>(
  fn: (value: A, item: T) => A,
  source: Iterable<T>,
  initial: A,
): A;
export function reduce<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  ...initial: [T?]
): T {
  checkFunction("reduce", "fn", fn);
  const { value, found } = fold(fn, source, ...initial);
  if (!found) throw new TypeError("reduce: no items and no initial value");
  return value;
}

/** Makes one value of items; none is found if there are none. */
export function fold<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  ...initial: [T?]
): { value: T; found: boolean } {
  // Not a default: undefined is an initial value too.
  let [value] = initial as [T];
  let found = initial.length > 0;
  for (const item of checkIterable(source)) {
    value = found ? fn(value, item) : item;
    found = true;
  }
  return { value, found };
}

/**
 * Takes all items at once, and adds them up.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { range, sum } from "./functions.ts";
 *
 * assertEquals(sum(range(5)), 10);
 * assertEquals(sum([1n, 2n]), 3n);
 * ```
 *
 * @param source The items.
 * @returns The sum; 0 if there are no items.
 * @throws {TypeError} If a source is not iterable.
 */
export function sum<N extends number | bigint>(
  source: Iterable<N>,
): N extends number ? number : bigint;
export function sum(source: Iterable<number>): number {
  let total: number | undefined;
  // The first one decides whether it is a sum of numbers or of bigints.
  for (const item of checkIterable(source)) {
    total = total === undefined ? item : total + item;
  }
  return total ?? 0;
}

/**
 * Takes all items at once, and gives the smallest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { min } from "./functions.ts";
 *
 * assertEquals(min([5, 9, 4, 15]), 4);
 * ```
 *
 * @param source The items.
 * @returns The smallest item, the first of them if there are several; `undefined` if
 * there are none.
 * @throws {TypeError} If a source is not iterable.
 */
export function min<T>(source: Iterable<T>): T | undefined {
  return fold<T | undefined>(smaller, source).value;
}

/**
 * Takes all items at once, and gives the largest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { max } from "./functions.ts";
 *
 * assertEquals(max([5, 9, 4, 15]), 15);
 * ```
 *
 * @param source The items.
 * @returns The largest item, the first of them if there are several; `undefined` if
 * there are none.
 * @throws {TypeError} If a source is not iterable.
 */
export function max<T>(source: Iterable<T>): T | undefined {
  return fold<T | undefined>(larger, source).value;
}

/** The smaller of two; the first one if neither is. */
export const smaller = <T>(a: T, b: T): T => b < a ? b : a;

/** The larger of two; the first one if neither is. */
export const larger = <T>(a: T, b: T): T => b > a ? b : a;

/**
 * Takes all items at once, into an array.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { range, toArray } from "./functions.ts";
 *
 * assertEquals(toArray(range(3)), [0, 1, 2]);
 * ```
 *
 * @param source The items.
 * @returns The items.
 * @throws {TypeError} If a source is not iterable.
 */
export function toArray<T>(source: Iterable<T>): T[] {
  return [...checkIterable(source)];
}

/**
 * Takes all items at once, into one text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { join } from "./functions.ts";
 *
 * assertEquals(join(" ", ["Data", "Science"]), "Data Science");
 * ```
 *
 * @param separator What stands between two items.
 * @param source The items.
 * @returns The text.
 * @throws {TypeError} If a source is not iterable.
 */
export function join(separator: string, source: Iterable<unknown>): string {
  return toArray(source).join(separator);
}

/**
 * Takes one item, and closes the source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { first } from "./functions.ts";
 *
 * assertEquals(first("abc"), "a");
 * ```
 *
 * @param source The items.
 * @returns The first item; `undefined` if there is none.
 * @throws {TypeError} If a source is not iterable.
 */
export function first<T>(source: Iterable<T>): T | undefined {
  for (const item of checkIterable(source)) return item;
  return undefined;
}

/**
 * Takes items until a function says yes, and closes the source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { some } from "./functions.ts";
 *
 * assertEquals(some((x) => x > 2, [1, 2, 3]), true);
 * ```
 *
 * @param fn Asked about each item.
 * @param source The items.
 * @returns Whether it said yes.
 * @throws {TypeError} If a source is not iterable.
 */
export function some<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): boolean {
  checkFunction("some", "fn", fn);
  for (const item of checkIterable(source)) if (fn(item)) return true;
  return false;
}

/**
 * Takes items until a function says no, and closes the source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { every } from "./functions.ts";
 *
 * assertEquals(every((x) => x > 2, [1, 2, 3]), false);
 * ```
 *
 * @param fn Asked about each item.
 * @param source The items.
 * @returns Whether it never said no.
 * @throws {TypeError} If a source is not iterable.
 */
export function every<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): boolean {
  checkFunction("every", "fn", fn);
  for (const item of checkIterable(source)) if (!fn(item)) return false;
  return true;
}

/**
 * Takes items until a function says yes, and closes the source.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { find } from "./functions.ts";
 *
 * assertEquals(find((x) => x > 1, [1, 2, 3]), 2);
 * ```
 *
 * @param fn Asked about each item.
 * @param source The items.
 * @returns The item to which it said yes; `undefined` if there is none.
 * @throws {TypeError} If a source is not iterable.
 */
export function find<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): T | undefined {
  checkFunction("find", "fn", fn);
  for (const item of checkIterable(source)) if (fn(item)) return item;
  return undefined;
}

/**
 * Takes all items at once, and calls a function with each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { forEach } from "./functions.ts";
 *
 * const seen: string[] = [];
 * forEach((x) => seen.push(x), "ab");
 * assertEquals(seen, ["a", "b"]);
 * ```
 *
 * @param fn Called for what it does.
 * @param source The items.
 * @returns Nothing.
 * @throws {TypeError} If a source is not iterable.
 */
export function forEach<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): void {
  checkFunction("forEach", "fn", fn);
  for (const item of checkIterable(source)) fn(item);
}
