/**
 * The life of one function that runs elsewhere: what FunctionWorker and
 * FunctionProcess have in common.
 *
 * @module
 */

import { checkTimeout, describe } from "../describe.ts";
import { after } from "../messages/wait.ts";
import { continueStack } from "../workers/errors.ts";
import { packFunction, type Task } from "./function.ts";
import {
  CallError,
  type Host,
  type HostEnd,
  type Isolation,
  type ProcessOptions,
} from "./host.ts";
import { startHost } from "./start.ts";

/** Where a FunctionWorker or FunctionProcess is in its life. */
export type WorkerState =
  | "initial"
  | "started"
  | "finished"
  | "failed"
  | "terminated";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** What runs, and how. */
export interface LifeOptions extends ProcessOptions {
  readonly args?: readonly unknown[];
  readonly module?: string;
  readonly transfer?: readonly Transferable[];
}

/** The life of one function on a host of its own. */
export class Life<Result> {
  readonly name: string;
  readonly #caller: string;
  readonly #isolation: Isolation;
  readonly #options: LifeOptions;
  readonly #task: Task;
  readonly #args: readonly unknown[];
  readonly #result = Promise.withResolvers<Result>();
  #state: WorkerState = "initial";
  #host: Host | undefined;
  #end: HostEnd = {};

  /**
   * @param isolation Where it runs.
   * @param caller The class, for messages.
   * @param name What it is called in messages.
   * @param target The function.
   * @param options Its arguments, and how to run it.
   */
  constructor(
    isolation: Isolation,
    caller: string,
    name: string,
    target: AnyFunction,
    options: LifeOptions,
  ) {
    const { args = [], module } = options;
    this.#task = packFunction(target, caller, module);
    if (!Array.isArray(args)) {
      throw new TypeError(
        `${caller}: args must be an array: received ${describe(args)}`,
      );
    }
    this.#isolation = isolation;
    this.#caller = caller;
    this.#options = options;
    this.#args = args;
    this.name = name;
    // A failure is for join() to report, whenever that is called.
    this.#result.promise.catch(() => {});
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** The id of the process it runs in, if it has one of its own. */
  get pid(): number | undefined {
    return this.#host?.pid;
  }

  /** Resolves once nothing of it is left. */
  get gone(): Promise<unknown> {
    return this.#host?.ended ?? Promise.resolve();
  }

  /** How its process ended; empty before that. */
  get end(): HostEnd {
    return this.#end;
  }

  /**
   * Starts it.
   *
   * @param asked The method that was called, where stacks are to begin.
   */
  start(asked: AnyFunction): void {
    if (this.#state !== "initial") {
      throw new Error(`${this.name} cannot be started: it is ${this.#state}`);
    }
    const { args: _, transfer = [], module, ...options } = this.#options;
    const origin: { stack?: string } = {};
    Error.captureStackTrace(origin, asked);
    const host = startHost(this.#isolation, {
      ...options,
      module,
      name: this.name,
      caller: this.#caller,
      onDeath: () => {},
    });
    this.#host = host;
    this.#state = "started";
    void host.ended.then((end) => this.#end = end);
    host.run({
      task: this.#task,
      calls: [this.#args],
      spread: true,
      timed: false,
      transfer: [...transfer],
      nameOf: () => "args",
    }).then(
      ({ results }) => {
        this.#settle("finished", 0);
        return host.ended.then(() =>
          this.#result.resolve(results[0] as Result)
        );
      },
      (error) => {
        const reason = error instanceof CallError ? error.thrown : error;
        continueStack(reason, `${this.#task.name} on ${this.name}`, origin);
        this.#settle("failed", 1);
        return host.ended.then(() => this.#result.reject(reason));
      },
    );
  }

  /**
   * Waits for its end.
   *
   * @param timeout How long, in milliseconds; without it, as long as it takes.
   * @returns What the function returned.
   */
  async join(timeout: number | undefined): Promise<Result> {
    if (this.#state === "initial") {
      throw new Error(`${this.name} cannot be joined: it was never started`);
    }
    if (timeout === undefined) return await this.#result.promise;
    const delay = checkTimeout(`${this.#caller}.join`, timeout);

    const late = Promise.withResolvers<never>();
    const stop = after(delay, () => {
      const message = `${this.name} has not ended after ${timeout} ms`;
      late.reject(new DOMException(message, "TimeoutError"));
    });
    try {
      return await Promise.race([this.#result.promise, late.promise]);
    } finally {
      stop();
    }
  }

  /** Ends it without waiting for the function. */
  terminate(): void {
    if (this.#state !== "initial" && this.#state !== "started") return;
    this.#state = "terminated";
    const message = `${this.name} was terminated`;
    const reason = new DOMException(message, "AbortError");
    this.#host?.terminate(reason);
    void this.gone.then(() => this.#result.reject(reason));
  }

  #settle(state: WorkerState, exitCode: number): void {
    if (this.#state !== "started") return;
    this.#state = state;
    this.#host!.finish(exitCode);
  }
}
