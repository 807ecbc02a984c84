/**
 * Pipelines: the lazy functions as methods, chained.
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
import { type AsyncMapOptions, AsyncPipeline } from "./async.ts";
import * as lazily from "./functions.ts";
import {
  type AnyFunction,
  type Ending,
  isDirect,
  type Kind,
  noStages,
  type Outcome,
} from "./fused.ts";
import { type AnyIterable, itemsOf, over } from "./source.ts";

export { type AnyIterable, type AsyncMapOptions, AsyncPipeline };

/**
 * A description of what is to be done with the items of a source. Nothing is
 * done before a result or an item is asked for.
 *
 * Each method that adds a step gives a new pipeline; two may share a beginning.
 * A pipeline can be run again if its source can be iterated again. Asked for
 * items, it gives them one by one; asked for one value, it runs all its steps as
 * one loop. Whoever leaves early closes the source, once; so does an error in a
 * callback; a source that has ended is left alone.
 *
 * @typeParam T The type of the items that come out.
 */
export class Pipeline<T> implements Iterable<T> {
  #source: Iterable<unknown>;
  // Before the stages, a lazy function for which there is no stage.
  #first: { name: string; run: LazyFunction } | undefined;
  // The stages: their kinds, the last one's function or number, and the others'.
  #shape = noStages;
  #argument: unknown;
  #before: Pipeline<unknown> | undefined;
  // If the function is concat: its sources, so that a chain of them is one.
  #joined: readonly Iterable<unknown>[] | undefined;

  /**
   * Describes the items of a source; `lazy()` is the short way.
   *
   * @param source The items.
   * @throws {TypeError} If the source is not iterable.
   */
  constructor(source: Iterable<T>) {
    this.#source = checkIterable(source);
  }

  /** Adds a stage. */
  #with<R>(kind: Kind, argument: unknown): Pipeline<R> {
    if (this.#shape.isFull) return new Pipeline(this).#with(kind, argument);
    const next = new Pipeline<R>(this.#source as Iterable<R>);
    next.#first = this.#first;
    next.#shape = this.#shape.with(kind);
    next.#argument = argument;
    next.#before = this;
    return next;
  }

  /** Begins anew, with a lazy function over what comes out so far. */
  #over<R>(
    name: string,
    run: (items: Iterable<T>) => Iterable<R>,
  ): Pipeline<R> {
    const next = new Pipeline<R>(
      this.#items as Iterable<unknown> as Iterable<R>,
    );
    next.#first = { name, run: run as LazyFunction };
    return next;
  }

  /** What comes out so far: the source itself where nothing is done with it. */
  get #items(): Iterable<T> {
    const isPlain = !this.#first && this.#shape === noStages;
    return isPlain ? this.#source as Iterable<T> : this;
  }

  /**
   * Calls a function with each item.
   *
   * @typeParam R What the function makes of an item.
   * @param fn Called with an item.
   * @returns A pipeline of what it returns.
   */
  map<R>(fn: (item: T) => R): Pipeline<R> {
    checkFunction("map", "fn", fn);
    return this.#with("map", fn);
  }

  /**
   * Lets pass the items for which a function says so.
   *
   * @typeParam S The type of the items that pass.
   * @param fn Whether an item is to pass.
   * @returns A pipeline of the items that pass.
   */
  filter<S extends T>(fn: (item: T) => item is S): Pipeline<S>;
  /**
   * Lets pass the items for which a function says so.
   *
   * @param fn Whether an item is to pass.
   * @returns A pipeline of the items that pass.
   */
  filter(fn: (item: T) => unknown): Pipeline<T>;
  filter(fn: (item: T) => unknown): Pipeline<T> {
    checkFunction("filter", "fn", fn);
    return this.#with("filter", fn);
  }

  /**
   * Calls a function with each item, and gives what is in the results.
   *
   * @typeParam R The type of the items of the results.
   * @param fn Makes something iterable of an item.
   * @returns A pipeline of the items of the results.
   */
  flatMap<R>(fn: (item: T) => Iterable<R>): Pipeline<R> {
    checkFunction("flatMap", "fn", fn);
    return this.#with("flatMap", fn);
  }

  /**
   * Gives the first items, and closes the source after them.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of at most `n` items.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  take(n: number): Pipeline<T> {
    checkSize("take", "n", n);
    return this.#with("take", n);
  }

  /**
   * Leaves out the first items.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of the items after them.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  drop(n: number): Pipeline<T> {
    checkSize("drop", "n", n);
    return this.#with("drop", n);
  }

  /**
   * Gives items for as long as a function says so, then closes the source.
   *
   * @param fn Whether to go on.
   * @returns A pipeline of the items before the first one that it refuses.
   */
  takeWhile(fn: (item: T) => unknown): Pipeline<T> {
    checkFunction("takeWhile", "fn", fn);
    return this.#with("takeWhile", fn);
  }

  /**
   * Leaves out items for as long as a function says so.
   *
   * @param fn Whether to leave it out.
   * @returns A pipeline of the items from the first one that it refuses on.
   */
  dropWhile(fn: (item: T) => unknown): Pipeline<T> {
    checkFunction("dropWhile", "fn", fn);
    return this.#with("dropWhile", fn);
  }

  /**
   * Leaves out items that were there before.
   *
   * @param key What two items must not have in common; the item itself unless
   * given.
   * @returns A pipeline of the items that are new.
   */
  unique(key: (item: T) => unknown = (item) => item): Pipeline<T> {
    checkFunction("unique", "key", key);
    return this.#with("unique", key);
  }

  /**
   * Numbers the items.
   *
   * @param start The first number.
   * @returns A pipeline of pairs of a number and an item.
   */
  enumerate(start = 0): Pipeline<[number, T]> {
    checkNumber("enumerate", "start", start);
    return this.#with("enumerate", start);
  }

  /**
   * Joins each item with one of each other source, until one has no more.
   *
   * @typeParam Others The types of the other sources' items.
   * @param others The other sources.
   * @returns A pipeline of lists of an item of each source.
   */
  zip<Others extends unknown[]>(
    ...others: { [I in keyof Others]: Iterable<Others[I]> }
  ): Pipeline<[T, ...Others]> {
    for (const other of others) checkIterable(other);
    const zip: (...sources: Iterable<unknown>[]) => Iterable<unknown> =
      lazily.zip;
    return this.#over(
      "zip",
      (source) => zip(source, ...others) as Iterable<[T, ...Others]>,
    );
  }

  /**
   * Gives what `reduce` would have at each item.
   *
   * @param fn Makes the next value of the value so far and an item.
   * @returns A pipeline of the values so far.
   */
  accumulate(fn: (value: T, item: T) => T): Pipeline<T>;
  /**
   * Gives what `reduce` with an initial value would have at each item.
   *
   * @typeParam A The type of the value.
   * @param fn Makes the next value of the value so far and an item.
   * @param initial The first value.
   * @returns A pipeline of the values so far, the initial one first.
   */
  accumulate<A>(fn: (value: A, item: T) => A, initial: A): Pipeline<A>;
  accumulate(
    fn: (value: T, item: T) => T,
    ...initial: [T?]
  ): Pipeline<T> {
    checkFunction("accumulate", "fn", fn);
    if (initial.length === 0) return this.#with("accumulate", fn);
    return this.#over(
      "accumulate",
      (source) => lazily.accumulate(fn, source, initial[0] as T),
    );
  }

  /**
   * Gathers items into arrays of a size.
   *
   * @param n How many make an array, at least 1.
   * @returns A pipeline of arrays of `n` items; the last one may be shorter.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
   */
  chunks(n: number): Pipeline<T[]> {
    checkCount("chunks", "n", n);
    return this.#with("chunks", n);
  }

  /**
   * Gives each stretch of neighbours.
   *
   * @param n How many make a stretch, at least 1.
   * @returns A pipeline of arrays of `n` items.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
   */
  windows(n: number): Pipeline<T[]> {
    checkCount("windows", "n", n);
    return this.#with("windows", n);
  }

  /**
   * Gives each pair of neighbours.
   *
   * @returns A pipeline of pairs of an item and the next.
   */
  pairwise(): Pipeline<[T, T]> {
    return this.#with("windows", 2);
  }

  /**
   * Gives the items of other sources after these.
   *
   * @typeParam R The type of their items.
   * @param others The other sources.
   * @returns A pipeline of the items of all.
   */
  concat<R = T>(...others: Iterable<R>[]): Pipeline<T | R> {
    for (const other of others) checkIterable(other);
    const isJoined = this.#joined && this.#shape === noStages;
    const before = isJoined ? this.#joined! : [this.#items];
    const joined = [...before, ...others] as Iterable<T | R>[];
    const next = this.#over("concat", () => lazily.concat(...joined));
    next.#joined = joined;
    return next;
  }

  /**
   * Repeats the items without end.
   *
   * @returns A pipeline of the items, again and again.
   */
  cycle(): Pipeline<T> {
    return this.#over("cycle", (source) => lazily.cycle(source));
  }

  /**
   * Gathers neighbours that have the same key.
   *
   * @typeParam K The type of the keys.
   * @param key What they are to have in common.
   * @returns A pipeline of pairs of a key and the neighbours that have it.
   */
  groupBy<K>(key: (item: T) => K): Pipeline<[K, T[]]> {
    checkFunction("groupBy", "key", key);
    return this.#over("groupBy", (source) => lazily.groupBy(key, source));
  }

  /**
   * Takes all items, and sorts them in two arrays.
   *
   * @param fn Which of the two an item belongs to.
   * @returns The items for which it says yes, and the others.
   */
  partition(fn: (item: T) => unknown): [T[], T[]] {
    checkFunction("partition", "fn", fn);
    const yes: T[] = [];
    const no: T[] = [];
    this.forEach((item) => (fn(item) ? yes : no).push(item));
    return [yes, no];
  }

  /**
   * Takes all items, and makes one value of them.
   *
   * @param fn Makes the next value of the value so far and an item.
   * @returns The last value; with one item, that item.
   * @throws {TypeError} If there are no items.
   */
  reduce(fn: (value: T, item: T) => T): T;
  /**
   * Takes all items, and makes one value of them, from an initial one on.
   *
   * @typeParam A The type of the value.
   * @param fn Makes the next value of the value so far and an item.
   * @param initial The first value; `undefined` is one too.
   * @returns The last value; without items, the initial one.
   */
  reduce<A>(fn: (value: A, item: T) => A, initial: A): A;
  reduce(fn: (value: T, item: T) => T, ...initial: [T?]): T {
    checkFunction("reduce", "fn", fn);
    if (initial.length > 0) {
      return this.#run("fold", fn, initial[0]).value as T;
    }
    const { value, found } = this.#run("reduce", fn);
    if (!found) throw new TypeError("reduce: no items and no initial value");
    return value as T;
  }

  /**
   * Takes all items, and adds them up.
   *
   * @returns The sum; 0 if there are no items.
   */
  sum(this: Pipeline<number>): number;
  /**
   * Takes all items, and adds them up.
   *
   * @returns The sum; 0 if there are no items.
   */
  sum(this: Pipeline<bigint>): bigint;
  sum(): number | bigint {
    const { value, found } = this.#run("sum");
    return found ? value as number : 0;
  }

  /**
   * Takes all items, and gives the smallest.
   *
   * @returns The smallest item; `undefined` if there are none.
   */
  min(): T | undefined {
    return this.#run("reduce", lazily.smaller).value as T | undefined;
  }

  /**
   * Takes all items, and gives the largest.
   *
   * @returns The largest item; `undefined` if there are none.
   */
  max(): T | undefined {
    return this.#run("reduce", lazily.larger).value as T | undefined;
  }

  /**
   * Takes all items into an array.
   *
   * @returns The items.
   */
  toArray(): T[] {
    return this.#run("toArray", undefined, []).value as T[];
  }

  /**
   * Takes all items into one text.
   *
   * @param separator What stands between two items.
   * @returns The text.
   */
  join(separator = ","): string {
    return this.toArray().join(separator);
  }

  /**
   * Takes one item, and closes the source.
   *
   * @returns The first item; `undefined` if there is none.
   */
  first(): T | undefined {
    return this.find(() => true);
  }

  /**
   * Takes items until a function says yes, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns The item to which it said yes; `undefined` if there is none.
   */
  find(fn: (item: T) => unknown): T | undefined {
    checkFunction("find", "fn", fn);
    return this.#run("find", fn).value as T | undefined;
  }

  /**
   * Takes items until a function says yes, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it said yes.
   */
  some(fn: (item: T) => unknown): boolean {
    checkFunction("some", "fn", fn);
    return this.#run("find", fn).found;
  }

  /**
   * Takes items until a function says no, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it never said no.
   */
  every(fn: (item: T) => unknown): boolean {
    checkFunction("every", "fn", fn);
    return !this.#run("find", (item: T) => !fn(item)).found;
  }

  /**
   * Takes all items, and calls a function with each.
   *
   * @param fn Called for what it does.
   */
  forEach(fn: (item: T) => unknown): void {
    checkFunction("forEach", "fn", fn);
    this.#run("forEach", fn);
  }

  /**
   * Gives the items one by one.
   *
   * @returns A new iterator; nothing is taken from the source yet.
   */
  [Symbol.iterator](): Generator<T, void, void> {
    const [input, args] = [this.#open(), this.#arguments()];
    const loop = this.#shape.loopFor(input, args, "yield");
    if (!loop) return this.#plainly(input, args) as Generator<T>;
    const run = (items: Iterable<unknown>) => loop(items, args) as Generator<T>;
    return isDirect(input) ? run(input) : over(input, run);
  }

  /** How the pipeline prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Pipeline { ${this.#text} }`;
  }

  get #text(): string {
    const source = this.#source;
    const before = source instanceof Pipeline ? source.#text : describe(source);
    const first = this.#first ? [this.#first.name] : [];
    return [before, ...first, ...this.#shape.kinds].join(" → ");
  }

  /** What the stages get their items from. */
  #open(): Iterable<unknown> {
    return this.#first ? this.#first.run(this.#source) : this.#source;
  }

  #run(ending: Ending, end?: AnyFunction, initial?: unknown): Outcome {
    const [input, args] = [this.#open(), this.#arguments()];
    const loop = this.#shape.loopFor(input, args, ending, end);
    return loop
      ? loop(input, args, end, initial) as Outcome
      : runPlainly(this.#plainly(input, args), ending, end, initial);
  }

  /** The functions and numbers of the stages. */
  #arguments(): unknown[] {
    const args = new Array<unknown>(this.#shape.kinds.length);
    // deno-lint-ignore no-this-alias
    let pipeline: Pipeline<unknown> = this;
    for (let i = args.length - 1; i >= 0; i--) {
      args[i] = pipeline.#argument;
      pipeline = pipeline.#before!;
    }
    return args;
  }

  /** The stages as lazy functions, for where no loop may be built. */
  #plainly(
    input: Iterable<unknown>,
    args: readonly unknown[],
  ): Iterable<unknown> {
    const stage = (items: Iterable<unknown>, kind: Kind, i: number) =>
      plain[kind](args[i] as never, items);
    return this.#shape.kinds.reduce(stage, over(input, itemsOf));
  }
}

type LazyFunction = (source: Iterable<unknown>) => Iterable<unknown>;

const plain: Readonly<
  Record<Kind, (argument: never, items: Iterable<unknown>) => Iterable<unknown>>
> = {
  ...lazily,
  unique: (key, items) => lazily.unique(items, key),
  enumerate: (start, items) => lazily.enumerate(items, start),
};

/** Makes one value of items, where no loop may be built. */
function runPlainly(
  items: Iterable<unknown>,
  ending: Ending,
  end: AnyFunction = (a, b) => a + b,
  value: unknown,
): Outcome {
  let found = ending === "fold";
  for (const x of items) {
    if (ending === "toArray") (value as unknown[]).push(x);
    else if (ending === "forEach") end(x);
    else if (ending !== "find") {
      value = found ? end(value, x) : x;
      found = true;
    } else if (end(x)) return { value: x, found: true };
  }
  return { value, found };
}

/**
 * Describes the items of a source, to be filtered, mapped and so on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lazy, range } from "../../mod.ts";
 *
 * const doubledEvens = lazy(range(10))
 *   .filter((x) => x % 2 === 0)
 *   .map((x) => x * 2);
 * assertEquals(doubledEvens.sum(), 40);
 * assertEquals([...doubledEvens.take(2)], [0, 4]);
 * ```
 *
 * @typeParam T The type of the items.
 * @param source The items.
 * @returns A pipeline.
 * @throws {TypeError} If the source is not iterable.
 */
export function lazy<T>(source: Iterable<T>): Pipeline<T> {
  return new Pipeline(source);
}

/**
 * Describes items that arrive over time; callbacks may give promises.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lazy } from "../../mod.ts";
 *
 * const lengths = lazy.async(["a", "bb"])
 *   .map(async (word) => (await Promise.resolve(word)).length);
 * assertEquals(await lengths.toArray(), [1, 2]);
 * ```
 *
 * @typeParam T The type of the items.
 * @param source The items.
 * @returns A pipeline.
 * @throws {TypeError} If the source is not iterable.
 */
lazy.async = function <T>(
  source: AnyIterable<T>,
): AsyncPipeline<T> {
  return new AsyncPipeline(source);
};
