/**
 * Programs as subprocesses: run one and take what it prints, or talk to it
 * while it runs.
 *
 * The names are those of Python's `subprocess` module:
 * https://docs.python.org/3/library/subprocess.html
 *
 * @module
 */

import {
  checkCommand,
  checkOptions,
  type Command,
  type CommandOptions,
  decode,
  defaultMaxOutput,
  explain,
  type Input,
  type RunOptions,
  type Stdio,
  type SubprocessOptions,
  toBytes,
  toDeno,
} from "./subprocess/command.ts";
import type { Output } from "./subprocess/output.ts";
import { type OutputName, Program } from "./subprocess/program.ts";
import {
  CalledProcessError,
  CompletedProcess,
  type Encoding,
} from "./subprocess/result.ts";

export type { Command, CommandOptions, Input, OutputName };
export type { RunOptions, Stdio, SubprocessOptions };
export { type CompletedPipeline, pipeline } from "./subprocess/pipeline.ts";
export {
  CalledProcessError,
  CompletedProcess,
  type Decoded,
  type Encoding,
  OutputLimitExceeded,
  type ProcessDetails,
  SubprocessError,
  TimeoutExpired,
} from "./subprocess/result.ts";

/**
 * Options of `run.sync()`.
 *
 * @typeParam E How outputs are given.
 */
export interface RunSyncOptions<E extends Encoding = Encoding>
  extends CommandOptions<E> {
  /** Whether another exit code than 0 is an error. */
  readonly check?: boolean;
  /** Where the standard input comes from; `"null"`, empty, by default. */
  readonly stdin?: "inherit" | "null";
  /** Where the standard error goes; `"piped"` by default. */
  readonly stderr?: Stdio;
}

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

/** The type of `run`: a function that has a synchronous form. */
export interface Run {
  /**
   * Runs a program to its end.
   *
   * Both outputs are read while the input is written, so no size of either can
   * block. What the program has started and left behind is not waited for: its
   * outputs are read until it has ended and nothing comes any more.
   *
   * @typeParam E How outputs are given.
   * @param command The program and its arguments, as a list; there is no shell.
   * @param options How to run it, and what to do when it fails.
   * @returns How the program ended, and what it printed.
   * @throws {TypeError} If the command is no list of words, or an option is not
   * what it has to be.
   * @throws {Deno.errors.NotFound} If there is no such program.
   * @throws {Deno.errors.NotADirectory} If there is no such `cwd`.
   * @throws {Deno.errors.NotCapable} Without `--allow-run` for the program.
   * @throws {CalledProcessError} With `check`, if the exit code is not 0.
   * @throws {TimeoutExpired} If it takes longer than `timeout`.
   * @throws {OutputLimitExceeded} If it prints more than `maxOutput`.
   * @throws The reason of `signal`, if that is aborted.
   */
  <E extends Encoding = "utf-8">(
    command: Command,
    options?: RunOptions<E>,
  ): Promise<CompletedProcess<E>>;

  /**
   * Runs a program to its end while this program stands still. Therefore it
   * can neither be given input nor be ended.
   *
   * @typeParam E How outputs are given.
   * @param command The program and its arguments, as a list; there is no shell.
   * @param options How to run it, and what to do when it fails.
   * @returns How the program ended, and what it printed.
   * @throws What `run()` throws, for the options that there are.
   */
  sync<E extends Encoding = "utf-8">(
    command: Command,
    options?: RunSyncOptions<E>,
  ): CompletedProcess<E>;
}

/**
 * Runs a program to its end; `run.sync()` does so while this program waits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { run } from "./subprocess.ts";
 *
 * const { code, stdout } = await run([Deno.execPath(), "eval", "console.log(6 * 7)"]);
 * assertEquals([code, stdout], [0, "42\n"]);
 * ```
 */
export const run: Run = Object.assign(runToEnd, { sync: runSync });

async function runToEnd<E extends Encoding = "utf-8">(
  command: Command,
  options: RunOptions<E> = {},
): Promise<CompletedProcess<E>> {
  const { input, stdin = "null", check = false } = options;
  const program = new Program(
    "run",
    command,
    options,
    input === undefined ? stdin : "piped",
  );
  try {
    program.feed(input);
    await program.finish();
  } finally {
    await program.release();
  }
  const completed = program.completed();
  if (check && !completed.success) {
    throw new CalledProcessError("run", [completed]);
  }
  return completed;
}

function runSync<E extends Encoding = "utf-8">(
  command: Command,
  options: RunSyncOptions<E> = {},
): CompletedProcess<E> {
  const { encoding, stdin = "null", stderr = "piped", stdout = "piped" } =
    options;
  checkCommand("run.sync", command);
  checkOptions("run.sync", options);
  for (const name of ["input", "timeout", "signal", "maxOutput"]) {
    if (name in options) {
      throw new TypeError(`run.sync: there is no ${name}: use run()`);
    }
  }
  const started = performance.now();
  let output: Deno.CommandOutput;
  try {
    output = new Deno.Command(command[0]!, {
      ...toDeno(command, options),
      stdin,
      stderr,
    }).outputSync();
  } catch (cause) {
    throw explain("run.sync", command[0]!, options.cwd, cause);
  }
  // What was not piped throws when it is looked at.
  const none = new Uint8Array();
  const out = stdout === "piped" ? output.stdout : none;
  const err = stderr === "piped" ? output.stderr : none;
  const completed = new CompletedProcess<E>({
    args: [...command],
    pid: undefined,
    code: output.code,
    signal: output.signal,
    stdout: decode(out, encoding),
    stderr: decode(err, encoding),
    elapsed: performance.now() - started,
  });
  if (options.check && !completed.success) {
    throw new CalledProcessError("run.sync", [completed]);
  }
  return completed;
}

/**
 * Starts a program, to talk to it while it runs.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { spawn } from "./subprocess.ts";
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
 * import { Subprocess } from "./subprocess.ts";
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
  readonly #maxOutput: number;
  readonly #reading = new Set<Output>();
  readonly #isRead = (output: Output) => this.#reading.has(output);
  #stdin: WritableStreamDefaultWriter<string | Uint8Array> | undefined;

  /**
   * Starts the program.
   *
   * @param command The program and its arguments, as a list; there is no shell.
   * @param options How to run it.
   * @throws What `run()` throws of a program that cannot be started.
   */
  constructor(command: Command, options: SpawnOptions<E> = {}) {
    const { stdin = "piped", maxOutput = defaultMaxOutput } = options;
    this.#program = new Program("spawn", command, options, stdin);
    this.#maxOutput = maxOutput;
    if (stdin === "piped") this.#stdin = writerOf(this.#program, this.#isRead);
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
   * @throws {OutputLimitExceeded} If one line is longer than `maxOutput`.
   * @throws What the program was ended for: a limit, or an aborted signal.
   */
  lines(name: OutputName = "stdout"): AsyncGenerator<string, void, void> {
    const output = this.#program.outputs.get(name);
    if (output === undefined) {
      throw new TypeError(`Subprocess.lines: ${name} is not piped`);
    }
    if (this.#reading.has(output)) {
      throw new TypeError(`Subprocess.lines: ${name} is being read already`);
    }
    return this.#lines(output);
  }

  async *#lines(output: Output): AsyncGenerator<string, void, void> {
    const program = this.#program;
    const decoder = new TextDecoder();
    let rest = "";
    this.#reading.add(output);
    // What is taken as it comes needs no limit; a line does, further down.
    output.limit = Infinity;
    // A program that may not go on printing errors does not go on at all.
    const stopDraining = program.drainAll(this.#isRead);
    try {
      for (let more = true; more || output.size > 0;) {
        if (output.size === 0) more = await program.more(output);
        const text = decoder.decode(output.take(), { stream: true });
        const parts = text.split("\n");
        parts[0] = rest + parts[0];
        rest = parts.pop()!;
        if (rest.length > this.#maxOutput) program.failLimit();
        for (const part of parts) {
          yield part.endsWith("\r") ? part.slice(0, -1) : part;
        }
      }
      rest += decoder.decode();
      if (rest !== "") yield rest;
      await program.throwFailure();
    } finally {
      stopDraining();
      this.#reading.delete(output);
      output.limit = this.#maxOutput;
      if (!output.ended) await program.release();
    }
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
  isRead: (output: Output) => boolean,
): WritableStreamDefaultWriter<string | Uint8Array> {
  return new WritableStream<string | Uint8Array>({
    async write(chunk) {
      const bytes = toBytes("Subprocess.stdin", chunk);
      const stopDraining = program.drainAll(isRead);
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
