/**
 * Pipelines over what arrives over time.
 *
 * @module
 */

import {
  checkCount,
  checkFunction,
  checkNumber,
  checkSize,
  describe,
} from "../describe.ts";
import { Feed, type FeedOwner } from "../workers/feed.ts";
import { larger, smaller } from "./functions.ts";
import {
  type AnyIterable,
  checkAnyIterable,
  openAny,
  overAsync,
} from "./source.ts";

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
  #source: AnyIterable<unknown>;
  // What is done with the source: nothing, or one step.
  #step: { name: string; run: Step<unknown, T> } | undefined;

  /**
   * Describes the items of a source; `lazy.async()` is the short way.
   *
   * @param source The items.
   * @throws {TypeError} If the source is not iterable.
   */
  constructor(source: AnyIterable<T>) {
    this.#source = checkAnyIterable(source);
  }

  /** Adds a step. */
  #with<R>(name: string, run: Step<T, R>): AsyncPipeline<R> {
    const source = this.#step ? this : this.#source;
    const next = new AsyncPipeline(
      source as AnyIterable<unknown> as AnyIterable<R>,
    );
    next.#step = { name, run: run as Step<unknown, R> };
    return next;
  }

  /**
   * Calls a function with each item, several at once if wanted.
   *
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
    checkFunction("map", "fn", fn);
    const { concurrency = 1, ordered = true } = options;
    checkCount("map", "concurrency", concurrency);
    if (concurrency === 1) {
      return this.#with("map", async function* (items) {
        for await (const item of items) yield await fn(item);
      });
    }
    return this.#with(
      "map",
      (items) => mapAtOnce(items, fn, concurrency, ordered),
    );
  }

  /** Lets pass the items for which a function says so: see {@link filter}. */
  filter<S extends T>(fn: (item: T) => item is S): AsyncPipeline<S>;
  /** The same, with a function that does not tell types apart. */
  filter(fn: (item: T) => unknown): AsyncPipeline<T>;
  filter(fn: (item: T) => unknown): AsyncPipeline<T> {
    checkFunction("filter", "fn", fn);
    return this.#with("filter", (items) => keep(items, fn));
  }

  /** Gives the items of what a function makes of each: see {@link flatMap}. */
  flatMap<R>(
    fn: (item: T) => AnyIterable<R> | PromiseLike<AnyIterable<R>>,
  ): AsyncPipeline<R> {
    checkFunction("flatMap", "fn", fn);
    return this.#with("flatMap", async function* (items) {
      for await (const item of items) {
        for await (const inner of checkAnyIterable(await fn(item))) yield inner;
      }
    });
  }

  /** Gives the first `n` items, and closes the source: see {@link take}. */
  take(n: number): AsyncPipeline<T> {
    checkSize("take", "n", n);
    return this.#with("take", async function* (items) {
      if (n === 0) return void await openAny(items).return();
      let left = n;
      for await (const item of items) {
        yield item;
        if (--left === 0) return;
      }
    });
  }

  /** Leaves out the first `n` items: see {@link drop}. */
  drop(n: number): AsyncPipeline<T> {
    checkSize("drop", "n", n);
    return this.#with("drop", (items) => {
      let taken = 0;
      return keep(items, () => ++taken > n);
    });
  }

  /** Gives items while a function says so: see {@link takeWhile}. */
  takeWhile(fn: (item: T) => unknown): AsyncPipeline<T> {
    checkFunction("takeWhile", "fn", fn);
    return this.#with("takeWhile", async function* (items) {
      for await (const item of items) {
        if (!await fn(item)) return;
        yield item;
      }
    });
  }

  /** Leaves out items while a function says so: see {@link dropWhile}. */
  dropWhile(fn: (item: T) => unknown): AsyncPipeline<T> {
    checkFunction("dropWhile", "fn", fn);
    return this.#with("dropWhile", (items) => {
      let isKeeping = false;
      return keep(items, async (item) => isKeeping ||= !await fn(item));
    });
  }

  /** Leaves out items whose key was there before: see {@link unique}. */
  unique(key: (item: T) => unknown = (item) => item): AsyncPipeline<T> {
    checkFunction("unique", "key", key);
    return this.#with("unique", (items) => {
      const seen = new Set<unknown>();
      return keep(items, async (item) => {
        const { size } = seen;
        return seen.add(await key(item)).size > size;
      });
    });
  }

  /** Numbers the items, from `start` on: see {@link enumerate}. */
  enumerate(start = 0): AsyncPipeline<[number, T]> {
    checkNumber("enumerate", "start", start);
    return this.#with("enumerate", async function* (items) {
      let i = start;
      for await (const item of items) yield [i++, item];
    });
  }

  /** Gathers items into arrays of `n`: see {@link chunks}. */
  chunks(n: number): AsyncPipeline<T[]> {
    checkCount("chunks", "n", n);
    return this.#with("chunks", async function* (items) {
      let chunk: T[] = [];
      for await (const item of items) {
        chunk.push(item);
        if (chunk.length < n) continue;
        yield chunk;
        chunk = [];
      }
      if (chunk.length > 0) yield chunk;
    });
  }

  /** Gives each stretch of `n` neighbours: see {@link windows}. */
  windows(n: number): AsyncPipeline<T[]> {
    checkCount("windows", "n", n);
    return this.#with("windows", async function* (items) {
      const window: T[] = [];
      for await (const item of items) {
        window.push(item);
        if (window.length > n) window.shift();
        if (window.length === n) yield [...window];
      }
    });
  }

  /** Gives each pair of neighbours: see {@link pairwise}. */
  pairwise(): AsyncPipeline<[T, T]> {
    return this.windows(2) as AsyncPipeline<unknown> as AsyncPipeline<[T, T]>;
  }

  /** Gives the items of other sources after these: see {@link concat}. */
  concat<R = T>(...others: AnyIterable<R>[]): AsyncPipeline<T | R> {
    for (const other of others) checkAnyIterable(other);
    return this.#with<T | R>("concat", async function* (items) {
      for (const source of [items, ...others]) {
        for await (const item of source) yield item;
      }
    });
  }

  /** Gives what `reduce` would have at each item, `initial` first. */
  accumulate<A>(
    fn: (value: A, item: T) => A | PromiseLike<A>,
    initial: A,
  ): AsyncPipeline<A> {
    checkFunction("accumulate", "fn", fn);
    return this.#with("accumulate", async function* (items) {
      let value = initial;
      yield value;
      for await (const item of items) yield value = await fn(value, item);
    });
  }

  /** Gathers neighbours that have the same key: see {@link groupBy}. */
  groupBy<K>(key: (item: T) => K | PromiseLike<K>): AsyncPipeline<[K, T[]]> {
    checkFunction("groupBy", "key", key);
    return this.#with("groupBy", async function* (items) {
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

  /** Takes all items, and makes one value of them: see {@link reduce}. */
  reduce(fn: (value: T, item: T) => T | PromiseLike<T>): Promise<T>;
  /** The same, from an initial value on. */
  reduce<A>(
    fn: (value: A, item: T) => A | PromiseLike<A>,
    initial: A,
  ): Promise<A>;
  async reduce(
    fn: (value: T, item: T) => T | PromiseLike<T>,
    ...initial: [T?]
  ): Promise<T> {
    checkFunction("reduce", "fn", fn);
    const first = initial.length > 0 ? { value: initial[0] as T } : undefined;
    const found = await this.#fold(fn, first);
    if (!found) throw new TypeError("reduce: no items and no initial value");
    return found.value;
  }

  /** Takes all items, and adds them up; 0 if there are none. */
  sum(this: AsyncPipeline<number>): Promise<number>;
  /** The same with bigints. */
  sum(this: AsyncPipeline<bigint>): Promise<bigint>;
  async sum(): Promise<number | bigint> {
    const add = (a: unknown, b: unknown) => (a as number) + (b as number);
    const found = await this.#fold(add as (a: T, b: T) => T & number);
    return found ? found.value as number : 0;
  }

  /** Takes all items, and gives the smallest; `undefined` if there are none. */
  async min(): Promise<T | undefined> {
    return (await this.#fold(smaller))?.value;
  }

  /** Takes all items, and gives the largest; `undefined` if there are none. */
  async max(): Promise<T | undefined> {
    return (await this.#fold(larger))?.value;
  }

  /** Takes all items into an array. */
  async toArray(): Promise<T[]> {
    return await Array.fromAsync(this);
  }

  /** Takes all items into one text, with a separator between two of them. */
  async join(separator = ","): Promise<string> {
    return (await this.toArray()).join(separator);
  }

  /** Takes all items, and sorts them in two arrays: see {@link partition}. */
  async partition(fn: (item: T) => unknown): Promise<[T[], T[]]> {
    checkFunction("partition", "fn", fn);
    const yes: T[] = [];
    const no: T[] = [];
    for await (const item of this) (await fn(item) ? yes : no).push(item);
    return [yes, no];
  }

  /** Takes one item, and closes the source; `undefined` if there is none. */
  async first(): Promise<T | undefined> {
    return await this.find(() => true);
  }

  /** Gives the first item to which a function says yes: see {@link find}. */
  async find(fn: (item: T) => unknown): Promise<T | undefined> {
    checkFunction("find", "fn", fn);
    for await (const item of this) if (await fn(item)) return item;
    return undefined;
  }

  /** Whether a function says yes to an item: see {@link some}. */
  async some(fn: (item: T) => unknown): Promise<boolean> {
    checkFunction("some", "fn", fn);
    for await (const item of this) if (await fn(item)) return true;
    return false;
  }

  /** Whether a function says yes to every item: see {@link every}. */
  async every(fn: (item: T) => unknown): Promise<boolean> {
    checkFunction("every", "fn", fn);
    return !await this.some(async (item) => !await fn(item));
  }

  /** Takes all items, and calls a function with each, one after another. */
  async forEach(fn: (item: T) => unknown): Promise<void> {
    checkFunction("forEach", "fn", fn);
    for await (const item of this) await fn(item);
  }

  /**
   * Gives the items one by one.
   *
   * @returns A new iterator; nothing is taken from the source yet.
   */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    const run = this.#step?.run ?? keep as Step<unknown, T>;
    return overAsync(this.#source, run(this.#source));
  }

  /** How the pipeline prints. */
  [Symbol.for("Deno.customInspect")](): string {
    return `AsyncPipeline { ${this.#text} }`;
  }

  get #text(): string {
    const source = this.#source;
    const before = source instanceof AsyncPipeline
      ? source.#text
      : describe(source);
    return this.#step ? `${before} → ${this.#step.name}` : before;
  }

  /** Makes one value of all items; nothing of none. */
  async #fold(
    fn: (value: T, item: T) => T | PromiseLike<T>,
    found?: { value: T },
  ): Promise<{ value: T } | undefined> {
    for await (const item of this) {
      found = { value: found ? await fn(found.value, item) : item };
    }
    return found;
  }
}

type Step<T, R> = (items: AnyIterable<T>) => AsyncGenerator<R, void, void>;

/** The items that a function wants, which may be all. */
async function* keep<T>(
  items: AnyIterable<T>,
  fn: (item: T) => unknown = () => true,
): AsyncGenerator<T, void, void> {
  for await (const item of items) if (await fn(item)) yield item;
}

/** Calls a function with several items at once. */
async function* mapAtOnce<T, R>(
  items: AnyIterable<T>,
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
  const input = openAny(items);
  const feed = new Feed(owner, input, { size: 1, ahead: concurrency, submit });
  const leave = async (quietly: boolean) => {
    owner.stopped = true;
    await feed.close(quietly);
  };
  try {
    for (let results; (results = await feed.next(ordered));) {
      for (const result of results as R[]) yield result;
    }
  } catch (error) {
    await leave(true);
    throw error;
  } finally {
    await leave(false);
  }
}
