/**
 * One function in one process of the operating system.
 *
 * @module
 */

import type { Host, HostOptions } from "../workers/host.ts";
import {
  FunctionWorker,
  type FunctionWorkerOptions,
} from "../workers/worker.ts";
import type { ProcessOptions } from "../workers/options.ts";
import { ProcessHost } from "./host.ts";
import { checkProcessOptions } from "./permissions.ts";

export type { ProcessOptions, ProcessPermissions } from "../workers/options.ts";

/** Options of a FunctionProcess. */
export interface FunctionProcessOptions<Args extends readonly unknown[]>
  extends FunctionWorkerOptions<Args>, ProcessOptions {
  /**
   * The URL of the module that exports the function, `import.meta.url`: the
   * process then imports it, with all that it uses. It may do so whatever its
   * permissions are. For names such as `@std/assert` in it, this program has to
   * be allowed to read the deno.json or package.json that explains them; it does
   * not know of an import map that this program was started with.
   */
  readonly module?: string;
}

/**
 * One function that runs in one process of the operating system, with an id,
 * memory and permissions of its own.
 *
 * The function travels as its source text. It may use its arguments, its own
 * locals and the globals. It has no permissions unless `permissions` gives it
 * some. Arguments and results are copied, through a channel beside the standard
 * streams; memory cannot be shared with it. What it prints comes out on this
 * program's standard error, or goes to `onOutput`; its input is empty.
 *
 * Unlike a worker, it can be ended at any moment, also in the middle of a
 * computation: `terminate()` sends it SIGTERM, and after half a second SIGKILL;
 * with the full `--allow-run`, all that it has started is sent them, too. `join()`
 * rejects once it is gone. When it runs out of memory, it ends alone. It ends with
 * this program, however that ends: where the system does not see to it, a guard,
 * one more process while there are any, does.
 *
 * The process is another Deno: `--allow-run` for it is needed. All else is as
 * with a FunctionWorker.
 *
 * @example
 * ```ts
 * import { assertEquals, assertNotEquals } from "@std/assert";
 * import { FunctionProcess } from "./process.ts";
 *
 * const child = new FunctionProcess((a: number, b: number) => a + b, {
 *   args: [40, 2],
 * });
 * child.start();
 * assertNotEquals(child.pid, Deno.pid);
 * assertEquals(await child.join(), 42);
 * assertEquals(child.exitCode, 0);
 * ```
 */
export class FunctionProcess<Args extends readonly unknown[], Result>
  extends FunctionWorker<Args, Result>
  implements AsyncDisposable {
  readonly #options: FunctionProcessOptions<Args>;

  /**
   * Makes a process that has not started yet.
   *
   * @param target The function to run.
   * @param options Its arguments, and how to run it.
   * @throws {TypeError | RangeError} If `target` is no function, or one that
   * cannot be sent: native, bound, or a class; or if an option is wrong.
   */
  constructor(
    target: (...args: Args) => Result | PromiseLike<Result>,
    options: FunctionProcessOptions<Args> = {},
  ) {
    super(target, options);
    checkProcessOptions("FunctionProcess", options);
    this.#options = options;
  }

  /** The id of the process; undefined before it starts. */
  get pid(): number | undefined {
    return this.host?.pid;
  }

  /**
   * The code with which the process ended: 0 if its function returned, 1 if it
   * threw, 128 and the signal's number if a signal ended it; undefined before.
   */
  get exitCode(): number | undefined {
    return this.host?.end.exitCode;
  }

  /** The signal that ended the process, such as `"SIGTERM"`, if one did. */
  get signal(): string | undefined {
    return this.host?.end.signal;
  }

  /**
   * Terminates the process, at the end of an `await using` block.
   *
   * @returns A promise that resolves once the process is gone.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.terminate();
    await this.host?.ended;
  }

  /** @internal */
  protected override shown(): Record<string, unknown> {
    const { name, state, pid } = this;
    return { name, parent: Deno.pid, state, pid };
  }

  /** @internal */
  protected override open(options: HostOptions): Host {
    return new ProcessHost({ ...this.#options, ...options });
  }

  /** @internal */
  protected override get kind(): string {
    return "Process";
  }
}
