/**
 * The calls of a pool's methods, and the chunks into which they are cut.
 *
 * @module
 */

import { endTask, type Given, realm } from "../messages/life.ts";
import { copyValue, discard, isImmutable } from "../messages/travel.ts";
import { continueStack } from "./errors.ts";
import type { Chunk, Outcome } from "./host.ts";
import type { CallOptions, MapOptions } from "./options.ts";
import type { Task } from "./task.ts";

/** Where a chunk runs, as far as its call is concerned. */
export interface Place {
  readonly name: string;
  /** Lets no more tasks of a chunk begin, if it runs here. */
  cancel(chunk: CallChunk): void;
  /** Ends the worker; what it runs rejects with `reason`. */
  empty(reason: unknown): void;
}

/** One call of a pool's method, whose chunks share its fate. */
export class Call {
  /** Its chunks that have no outcome yet. */
  readonly chunks = new Set<CallChunk>();
  /** How many tasks there are, once that is known. */
  total: number | undefined;
  /** Told when all of it fails. */
  onFail: () => void = () => {};
  /** Why all of it failed, if it did. */
  failure: { readonly error: unknown } | undefined;
  #isOver = false;
  /** The first task that failed; what comes after it does not begin. */
  #failedAt = Infinity;
  #done = 0;

  constructor(
    readonly method: string,
    readonly task: Task,
    readonly spread: boolean,
    readonly options: MapOptions & CallOptions,
    /** The stack of whoever made the call. */
    readonly origin: { stack?: string },
  ) {
    options.signal?.addEventListener("abort", this.#abort);
  }

  /** Whether it takes no more chunks. */
  get stopped(): boolean {
    return this.#isOver || this.#failedAt < Infinity;
  }

  /** Whether a chunk of it is still to be begun. */
  wants(chunk: CallChunk): boolean {
    return !this.#isOver && chunk.first < this.#failedAt;
  }

  /** Rejects all that has no outcome yet; nothing more begins. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.end();
    this.failure = { error };
    for (const chunk of this.chunks) chunk.reject(error);
    this.onFail();
  }

  /** Lets nothing more begin, and forgets what runs. */
  end(): void {
    this.#isOver = true;
    this.options.signal?.removeEventListener("abort", this.#abort);
    for (const chunk of this.chunks) {
      if (chunk.place) chunk.place.cancel(chunk);
      else chunk.drop();
    }
  }

  /** Notes the outcome of a chunk. */
  settle(chunk: CallChunk, hasFailed: boolean): void {
    this.chunks.delete(chunk);
    if (hasFailed) this.#failedAt = Math.min(this.#failedAt, chunk.first);
    if (hasFailed || this.#isOver) return;
    this.#done += chunk.inputs.length;
    const { onProgress } = this.options;
    if (onProgress) tell(onProgress, { done: this.#done, total: this.total });
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
    // A task cannot be interrupted; ending its worker frees the place.
    const places = [...this.chunks].map(({ place }) => place);
    this.fail(reason);
    for (const place of places) place?.empty(reason);
  };
}

/** Some tasks of a call, which one worker runs one after another. */
export class CallChunk implements Chunk {
  readonly results: Promise<readonly unknown[]>;
  /** Where it runs, or is about to. */
  place: Place | undefined;
  inputs: readonly unknown[];
  transfer: readonly Transferable[];
  /** The pipes and queues among the copies, as a task is given them. */
  #given: Set<Given> | undefined;
  readonly #settle = Promise.withResolvers<readonly unknown[]>();

  constructor(
    readonly call: Call,
    inputs: readonly unknown[],
    /** The place of its first input among the call's. */
    readonly first: number,
    transfer: readonly Transferable[],
    readonly timed: boolean,
  ) {
    this.results = this.#settle.promise;
    this.inputs = inputs;
    this.transfer = transfer;
    call.chunks.add(this);
  }

  get task(): Task {
    return this.call.task;
  }

  get spread(): boolean {
    return this.call.spread;
  }

  nameOf(index: number): string {
    return this.call.nameOfInput(this.first + index);
  }

  /** Copies the inputs, which are sent later: they may be changed until then. */
  copy(): void {
    const { inputs, transfer } = this;
    const lists = (this.spread ? inputs : [inputs]) as unknown[][];
    const isSame = lists.every((list) => list.every(isImmutable));
    if (isSame && transfer.length === 0) return;
    const here = realm();
    const { task } = here;
    // Again, if it has waited for a worker and then for its initializer.
    here.task = this.#given ??= new Set();
    try {
      Object.assign(this, copyValue({ inputs, transfer }, { transfer }));
    } finally {
      here.task = task;
    }
  }

  /** Closes pipes and queues among the copies, which nobody uses any more. */
  drop(): void {
    if (this.#given) endTask(this.#given, false);
  }

  /** Takes what came of it. */
  take({ results, failed }: Outcome): void {
    if (!this.call.wants(this)) discard(results); // nobody will have them
    if (failed) this.fail(failed.error, failed.index);
    else this.resolve(results);
  }

  resolve(results: readonly unknown[]): void {
    this.call.settle(this, false);
    this.#settle.resolve(results);
  }

  reject(error: unknown): void {
    this.call.settle(this, true);
    this.#settle.reject(error);
  }

  /** Rejects it with what one of its tasks failed of. */
  fail(error: unknown, index = 0): void {
    if (!this.call.chunks.has(this)) return;
    const task = this.call.nameOfTask(this.first + index);
    const where = this.place ? `${task} on ${this.place.name}` : task;
    continueStack(error, where, this.call.origin);
    this.reject(error);
  }
}

/** Calls a listener; what it throws is no fault of the task. */
export function tell<News extends unknown[]>(
  listener: (...news: News) => void,
  ...news: News
): void {
  try {
    listener(...news);
  } catch (error) {
    reportError(error);
  }
}
