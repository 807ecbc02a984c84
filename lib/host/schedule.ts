/**
 * What a Pool keeps account of: the calls made to it, the jobs they are cut
 * into, the slots in which workers run them, and the feed of a call whose
 * input is taken as it goes.
 *
 * @module
 */

import type { CallOptions, MapOptions, Progress } from "../pool.ts";
import type { Task } from "./function.ts";
import type { Host } from "./host.ts";
import { Thread } from "./thread.ts";

/** A place for one worker. It may be empty, and filled again. */
export class Slot {
  readonly name: string;
  host: Host | undefined;
  busy = false;
  /** How many tasks the worker has run. */
  tasks = 0;

  /** @param number The worker's number, from 1. */
  constructor(readonly number: number) {
    this.name = `Worker-${number}`;
  }

  /** Starts a worker in this slot. */
  start(): Host {
    const host: Host = new Thread(this.name, (error) => {
      if (this.host === host) this.host = undefined;
      // Of a worker without a task, no call can report the end.
      if (!this.busy) console.error(`Pool: while idle, ${error.message}`);
    });
    this.tasks = 0;
    return this.host = host;
  }

  /** Ends the worker; what it runs rejects with `reason`. */
  empty(reason: unknown): void {
    const host = this.host;
    this.host = undefined;
    this.tasks = 0;
    host?.terminate(reason);
  }
}

/** One call of a pool's method, whose jobs share its fate. */
export class Call {
  /** The stack of whoever made the call. */
  readonly origin: { stack?: string } = {};
  /** The slots in which its jobs run now. */
  readonly slots = new Set<Slot>();
  /** Its jobs that have no outcome yet. */
  readonly jobs = new Set<Job>();
  /** How many tasks there are, once that is known. */
  total: number | undefined;
  /** Nothing more of it begins. */
  stopped = false;
  /** Why the whole call failed, if it did. */
  failure: { error: unknown } | undefined;
  /** Told when the whole call fails. */
  onFail: () => void = () => {};
  #done = 0;

  constructor(
    readonly method: string,
    readonly task: Task,
    readonly spread: boolean,
    readonly options: MapOptions & CallOptions,
  ) {
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Rejects all that has no outcome yet; nothing more begins. */
  fail(error: unknown): void {
    this.stopped = true;
    this.failure ??= { error };
    for (const job of this.jobs) job.reject(error);
    this.onFail();
  }

  /** Lets nothing more begin, and forgets what runs. */
  end(): void {
    this.stopped = true;
    this.options.signal?.removeEventListener("abort", this.#abort);
    for (const slot of this.slots) slot.host?.cancel();
  }

  /** Counts tasks that are done. */
  progress(count: number): void {
    if (this.stopped) return;
    this.#done += count;
    const progress: Progress = { done: this.#done, total: this.total };
    this.options.onProgress?.(progress);
  }

  /** What an input is called in messages. */
  nameOfInput(index: number): string {
    if (this.method === "apply") return "args";
    return this.spread ? `argumentLists[${index}]` : `items[${index}]`;
  }

  /** What a task is called in messages. */
  nameOfTask(index: number): string {
    const call = `${this.method}(${this.task.name})`;
    return this.method === "apply" ? call : `task ${index} of ${call}`;
  }

  readonly #abort = () => {
    const reason = this.options.signal?.reason;
    const slots = [...this.slots];
    this.fail(reason);
    // A task cannot be interrupted; ending its worker frees the slot.
    for (const slot of slots) slot.empty(reason);
  };
}

/** Some tasks of a call, which one worker runs one after another. */
export class Job {
  readonly results: Promise<unknown[]>;
  readonly #settle = Promise.withResolvers<unknown[]>();

  constructor(
    readonly call: Call,
    readonly inputs: readonly unknown[],
    /** The place of its first input among the call's. */
    readonly first: number,
    readonly transfer: Transferable[],
  ) {
    this.results = this.#settle.promise;
    call.jobs.add(this);
  }

  resolve(results: unknown[]): void {
    this.call.jobs.delete(this);
    this.#settle.resolve(results);
  }

  reject(error: unknown): void {
    this.call.stopped = true;
    this.call.jobs.delete(this);
    this.#settle.reject(error);
  }
}

/** How a Feed cuts its input. */
export interface FeedOptions {
  /** How many items make a chunk. */
  readonly size: number;
  /** How many chunks may be ahead of the consumer. */
  readonly ahead: number;
  /** Runs a chunk, whose first item has this place in the input. */
  readonly submit: (
    chunk: readonly unknown[],
    first: number,
  ) => Promise<unknown[]>;
}

/** A chunk on its way, and then its outcome. */
interface Flight {
  outcome?: { results: unknown[] } | { error: unknown };
}

/** Takes an input chunk by chunk, just ahead of the consumer of the results. */
export class Feed {
  readonly #call: Call;
  readonly #input: Iterator<unknown> | AsyncIterator<unknown>;
  readonly #options: FeedOptions;
  /** In the order of the input. */
  readonly #flights: Flight[] = [];
  #taken = 0;
  #pulling = false;
  /** The input has ended, by itself or by an error. */
  #ended: { error?: unknown } | undefined;
  #wake = () => {};

  constructor(
    call: Call,
    input: Iterator<unknown> | AsyncIterator<unknown>,
    options: FeedOptions,
  ) {
    this.#call = call;
    this.#input = input;
    this.#options = options;
    call.onFail = () => this.#wake();
  }

  /**
   * Waits for the next results.
   *
   * @param ordered Whether they must be those of the oldest chunk.
   * @returns The results of a chunk; nothing after the last one.
   */
  async next(ordered: boolean): Promise<unknown[] | undefined> {
    for (;;) {
      if (this.#call.failure) throw this.#call.failure.error;
      const index = ordered
        ? (this.#flights[0]?.outcome ? 0 : -1)
        : this.#flights.findIndex((flight) => flight.outcome);
      if (index >= 0) {
        const [{ outcome }] = this.#flights.splice(index, 1) as [Flight];
        if ("error" in outcome!) throw outcome.error;
        void this.#pull();
        return outcome!.results;
      }
      void this.#pull();
      if (this.#ended && this.#flights.length === 0) {
        if ("error" in this.#ended) throw this.#ended.error;
        return undefined;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Closes the input, unless it has ended. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = {};
    const closing = this.#input.return?.();
    // An input that is waited for may never answer.
    if (!this.#pulling) await closing;
    else Promise.resolve(closing).catch(() => {});
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    while (
      !this.#ended && !this.#call.stopped &&
      this.#flights.length < this.#options.ahead
    ) {
      const chunk = await this.#chunk();
      if (chunk.length > 0 && !this.#call.stopped) this.#send(chunk);
    }
    this.#pulling = false;
    this.#wake();
  }

  async #chunk(): Promise<unknown[]> {
    const chunk: unknown[] = [];
    try {
      while (chunk.length < this.#options.size && !this.#ended) {
        const next = this.#input.next();
        // Waiting for what is there already would cost each item a turn.
        const step = "then" in next ? await next : next;
        if (step.done) this.#ended ??= {};
        else chunk.push(step.value);
      }
    } catch (error) {
      this.#ended ??= { error };
    }
    return chunk;
  }

  #send(chunk: unknown[]): void {
    const flight: Flight = {};
    this.#flights.push(flight);
    const first = this.#taken;
    this.#taken += chunk.length;
    this.#options.submit(chunk, first).then(
      (results) => flight.outcome = { results },
      (error) => flight.outcome = { error },
    ).then(() => this.#wake());
  }
}
