/**
 * Pipelines: the lazy functions as methods, chained.
 *
 * @module
 */

import { checkCount, checkIterable, describe } from "./describe.ts";
import * as lazily from "./lazy.ts";
import {
  type AnyIterable,
  type AsyncMapOptions,
  AsyncPipeline,
} from "./pipeline/async.ts";
import {
  type Ending,
  iterateFused,
  type LoopShape,
  runFused,
  shapeWith,
} from "./pipeline/fused.ts";
import {
  type AnyFunction,
  checkFunction,
  checkSize,
  type Kind,
  type Outcome,
  type Stage,
} from "./pipeline/stages.ts";
import { stepwise } from "./pipeline/step.ts";

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
  // A pipeline is its last stage, and knows the pipeline before it.
  #source: Iterable<unknown>;
  #before: Pipeline<unknown> | undefined;
  #stage: Stage | undefined;
  #length = 0;
  #shape: LoopShape | undefined;
  #takesNothing = false;

  /**
   * Describes the items of a source; `lazy()` is the short way.
   *
   * @param source The items.
   * @throws {TypeError} If the source is not iterable.
   */
  constructor(source: Iterable<T>) {
    this.#source = checkIterable(source);
  }

  #with<R>(kind: Kind, argument: unknown): Pipeline<R> {
    const next = new Pipeline<R>(this.#source as Iterable<R>);
    next.#before = this;
    next.#stage = { kind, argument };
    next.#length = this.#length + 1;
    const isFusible = this.#shape !== undefined || this.#length === 0;
    next.#shape = isFusible ? shapeWith(this.#shape, kind) : undefined;
    next.#takesNothing = this.#takesNothing ||
      (kind === "take" && argument === 0);
    return next;
  }

  /** A stage that needs more than an item at a time: the pipeline is its source. */
  #over<R>(over: (source: Iterable<T>) => Iterable<R>): Pipeline<R> {
    return new Pipeline({
      [Symbol.iterator]: () => over(this)[Symbol.iterator](),
    });
  }

  /**
   * Calls a function with each item.
   *
   * @typeParam R What the function makes of an item.
   * @param fn Called with an item.
   * @returns A pipeline of what it returns.
   */
  map<R>(fn: (item: T) => R): Pipeline<R> {
    return this.#with("map", checkFunction("map", fn));
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
    return this.#with("filter", checkFunction("filter", fn));
  }

  /**
   * Calls a function with each item, and gives what is in the results.
   *
   * @typeParam R The type of the items of the results.
   * @param fn Makes something iterable of an item.
   * @returns A pipeline of the items of the results.
   */
  flatMap<R>(fn: (item: T) => Iterable<R>): Pipeline<R> {
    return this.#with("flatMap", checkFunction("flatMap", fn));
  }

  /**
   * Gives the first items, and closes the source after them.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of at most `n` items.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  take(n: number): Pipeline<T> {
    return this.#with("take", checkSize("take", n));
  }

  /**
   * Leaves out the first items.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of the items after them.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  drop(n: number): Pipeline<T> {
    return this.#with("drop", checkSize("drop", n));
  }

  /**
   * Gives items for as long as a function says so, then closes the source.
   *
   * @param fn Whether to go on.
   * @returns A pipeline of the items before the first one that it refuses.
   */
  takeWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#with("takeWhile", checkFunction("takeWhile", fn));
  }

  /**
   * Leaves out items for as long as a function says so.
   *
   * @param fn Whether to leave it out.
   * @returns A pipeline of the items from the first one that it refuses on.
   */
  dropWhile(fn: (item: T) => unknown): Pipeline<T> {
    return this.#with("dropWhile", checkFunction("dropWhile", fn));
  }

  /**
   * Leaves out items that were there before.
   *
   * @param key What two items must not have in common; the item itself unless
   * given.
   * @returns A pipeline of the items that are new.
   */
  unique(key: (item: T) => unknown = (item) => item): Pipeline<T> {
    return this.#with("unique", checkFunction("unique", key));
  }

  /**
   * Numbers the items.
   *
   * @param start The first number.
   * @returns A pipeline of pairs of a number and an item.
   */
  enumerate(start = 0): Pipeline<[number, T]> {
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
    const zip: (...sources: Iterable<unknown>[]) => Iterable<unknown[]> =
      lazily.zip;
    return this.#over((source) =>
      zip(source, ...others) as Iterable<[T, ...Others]>
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
    checkFunction("accumulate", fn);
    return this.#over((source) =>
      initial.length > 0
        ? lazily.accumulate(fn, source, initial[0] as T)
        : lazily.accumulate(fn, source)
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
    return this.#over((source) => lazily.chunks(n, source));
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
    return this.#over((source) => lazily.windows(n, source));
  }

  /**
   * Gives each pair of neighbours.
   *
   * @returns A pipeline of pairs of an item and the next.
   */
  pairwise(): Pipeline<[T, T]> {
    return this.#over((source) => lazily.pairwise(source));
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
    return this.#over((source) => lazily.concat<T | R>(source, ...others));
  }

  /**
   * Repeats the items without end.
   *
   * @returns A pipeline of the items, again and again.
   */
  cycle(): Pipeline<T> {
    return this.#over((source) => lazily.cycle(source));
  }

  /**
   * Gathers neighbours that have the same key.
   *
   * @typeParam K The type of the keys.
   * @param key What they are to have in common.
   * @returns A pipeline of pairs of a key and the neighbours that have it.
   */
  groupBy<K>(key: (item: T) => K): Pipeline<[K, T[]]> {
    checkFunction("groupBy", key);
    return this.#over((source) => lazily.groupBy(key, source));
  }

  /**
   * Takes all items, and sorts them in two arrays.
   *
   * @param fn Which of the two an item belongs to.
   * @returns The items for which it says yes, and the others.
   */
  partition(fn: (item: T) => unknown): [T[], T[]] {
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
    checkFunction("reduce", fn);
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
    const smaller = (a: T, b: T) => b < a ? b : a;
    return this.#run("reduce", smaller).value as T | undefined;
  }

  /**
   * Takes all items, and gives the largest.
   *
   * @returns The largest item; `undefined` if there are none.
   */
  max(): T | undefined {
    const larger = (a: T, b: T) => b > a ? b : a;
    return this.#run("reduce", larger).value as T | undefined;
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
    return this.#run("find", checkFunction("find", fn)).value as T | undefined;
  }

  /**
   * Takes items until a function says yes, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it said yes.
   */
  some(fn: (item: T) => unknown): boolean {
    return this.#run("find", checkFunction("some", fn)).found;
  }

  /**
   * Takes items until a function says no, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it never said no.
   */
  every(fn: (item: T) => unknown): boolean {
    checkFunction("every", fn);
    return !this.#run("find", (item: T) => !fn(item)).found;
  }

  /**
   * Takes all items, and calls a function with each.
   *
   * @param fn Called for what it does.
   */
  forEach(fn: (item: T) => unknown): void {
    this.#run("forEach", checkFunction("forEach", fn));
  }

  /**
   * Gives the items one by one.
   *
   * @returns A new iterator; nothing is taken from the source yet.
   */
  [Symbol.iterator](): Generator<T, void, void> {
    const generator = lazily.over(this.#source, iterating, this.#plan());
    return generator as Generator<T, void, void>;
  }

  /** How the pipeline prints. */
  [Symbol.for("Deno.customInspect")](): string {
    const stages = this.#stages().map(({ kind }) => kind);
    return `Pipeline { ${[describe(this.#source), ...stages].join(" → ")} }`;
  }

  #stages(): Stage[] {
    const stages = new Array<Stage>(this.#length);
    // deno-lint-ignore no-this-alias
    let pipeline: Pipeline<unknown> = this;
    for (let i = this.#length - 1; i >= 0; i--) {
      stages[i] = pipeline.#stage!;
      pipeline = pipeline.#before!;
    }
    return stages;
  }

  #plan(): Plan {
    return {
      source: this.#source,
      stages: this.#stages(),
      shape: this.#takesNothing ? undefined : this.#shape,
    };
  }

  #run(
    ending: Exclude<Ending, "yield">,
    end?: AnyFunction,
    initial?: unknown,
  ): Outcome {
    const shape = this.#takesNothing ? undefined : this.#shape;
    const fused = shape &&
      runFused(shape, this.#source, this.#arguments(), ending, end, initial);
    return fused ?? runStepwise(this, ending, end, initial);
  }

  /** What the stages have for arguments; short inputs feel every array. */
  #arguments(): unknown[] {
    const args = new Array<unknown>(this.#length);
    // deno-lint-ignore no-this-alias
    let pipeline: Pipeline<unknown> = this;
    for (let i = this.#length - 1; i >= 0; i--) {
      args[i] = pipeline.#stage!.argument;
      pipeline = pipeline.#before!;
    }
    return args;
  }
}

/** What is needed to run a pipeline. */
interface Plan {
  readonly source: Iterable<unknown>;
  readonly stages: readonly Stage[];
  /** Its shape, if a loop may be made for it. */
  readonly shape: LoopShape | undefined;
}

/** Gives the items: with a loop made for the pipeline, or stage by stage. */
function iterating(
  items: Iterable<unknown>,
  { source, stages, shape }: Plan,
): Generator<unknown, void, void> {
  // What notices that it is opened would hide that it is an array, too.
  const direct = Array.isArray(source) ? source : items;
  const args = stages.map(({ argument }) => argument);
  return (shape && iterateFused(shape, direct, args)) ??
    stepwise(items, stages, checkIterable);
}

/** Makes one value of items, where no loop could be built. */
function runStepwise(
  items: Iterable<unknown>,
  ending: Exclude<Ending, "yield">,
  end: AnyFunction = () => {},
  initial: unknown,
): Outcome {
  switch (ending) {
    case "fold":
      return { value: lazily.reduce(end, items, initial), found: true };
    case "toArray":
      return { value: lazily.toArray(items), found: true };
    case "forEach":
      lazily.forEach(end, items);
      return { value: undefined, found: true };
    case "find":
      for (const item of items) {
        if (end(item)) return { value: item, found: true };
      }
      return { value: undefined, found: false };
    case "reduce":
    case "sum": {
      const outcome: Outcome = { value: undefined, found: false };
      const add = (a: number, b: number) => a + b;
      const next = ending === "sum" ? add : end;
      for (const item of items) {
        outcome.value = outcome.found ? next(outcome.value, item) : item;
        outcome.found = true;
      }
      return outcome;
    }
  }
}

/**
 * Describes the items of a source, to be filtered, mapped and so on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lazy, range } from "../mod.ts";
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
 * import { lazy } from "../mod.ts";
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
