/**
 * One function in one Web Worker.
 *
 * @module
 */

import { checkArray, checkOptions, checkTransfer } from "../describe.ts";
import { waitFor } from "../messages/wait.ts";
import { continueStack } from "./errors.ts";
import type { Host, HostOptions } from "./host.ts";
import { packFunction, type Task } from "./task.ts";
import { Thread } from "./thread.ts";

export { WorkerDiedError } from "./errors.ts";

/** Where a FunctionWorker or FunctionProcess is in its life. */
export type WorkerState =
  | "initial"
  | "started"
  | "finished"
  | "failed"
  | "terminated";

/** Options of a FunctionWorker. */
export interface FunctionWorkerOptions<Args extends readonly unknown[]> {
  /** What to call the function with; copied. */
  readonly args?: Args;
  /** What it is called in messages; `Worker-1` or `Process-1`, … unless given. */
  readonly name?: string;
  /**
   * The URL of the module that exports the function, `import.meta.url`: the
   * worker then imports it, with all that it uses. Needs `--allow-read`.
   */
  readonly module?: string;
  /** What of the arguments to move instead of copying; no longer here then. */
  readonly transfer?: readonly Transferable[];
}

/** How many have a name of their kind, such as `Worker`. */
const made: Record<string, number> = {};

function nextName(kind: string): string {
  made[kind] = (made[kind] ?? 0) + 1;
  return `${kind}-${made[kind]}`;
}

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
 */
export class FunctionWorker<Args extends readonly unknown[], Result>
  implements Disposable {
  /** What the worker is called in messages. */
  readonly name: string;
  /** @internal The host, once it has started. */
  protected host: Host | undefined;
  readonly #task: Task;
  readonly #options: FunctionWorkerOptions<Args>;
  readonly #result = Promise.withResolvers<Result>();
  #state: WorkerState = "initial";

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
    const caller = `Function${this.kind}`;
    checkOptions(caller, `new ${caller}(f, { args: [5] })`, options);
    const { args = [], module, transfer = [] } = options;
    this.#task = packFunction(target, caller, module);
    checkArray(caller, "args", args);
    checkTransfer(caller, transfer);
    this.name = options.name ?? nextName(this.kind);
    this.#options = options;
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
    const origin: { stack?: string } = {};
    Error.captureStackTrace(origin, this.start);
    const { module, transfer = [], args = [] } = this.#options;
    this.host = this.open({
      name: this.name,
      caller: `Function${this.kind}`,
      module,
    });
    this.#state = "started";
    this.host.call(this.#task, args, { transfer }).then((result) => {
      const { resolve } = this.#result;
      this.#leave("finished", 0, () => resolve(result as Result));
    }).catch((error) => {
      continueStack(error, `${this.#task.name} on ${this.name}`, origin);
      this.#leave("failed", 1, () => this.#result.reject(error));
    });
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
    const caller = `Function${this.kind}.join`;
    checkOptions(caller, "worker.join({ timeout: 100 })", options);
    if (this.#state === "initial") {
      throw new Error(`${this.name} cannot be joined: it was never started`);
    }
    const late = () => {
      const message = `${this.name} has not ended after ${options.timeout} ms`;
      waiting.reject(new DOMException(message, "TimeoutError"));
    };
    const waiting = waitFor<Result>(caller, options, late);
    this.#result.promise.then(waiting.resolve, waiting.reject);
    return await waiting.promise;
  }

  /**
   * Ends the worker without waiting for its function; `join()` then rejects
   * with an AbortError. Of a worker that has ended, nothing changes.
   */
  terminate(): void {
    if (this.#state !== "initial" && this.#state !== "started") return;
    this.#state = "terminated";
    const message = `${this.name} was terminated`;
    const reason = new DOMException(message, "AbortError");
    this.host?.terminate(reason);
    const gone = Promise.resolve(this.host?.ended);
    void gone.then(() => this.#result.reject(reason));
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
    return `Function${this.kind} ${inspect(this.shown(), options)}`;
  }

  /** @internal What is shown of the worker. */
  protected shown(): Record<string, unknown> {
    const { name, state } = this;
    return { name, state };
  }

  /** @internal Starts the host of the function. */
  protected open(options: HostOptions): Host {
    return new Thread(options);
  }

  /** @internal What names and messages call it: a bundler may rename a class. */
  protected get kind(): string {
    return "Worker";
  }

  /** Ends the host, and tells of it once nothing is left of it. */
  #leave(state: WorkerState, exitCode: number, tell: () => void): void {
    if (this.#state === "started") {
      this.#state = state;
      this.host!.finish(exitCode);
    }
    void this.host!.ended.then(tell);
  }
}
