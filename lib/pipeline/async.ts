/**
 * Pipelines over what arrives over time.
 *
 * @module
 */

import { checkCount, checkIterable, describe } from "../describe.ts";
import { Feed, type FeedOwner } from "../feed.ts";
import { checkFunction, checkSize, type Kind, type Stage } from "./stages.ts";
import { openAny, stepwiseAsync } from "./step.ts";

/** A source whose items are there, or arrive over time. */
export type AnyIterable<T> = AsyncIterable<T> | Iterable<T | PromiseLike<T>>;

/** How an asynchronous `map` calls its function. */
export interface AsyncMapOptions {
  /** How many calls may be under way at once; 1 unless given. */
  readonly concurrency?: number;
  /** Whether results keep the order of the items; they do unless it is false. */
  readonly ordered?: boolean;
}

/**
 * A Pipeline over items that arrive over time: the same steps, and callbacks may
 * give promises. Nothing is done before a result or an item is asked for.
 *
 * @typeParam T The type of the items that come out.
 */
export class AsyncPipeline<T> implements AsyncIterable<T> {
  // A pipeline is its last stage, and knows the pipeline before it.
  #source: AnyIterable<unknown>;
  #before: AsyncPipeline<unknown> | undefined;
  #stage: Stage | undefined;

  /**
   * Describes the items of a source; `lazy.async()` is the short way.
   *
   * @param source The items.
   * @throws {TypeError} If the source is not iterable.
   */
  constructor(source: AnyIterable<T>) {
    this.#source = checkAnyIterable(source);
  }

  #with<R>(kind: Kind, argument: unknown): AsyncPipeline<R> {
    const next = new AsyncPipeline<R>(this.#source as AnyIterable<R>);
    next.#before = this;
    next.#stage = { kind, argument };
    return next;
  }

  #over<R>(
    body: (items: AsyncIterable<T>) => AsyncGenerator<R, void, void>,
  ): AsyncPipeline<R> {
    return new AsyncPipeline({
      [Symbol.asyncIterator]: () => overAsync(this, body),
    });
  }

  /**
   * Calls a function with each item, several at once if wanted.
   *
   * @typeParam R What the function makes of an item.
   * @param fn Called with an item.
   * @param options How many calls may be under way; no more items than that are
   * taken ahead.
   * @returns A pipeline of what it returns.
   * @throws {RangeError | TypeError} If an argument is wrong.
   */
  map<R>(
    fn: (item: T) => R | PromiseLike<R>,
    options: AsyncMapOptions = {},
  ): AsyncPipeline<R> {
    checkFunction("map", fn);
    const { concurrency = 1, ordered = true } = options;
    checkCount("map", "concurrency", concurrency);
    if (concurrency === 1) return this.#with("map", fn);
    return this.#over((items) => mapAtOnce(items, fn, concurrency, ordered));
  }

  /**
   * Lets pass the items for which a function says so.
   *
   * @typeParam S The type of the items that pass.
   * @param fn Whether an item is to pass.
   * @returns A pipeline of the items that pass.
   */
  filter<S extends T>(fn: (item: T) => item is S): AsyncPipeline<S>;
  /**
   * Lets pass the items for which a function says so.
   *
   * @param fn Whether an item is to pass.
   * @returns A pipeline of the items that pass.
   */
  filter(fn: (item: T) => unknown): AsyncPipeline<T>;
  filter(fn: (item: T) => unknown): AsyncPipeline<T> {
    return this.#with("filter", checkFunction("filter", fn));
  }

  /**
   * Calls a function with each item, and gives what is in the results.
   *
   * @typeParam R The type of the items of the results.
   * @param fn Makes something iterable of an item.
   * @returns A pipeline of the items of the results.
   */
  flatMap<R>(
    fn: (item: T) => AnyIterable<R> | PromiseLike<AnyIterable<R>>,
  ): AsyncPipeline<R> {
    return this.#with("flatMap", checkFunction("flatMap", fn));
  }

  /**
   * Gives the first items, and closes the source after them.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of at most `n` items.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  take(n: number): AsyncPipeline<T> {
    return this.#with("take", checkSize("take", n));
  }

  /**
   * Leaves out the first items.
   *
   * @param n How many, at least 0.
   * @returns A pipeline of the items after them.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 0.
   */
  drop(n: number): AsyncPipeline<T> {
    return this.#with("drop", checkSize("drop", n));
  }

  /**
   * Gives items for as long as a function says so, then closes the source.
   *
   * @param fn Whether to go on.
   * @returns A pipeline of the items before the first one that it refuses.
   */
  takeWhile(fn: (item: T) => unknown): AsyncPipeline<T> {
    return this.#with("takeWhile", checkFunction("takeWhile", fn));
  }

  /**
   * Leaves out items for as long as a function says so.
   *
   * @param fn Whether to leave it out.
   * @returns A pipeline of the items from the first one that it refuses on.
   */
  dropWhile(fn: (item: T) => unknown): AsyncPipeline<T> {
    return this.#with("dropWhile", checkFunction("dropWhile", fn));
  }

  /**
   * Leaves out items that were there before.
   *
   * @param key What two items must not have in common.
   * @returns A pipeline of the items that are new.
   */
  unique(key: (item: T) => unknown = (item) => item): AsyncPipeline<T> {
    return this.#with("unique", checkFunction("unique", key));
  }

  /**
   * Numbers the items.
   *
   * @param start The first number.
   * @returns A pipeline of pairs of a number and an item.
   */
  enumerate(start = 0): AsyncPipeline<[number, T]> {
    return this.#with("enumerate", start);
  }

  /**
   * Gathers items into arrays of a size.
   *
   * @param n How many make an array, at least 1.
   * @returns A pipeline of arrays of `n` items; the last one may be shorter.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
   */
  chunks(n: number): AsyncPipeline<T[]> {
    checkCount("chunks", "n", n);
    return this.#over(async function* (items) {
      let chunk: T[] = [];
      for await (const item of items) {
        if (chunk.push(item) < n) continue;
        yield chunk;
        chunk = [];
      }
      if (chunk.length > 0) yield chunk;
    });
  }

  /**
   * Gives each stretch of neighbours.
   *
   * @param n How many make a stretch, at least 1.
   * @returns A pipeline of arrays of `n` items.
   * @throws {RangeError | TypeError} If `n` is no whole number of at least 1.
   */
  windows(n: number): AsyncPipeline<T[]> {
    checkCount("windows", "n", n);
    return this.#over(async function* (items) {
      const window: T[] = [];
      for await (const item of items) {
        window.push(item);
        if (window.length > n) window.shift();
        if (window.length === n) yield [...window];
      }
    });
  }

  /**
   * Gives each pair of neighbours.
   *
   * @returns A pipeline of pairs of an item and the next.
   */
  pairwise(): AsyncPipeline<[T, T]> {
    return this.windows(2) as AsyncPipeline<unknown> as AsyncPipeline<[T, T]>;
  }

  /**
   * Gives the items of other sources after these.
   *
   * @typeParam R The type of their items.
   * @param others The other sources.
   * @returns A pipeline of the items of all.
   */
  concat<R = T>(...others: AnyIterable<R>[]): AsyncPipeline<T | R> {
    for (const other of others) checkAnyIterable(other);
    return this.#over<T | R>(async function* (items) {
      yield* items;
      for (const other of others) yield* other;
    });
  }

  /**
   * Gives what `reduce` with an initial value would have at each item.
   *
   * @typeParam A The type of the value.
   * @param fn Makes the next value of the value so far and an item.
   * @param initial The first value.
   * @returns A pipeline of the values so far, the initial one first.
   */
  accumulate<A>(
    fn: (value: A, item: T) => A | PromiseLike<A>,
    initial: A,
  ): AsyncPipeline<A> {
    checkFunction("accumulate", fn);
    return this.#over(async function* (items) {
      let value = initial;
      yield value;
      for await (const item of items) yield value = await fn(value, item);
    });
  }

  /**
   * Gathers neighbours that have the same key.
   *
   * @typeParam K The type of the keys.
   * @param key What they are to have in common.
   * @returns A pipeline of pairs of a key and the neighbours that have it.
   */
  groupBy<K>(key: (item: T) => K | PromiseLike<K>): AsyncPipeline<[K, T[]]> {
    checkFunction("groupBy", key);
    return this.#over(async function* (items) {
      let group: [K, T[]] | undefined;
      for await (const item of items) {
        const found = await key(item);
        if (group && Object.is(group[0], found)) {
          group[1].push(item);
          continue;
        }
        if (group) yield group;
        group = [found, [item]];
      }
      if (group) yield group;
    });
  }

  /**
   * Takes all items, and makes one value of them.
   *
   * @param fn Makes the next value of the value so far and an item.
   * @returns The last value. The promise rejects with a TypeError if there are
   * no items.
   */
  reduce(fn: (value: T, item: T) => T | PromiseLike<T>): Promise<T>;
  /**
   * Takes all items, and makes one value of them, from an initial one on.
   *
   * @typeParam A The type of the value.
   * @param fn Makes the next value of the value so far and an item.
   * @param initial The first value; `undefined` is one too.
   * @returns The last value; without items, the initial one.
   */
  reduce<A>(
    fn: (value: A, item: T) => A | PromiseLike<A>,
    initial: A,
  ): Promise<A>;
  async reduce(
    fn: (value: T, item: T) => T | PromiseLike<T>,
    ...initial: [T?]
  ): Promise<T> {
    checkFunction("reduce", fn);
    let [value] = initial as [T];
    let found = initial.length > 0;
    for await (const item of this) {
      value = found ? await fn(value, item) : item;
      found = true;
    }
    if (!found) throw new TypeError("reduce: no items and no initial value");
    return value;
  }

  /**
   * Takes all items, and adds them up.
   *
   * @returns The sum; 0 if there are no items.
   */
  async sum(this: AsyncPipeline<number>): Promise<number> {
    return await this.reduce((a, b) => a + b, 0);
  }

  /**
   * Takes all items, and gives the smallest.
   *
   * @returns The smallest item; `undefined` if there are none.
   */
  async min(): Promise<T | undefined> {
    let found: { item: T } | undefined;
    for await (const item of this) {
      if (!found || item < found.item) found = { item };
    }
    return found?.item;
  }

  /**
   * Takes all items, and gives the largest.
   *
   * @returns The largest item; `undefined` if there are none.
   */
  async max(): Promise<T | undefined> {
    let found: { item: T } | undefined;
    for await (const item of this) {
      if (!found || item > found.item) found = { item };
    }
    return found?.item;
  }

  /**
   * Takes all items into an array.
   *
   * @returns The items.
   */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const item of this) all.push(item);
    return all;
  }

  /**
   * Takes all items into one text.
   *
   * @param separator What stands between two items.
   * @returns The text.
   */
  async join(separator = ","): Promise<string> {
    return (await this.toArray()).join(separator);
  }

  /**
   * Takes all items, and sorts them in two arrays.
   *
   * @param fn Which of the two an item belongs to.
   * @returns The items for which it says yes, and the others.
   */
  async partition(fn: (item: T) => unknown): Promise<[T[], T[]]> {
    const yes: T[] = [];
    const no: T[] = [];
    for await (const item of this) (await fn(item) ? yes : no).push(item);
    return [yes, no];
  }

  /**
   * Takes one item, and closes the source.
   *
   * @returns The first item; `undefined` if there is none.
   */
  async first(): Promise<T | undefined> {
    return await this.find(() => true);
  }

  /**
   * Takes items until a function says yes, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns The item to which it said yes; `undefined` if there is none.
   */
  async find(fn: (item: T) => unknown): Promise<T | undefined> {
    checkFunction("find", fn);
    for await (const item of this) if (await fn(item)) return item;
    return undefined;
  }

  /**
   * Takes items until a function says yes, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it said yes.
   */
  async some(fn: (item: T) => unknown): Promise<boolean> {
    checkFunction("some", fn);
    for await (const item of this) if (await fn(item)) return true;
    return false;
  }

  /**
   * Takes items until a function says no, and closes the source.
   *
   * @param fn Asked about each item.
   * @returns Whether it never said no.
   */
  async every(fn: (item: T) => unknown): Promise<boolean> {
    checkFunction("every", fn);
    for await (const item of this) if (!await fn(item)) return false;
    return true;
  }

  /**
   * Takes all items, and calls a function with each, one after another.
   *
   * @param fn Called for what it does.
   * @returns A promise that resolves after the last call.
   */
  async forEach(fn: (item: T) => unknown): Promise<void> {
    checkFunction("forEach", fn);
    for await (const item of this) await fn(item);
  }

  /**
   * Gives the items one by one.
   *
   * @returns A new iterator; nothing is taken from the source yet.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    const stages: Stage[] = [];
    // deno-lint-ignore no-this-alias
    let pipeline: AsyncPipeline<unknown> | undefined = this;
    for (; pipeline; pipeline = pipeline.#before) {
      if (pipeline.#stage) stages.push(pipeline.#stage);
    }
    stages.reverse();
    const generator = overAsync(
      this.#source,
      (items) => stepwiseAsync(items, stages, checkAnyIterable),
    );
    return generator as AsyncGenerator<T, void, void>;
  }

  /** How the pipeline prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `AsyncPipeline { ${describe(this.#source)} }`;
  }
}

/** As `over` of lib/lazy.ts: closes a source also if nothing was asked for. */
function overAsync<T, R>(
  source: AnyIterable<T>,
  body: (items: AsyncIterable<T>) => AsyncGenerator<R, void, void>,
): AsyncGenerator<R, void, void> {
  let isOpen = false;
  const generator = body({
    [Symbol.asyncIterator]() {
      isOpen = true;
      return openAny(source) as AsyncIterator<T>;
    },
  });
  const end = generator.return;
  generator.return = async (value) => {
    if (!isOpen) {
      isOpen = true;
      await openAny(source).return?.();
    }
    return await end.call(generator, value);
  };
  return generator;
}

/** Calls a function with several items at once. */
async function* mapAtOnce<T, R>(
  items: AsyncIterable<T>,
  fn: (item: T) => R | PromiseLike<R>,
  concurrency: number,
  ordered: boolean,
): AsyncGenerator<R, void, void> {
  const owner: FeedOwner & { stopped: boolean } = {
    stopped: false,
    failure: undefined,
    onFail: () => {},
  };
  const submit = async ([item]: readonly unknown[]) => {
    try {
      return [await fn(await item as T)];
    } catch (error) {
      owner.stopped = true; // nothing more is begun
      throw error;
    }
  };
  const input = items[Symbol.asyncIterator]();
  const feed = new Feed(owner, input, { size: 1, ahead: concurrency, submit });
  try {
    for (;;) {
      const results = await feed.next(ordered);
      if (!results) return;
      yield* results as R[];
    }
  } catch (error) {
    owner.stopped = true;
    await feed.close(true);
    throw error;
  } finally {
    owner.stopped = true;
    await feed.close(false);
  }
}

/** Checks a source whose items may arrive over time. */
function checkAnyIterable<Source>(source: Source): Source {
  const value = source as { [Symbol.asyncIterator]?: unknown } | null;
  return typeof value?.[Symbol.asyncIterator] === "function"
    ? source
    : checkIterable(source);
}
