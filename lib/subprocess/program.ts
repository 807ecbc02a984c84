/**
 * Internal: a program that runs, its outputs, and the ways in which it ends.
 *
 * @module
 */

import { checkTimeout, describe } from "../describe.ts";
import { after } from "../messages/wait.ts";
import {
  checkCommand,
  checkOptions,
  type Command,
  decode,
  defaultMaxOutput,
  explain,
  type Input,
  type Stdio,
  type SubprocessOptions,
  toBytes,
  toDeno,
} from "./command.ts";
import {
  canEndGroups,
  enterGroup,
  killLeftovers,
  leaveGroup,
  signalGroup,
} from "./group.ts";
import { type Chunks, chunksOf, mergeLines, Output } from "./output.ts";
import {
  CompletedProcess,
  type Encoding,
  OutputLimitExceeded,
  type ProcessDetails,
  TimeoutExpired,
} from "./result.ts";

/**
 * What a program wrote before it ended lies in the pipe, and a pipe holds at
 * most 1 MiB: that many reads of 64 KiB, and some small ones, find all of it.
 */
const readsAfterEnd = 32;

/** The outputs of a program. */
export type OutputName = "stdout" | "stderr";

/** A program from its start to its end. */
export class Program<E extends Encoding> {
  readonly args: readonly string[];
  readonly outputs = new Map<OutputName, Output>();
  /** Resolves when the program has ended and is gone. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #caller: string;
  readonly #options: SubprocessOptions<E>;
  readonly #child: Deno.ChildProcess;
  readonly #grouped: boolean;
  readonly #started = performance.now();
  readonly #gone = Promise.withResolvers<Deno.CommandStatus>();
  /** The outputs, with those that were given away. */
  readonly #all: Output[] = [];
  readonly #readsLeft = new Map<Output, number>();
  #input: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #fed = false;
  #ended: Deno.CommandStatus | undefined;
  #elapsed = 0;
  #ending: Promise<void> | undefined;
  #failure: (() => unknown) | undefined;

  constructor(
    caller: string,
    command: Command,
    options: SubprocessOptions<E>,
    stdin: Stdio,
  ) {
    checkCommand(caller, command);
    checkOptions(caller, { ...options, stdin });
    const { timeout, signal, maxOutput } = options;
    signal?.throwIfAborted();

    this.args = [...command];
    this.#caller = caller;
    this.#options = options;
    const limited = timeout !== undefined || signal !== undefined ||
      maxOutput !== undefined;
    this.#grouped = limited && canEndGroups();
    this.#child = this.#start(command, options, stdin);
    this.status = this.#gone.promise;
    this.status.catch(() => {});
    this.#open(stdin);
    this.#limit(options);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How the program ended; undefined while it runs. */
  get ended(): Deno.CommandStatus | undefined {
    return this.#ended;
  }

  #start(
    command: Command,
    options: SubprocessOptions<E>,
    stdin: Stdio,
  ): Deno.ChildProcess {
    const { stderr = "piped" } = options;
    try {
      return new Deno.Command(command[0]!, {
        ...toDeno(command, options),
        stdin,
        stderr: stderr === "stdout" ? "piped" : stderr,
        detached: this.#grouped && Deno.build.os !== "windows",
      }).spawn();
    } catch (cause) {
      throw explain(this.#caller, command[0]!, options.cwd, cause);
    }
  }

  /** Takes hold of the streams that are piped. */
  #open(stdin: Stdio): void {
    const { stdout = "piped", stderr = "piped", maxOutput = defaultMaxOutput } =
      this.#options;
    if (stdin === "piped") this.#input = this.#child.stdin.getWriter();
    const out = stdout === "piped" ? [chunksOf(this.#child.stdout)] : [];
    const err = stderr === "piped" || stderr === "stdout"
      ? [chunksOf(this.#child.stderr)]
      : [];
    const open = (name: OutputName, chunks: Chunks) => {
      const output = new Output(chunks, maxOutput, () => this.failLimit());
      this.outputs.set(name, output);
      this.#all.push(output);
    };
    if (stderr === "stdout") {
      return open("stdout", mergeLines([...out, ...err]));
    }
    for (const chunks of out) open("stdout", chunks);
    for (const chunks of err) open("stderr", chunks);
  }

  /** Sets the limits of the program's life, until it has ended. */
  #limit({ timeout, signal }: SubprocessOptions<E>): void {
    const stop = timeout === undefined ? () => {} : after(
      checkTimeout(this.#caller, timeout),
      () =>
        this.fail(() =>
          new TimeoutExpired(this.#caller, timeout, this.details())
        ),
    );
    const aborted = () => this.fail(() => signal?.reason);
    signal?.addEventListener("abort", aborted);
    if (this.#grouped) enterGroup(this.pid);

    this.#child.status.then((status) => {
      this.#ended = status;
      this.#elapsed = performance.now() - this.#started;
      stop();
      signal?.removeEventListener("abort", aborted);
      if (this.#grouped) leaveGroup(this.pid);
      this.#input?.abort().catch(() => {});
      this.#gone.resolve(status);
      return closeIfQuiet(this.#all.filter((output) => output.isPulling));
    }, this.#gone.reject);
  }

  /**
   * Ends the program because of a failure, which `finish()` will throw.
   *
   * @param failure Makes what is thrown, once the program is gone.
   */
  fail(failure: () => unknown): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.end(this.#options.killAfter ?? 0).catch(() => {});
  }

  /** Ends the program because it has printed more than it may. */
  failLimit(): void {
    const { maxOutput = defaultMaxOutput } = this.#options;
    this.fail(() =>
      new OutputLimitExceeded(this.#caller, maxOutput, this.details())
    );
  }

  /**
   * Ends the program: asks it to, and kills it if it does not.
   *
   * @param killAfter How long it has to end by itself, in milliseconds.
   */
  end(killAfter: number): Promise<void> {
    // A program that may not be signalled (sudo) is not waited for.
    this.#ending ??= this.#end(killAfter).catch((error) => {
      this.#gone.reject(error);
      throw error;
    });
    return this.#ending;
  }

  async #end(killAfter: number): Promise<void> {
    if (this.#ended) return;
    if (killAfter > 0) {
      this.send("SIGTERM");
      await within(this.status, checkTimeout(this.#caller, killAfter));
    }
    this.send("SIGKILL");
    await this.status;
    // It may have left children behind that did not heed the first signal.
    if (this.#grouped) killLeftovers(this.pid);
  }

  /** Sends a signal; of a program that has ended, nothing changes. */
  send(signal: Deno.Signal): void {
    if (this.#ended) return;
    if (this.#grouped && signalGroup(this.pid, signal)) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, and the news of it is still under way.
      const ended = error instanceof TypeError ||
        error instanceof Deno.errors.NotFound;
      if (!ended) throw error;
    }
  }

  /**
   * Reads one more chunk of an output. Of a program that has ended, all that it
   * wrote is read; a program that it has started and left behind may hold the
   * pipe for hours, so when nothing has come for a while, that is the end.
   *
   * @returns Whether there may be more.
   */
  async more(output: Output): Promise<boolean> {
    const pulled = output.pull();
    if (this.#ended) {
      const left = this.#readsLeft.get(output) ?? readsAfterEnd;
      this.#readsLeft.set(output, left - 1);
      if (left === 0) await output.close();
      else await closeIfQuiet([output]);
    }
    await pulled;
    return !output.ended;
  }

  /** Reads an output into memory, to its end or as long as wanted. */
  async drain(output: Output, wanted: () => boolean = () => true) {
    while (wanted() && await this.more(output));
  }

  /**
   * Reads every output into memory until the returned function is called.
   *
   * @param except Whether somebody else reads an output.
   */
  drainAll(except: (output: Output) => boolean): () => void {
    let wanted = true;
    for (const output of this.outputs.values()) {
      this.drain(output, () => wanted && !except(output)).catch(() => {});
    }
    return () => {
      wanted = false;
    };
  }

  /**
   * Gives an output to somebody who takes it as it comes, with no more of it in
   * memory than a chunk. It is then no longer among the outputs.
   */
  giveAway(name: OutputName): Output {
    const output = this.outputs.get(name)!;
    this.outputs.delete(name);
    output.limit = Infinity;
    return output;
  }

  /**
   * Writes the input and closes it, without waiting for either. Without input,
   * it is closed.
   *
   * @throws {TypeError} If there was input before.
   */
  feed(input: Input | undefined): void {
    if (this.#fed && input !== undefined) {
      throw new TypeError(`${this.#caller}: the input was given before`);
    }
    if (this.#fed) return;
    if (input !== undefined && this.#input === undefined) {
      throw new TypeError(
        `${this.#caller}: input needs stdin to be "piped"`,
      );
    }
    this.#fed = true;
    const feeding = input === undefined
      ? this.closeInput()
      : this.#feed(inputChunks(this.#caller, input));
    feeding.catch((error) => this.fail(() => error));
  }

  async #feed(chunks: AsyncIterable<unknown> | Iterable<unknown>) {
    for await (const chunk of chunks) {
      if (!await this.write(toBytes(this.#caller, chunk))) break;
    }
    await this.closeInput();
  }

  /**
   * Writes to the program.
   *
   * @returns Whether the program still reads. That it does not is no error:
   * `head` has what it wants before its input ends.
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#input?.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  /** Tells the program that there is no more input. */
  async closeInput(): Promise<void> {
    this.#fed = true;
    // Of a pipe that is broken, closing fails as well.
    await this.#input?.close().catch(() => {});
  }

  /**
   * Waits for the end, reading all outputs meanwhile.
   *
   * @param timeout How long to wait, in milliseconds; the program lives on.
   * @throws {TimeoutExpired} If the time is over.
   */
  async finish(timeout?: number): Promise<void> {
    const drained = Promise.all([
      this.status,
      ...this.outputs.values().map((output) => this.drain(output)),
    ]);
    if (timeout === undefined) await drained;
    else if (!await within(drained, checkTimeout(this.#caller, timeout))) {
      throw new TimeoutExpired(this.#caller, timeout, this.details());
    }
    await this.throwFailure();
  }

  /** Throws what the program was ended for, if it was, once it is gone. */
  async throwFailure(): Promise<void> {
    if (this.#failure === undefined) return;
    await this.#ending;
    throw this.#failure();
  }

  /** The program as far as it has come. */
  details(): ProcessDetails<E> {
    const text = (name: OutputName) =>
      decode(
        this.outputs.get(name)?.bytes() ?? new Uint8Array(),
        this.#options.encoding,
      );
    return {
      args: this.args,
      code: this.#ended?.code ?? null,
      signal: this.#ended?.signal ?? null,
      elapsed: this.#ended ? this.#elapsed : performance.now() - this.#started,
      stdout: text("stdout"),
      stderr: text("stderr"),
    };
  }

  /** The program, which has ended. */
  completed(): CompletedProcess<E> {
    const { code, ...details } = this.details();
    return new CompletedProcess<E>({
      ...details,
      code: code!,
      pid: this.pid,
    });
  }

  /**
   * Ends the program and lets go of its streams.
   *
   * @param killAfter How long it has to end by itself, in milliseconds.
   */
  async release(killAfter = this.#options.killAfter ?? 5_000): Promise<void> {
    if (!this.#ended) await this.end(killAfter);
    for (const output of this.outputs.values()) {
      if (!output.ended) await output.close();
    }
  }
}

/** The input as something to loop over. */
function inputChunks(
  caller: string,
  input: Input,
): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof input === "string" || input instanceof Uint8Array) return [input];
  const isObject = typeof input === "object" && input !== null;
  if (
    isObject && (Symbol.asyncIterator in input || Symbol.iterator in input)
  ) return input;
  throw new TypeError(
    `${caller}: input must be text or bytes, or chunks of them: received ${
      describe(input)
    }`,
  );
}

/**
 * Waits for the reads of outputs whose program has ended. What it wrote is
 * there by now; outputs on which nothing comes are closed.
 */
async function closeIfQuiet(outputs: readonly Output[]): Promise<void> {
  const quiet = new Set(outputs);
  const reads = outputs.map((output) => {
    const read = () => quiet.delete(output);
    return output.pull().then(read, read);
  });
  const all = Promise.all(reads);
  // Mostly the rest has come together with the news of the end, and only has to
  // be handed on; letting that happen is cheaper than a timer.
  for (let turns = 0; turns < 30 && quiet.size > 0; turns += 1) await undefined;
  // Several short waits, not one long one: a busy event loop may find a wait
  // over before it has looked at the pipe, but not five times in a row.
  for (let waits = 0; waits < 5 && quiet.size > 0; waits += 1) {
    await within(all, 20);
  }
  for (const output of quiet) await output.close();
}

/**
 * Waits for a promise, but not for ever.
 *
 * @param delay How long, in milliseconds.
 * @returns Whether it settled in time.
 * @throws What the promise rejects with, in time.
 */
async function within(
  promise: Promise<unknown>,
  delay: number,
): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const stop = after(delay, () => late.resolve(false));
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    stop();
  }
}
