/**
 * One function in one Web Worker.
 *
 * @module
 */

import { checkTimeout, describe } from "./describe.ts";
import { continueStack } from "./host/error.ts";
import { packFunction, type Task } from "./host/function.ts";
import { CallError, type Host } from "./host/host.ts";
import { Thread } from "./host/thread.ts";

export { WorkerDiedError } from "./host/host.ts";

/** Where a FunctionWorker is in its life. */
export type WorkerState =
  | "initial"
  | "started"
  | "finished"
  | "failed"
  | "terminated";

/**
 * Options of a FunctionWorker.
 *
 * @typeParam Args The types of the function's arguments.
 */
export interface FunctionWorkerOptions<Args extends readonly unknown[]> {
  /** What to call the function with; copied to the worker. */
  readonly args?: Args;
  /** What the worker is called in messages; `Worker-1`, … unless given. */
  readonly name?: string;
  /**
   * The URL of the module that exports the function, `import.meta.url`: the
   * worker then imports it, with all that it uses. Needs `--allow-read`.
   */
  readonly module?: string;
  /** What of the arguments to move instead of copying. */
  readonly transfer?: readonly Transferable[];
}

let made = 0;

/**
 * One function that runs in one Web Worker: a thread with a heap of its own.
 *
 * The function travels as its source text. It may use its arguments, its own
 * locals and the globals; the variables around it stay behind, because a
 * worker shares no memory with the program that started it. What it returns is
 * copied back.
 *
 * A worker that is busy, in a loop that never ends, cannot be stopped:
 * `terminate()` abandons it, and it goes on using its core until the program
 * ends by `Deno.exit()`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FunctionWorker } from "./worker.ts";
 *
 * const worker = new FunctionWorker((a: number, b: number) => a + b, {
 *   args: [40, 2],
 * });
 * worker.start();
 * assertEquals(await worker.join(), 42);
 * ```
 *
 * @typeParam Args The types of the function's arguments.
 * @typeParam Result What the function returns, or what its promise resolves to.
 */
export class FunctionWorker<Args extends readonly unknown[], Result>
  implements Disposable {
  /** What the worker is called in messages. */
  readonly name: string;
  readonly #task: Task;
  readonly #args: Args;
  readonly #transfer: Transferable[];
  readonly #result = Promise.withResolvers<Result>();
  #state: WorkerState = "initial";
  #host: Host | undefined;

  /**
   * Makes a worker that has not started yet.
   *
   * @param target The function to run.
   * @param options Its arguments, and how to run it.
   * @throws {TypeError} If `target` is no function, or one that cannot be sent:
   * native, bound, or a class; or if `args` is no array.
   */
  constructor(
    target: (...args: Args) => Result | PromiseLike<Result>,
    options: FunctionWorkerOptions<Args> = {},
  ) {
    const { args = [], module, transfer = [] } = options;
    this.#task = packFunction(target, "FunctionWorker", module);
    if (!Array.isArray(args)) {
      throw new TypeError(
        `FunctionWorker: args must be an array: received ${describe(args)}`,
      );
    }
    this.#args = args as unknown as Args;
    this.#transfer = [...transfer];
    this.name = options.name ?? `Worker-${made += 1}`;
    // A failure is for join() to report, whenever that is called.
    this.#result.promise.catch(() => {});
  }

  /** Where the worker is in its life. */
  get state(): WorkerState {
    return this.#state;
  }

  /** Whether the worker has started and not ended yet. */
  get isAlive(): boolean {
    return this.#state === "started";
  }

  /**
   * Starts the worker, which calls the function at once.
   *
   * @throws {Error} If it was started or terminated before.
   */
  start(): void {
    if (this.#state !== "initial") {
      throw new Error(`${this.name} cannot be started: it is ${this.#state}`);
    }
    this.#state = "started";
    const origin: { stack?: string } = {};
    Error.captureStackTrace(origin, this.start);
    this.#host = new Thread(this.name, () => {});
    this.#host.run({
      task: this.#task,
      calls: [this.#args],
      spread: true,
      timed: false,
      transfer: this.#transfer,
      nameOf: () => "args",
    }).then(
      ({ results }) => {
        this.#end("finished");
        this.#result.resolve(results[0] as Result);
      },
      (error) => {
        const reason = error instanceof CallError ? error.thrown : error;
        continueStack(reason, `${this.#task.name} on ${this.name}`, origin);
        this.#end("failed");
        this.#result.reject(reason);
      },
    );
  }

  /**
   * Waits for the worker to end.
   *
   * @param options `timeout`: how long to wait, in milliseconds; without it,
   * as long as it takes. After a timeout the worker lives on.
   * @returns What the function returned.
   * @throws What the function threw; a WorkerDiedError if the worker ended
   * before the function did; an AbortError if it was terminated; a TimeoutError
   * if the time is over; an Error if it was never started.
   */
  async join(options: { readonly timeout?: number } = {}): Promise<Result> {
    const { timeout } = options;
    if (this.#state === "initial") {
      throw new Error(`${this.name} cannot be joined: it was never started`);
    }
    if (timeout === undefined) return await this.#result.promise;
    const delay = checkTimeout("FunctionWorker.join", timeout);

    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `${this.name} has not ended after ${timeout} ms`;
      late.reject(new DOMException(message, "TimeoutError"));
    }, delay);
    try {
      return await Promise.race([this.#result.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Ends the worker without waiting for its function; `join()` then rejects
   * with an AbortError. Of a worker that has ended, nothing changes.
   */
  terminate(): void {
    if (this.#state !== "initial" && this.#state !== "started") return;
    this.#end("terminated");
    const message = `${this.name} was terminated`;
    this.#result.reject(new DOMException(message, "AbortError"));
  }

  /** Terminates the worker, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.terminate();
  }

  /** How the worker prints. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    const { name, state } = this;
    return `FunctionWorker ${inspect({ name, state }, options)}`;
  }

  #end(state: WorkerState): void {
    if (this.#state !== "initial" && this.#state !== "started") return;
    this.#state = state;
    this.#host?.terminate(undefined);
  }
}
