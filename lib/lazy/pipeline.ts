/**
 * Pipelines: the lazy functions as methods, chained.
 *
 * @module
 */

import {
  checkFunction,
  checkIterable,
  checkNumber,
  checkSize,
} from "../describe.ts";
import * as f from "./functions.ts";
import {
  type AnyFunction,
  type Ending,
  type Kind,
  noStages,
  type Source,
} from "./fused.ts";

/**
 * A description of what is to be done with the items of a source. Nothing is
 * done before a result or an item is asked for.
 *
 * Each method does what the function of the same name does, and checks its
 * arguments when it is called. One that adds a step gives a new pipeline; two may
 * share a beginning. A pipeline can be run again if its source can be iterated
 * again. Asked for items, it is a generator; asked for one value, it runs as one
 * loop.
 */
export class Pipeline<T> implements Iterable<T> {
  readonly #source: Source;
  // The stages: their kinds, the last one's function or number, and the others'.
  #shape = noStages;
  #argument: unknown;
  #before: Pipeline<unknown> | undefined;

  /** Describes the items of a source; `lazy()` is the short way. */
  constructor(source: Iterable<T>) {
    this.#source = checkIterable(source);
  }

  /** What keeps it from being sent to a worker: it could not be iterated there. */
  get [Symbol.for("side-by-side.stays")](): true {
    return true;
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
  #calling<R>(kind: Kind, fn: AnyFunction): Pipeline<R> {
    checkFunction(kind, "fn", fn);
    return this.#with(kind, fn);
  }

  /** Begins anew, with a function over the items that come out so far. */
  #over<R>(run: (items: Iterable<T>) => Generator<R>): Pipeline<R> {
    run([]); // checks the arguments
    const items = this.#before ? this : this.#source as Iterable<T>;
    return new Pipeline({ [Symbol.iterator]: () => run(items) });
  }

  /** What a function returns for each item. */
  map<R>(fn: (item: T) => R): Pipeline<R> {
    return this.#calling("map", fn);
  }

  /** The items for which a function says yes. */
  filter<S extends T>(fn: (item: T) => item is S): Pipeline<S>;
  /** The same, with a function that does not tell types apart. */
  filter(fn: (item: T) => unknown): Pipeline<T>;
  filter(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("filter", fn);
  }

  /** The items of what a function makes of each item. */
  flatMap<R>(fn: (item: T) => Iterable<R>): Pipeline<R> {
    return this.#calling("flatMap", fn);
  }

  /** The first `n` items; no more than these are taken. */
  take(n: number): Pipeline<T> {
    checkSize("take", "n", n);
    return this.#with("take", n);
  }

  /** The items after the first `n`. */
  drop(n: number): Pipeline<T> {
    checkSize("drop", "n", n);
    return this.#with("drop", n);
  }

  /** The items before the first one to which a function says no. */
  takeWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("takeWhile", fn);
  }

  /** The items from the first one on to which a function says no. */
  dropWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#calling("dropWhile", fn);
  }

  /** Pairs of a number, from `start` on, and an item. */
  enumerate(start = 0): Pipeline<[number, T]> {
    checkNumber("enumerate", "start", start);
    return this.#with("enumerate", start);
  }

  /** The items, or those with another key, that were not there before. */
  unique(key?: (item: T) => unknown): Pipeline<T> {
    return this.#over((items) => f.unique(items, key));
  }

  /** Lists of an item and one of each other source. */
  zip<Others extends unknown[]>(
    ...others: { [I in keyof Others]: Iterable<Others[I]> }
  ): Pipeline<[T, ...Others]> {
    return this.#over((items) => f.zip<[T, ...Others]>(items, ...others));
  }

  /** What `reduce` would have at each item. */
  accumulate(fn: (value: T, item: T) => T): Pipeline<T>;
  /** The same with an initial value, which comes first. */
  accumulate<A>(fn: (value: A, item: T) => A, initial: A): Pipeline<A>;
  accumulate(fn: (value: T, item: T) => T, ...initial: [T?]): Pipeline<T> {
    return this.#over((items) => f.accumulate(fn, items, ...initial as [T]));
  }

  /** Arrays of `n` items; the last one may be shorter. */
  chunks(n: number): Pipeline<T[]> {
    return this.#over((items) => f.chunks(n, items));
  }

  /** Arrays of `n` neighbours, each beginning one item later. */
  windows(n: number): Pipeline<T[]> {
    return this.#over((items) => f.windows(n, items));
  }

  /** Pairs of an item and the next. */
  pairwise(): Pipeline<[T, T]> {
    return this.#over(f.pairwise);
  }

  /** The items, and after them those of other sources. */
  concat<R = T>(...others: Iterable<R>[]): Pipeline<T | R> {
    return this.#over((items) => f.concat<T | R>(items, ...others));
  }

  /** The items again and again. */
  cycle(): Pipeline<T> {
    return this.#over(f.cycle);
  }

  /** Pairs of a key and an array of the neighbours that have it. */
  groupBy<K>(key: (item: T) => K): Pipeline<[K, T[]]> {
    return this.#over((items) => f.groupBy(key, items));
  }

  /** Two arrays: the items to which a function says yes, and the others. */
  partition(fn: (item: T) => unknown): [T[], T[]] {
    return this.#asking("partition", fn, [[], []]);
  }

  /** One value of all items; without any, it is a TypeError. */
  reduce(fn: (value: T, item: T) => T): T;
  /** The same from an initial value on, which is the result without any items. */
  reduce<A>(fn: (value: A, item: T) => A, initial: A): A;
  reduce(fn: (value: T, item: T) => T, ...initial: [T?]): T {
    checkFunction("reduce", "fn", fn);
    return this.#run(initial.length > 0 ? "fold" : "reduce", fn, initial[0]);
  }

  /** The sum of all items, which are numbers or bigints; 0 if there are none. */
  sum(
    this: Pipeline<number> | Pipeline<bigint>,
  ): T extends number ? number : bigint {
    return (this as Pipeline<unknown>).#run("sum", undefined, 0);
  }

  /** The smallest item: see {@link min}. */
  min(): T | undefined {
    return this.#run("min", f.smaller);
  }

  /** The largest item: see {@link max}. */
  max(): T | undefined {
    return this.#run("max", f.larger);
  }

  /** All items in an array. */
  toArray(): T[] {
    return this.#run("toArray", undefined, []);
  }

  /** All items in one text, with a separator between two of them. */
  join(separator = ","): string {
    return this.toArray().join(separator);
  }

  /** The first item; `undefined` if there is none. */
  first(): T | undefined {
    return this.find(() => true);
  }

  /** The first item to which a function says yes; `undefined` without one. */
  find(fn: (item: T) => unknown): T | undefined {
    return this.#asking("find", fn);
  }

  /** Whether a function says yes to an item; none is taken after that. */
  some(fn: (item: T) => unknown): boolean {
    return this.#asking("some", fn);
  }

  /** Whether a function says yes to all items; none is taken after a no. */
  every(fn: (item: T) => unknown): boolean {
    return this.#asking("every", fn);
  }

  /** Calls a function with each item; what it returns does not matter. */
  forEach(fn: (item: T) => unknown): void {
    this.#asking("forEach", fn);
  }

  /** Gives the items one by one; nothing is taken from the source yet. */
  [Symbol.iterator](): Generator<T, void> {
    return this.#run("yield");
  }

  /** Runs the pipeline with a function that it asks about what comes out. */
  #asking<R>(ending: Ending, fn: AnyFunction, initial?: unknown): R {
    checkFunction(ending, "fn", fn);
    return this.#run(ending, fn, initial);
  }

  /** Runs the pipeline by a loop. */
  #run<R>(ending: Ending, end?: AnyFunction, initial?: unknown): R {
    const args = this.#arguments();
    const loop = this.#shape.loopFor(this.#source, args, ending, end);
    return loop(this.#source, args, end, initial);
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
}

/**
 * Describes the items of a source, to be filtered, mapped and so on. It needs a
 * place where code may be made of text, as workers do.
 *
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const doubledEvens = lazy([1, 2, 7, 8])
 *   .filter((x) => x % 2 === 0)
 *   .map((x) => x * 2);
 * assertEquals(doubledEvens.sum(), 20);
 * assertEquals([...doubledEvens.take(1)], [4]);
 * ```
 */
export function lazy<T>(source: Iterable<T>): Pipeline<T> {
  return new Pipeline(source);
}
