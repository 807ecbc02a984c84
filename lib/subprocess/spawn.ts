/**
 * A program that is talked to while it runs.
 *
 * @module
 */

import { checkTimeout } from "../describe.ts";
import { after } from "../messages/wait.ts";
import {
  checkCommand,
  checkObject,
  type Command,
  start,
  type Stdio,
  type SubprocessOptions,
} from "./command.ts";
import { endTree, endWithProgram, hasEnded, keepGoing } from "./group.ts";
import { type Input, type Iteration, iterationOf, toBytes } from "./input.ts";
import { LineCutter, oneByOne } from "./lines.ts";
import { Output, within } from "./output.ts";
import {
  type CompletedProcess,
  decode,
  type Encoding,
  OutputLimitExceeded,
  type ProcessDetails,
  TimeoutExpired,
} from "./result.ts";
import { turn } from "./turns.ts";

/** The outputs of a program. */
export type OutputName = "stdout" | "stderr";

/** Options of `spawn()`. */
export interface SpawnOptions<E extends Encoding = Encoding>
  extends SubprocessOptions<E> {
  /**
   * Where the standard input comes from; from `communicate()` or `stdin` by
   * default. If `stdin` has not been taken in the turn in which the program is
   * waited for or its lines are read, its input is empty: `grep` would wait for
   * ever. `"piped"` leaves it open until it is closed.
   */
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
 * keeps the other. Nobody waiting, a program that prints much waits too. On
 * Windows, as many programs are read from at once as there are processors; the
 * others wait for one of them to end.
 *
 * **How a program ends.** One rule holds for all: it ends together with what it
 * has started, and what that has started, as far as whoever started it still runs.
 *
 * - `terminate()` asks them to end, `kill()` kills them.
 * - A timeout, an aborted signal and too much output kill them, or ask them first
 *   if there is `killAfter`.
 * - The end of an `await using` block, and leaving a loop over the lines, ask
 *   them, and kill them after `killAfter`.
 * - When this program ends, be it by `Deno.exit()`, an error or SIGKILL, they are
 *   asked, and killed a second later.
 *
 * Those that were asked are killed once the program has ended. What a program has
 * left behind that ended by itself is left alone. On Windows nobody is asked, all
 * are killed; but when this program ends, its programs are, and not what they have
 * started.
 *
 * This takes the full `--allow-run`, or one that names Deno. Without it, the rule
 * is about the program alone, which lives on when this one is killed or exits.
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
 */
export class Subprocess<E extends Encoding = "utf-8">
  implements AsyncDisposable {
  /** The program and its arguments. */
  readonly args: readonly string[];
  readonly #caller: string;
  readonly #options: SpawnOptions<E>;
  readonly #maxOutput: number;
  readonly #child: Deno.ChildProcess;
  readonly #outputs = new Map<OutputName, Output>();
  readonly #turn: Promise<void>;
  readonly #started = performance.now();
  readonly #gone = Promise.withResolvers<Deno.CommandStatus>();
  /** Where its input is written; undefined if it is not piped. */
  readonly #pipe: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #stdin: WritableStreamDefaultWriter<string | Uint8Array> | undefined;
  #isFed = false;
  #ended: { status: Deno.CommandStatus; elapsed: number } | undefined;
  #ending: Promise<void> | undefined;
  #failure: (() => unknown) | undefined;

  /**
   * Starts the program.
   *
   * @param command The program and its arguments, as a list; there is no shell.
   * @param options How to run it.
   * @param caller What the messages of its errors begin with.
   * @throws What `run()` throws of a program that cannot be started.
   */
  constructor(
    command: Command,
    options: SpawnOptions<E> = {},
    caller = "spawn",
  ) {
    checkCommand(caller, command, options);
    const { stdin = "piped", signal } = options;
    signal?.throwIfAborted();
    this.args = [...command];
    this.#caller = caller;
    this.#options = options;
    this.#maxOutput = options.maxOutput ?? 100 * 2 ** 20;
    this.#child = start(caller, this.args, options);
    this.#endWithProgram();
    this.#turn = this.#openOutputs();
    if (stdin === "piped") this.#pipe = this.#child.stdin.getWriter();
    this.#limit();
    this.#watch();
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * A writer to the program's standard input. While it writes, outputs are
   * read into memory. Writing to a program that reads no more rejects with
   * Deno.errors.BrokenPipe.
   */
  get stdin(): WritableStreamDefaultWriter<string | Uint8Array> {
    return this.#stdin ??= this.#openStdin();
  }

  /**
   * Looks whether the program has ended, as far as is known by now.
   *
   * @returns Its exit code, 128 + n if signal n ended it; null while it runs.
   */
  poll(): number | null {
    return this.#ended?.status.code ?? null;
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
    checkObject(this.#caller, options);
    void this.#closeUnasked();
    await this.#finish(options.timeout);
    return this.#ended!.status.code;
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
    checkObject(this.#caller, options);
    if (input !== undefined) this.#feed(input);
    else if (!this.#isFed) this.#closeInput();
    await this.#finish(options.timeout);
    const { code } = this.#ended!.status;
    const details = { ...this.#details(), code };
    return { ...details, pid: this.pid, success: code === 0 };
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
    const output = this.#outputs.get(name);
    if (!output || output.isTaken) {
      const why = output ? "is being read already" : "is not piped";
      throw new TypeError(`Subprocess.lines: ${name} ${why}`);
    }
    output.isTaken = true;
    return oneByOne(this.#lists(output), async () => {
      if (output.isTaken) await this.#release();
    });
  }

  /**
   * Asks the program to end: SIGTERM, which it may ignore. On Windows, where
   * programs cannot be asked, it is ended.
   */
  terminate(): void {
    this.#send("SIGTERM");
  }

  /** Ends the program by force. Of one that has ended, nothing changes. */
  kill(): void {
    this.#send("SIGKILL");
  }

  /**
   * Ends the program, at the end of an `await using` block: asks it to, waits
   * for `killAfter`, and then kills it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#release();
  }

  /** How the program prints. */
  [Symbol.for("Deno.customInspect")](
    inspect: typeof Deno.inspect,
    options: Deno.InspectOptions,
  ): string {
    const { args, pid } = this;
    return `Subprocess ${inspect({ args, pid, code: this.poll() }, options)}`;
  }

  // Ending.

  #endWithProgram(): void {
    const isGuarded = endWithProgram(this.pid);
    const letGo = isGuarded ? keepGoing() : undefined;
    if (isGuarded) this.#child.unref();
    this.#onceGone(() => {
      hasEnded(this.pid);
      letGo?.();
    });
  }

  /** Sets the limits of the program's life. */
  #limit(): void {
    const { timeout, signal } = this.#options;
    const abort = () => this.#fail(() => signal?.reason);
    signal?.addEventListener("abort", abort);
    this.#onceGone(() => signal?.removeEventListener("abort", abort));
    if (timeout === undefined) return;
    this.#onceGone(after(timeout, () => {
      this.#fail(() => this.#expired(timeout));
    }));
  }

  /** Calls a function when the program has ended, or cannot be ended. */
  #onceGone(tell: () => unknown): void {
    this.#gone.promise.then(tell, tell).catch(() => {});
  }

  #expired(timeout: number): TimeoutExpired {
    return new TimeoutExpired(this.#caller, timeout, this.#details());
  }

  #watch(): void {
    this.#child.status.then((status) => {
      this.#ended = { status, elapsed: performance.now() - this.#started };
      this.#pipe?.abort().catch(() => {});
      for (const output of this.#outputs.values()) output.programEnded();
      this.#gone.resolve(status);
    }, this.#gone.reject);
  }

  /** Ends the program because of a failure, made and thrown once it is gone. */
  #fail(failure: () => unknown): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#end(this.#options.killAfter ?? 0).catch(() => {});
  }

  /** Ends the program because it has printed more than it may. */
  #exceed(): void {
    const [caller, limit] = [this.#caller, this.#maxOutput];
    this.#fail(() => new OutputLimitExceeded(caller, limit, this.#details()));
  }

  /** Throws what the program was ended for, if it was, once it is gone. */
  async #throwFailure(): Promise<void> {
    if (!this.#failure) return;
    await this.#ending;
    throw this.#failure();
  }

  /** Asks the program to end, for `killAfter` milliseconds, then kills it. */
  #end(killAfter: number): Promise<void> {
    // A program that may not be signalled (sudo) is not waited for.
    this.#ending ??= this.#askAndKill(killAfter).catch((error) => {
      this.#gone.reject(error);
      throw error;
    });
    return this.#ending;
  }

  async #askAndKill(killAfter: number): Promise<void> {
    const gone = this.#gone.promise;
    if (killAfter > 0) {
      this.#send("SIGTERM");
      if (await within(gone, killAfter)) return;
    }
    this.#send("SIGKILL");
    // Whoever ends trees may have been ended itself.
    if (!await within(gone, 1_000)) this.#sendAlone("SIGKILL");
    await gone;
  }

  #send(signal: "SIGTERM" | "SIGKILL"): void {
    if (this.#ended || endTree(this.pid, signal)) return;
    this.#sendAlone(signal);
  }

  #sendAlone(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, and the news of it is still under way.
      if (error instanceof TypeError) return;
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Ends the program and lets go of its streams. */
  async #release(): Promise<void> {
    if (!this.#ended) await this.#end(this.#options.killAfter ?? 5_000);
    for (const output of this.#outputs.values()) await output.close();
  }

  // Reading.

  /** Takes hold of the outputs; what is returned resolves when it is their turn. */
  #openOutputs(): Promise<void> {
    const names = (["stdout", "stderr"] as const).filter((name) =>
      (this.#options[name] ?? "piped") === "piped"
    );
    const itsTurn = turn(names.length, this.#gone.promise);
    const onLimit = () => this.#exceed();
    const options = { limit: this.#maxOutput, onLimit, turn: itsTurn };
    for (const name of names) {
      this.#outputs.set(name, new Output(this.#child[name], options));
    }
    return itsTurn;
  }

  /** Reads outputs into memory, until the returned function is called. */
  #keepReading(
    isWanted: (output: Output) => boolean = () => true,
  ): () => void {
    const stops = [...this.#outputs.values()].map((output) =>
      output.keepReading(() => isWanted(output))
    );
    return () => stops.forEach((stop) => stop());
  }

  /** Waits for the end, `timeout` milliseconds at most, and reads all outputs. */
  async #finish(timeout?: number): Promise<void> {
    const ends = this.#outputs.values().map((output) => output.end);
    const stopReading = this.#keepReading();
    const ended = Promise.all([this.#gone.promise, ...ends]);
    try {
      if (timeout === undefined) await ended;
      else if (!await within(ended, checkTimeout(this.#caller, timeout))) {
        throw this.#expired(timeout);
      }
    } finally {
      stopReading();
    }
    await this.#throwFailure();
  }

  /** Reads an output, and gives its lines as they come, many in each list. */
  async *#lists(output: Output): AsyncGenerator<string[], void, void> {
    void this.#closeUnasked();
    const cutter = new LineCutter(this.#maxOutput);
    // A program that may not go on printing errors does not go on at all.
    const stopReading = this.#keepReading((other) => !other.isTaken);
    try {
      while (!cutter.isTooLong && (output.size > 0 || await output.read())) {
        yield cutter.push(output.take());
      }
      if (!cutter.isTooLong) yield cutter.end();
      if (cutter.isTooLong) this.#exceed();
      await this.#throwFailure();
    } finally {
      stopReading();
      output.isTaken = false;
      if (!output.ended) await this.#release();
    }
  }

  /** The program as far as it has come. */
  #details(): ProcessDetails<E> {
    const text = (name: OutputName) =>
      decode(this.#outputs.get(name)?.bytes(), this.#options.encoding);
    return {
      args: this.args,
      code: this.#ended?.status.code ?? null,
      signal: this.#ended?.status.signal ?? null,
      elapsed: this.#ended?.elapsed ?? performance.now() - this.#started,
      stdout: text("stdout"),
      stderr: text("stderr"),
    };
  }

  // Writing.

  /** Begins to write an input, after which there is no more. */
  #feed(input: Input): void {
    if (this.#isFed || !this.#pipe) {
      const why = this.#pipe
        ? "the input was given before"
        : 'input needs stdin to be "piped"';
      throw new TypeError(`${this.#caller}: ${why}`);
    }
    const chunks = iterationOf(this.#caller, input);
    this.#isFed = true;
    // Nobody needs the rest of the input. That it cannot be closed changes
    // nothing about the program, which has ended.
    this.#onceGone(() => chunks.return?.());
    this.#writeAll(chunks).catch((error) => {
      if (!this.#ended) this.#fail(() => error);
    });
  }

  async #writeAll(chunks: Iteration): Promise<void> {
    for (;;) {
      const { value, done } = await chunks.next();
      if (done || this.#ended) break;
      if (await this.#write(toBytes(this.#caller, await value))) continue;
      await chunks.return?.();
      break;
    }
    await this.#closeInput();
  }

  /**
   * Writes to the program, and tells whether it still reads. That it does not is
   * no error: `head` has what it wants before its input ends.
   */
  async #write(bytes: Uint8Array): Promise<boolean> {
    await this.#turn;
    try {
      await this.#pipe?.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  #openStdin(): WritableStreamDefaultWriter<string | Uint8Array> {
    if (!this.#pipe) {
      throw new TypeError('Subprocess.stdin: stdin has to be "piped"');
    }
    const hint = this.#isFed
      ? ': its input was closed when it was waited for (see stdin: "piped")'
      : "";
    return new WritableStream<string | Uint8Array>({
      write: (chunk) => this.#writeAndRead(chunk, hint),
      close: () => this.#closeInput(),
      abort: () => this.#closeInput(),
    }).getWriter();
  }

  async #writeAndRead(chunk: string | Uint8Array, hint: string): Promise<void> {
    const bytes = toBytes("Subprocess.stdin", chunk);
    // A program that may not go on printing does not go on reading.
    const stopReading = this.#keepReading();
    const isWritten = await this.#write(bytes).finally(stopReading);
    if (isWritten) return;
    throw new Deno.errors.BrokenPipe(
      `Subprocess.stdin: ${this.args[0]} does not read any more${hint}`,
    );
  }

  /** Gives a program that reads an empty input, if nobody asks for it now. */
  async #closeUnasked(): Promise<void> {
    // In this turn, a loop over the lines may be followed by writing.
    await undefined;
    const isAsked = this.#options.stdin || this.#stdin || this.#isFed;
    if (!isAsked) await this.#closeInput();
  }

  /** Tells the program that there is no more input. */
  async #closeInput(): Promise<void> {
    this.#isFed = true;
    // Of a pipe that is broken, closing fails as well.
    await this.#pipe?.close().catch(() => {});
  }
}
