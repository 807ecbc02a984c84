/**
 * Many calls over a few workers.
 *
 * @module
 */

import {
  checkArray,
  checkCount,
  checkFunction,
  checkInput,
  checkOptions,
  checkSignal,
  checkTimeout,
  checkTransfer,
  describe,
} from "../describe.ts";
import { Call } from "./calls.ts";
import { Dispatcher } from "./dispatch.ts";
import { continueStack } from "./errors.ts";
import { type AnyIterator, Feed } from "./feed.ts";
import { hostKinds } from "./host.ts";
import type { ApplyOptions, MapOptions, PoolOptions } from "./options.ts";
import { packFunction, type Task } from "./task.ts";
import "./thread.ts";

export type {
  ApplyOptions,
  CallOptions,
  Isolation,
  MapOptions,
  PoolOptions,
  Progress,
  TaskRun,
} from "./options.ts";

/**
 * Many calls over a few workers.
 *
 * Workers start when work comes, no more of them than there is work, and are
 * used again. A task travels as its source text: it may use its arguments, its
 * own locals and the globals. Arguments and results are copied.
 *
 * The first task that fails rejects its call with that task's own error; what
 * has not begun is then not begun, and the pool stays usable. A worker that
 * dies rejects the calls whose tasks it held with a WorkerDiedError, and is
 * replaced.
 *
 * An idle worker keeps the program running: end a pool with `using`, `close()`
 * or `terminate()`. A task that is busy, in a loop that never ends, cannot be
 * stopped: it is abandoned, and goes on using its core until the program ends
 * by `Deno.exit()`. A task that uses up the memory of its worker ends the
 * whole program.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pool } from "./pool.ts";
 *
 * using pool = new Pool({ workers: 2 });
 * const squares = await pool.map((x: number) => x * x, [1, 2, 3]);
 * assertEquals(squares, [1, 4, 9]);
 * ```
 */
export class Pool implements Disposable, AsyncDisposable {
  /** How many workers there are at most. */
  readonly workers: number;
  readonly #options: PoolOptions;
  readonly #dispatcher: Dispatcher;
  readonly #calls = new Set<Call>();
  #state: "open" | "closing" | "closed" = "open";
  #closed: PromiseWithResolvers<void> | undefined;

  /**
   * Makes a pool; no worker starts before there is work.
   *
   * @param options How many workers, and how they run.
   * @throws {RangeError} If a number is out of range.
   * @throws {TypeError} If an option is of a wrong type.
   */
  constructor(options: PoolOptions = {}) {
    checkOptions("Pool", "new Pool({ workers: 1 })", options);
    const { workers = navigator.hardwareConcurrency, onTask } = options;
    const { isolation = "worker", initializer, module } = options;
    checkCount("Pool", "workers", workers);
    if (onTask !== undefined) checkFunction("Pool", "onTask", onTask);
    checkArray("Pool", "initializerArgs", options.initializerArgs ?? []);
    const kind = hostKinds.get(isolation);
    if (!kind) {
      const wanted = 'isolation must be "worker" or "process"';
      throw new TypeError(`Pool: ${wanted}: received ${describe(isolation)}`);
    }
    kind.check("Pool", options);
    const first = initializer &&
      packFunction(initializer, "Pool: initializer", module);
    this.workers = workers;
    this.#options = options;
    this.#dispatcher = new Dispatcher(workers, first, options);
  }

  /**
   * Calls a function with each item, in parallel.
   *
   * The input is taken whole before the first call. Unless `chunkSize` says
   * otherwise it is cut into chunks of a quarter of an even share, as in
   * Python's `Pool.map`, so that many small tasks cost few messages; with
   * `timeout` each chunk is one item.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "./pool.ts";
   *
   * using pool = new Pool({ workers: 2 });
   * const lengths = await pool.map((word: string) => word.length, ["a", "be"]);
   * assertEquals(lengths, [1, 2]);
   * ```
   *
   * @param fn The task.
   * @param items The items.
   * @param options How to cut the input, and when to give up.
   * @returns The results, in the order of the items.
   * @throws What the first failing task threw; a WorkerDiedError, if a worker
   * died of a task; a TimeoutError; the reason of an aborted signal; a TypeError
   * or RangeError, if an argument is wrong.
   */
  async map<Item, Result>(
    fn: (item: Item) => Result | PromiseLike<Result>,
    items: Iterable<Item>,
    options: MapOptions = {},
  ): Promise<Result[]> {
    return await this.#map("map", fn, items, options);
  }

  /**
   * Calls a function with each list of arguments, in parallel; like `map`
   * otherwise.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "./pool.ts";
   *
   * using pool = new Pool({ workers: 2 });
   * const power = (base: number, exponent: number) => base ** exponent;
   * assertEquals(await pool.starmap(power, [[2, 3], [3, 2]]), [8, 9]);
   * ```
   *
   * @param fn The task.
   * @param argumentLists The argument lists.
   * @param options How to cut the input, and when to give up.
   * @returns The results, in the order of the lists.
   * @throws As `map` does.
   */
  async starmap<Args extends readonly unknown[], Result>(
    fn: (...args: Args) => Result | PromiseLike<Result>,
    argumentLists: Iterable<Args>,
    options: MapOptions = {},
  ): Promise<Result[]> {
    return await this.#map("starmap", fn, argumentLists, options);
  }

  /**
   * Calls a function once, in a worker.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "./pool.ts";
   *
   * using pool = new Pool({ workers: 1 });
   * assertEquals(await pool.apply((a: number, b: number) => a + b, [1, 2]), 3);
   * ```
   *
   * @param fn The task.
   * @param args Its arguments.
   * @param options What to move instead of copying, and when to give up.
   * @returns What the function returned.
   * @throws As `map` does.
   */
  async apply<Args extends readonly unknown[], Result>(
    fn: (...args: Args) => Result | PromiseLike<Result>,
    args: Args = [] as unknown as Args,
    options: ApplyOptions = {},
  ): Promise<Result> {
    checkArray("Pool.apply", "args", args);
    const { transfer = [] } = options;
    const call = this.#begin("apply", fn, true, options);
    try {
      checkTransfer("Pool.apply", transfer);
      const inputs = [[...args]]; // the list may be changed as well as its items
      const results = this.#dispatcher.submit(call, inputs, 0, [...transfer]);
      return (await results)[0] as Result;
    } catch (error) {
      // To note at each call who made it would take as long as the message; who
      // waits for it is known now too.
      if (!call.failure) continueStack(error, undefined, new Error());
      throw error;
    } finally {
      this.#end(call);
    }
  }

  /**
   * Calls a function with each item as it comes, in parallel, and gives the
   * results in the order of the items.
   *
   * No more than twice as many chunks as there are workers are taken from the
   * input ahead of the loop that takes the results; so the input may be endless.
   * Leaving the loop ends the call and closes the input.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Pool } from "./pool.ts";
   *
   * using pool = new Pool({ workers: 2 });
   * const doubled: number[] = [];
   * for await (const x of pool.imap((x: number) => x * 2, [1, 2, 3])) {
   *   doubled.push(x);
   * }
   * assertEquals(doubled, [2, 4, 6]);
   * ```
   *
   * @param fn The task.
   * @param items The items, which may come over time.
   * @param options How many items to send at once (1 unless given), and when
   * to give up.
   * @returns The results, one by one. What fails, fails as in `map`, after the
   * results of the items before it.
   * @throws {TypeError | RangeError} If an argument is wrong.
   */
  imap<Item, Result>(
    fn: (item: Item) => Result | PromiseLike<Result>,
    items: Iterable<Item> | AsyncIterable<Item>,
    options: MapOptions = {},
  ): AsyncGenerator<Result, void, void> {
    return this.#imap("imap", fn, items, options);
  }

  /**
   * Like `imap`, but gives each result as soon as it is there.
   *
   * @param fn The task.
   * @param items The items, which may come over time.
   * @param options How many items to send at once (1 unless given), and when
   * to give up.
   * @returns The results, one by one, in the order in which they finish.
   * @throws {TypeError | RangeError} If an argument is wrong.
   */
  imapUnordered<Item, Result>(
    fn: (item: Item) => Result | PromiseLike<Result>,
    items: Iterable<Item> | AsyncIterable<Item>,
    options: MapOptions = {},
  ): AsyncGenerator<Result, void, void> {
    return this.#imap("imapUnordered", fn, items, options);
  }

  /**
   * Takes no new calls, waits for those that are under way, then ends the
   * workers. A loop over `imap` is under way until it ends or is left.
   *
   * @returns A promise that resolves when the workers have ended.
   */
  close(): Promise<void> {
    this.#closed ??= Promise.withResolvers();
    if (this.#state === "open") this.#state = "closing";
    if (this.#calls.size === 0) this.#shutDown("the pool was closed");
    return this.#closed.promise;
  }

  /**
   * Ends the workers without waiting; the calls that are under way reject with
   * an AbortError.
   */
  terminate(): void {
    this.#shutDown("the pool was terminated");
  }

  /** Terminates the pool, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.terminate();
  }

  /**
   * Closes the pool, at the end of an `await using` block.
   *
   * @returns A promise that resolves when the workers have ended.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** How the pool prints. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    const { workers } = this;
    return `Pool ${inspect({ workers, state: this.#state }, options)}`;
  }

  #shutDown(reason: string): void {
    this.#state = "closed";
    const error = new DOMException(reason, "AbortError");
    for (const call of this.#calls) call.fail(error);
    const closed = this.#closed ??= Promise.withResolvers();
    void this.#dispatcher.end(error).then(closed.resolve);
  }

  async #map<Result>(
    method: "map" | "starmap",
    fn: AnyFunction,
    items: Iterable<unknown>,
    options: MapOptions,
  ): Promise<Result[]> {
    const spread = method === "starmap";
    const call = this.#begin(method, fn, spread, options);
    Error.captureStackTrace(call.origin, this[method]);
    try {
      const overTime = "imap takes what arrives over time";
      checkInput(`Pool.${method}: `, items, overTime);
      const inputs = [...items];
      for (const [i, list] of spread ? inputs.entries() : []) {
        checkArray("Pool.starmap", `argumentLists[${i}]`, list);
        inputs[i] = [...list as unknown[]];
      }
      call.total = inputs.length;
      const size = this.#chunkSize(options, inputs.length);
      const parts: Promise<readonly unknown[]>[] = [];
      for (let i = 0; i < inputs.length; i += size) {
        parts.push(this.#dispatcher.submit(call, inputs.slice(i, i + size), i));
      }
      const results = joined(await Promise.all(parts)) as Result[];
      // There may be no part that could have failed.
      if (call.failure) throw call.failure.error;
      return results;
    } finally {
      this.#end(call);
    }
  }

  #chunkSize({ chunkSize, timeout }: MapOptions, length: number): number {
    const share = timeout === undefined
      ? Math.ceil(length / (this.workers * 4))
      : 1;
    return chunkSize ?? Math.max(1, share);
  }

  #imap<Item, Result>(
    method: "imap" | "imapUnordered",
    fn: (item: Item) => Result | PromiseLike<Result>,
    items: Iterable<Item> | AsyncIterable<Item>,
    options: MapOptions,
  ): AsyncGenerator<Result, void, void> {
    // Checked now, and not when the first result is asked for.
    this.#check(method, fn, options);
    const open = opener(items, `Pool.${method}`);
    const origin = {};
    Error.captureStackTrace(origin, this[method]);
    const begin = () => this.#begin(method, fn, false, options, origin);
    return this.#results<Result>(begin, open);
  }

  /** The results of a call, as they come. */
  async *#results<Result>(
    begin: () => Call,
    open: () => AnyIterator,
  ): AsyncGenerator<Result, void, void> {
    const call = begin();
    let feed: Feed | undefined;
    let hasFailed = false;
    try {
      feed = new Feed(call, open(), {
        size: this.#chunkSize({ chunkSize: 1, ...call.options }, 0),
        ahead: this.workers * 2,
        ordered: call.method === "imap",
        submit: (chunk, at) => this.#dispatcher.submit(call, chunk, at),
      });
      for (;;) {
        const results = await feed.next();
        if (!results) return;
        for (const result of results) yield result as Result;
      }
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      this.#end(call);
      await feed?.close(hasFailed);
    }
  }

  #check(method: string, fn: AnyFunction, options: MapOptions): Task {
    const caller = `Pool.${method}`;
    const example = method === "apply"
      ? "pool.apply(f, [x], { timeout: 1000 })"
      : `pool.${method}(f, items, { chunkSize: 10 })`;
    checkOptions(caller, example, options);
    const task = packFunction(fn, caller, this.#options.module);
    const { chunkSize, timeout, signal, onProgress } = options;
    if (chunkSize !== undefined) checkCount(caller, "chunkSize", chunkSize);
    if (timeout !== undefined) checkTimeout(caller, timeout);
    checkSignal(caller, signal);
    if (onProgress !== undefined) {
      checkFunction(caller, "onProgress", onProgress);
    }
    if (this.#state === "open") return task;
    throw new Error(`${caller}: the pool is ${this.#state}`);
  }

  #begin(
    method: string,
    fn: AnyFunction,
    spread: boolean,
    options: MapOptions,
    origin: { stack?: string } = {},
  ): Call {
    const task = this.#check(method, fn, options);
    options.signal?.throwIfAborted();
    const call = new Call(method, task, spread, options, origin);
    this.#calls.add(call);
    return call;
  }

  /** Ends a call: nothing of it begins any more, what runs is not waited for. */
  #end(call: Call): void {
    call.end();
    this.#calls.delete(call);
    if (this.#state === "closing" && this.#calls.size === 0) void this.close();
  }
}

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** The items of all chunks; flat() takes five times as long. */
function joined(chunks: readonly (readonly unknown[])[]): unknown[] {
  const all: unknown[] = [];
  for (const chunk of chunks) {
    for (let i = 0; i < chunk.length; i++) all.push(chunk[i]);
  }
  return all;
}

/** How to open an input, once its first item is asked for. */
function opener(items: unknown, caller: string): () => AnyIterator {
  const input = Object(items);
  const isLater = typeof input[Symbol.asyncIterator] === "function";
  if (!isLater) checkInput(`${caller}: `, items, "");
  return () => input[isLater ? Symbol.asyncIterator : Symbol.iterator]();
}
