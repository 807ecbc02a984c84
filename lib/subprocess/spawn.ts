/**
 * A program that is talked to while it runs.
 *
 * @module
 */

import type { Command, Stdio, SubprocessOptions } from "./command.ts";
import { type Input, toBytes } from "./input.ts";
import { Lines } from "./lines.ts";
import { type OutputName, Program } from "./program.ts";
import type { CompletedProcess, Encoding } from "./result.ts";

/**
 * Options of `spawn()`.
 *
 * @typeParam E How outputs are given.
 */
export interface SpawnOptions<E extends Encoding = Encoding>
  extends SubprocessOptions<E> {
  /** Where the standard input comes from; `"piped"` by default. */
  readonly stdin?: Stdio;
}

/**
 * Starts a program, to talk to it while it runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { spawn } from "./spawn.ts";
 *
 * const endless = "setInterval(() => console.log('tick'), 10)";
 * await using child = spawn([Deno.execPath(), "eval", endless]);
 * for await (const line of child.lines()) {
 *   assertEquals(line, "tick");
 *   break; // this ends the program
 * }
 * ```
 *
 * @typeParam E How outputs are given.
 * @param command The program and its arguments, as a list; there is no shell.
 * @param options How to run it.
 * @returns The program, which runs.
 * @throws What `run()` throws of a program that cannot be started.
 */
export function spawn<E extends Encoding = "utf-8">(
  command: Command,
  options: SpawnOptions<E> = {},
): Subprocess<E> {
  return new Subprocess(command, options);
}

/**
 * A program that runs beside this one: what `spawn()` gives.
 *
 * Its outputs are read when somebody waits for them: `wait()` and
 * `communicate()` read both into memory, `lines()` takes one as it comes and
 * keeps the other. Nobody waiting, a program that prints much waits too.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Subprocess } from "./spawn.ts";
 *
 * const echo = "Deno.stdin.readable.pipeTo(Deno.stdout.writable)";
 * const child = new Subprocess([Deno.execPath(), "eval", echo]);
 * const { stdout } = await child.communicate("hello");
 * assertEquals(stdout, "hello");
 * ```
 *
 * @typeParam E How outputs are given.
 */
export class Subprocess<E extends Encoding = "utf-8">
  implements AsyncDisposable {
  readonly #program: Program<E>;
  #stdin: WritableStreamDefaultWriter<string | Uint8Array> | undefined;

  /**
   * Starts the program.
   *
   * @param command The program and its arguments, as a list; there is no shell.
   * @param options How to run it.
   * @throws What `run()` throws of a program that cannot be started.
   */
  constructor(command: Command, options: SpawnOptions<E> = {}) {
    const { stdin = "piped" } = options;
    this.#program = new Program("spawn", command, options, stdin);
    if (stdin === "piped") this.#stdin = writerOf(this.#program);
  }

  /** The program and its arguments. */
  get args(): readonly string[] {
    return this.#program.args;
  }

  /** The process id. */
  get pid(): number {
    return this.#program.pid;
  }

  /**
   * A writer to the program's standard input. While it writes, outputs are
   * read into memory. Writing to a program that reads no more rejects with
   * Deno.errors.BrokenPipe.
   */
  get stdin(): WritableStreamDefaultWriter<string | Uint8Array> {
    if (this.#stdin === undefined) {
      throw new TypeError('Subprocess.stdin: stdin has to be "piped"');
    }
    return this.#stdin;
  }

  /**
   * Looks whether the program has ended, as far as is known by now.
   *
   * @returns Its exit code, 128 + n if signal n ended it; null while it runs.
   */
  poll(): number | null {
    return this.#program.ended?.code ?? null;
  }

  /**
   * Waits for the program to end.
   *
   * @param options `timeout`: how long to wait, in milliseconds. After it the
   * program lives on.
   * @returns Its exit code, 128 + n if signal n ended it.
   * @throws {TimeoutExpired} If the time is over.
   * @throws What the program was ended for: a limit, or an aborted signal.
   */
  async wait(options: { readonly timeout?: number } = {}): Promise<number> {
    await this.#program.finish(options.timeout);
    return (await this.#program.status).code;
  }

  /**
   * Writes the input, closes it, and reads both outputs until the program ends.
   * If the program ends first, the rest of the input is not taken: the input is
   * closed, and not waited for.
   *
   * After a timeout it can be called again, without the input. Nothing is lost:
   * what was read meanwhile is in the result.
   *
   * @param input What to write; nothing by default.
   * @param options `timeout`: how long to wait, in milliseconds. After it the
   * program lives on.
   * @returns How the program ended, and what it printed that `lines()` had not
   * taken.
   * @throws {TimeoutExpired} If the time is over.
   * @throws {TypeError} If there was input before, or its stdin is not piped.
   * @throws What the program was ended for: a limit, or an aborted signal.
   */
  async communicate(
    input?: Input,
    options: { readonly timeout?: number } = {},
  ): Promise<CompletedProcess<E>> {
    this.#program.feed(input);
    await this.#program.finish(options.timeout);
    return this.#program.completed();
  }

  /**
   * Reads an output line by line, as it comes. The program is not read ahead
   * of: it waits when nobody takes its lines.
   *
   * Lines end with LF or CRLF, which are not part of them; the last one may end
   * without. They are text, in UTF-8. Leaving the loop early ends the program,
   * as disposing of it does, and waits for it.
   *
   * @param name Which output.
   * @returns The lines.
   * @throws {TypeError} If the output is not piped, or is being read already.
   * @throws {OutputLimitExceeded} If one line has more than `maxOutput` bytes.
   * @throws What the program was ended for: a limit, or an aborted signal.
   */
  lines(name: OutputName = "stdout"): AsyncGenerator<string, void, void> {
    return new Lines(this.#program, name);
  }

  /**
   * Asks the program to end: SIGTERM, which it may ignore. On Windows, where
   * programs cannot be asked, it is ended.
   */
  terminate(): void {
    this.#program.send("SIGTERM");
  }

  /** Ends the program by force. Of one that has ended, nothing changes. */
  kill(): void {
    this.#program.send("SIGKILL");
  }

  /**
   * Ends the program, at the end of an `await using` block: asks it to, waits
   * for `killAfter`, and then kills it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.release();
  }

  /** How the program prints. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    const { args, pid } = this;
    return `Subprocess ${inspect({ args, pid, code: this.poll() }, options)}`;
  }
}

/** A writer of text or bytes that keeps the outputs flowing while it writes. */
function writerOf<E extends Encoding>(
  program: Program<E>,
): WritableStreamDefaultWriter<string | Uint8Array> {
  return new WritableStream<string | Uint8Array>({
    async write(chunk) {
      const bytes = toBytes("Subprocess.stdin", chunk);
      const stopDraining = program.drainAll();
      const written = await program.write(bytes).finally(stopDraining);
      if (written) return;
      throw new Deno.errors.BrokenPipe(
        `Subprocess.stdin: ${program.args[0]} does not read any more`,
      );
    },
    close: () => program.closeInput(),
    abort: () => program.closeInput(),
  }).getWriter();
}
