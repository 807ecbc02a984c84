/**
 * What a Pool keeps account of: the calls made to it, the jobs they are cut
 * into, and the slots in which workers run them.
 *
 * @module
 */

import type { CallOptions, MapOptions, Progress } from "../pool.ts";
import type { Task } from "./function.ts";
import type { Host, Isolation, ProcessOptions } from "./host.ts";
import { startHost } from "./start.ts";

/** How the workers of a pool run. */
export interface SlotOptions extends ProcessOptions {
  readonly isolation?: Isolation;
  readonly module?: string;
}

/** A place for one worker. It may be empty, and filled again. */
export class Slot {
  readonly name: string;
  host: Host | undefined;
  busy = false;
  /** How many tasks the worker has run. */
  tasks = 0;
  readonly #options: SlotOptions;
  /** Resolves once nothing is left of any worker that was here. */
  #ended: Promise<unknown> = Promise.resolve();

  /**
   * @param number The worker's number, from 1.
   * @param options How it runs.
   */
  constructor(readonly number: number, options: SlotOptions) {
    this.name = `Worker-${number}`;
    this.#options = options;
  }

  /** Resolves once nothing is left of any worker that was here. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Starts a worker in this slot. */
  start(): Host {
    const { isolation = "worker", module, ...options } = this.#options;
    const host: Host = startHost(isolation, {
      ...options,
      module,
      name: this.name,
      caller: "Pool",
      onDeath: (error) => {
        if (this.host === host) this.host = undefined;
        // Of a worker without a task, no call can report the end.
        if (!this.busy) console.error(`Pool: while idle, ${error.message}`);
      },
    });
    // Without their results, which would pile up.
    this.#ended = Promise.all([this.#ended, host.ended]).then(() => {});
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
