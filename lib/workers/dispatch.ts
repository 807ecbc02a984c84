/**
 * Hands out the chunks of a pool's calls to its workers.
 *
 * @module
 */

import { Fifo } from "../fifo.ts";
import { after } from "../messages/wait.ts";
import { type Call, CallChunk, type Place, tell } from "./calls.ts";
import { type Host, hostKinds, type Outcome, whyRefused } from "./host.ts";
import type { PoolOptions } from "./options.ts";
import type { Task } from "./task.ts";

/** A place for one worker: there is none, or one that is idle or runs a chunk. */
class Slot implements Place {
  readonly name: string;
  /** What runs here, or waits for the start. */
  chunk: CallChunk | undefined;
  /** Resolves once nothing is left of any worker that was here. */
  ended: Promise<unknown> = Promise.resolve();
  readonly #options: PoolOptions;
  readonly #initializer: Task | undefined;
  #host: Host | undefined;

  constructor(
    readonly number: number,
    initializer: Task | undefined,
    options: PoolOptions,
  ) {
    this.name = `Worker-${number}`;
    this.#options = options;
    this.#initializer = initializer;
  }

  /** Whether a worker is here that runs nothing. */
  get isIdle(): boolean {
    return this.#host !== undefined && !this.chunk;
  }

  /** Runs a chunk, in a new worker if there is none, and tells it its outcome. */
  async run(chunk: CallChunk): Promise<void> {
    chunk.place = this;
    try {
      if (!this.#host) {
        this.#host = this.#open();
        if (this.#initializer) await this.#initialize(this.#initializer, chunk);
      }
      // While the worker started, the call may have ended.
      if (!chunk.call.wants(chunk)) return;
      const { call, first, inputs } = chunk;
      const running = this.#host!.run(chunk);
      const { timeout } = call.options;
      const outcome = timeout === undefined
        ? await running
        : await this.#limit(running, timeout * inputs.length, () =>
          call.nameOfTask(first));
      this.#report(chunk, outcome);
      chunk.take(outcome);
    } catch (error) {
      chunk.fail(error);
    }
  }

  cancel(chunk: CallChunk): void {
    if (this.chunk === chunk) this.#host?.cancel();
  }

  empty(reason: unknown): void {
    const host = this.#host;
    this.#host = undefined;
    host?.terminate(reason);
  }

  #open(): Host {
    const { isolation = "worker", launcher, ...rest } = this.#options;
    const words = typeof launcher === "function"
      ? launcher(this.number)
      : launcher;
    const host = hostKinds.get(isolation)!.open({
      ...rest,
      ...words && { launcher: words },
      name: this.name,
      caller: "Pool",
      onDeath: (error) => {
        if (this.#host === host) this.#host = undefined;
        // Of a worker without a chunk, no call can report the end.
        if (!this.chunk) console.error(`Pool: while idle, ${error.message}`);
      },
    });
    // Without their results, which would pile up.
    this.ended = Promise.all([this.ended, host.ended]).then(() => {});
    return host;
  }

  async #initialize(initializer: Task, chunk: CallChunk): Promise<void> {
    const { call, first } = chunk;
    chunk.copy();
    const { initializerArgs = [] } = this.#options;
    try {
      const running = this.#host!.call(initializer, initializerArgs, {
        isSetup: true,
      });
      await this.#limit(
        running,
        call.options.timeout,
        () => `the initializer, for which ${call.nameOfTask(first)} waits,`,
      );
    } catch (error) {
      // Without its initializer the worker is of no use to any task.
      this.empty(undefined);
      throw error;
    }
  }

  /** Ends the worker if something takes longer than so many milliseconds. */
  async #limit<T>(
    running: Promise<T>,
    time: number | undefined,
    nameOf: () => string,
  ): Promise<T> {
    if (time === undefined) return await running;
    // The time it takes a worker to start is not the task's.
    const timer = this.#host?.ready.then(() =>
      after(time, () => {
        const message = `${nameOf()} took over ${time} ms`;
        this.empty(new DOMException(message, "TimeoutError"));
      })
    );
    try {
      return await running;
    } finally {
      void timer?.then((stop) => stop());
    }
  }

  #report({ first }: CallChunk, { times }: Outcome): void {
    const { onTask } = this.#options;
    if (!onTask) return;
    for (const [i, [from, to]] of times.entries()) {
      tell(onTask, { worker: this.number, task: first + i, from, to });
    }
  }
}

/** Hands out chunks to the workers of a pool. */
export class Dispatcher {
  readonly #slots: readonly Slot[];
  readonly #waiting = new Fifo<CallChunk>();
  readonly #timed: boolean;

  constructor(
    workers: number,
    initializer: Task | undefined,
    options: PoolOptions,
  ) {
    const slot = (_: unknown, i: number) =>
      new Slot(i + 1, initializer, options);
    this.#slots = Array.from({ length: workers }, slot);
    this.#timed = options.onTask !== undefined;
  }

  /** Has a worker run some of a call's tasks, once one is free. */
  submit(
    call: Call,
    inputs: readonly unknown[],
    first: number,
    transfer: readonly Transferable[] = [],
  ): Promise<readonly unknown[]> {
    if (call.failure) return Promise.reject(call.failure.error);
    const chunk = new CallChunk(call, inputs, first, transfer, this.#timed);
    const slot = this.#free();
    if (slot) void this.#work(slot, chunk);
    else this.#await(chunk);
    return chunk.results;
  }

  /** Ends all workers; resolves once nothing is left of them. */
  async end(reason: unknown): Promise<void> {
    for (const slot of this.#slots) slot.empty(reason);
    await Promise.all(this.#slots.map((slot) => slot.ended));
  }

  /** A place for a chunk that is to run now: of a worker that has started, first. */
  #free(): Slot | undefined {
    return this.#slots.find(({ isIdle }) => isIdle) ??
      this.#slots.find(({ chunk }) => !chunk);
  }

  #await(chunk: CallChunk): void {
    try {
      chunk.copy();
      this.#waiting.push(chunk);
    } catch (error) {
      const why = whyRefused(chunk, error);
      chunk.fail(why.error, why.index);
    }
  }

  /** Has a worker run a chunk, and then those that wait. */
  async #work(slot: Slot, first: CallChunk): Promise<void> {
    slot.chunk = first;
    while (slot.chunk) {
      const { chunk } = slot;
      if (chunk.call.wants(chunk)) await slot.run(chunk);
      chunk.drop();
      slot.chunk = this.#waiting.shift();
    }
  }
}
