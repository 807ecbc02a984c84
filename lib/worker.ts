/**
 * One function in one Web Worker.
 *
 * @module
 */

import { Life, type WorkerState } from "./host/life.ts";

export { WorkerDiedError } from "./host/host.ts";
export type { WorkerState };

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
 * ends by `Deno.exit()`. A worker that runs out of memory ends the whole
 * program. FunctionProcess has neither limit.
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
  readonly #life: Life<Result>;

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
    const name = options.name ?? `Worker-${made += 1}`;
    const life = new Life<Result>(
      "worker",
      "FunctionWorker",
      name,
      target,
      options,
    );
    this.#life = life;
  }

  /** What the worker is called in messages. */
  get name(): string {
    return this.#life.name;
  }

  /** Where the worker is in its life. */
  get state(): WorkerState {
    return this.#life.state;
  }

  /** Whether the worker has started and not ended yet. */
  get isAlive(): boolean {
    return this.state === "started";
  }

  /**
   * Starts the worker, which calls the function at once.
   *
   * @throws {Error} If it was started or terminated before.
   */
  start(): void {
    this.#life.start(this.start);
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
    return await this.#life.join(options.timeout);
  }

  /**
   * Ends the worker without waiting for its function; `join()` then rejects
   * with an AbortError. Of a worker that has ended, nothing changes.
   */
  terminate(): void {
    this.#life.terminate();
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
}
