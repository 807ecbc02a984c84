/**
 * Lazy functions over iterables: function first, data last.
 *
 * Each checks its arguments, where a TypeError or RangeError names the one that
 * is wrong, and gives a generator of a few lines. Nothing is taken from a source
 * before an item is asked for, and then one item at a time. Whoever leaves early
 * closes the source, once; so does an error in a callback. A source that has
 * ended, or that was not opened yet, is left alone.
 *
 * Values that arrive over time are for `for await`, `Array.fromAsync()` and
 * `pool.imap()`: a promise where an answer or a number is needed is a TypeError.
 *
 * @module
 */

import {
  checkCount,
  checkFunction,
  checkIterable,
  checkNumber,
  checkSize,
  describe,
} from "../describe.ts";
import { Range } from "./range.ts";

export { Range };

/**
 * The numbers from 0 to before `stop`, computed when they are asked for.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...range(3)], [0, 1, 2]);
 * assertEquals([...range(2, 10, 3)], [2, 5, 8]);
 * ```
 */
export function range(stop: number): Range;
/** The numbers from `start` to before `stop`, in steps of 1 unless given. */
export function range(start: number, stop: number, step?: number): Range;
export function range(first: number, second?: number, step = 1): Range {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  return Range.from(start, stop, step);
}

/**
 * The numbers `start`, `start + step`, … without end.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...take(3, count(10, 5))], [10, 15, 20]);
 * ```
 */
export function count(start = 0, step = 1): Generator<number, never> {
  checkNumber("count", "start", start);
  checkNumber("count", "step", step);
  return counting(start, step);
}

function* counting(start: number, step: number): Generator<number, never> {
  // Multiplied, not added up: small errors would grow.
  for (let i = 0;; i++) yield start + i * step;
}

/**
 * The items again and again. They are kept: a source may be iterable only once.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...take(5, cycle("ab"))], ["a", "b", "a", "b", "a"]);
 * ```
 */
export function cycle<T>(source: Iterable<T>): Generator<T, void> {
  return cycling(checkIterable(source));
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
 * A value so many times, or without end.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...repeat("x", 3)], ["x", "x", "x"]);
 * ```
 */
export function repeat<T>(value: T, times = Infinity): Generator<T, void> {
  checkSize("repeat", "times", times);
  return repeating(value, times);
}

function* repeating<T>(value: T, times: number) {
  for (let i = 0; i < times; i++) yield value;
}

/**
 * The values `seed`, `fn(seed)`, `fn(fn(seed))`, … without end.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...take(4, iterate((x) => x * 2, 1))], [1, 2, 4, 8]);
 * ```
 */
export function iterate<T>(fn: (value: T) => T, seed: T): Generator<T, never> {
  checkFunction("iterate", "fn", fn);
  return iterating(fn, seed);
}

function* iterating<T>(fn: (value: T) => T, seed: T): Generator<T, never> {
  for (let value = seed;; value = fn(value)) yield value;
}

/**
 * What a function returns for each item.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...map((x) => x ** 2, [1, 2, 3])], [1, 4, 9]);
 * assertEquals([...map(Math.max, [1, 5, 3], [4, 2])], [4, 5]);
 * ```
 */
export function map<T, R>(
  fn: (item: T) => R,
  source: Iterable<T>,
): Generator<R, void>;
/** What it returns for an item of each source, until one has no more. */
export function map<Items extends unknown[], R>(
  fn: (...items: Items) => R,
  ...sources: { [I in keyof Items]: Iterable<Items[I]> }
): Generator<R, void>;
export function map<R>(
  fn: (...items: unknown[]) => R,
  ...sources: Iterable<unknown>[]
): Generator<R, void> {
  checkFunction("map", "fn", fn);
  return sources.length === 1
    ? mapping(fn, checkIterable(sources[0]!))
    : mappingRows(fn, zip(...sources));
}

function* mapping<T, R>(fn: (item: T) => R, source: Iterable<T>) {
  for (const item of source) yield fn(item);
}

function* mappingRows<T, R>(fn: (...items: T[]) => R, rows: Iterable<T[]>) {
  for (const row of rows) yield fn(...row);
}

/**
 * The items for which a function says yes.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...filter((x) => x % 2 === 0, [1, 2, 7, 8])], [2, 8]);
 * ```
 */
export function filter<T, S extends T>(
  fn: (item: T) => item is S,
  source: Iterable<T>,
): Generator<S, void>;
/** The same, with a function that does not tell types apart. */
export function filter<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void>;
export function filter<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  return filtering(asking("filter", fn), checkIterable(source));
}

function* filtering<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  for (const item of source) if (fn(item)) yield item;
}

/**
 * Pairs of a number, from `start` on, and an item.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...enumerate("ab")], [[0, "a"], [1, "b"]]);
 * ```
 */
export function enumerate<T>(
  source: Iterable<T>,
  start = 0,
): Generator<[number, T], void> {
  checkNumber("enumerate", "start", start);
  return numbering(checkIterable(source), start);
}

function* numbering<T>(source: Iterable<T>, start: number) {
  let i = start;
  for (const item of source) yield [i++, item] as [number, T];
}

/**
 * Lists of an item of each source, until one of them has no more.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...zip([1, 2, 3], "ab")], [[1, "a"], [2, "b"]]);
 * ```
 */
export function zip<Items extends unknown[]>(
  ...sources: { [I in keyof Items]: Iterable<Items[I]> }
): Generator<Items, void> {
  sources.forEach(checkIterable);
  return zipping(sources) as Generator<Items, void>;
}

function* zipping(sources: readonly Iterable<unknown>[]) {
  const open: Iterator<unknown>[] = [];
  let asked: unknown; // it needs no closing if it ends or fails
  let hasFailed = false;
  try {
    for (const source of sources) open.push(source[Symbol.iterator]());
    while (open.length > 0) {
      const row: unknown[] = [];
      for (const iterator of open) {
        asked = iterator;
        const { done, value } = iterator.next();
        if (done) return;
        row.push(value);
      }
      asked = undefined;
      yield row;
    }
  } catch (error) {
    hasFailed = true;
    throw error;
  } finally {
    closeAll(open.filter((iterator) => iterator !== asked), hasFailed);
  }
}

/** Closes all, the last one first; the first error counts, and none if `quietly`. */
function closeAll(open: Iterator<unknown>[], quietly: boolean): void {
  try {
    while (open.length > 0) open.pop()!.return?.();
  } catch (error) {
    closeAll(open, true);
    if (!quietly) throw error;
  }
}

/**
 * What `reduce` would have at each item; `initial`, if given, comes first.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...accumulate((a, b) => a + b, [1, 2, 3])], [1, 3, 6]);
 * ```
 */
export function accumulate<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
): Generator<T, void>;
/** The same with an initial value. */
export function accumulate<T, A>(
  fn: (value: A, item: T) => A,
  source: Iterable<T>,
  initial: A,
): Generator<A, void>;
export function accumulate<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  ...initial: [T?]
): Generator<T, void> {
  checkFunction("accumulate", "fn", fn);
  return accumulating(fn, checkIterable(source), initial);
}

function* accumulating<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  initial: [T?], // not a default: undefined is an initial value too
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
 * The items of what a function makes of each item.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...flatMap((x) => [x, x], [1, 2])], [1, 1, 2, 2]);
 * ```
 */
export function flatMap<T, R>(
  fn: (item: T) => Iterable<R>,
  source: Iterable<T>,
): Generator<R, void> {
  checkFunction("flatMap", "fn", fn);
  return flattening(fn, checkIterable(source));
}

function* flattening<T, R>(fn: (item: T) => Iterable<R>, source: Iterable<T>) {
  for (const item of source) {
    for (const inner of checkIterable(fn(item))) yield inner;
  }
}

/**
 * The first `n` items; no more than these are taken.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...take(3, count())], [0, 1, 2]);
 * ```
 */
export function take<T>(n: number, source: Iterable<T>): Generator<T, void> {
  checkSize("take", "n", n);
  return taking(n, checkIterable(source));
}

function* taking<T>(n: number, source: Iterable<T>) {
  let left = n;
  if (left === 0) return;
  for (const item of source) {
    yield item;
    if (--left === 0) return;
  }
}

/**
 * The items after the first `n`.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...drop(2, "abcd")], ["c", "d"]);
 * ```
 */
export function drop<T>(n: number, source: Iterable<T>): Generator<T, void> {
  checkSize("drop", "n", n);
  return dropping(n, checkIterable(source));
}

function* dropping<T>(n: number, source: Iterable<T>) {
  let left = n;
  for (const item of source) {
    if (left > 0) left -= 1;
    else yield item;
  }
}

/**
 * The items before the first one to which a function says no.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...takeWhile((x) => x < 3, count())], [0, 1, 2]);
 * ```
 */
export function takeWhile<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void> {
  return takingWhile(asking("takeWhile", fn), checkIterable(source));
}

function* takingWhile<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  for (const item of source) {
    if (!fn(item)) return;
    yield item;
  }
}

/**
 * The items from the first one on to which a function says no.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...dropWhile((x) => x < 3, [1, 2, 3, 1])], [3, 1]);
 * ```
 */
export function dropWhile<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): Generator<T, void> {
  return droppingWhile(asking("dropWhile", fn), checkIterable(source));
}

function* droppingWhile<T>(fn: (item: T) => unknown, source: Iterable<T>) {
  let isDropping = true;
  for (const item of source) {
    isDropping &&= Boolean(fn(item));
    if (!isDropping) yield item;
  }
}

/**
 * The items, or those with another key, that were not there before. What was
 * there is kept, so memory grows with the number of different items.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...unique([1, 2, 1, 3])], [1, 2, 3]);
 * assertEquals([...unique(["a", "bb", "c"], (w) => w.length)], ["a", "bb"]);
 * ```
 */
export function unique<T>(
  source: Iterable<T>,
  key: (item: T) => unknown = (item) => item,
): Generator<T, void> {
  return singling(checkIterable(source), asking("unique", key, "key"));
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
 * Arrays of `n` items; the last one may be shorter.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...chunks(2, "abc")], [["a", "b"], ["c"]]);
 * ```
 */
export function chunks<T>(
  n: number,
  source: Iterable<T>,
): Generator<T[], void> {
  checkCount("chunks", "n", n);
  return chunking(n, checkIterable(source));
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
 * Arrays of `n` neighbours, each beginning one item later than the one before.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...windows(2, "abc")], [["a", "b"], ["b", "c"]]);
 * ```
 */
export function windows<T>(
  n: number,
  source: Iterable<T>,
): Generator<T[], void> {
  checkCount("windows", "n", n);
  return sliding(n, checkIterable(source));
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
 * Pairs of an item and the next.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...pairwise([1, 2, 3])], [[1, 2], [2, 3]]);
 * ```
 */
export function pairwise<T>(source: Iterable<T>): Generator<[T, T], void> {
  return windows(2, source) as Generator<[T, T], void>;
}

/**
 * The items of one source after another; each is opened when it is its turn.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals([...concat([1], [2, 3])], [1, 2, 3]);
 * ```
 */
export function concat<T>(...sources: Iterable<T>[]): Generator<T, void> {
  sources.forEach(checkIterable);
  return concatenating(sources);
}

function* concatenating<T>(sources: readonly Iterable<T>[]) {
  for (const source of sources) for (const item of source) yield item;
}

/**
 * Pairs of a key and an array of the neighbours that have it.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const groups = groupBy((x) => x > 2, [1, 2, 3, 1]);
 * assertEquals([...groups], [[false, [1, 2]], [true, [3]], [false, [1]]]);
 * ```
 */
export function groupBy<T, K>(
  key: (item: T) => K,
  source: Iterable<T>,
): Generator<[K, T[]], void> {
  return grouping(asking("groupBy", key, "key"), checkIterable(source));
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
 * Two arrays: the items to which a function says yes, and the others.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(partition((x) => x > 1, [1, 2, 3]), [[2, 3], [1]]);
 * ```
 */
export function partition<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): [T[], T[]] {
  const isYes = asking("partition", fn);
  const both: [T[], T[]] = [[], []];
  for (const item of checkIterable(source)) {
    both[isYes(item) ? 0 : 1].push(item);
  }
  return both;
}

/**
 * One value of all items: `fn` makes the next of the value so far and an item.
 * The first item is the first value; without any, it is a TypeError.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(reduce((x, y) => x + y, [1, 2, 3]), 6);
 * assertEquals(reduce((x, y) => x + y, [1, 2, 3], 10), 16);
 * ```
 */
export function reduce<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
): T;
/** The same from an initial value on, which is the result without any items. */
export function reduce<T, A>(
  fn: (value: A, item: T) => A,
  source: Iterable<T>,
  initial: A,
): A;
export function reduce<T>(
  fn: (value: T, item: T) => T,
  source: Iterable<T>,
  ...initial: [T?] // not a default: undefined is an initial value too
): T {
  checkFunction("reduce", "fn", fn);
  let [value] = initial as [T];
  let hasValue = initial.length > 0;
  for (const item of checkIterable(source)) {
    value = hasValue ? fn(value, item) : item;
    hasValue = true;
  }
  if (hasValue) return value;
  throw new TypeError("reduce: no items and no initial value");
}

/**
 * The sum of all items, which are numbers or bigints; 0 if there are none.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(sum(range(5)), 10);
 * assertEquals(sum([1n, 2n]), 3n);
 * ```
 */
export function sum<N extends number | bigint>(
  source: Iterable<N>,
): N extends number ? number : bigint {
  let total = 0;
  for (const item of checkIterable(source)) total = plus(total, item);
  return total as never;
}

/**
 * The smallest item, the first of several; `undefined` if there are none. NaN, and
 * what else cannot be compared, is the result wherever it stands.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(min([5, 9, 4, 15]), 4);
 * ```
 */
export function min<T>(source: Iterable<T>): T | undefined {
  let least: T | undefined;
  let found = false;
  for (const item of checkIterable(source)) {
    least = found ? smaller(least as T, item) : item;
    found = true;
  }
  return arrived("min: an item", least);
}

/**
 * The largest item, the first of several; `undefined` if there are none. NaN, and
 * what else cannot be compared, is the result wherever it stands.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(max([5, 9, 4, 15]), 15);
 * ```
 */
export function max<T>(source: Iterable<T>): T | undefined {
  let most: T | undefined;
  let found = false;
  for (const item of checkIterable(source)) {
    most = found ? larger(most as T, item) : item;
    found = true;
  }
  return arrived("max: an item", most);
}

/**
 * All items in an array.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(toArray(range(3)), [0, 1, 2]);
 * ```
 */
export function toArray<T>(source: Iterable<T>): T[] {
  return [...checkIterable(source)];
}

/**
 * All items in one text, with a separator between two of them.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(join(" ", ["Data", "Science"]), "Data Science");
 * ```
 */
export function join(separator: string, source: Iterable<unknown>): string {
  return toArray(source).join(separator);
}

/**
 * The first item; `undefined` if there is none.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(first("abc"), "a");
 * ```
 */
export function first<T>(source: Iterable<T>): T | undefined {
  return find(() => true, source);
}

/**
 * Whether a function says yes to an item; none is taken after that.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(some((x) => x > 2, [1, 2, 3]), true);
 * ```
 */
export function some<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): boolean {
  const isYes = asking("some", fn);
  for (const item of checkIterable(source)) if (isYes(item)) return true;
  return false;
}

/**
 * Whether a function says yes to all items; none is taken after a no.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(every((x) => x > 2, [1, 2, 3]), false);
 * ```
 */
export function every<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): boolean {
  const isYes = asking("every", fn);
  for (const item of checkIterable(source)) if (!isYes(item)) return false;
  return true;
}

/**
 * The first item to which a function says yes; `undefined` if there is none.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(find((x) => x > 1, [1, 2, 3]), 2);
 * ```
 */
export function find<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): T | undefined {
  const isYes = asking("find", fn);
  for (const item of checkIterable(source)) if (isYes(item)) return item;
  return undefined;
}

/**
 * Calls a function with each item; what it returns does not matter.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const seen: string[] = [];
 * forEach((x) => seen.push(x), "ab");
 * assertEquals(seen, ["a", "b"]);
 * ```
 */
export function forEach<T>(
  fn: (item: T) => unknown,
  source: Iterable<T>,
): void {
  checkFunction("forEach", "fn", fn);
  for (const item of checkIterable(source)) fn(item);
}

/** Adds a number or a bigint to a sum, which is 0 at first. */
export function plus(total: number, item: unknown): number {
  if (typeof item === "number") return total + item;
  if (typeof item === "bigint") {
    return (total ? total + (item as never) : item) as number;
  }
  arrived("sum: an item", item);
  throw new TypeError(
    `sum: an item must be a number or a bigint: received ${describe(item)}`,
  );
}

/** The smaller of two, the first if neither is; but what cannot be compared. */
export const smaller = <T>(a: T, b: T): T => b < a || !(b <= b) ? b : a;

/** The larger of two, the first if neither is; but what cannot be compared. */
export const larger = <T>(a: T, b: T): T => b > a || !(b <= b) ? b : a;

/** A function that does what another one does, and whose answers are checked. */
function asking<T, R>(
  caller: string,
  fn: (item: T) => R,
  name = "fn",
): (item: T) => R {
  checkFunction(caller, name, fn);
  const what = `${caller}: ${name}(item)`;
  return (item) => arrived(what, fn(item));
}

/** Gives an answer back that is no promise, which always counts as true. */
export function arrived<T>(what: string, answer: T): T {
  if (typeof answer === "object") refusePromise(what, answer);
  return answer;
}

function refusePromise(what: string, value: object | null): void {
  if (typeof (value as { then?: unknown } | null)?.then !== "function") return;
  throw new TypeError(
    `${what} must not be a promise: await it in a \`for await\` loop, ` +
      "or take Array.fromAsync() or pool.imap()",
  );
}
