/**
 * Running a program to its end.
 *
 * The names are those of Python's `subprocess` module:
 * https://docs.python.org/3/library/subprocess.html
 *
 * @module
 */

import {
  checkObject,
  type Command,
  type SubprocessOptions,
} from "./command.ts";
import { onceGuardIsFree } from "./group.ts";
import type { Input } from "./input.ts";
import {
  CalledProcessError,
  type CompletedProcess,
  type Encoding,
} from "./result.ts";
import { Subprocess } from "./spawn.ts";

/** Options of `run()`. */
export interface RunOptions<E extends Encoding = Encoding>
  extends SubprocessOptions<E> {
  /**
   * What to write to the program's standard input. If the program ends first,
   * the rest is not taken: the input is closed, and not waited for.
   */
  readonly input?: Input;
  /** Whether another exit code than 0 is an error. */
  readonly check?: boolean;
  /** Where the standard input comes from; `"null"`, empty, by default. */
  readonly stdin?: "inherit" | "null";
}

/**
 * Runs a program to its end. What is promised of ends is said at `Subprocess`.
 *
 * Both outputs are read while the input is written, so no size of either can
 * block. What the program has started and left behind is not waited for: its
 * outputs are read until it has ended and nothing comes any more.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { run } from "./run.ts";
 *
 * const { code, stdout } = await run([Deno.execPath(), "eval", "console.log(6 * 7)"]);
 * assertEquals([code, stdout], [0, "42\n"]);
 * ```
 *
 * @param command The program and its arguments, as a list; there is no shell.
 * @param options How to run it, and what to do when it fails.
 * @returns How the program ended, and what it printed.
 * @throws {TypeError} If the command is no list of words, or an option is not
 * what it has to be.
 * @throws {Deno.errors.NotFound} If there is no such program, or not what its
 * first line names to run it.
 * @throws {Deno.errors.NotADirectory} If there is no such `cwd`.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program.
 * @throws {CalledProcessError} With `check`, if the exit code is not 0.
 * @throws {TimeoutExpired} If it takes longer than `timeout`.
 * @throws {OutputLimitExceeded} If it prints more than `maxOutput`.
 * @throws The reason of `signal`, if that is aborted.
 */
export async function run<E extends Encoding = "utf-8">(
  command: Command,
  options: RunOptions<E> = {},
): Promise<CompletedProcess<E>> {
  checkObject("run", options);
  const { input, check = false, stdin = "null" } = options;
  const place = input === undefined ? stdin : "piped";
  const placed = { ...options, stdin: place } as const;
  await using child = await onceGuardIsFree(() =>
    new Subprocess(command, placed, "run")
  );
  const completed = await child.communicate(input);
  if (check && !completed.success) {
    throw new CalledProcessError("run", completed);
  }
  return completed;
}
