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
 * The methods are named as the functions that do the same, and check their
 * arguments as these do, when they are called.
 *
 * @typeParam T The type of the items that come out.
 */
export class Pipeline<T> implements Iterable<T> {
  readonly #source: Iterable<unknown>;
  // The stages: their kinds, the last one's function or number, and the others'.
  #shape = noStages;
  #argument: unknown;
  #before: Pipeline<unknown> | undefined;

  /**
   * Describes the items of a source; `lazy()` is the short way.
   *
   * @param source The items.
   * @throws {TypeError} If the source is not iterable.
   */
  constructor(source: Iterable<T>) {
    this.#source = checkIterable(source);
  }

  /** Adds a stage to the loop. */
  #with<R>(kind: Kind, argument: unknown): Pipeline<R> {
    if (this.#shape.isFull) return new Pipeline(this).#with(kind, argument);
    const next = new Pipeline<R>(this.#source as Iterable<R>);
    next.#shape = this.#shape.with(kind);
    next.#argument = argument;
    next.#before = this;
    return next;
  }

  /** Adds a stage that calls a function. */
  #calling<R>(kind: Kind, fn: AnyFunction, name = "fn"): Pipeline<R> {
    checkFunction(kind, name, fn);
    return this.#with(kind, fn);
  }

  /** Begins anew, with a lazy function over what comes out so far. */
  #over<R>(
    name: string,
    run: LazyFunction,
    ...others: Iterable<unknown>[]
  ): Pipeline<R> {
    const items = this.#items;
    // A chain of concat is one: generators in each other would use up the stack.
    const isChain = run === lazily.concat && items instanceof Step &&
      items.run === run;
    const sources = [...isChain ? items.sources : [items], ...others];
    const step: Iterable<unknown> = new Step(name, run, sources);
    return new Pipeline(step as Iterable<R>);
  }

  /** What comes out so far: the source itself where nothing is done with it. */
  get #items(): Iterable<unknown> {
    return this.#shape === noStages ? this.#source : this;
  }

  /** Calls a function with each item: see {@link map}. */
  map<R>(fn: (item: T) => R): Pipeline<R> {
    return this.#calling("map", fn);
  }

  /** Lets pass the items for which a function says so: see {@link filter}. */
  filter<S extends T>(fn: (item: T) => item is S): Pipeline<S>;
  /** The same, with a function that does not tell types apart. */
  filter(fn: (item: T) => unknown): Pipeline<T>;
  filter(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("filter", fn);
  }

  /** Gives the items of what a function makes of each: see {@link flatMap}. */
  flatMap<R>(fn: (item: T) => Iterable<R>): Pipeline<R> {
    return this.#calling("flatMap", fn);
  }

  /** Gives the first `n` items, and closes the source: see {@link take}. */
  take(n: number): Pipeline<T> {
    checkSize("take", "n", n);
    return this.#with("take", n);
  }

  /** Leaves out the first `n` items: see {@link drop}. */
  drop(n: number): Pipeline<T> {
    checkSize("drop", "n", n);
    return this.#with("drop", n);
  }

  /** Gives items while a function says so: see {@link takeWhile}. */
  takeWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("takeWhile", fn);
  }

  /** Leaves out items while a function says so: see {@link dropWhile}. */
  dropWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("dropWhile", fn);
  }

  /** Leaves out items whose key was there before: see {@link unique}. */
  unique(key: (item: T) => unknown = (item) => item): Pipeline<T> {
    return this.#calling("unique", key, "key");
  }

  /** Numbers the items, from `start` on: see {@link enumerate}. */
  enumerate(start = 0): Pipeline<[number, T]> {
    checkNumber("enumerate", "start", start);
    return this.#with("enumerate", start);
  }

  /** Joins each item with one of each other source: see {@link zip}. */
  zip<Others extends unknown[]>(
    ...others: { [I in keyof Others]: Iterable<Others[I]> }
  ): Pipeline<[T, ...Others]> {
    return this.#over("zip", lazily.zip, ...others);
  }

  /** Gives what `reduce` would have at each item: see {@link accumulate}. */
  accumulate(fn: (value: T, item: T) => T): Pipeline<T>;
  /** The same with an initial value, which is given first. */
  accumulate<A>(fn: (value: A, item: T) => A, initial: A): Pipeline<A>;
  accumulate(fn: AnyFunction, ...initial: [unknown?]): Pipeline<unknown> {
    if (initial.length === 0) return this.#calling("accumulate", fn);
    checkFunction("accumulate", "fn", fn);
    return this.#over(
      "accumulate",
      (items) => lazily.accumulate(fn, items, initial[0]),
    );
  }

  /** Gathers items into arrays of `n`: see {@link chunks}. */
  chunks(n: number): Pipeline<T[]> {
    checkCount("chunks", "n", n);
    return this.#with("chunks", n);
  }

  /** Gives each stretch of `n` neighbours: see {@link windows}. */
  windows(n: number): Pipeline<T[]> {
    checkCount("windows", "n", n);
    return this.#with("windows", n);
  }

  /** Gives each pair of neighbours: see {@link pairwise}. */
  pairwise(): Pipeline<[T, T]> {
    return this.#with("windows", 2);
  }

  /** Gives the items of other sources after these: see {@link concat}. */
  concat<R = T>(...others: Iterable<R>[]): Pipeline<T | R> {
    return this.#over("concat", lazily.concat, ...others);
  }

  /** Repeats the items without end: see {@link cycle}. */
  cycle(): Pipeline<T> {
    return this.#over("cycle", lazily.cycle);
  }

  /** Gathers neighbours that have the same key: see {@link groupBy}. */
  groupBy<K>(key: (item: T) => K): Pipeline<[K, T[]]> {
    checkFunction("groupBy", "key", key);
    return this.#over("groupBy", (items) => lazily.groupBy(key, items));
  }

  /** Takes all items, and sorts them in two arrays: see {@link partition}. */
  partition(fn: (item: T) => unknown): [T[], T[]] {
    checkFunction("partition", "fn", fn);
    const yes: T[] = [];
    const no: T[] = [];
    this.forEach((item) => (fn(item) ? yes : no).push(item));
    return [yes, no];
  }

  /** Takes all items, and makes one value of them: see {@link reduce}. */
  reduce(fn: (value: T, item: T) => T): T;
  /** The same, from an initial value on. */
  reduce<A>(fn: (value: A, item: T) => A, initial: A): A;
  reduce(fn: (value: T, item: T) => T, ...initial: [T?]): T {
    checkFunction("reduce", "fn", fn);
    const ending = initial.length > 0 ? "fold" : "reduce";
    const { value, found } = this.#run(ending, fn, ...initial);
    if (!found) throw new TypeError("reduce: no items and no initial value");
    return value as T;
  }

  /** Takes all items, and adds them up; 0 if there are none. */
  sum(this: Pipeline<number>): number;
  /** The same with bigints. */
  sum(this: Pipeline<bigint>): bigint;
  sum(): number | bigint {
    return this.#run("sum", add).value as number ?? 0;
  }

  /** Takes all items, and gives the smallest; `undefined` if there are none. */
  min(): T | undefined {
    return this.#run("reduce", lazily.smaller).value as T | undefined;
  }

  /** Takes all items, and gives the largest; `undefined` if there are none. */
  max(): T | undefined {
    return this.#run("reduce", lazily.larger).value as T | undefined;
  }

  /** Takes all items into an array. */
  toArray(): T[] {
    return this.#run("fold", gather, []).value as T[];
  }

  /** Takes all items into one text, with a separator between two of them. */
  join(separator = ","): string {
    return this.toArray().join(separator);
  }

  /** Takes one item, and closes the source; `undefined` if there is none. */
  first(): T | undefined {
    return this.find(() => true);
  }

  /** Gives the first item to which a function says yes: see {@link find}. */
  find(fn: (item: T) => unknown): T | undefined {
    checkFunction("find", "fn", fn);
    return this.#run("find", fn).value as T | undefined;
  }

  /** Whether a function says yes to an item: see {@link some}. */
  some(fn: (item: T) => unknown): boolean {
    checkFunction("some", "fn", fn);
    return this.#run("find", fn).found;
  }

  /** Whether a function says yes to every item: see {@link every}. */
  every(fn: (item: T) => unknown): boolean {
    checkFunction("every", "fn", fn);
    return !this.#run("find", (item: T) => !fn(item)).found;
  }

  /** Takes all items, and calls a function with each: see {@link forEach}. */
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
    const [source, args] = [this.#source, this.#arguments()];
    const loop = this.#shape.loopFor(source, args, "yield");
    if (!loop) return this.#plainly(args) as Generator<T>;
    const run = (items: Iterable<unknown>) => loop(items, args) as Generator<T>;
    return isDirect(source) ? run(source) : over(source, run);
  }

  /** How the pipeline prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `Pipeline { ${Pipeline.#text(this)} }`;
  }

  static #text(source: Iterable<unknown>): string {
    if (source instanceof Step) {
      return `${Pipeline.#text(source.sources[0]!)} → ${source.name}`;
    }
    if (!(source instanceof Pipeline)) return describe(source);
    return [Pipeline.#text(source.#source), ...source.#shape.kinds].join(" → ");
  }

  #run(ending: Ending, end: AnyFunction, ...initial: unknown[]): Outcome {
    const [source, args] = [this.#source, this.#arguments()];
    const loop = this.#shape.loopFor(source, args, ending, end);
    return loop
      ? loop(source, args, end, initial[0], initial.length > 0) as Outcome
      : runPlainly(this.#plainly(args), ending, end, initial);
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
  #plainly(args: readonly unknown[]): Iterable<unknown> {
    const stage = (items: Iterable<unknown>, kind: Kind, i: number) =>
      plain[kind](args[i] as never, items);
    return this.#shape.kinds.reduce(stage, over(this.#source, itemsOf));
  }
}

// deno-lint-ignore no-explicit-any
type LazyFunction = (...sources: Iterable<any>[]) => Iterable<unknown>;

/** A lazy function for which there is no stage, with its sources. */
class Step implements Iterable<unknown> {
  readonly name: string;
  readonly run: LazyFunction;
  readonly sources: readonly Iterable<unknown>[];

  constructor(
    name: string,
    run: LazyFunction,
    sources: readonly Iterable<unknown>[],
  ) {
    this.name = name;
    this.run = run;
    this.sources = sources.map(checkIterable);
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.run(...this.sources)[Symbol.iterator]();
  }
}

// Always the same functions, so that a loop built for one of them serves again.
const add = (a: number, b: number) => a + b;
const gather = (all: unknown[], item: unknown) => {
  all.push(item);
  return all;
};

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
  end: AnyFunction,
  initial: unknown[],
): Outcome {
  if (ending !== "find" && ending !== "forEach") {
    return lazily.fold(end, items, ...initial);
  }
  for (const value of items) {
    if (end(value) && ending === "find") return { value, found: true };
  }
  return { value: undefined, found: false };
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
 * @param source The items.
 * @returns A pipeline.
 * @throws {TypeError} If the source is not iterable.
 */
lazy.async = function <T>(
  source: AnyIterable<T>,
): AsyncPipeline<T> {
  return new AsyncPipeline(source);
};
