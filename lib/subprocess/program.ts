/**
 * A program that runs, its streams, and the ways in which it ends.
 *
 * @module
 */

import { checkTimeout } from "../describe.ts";
import { after } from "../messages/wait.ts";
import {
  checkCommand,
  checkOptions,
  type Command,
  defaultMaxOutput,
  explain,
  type Stdio,
  type SubprocessOptions,
  toDeno,
} from "./command.ts";
import {
  canEndGroups,
  enterGroup,
  killLeftovers,
  leaveGroup,
  signalGroup,
} from "./group.ts";
import { checkInput, Chunks, type Input, toBytes } from "./input.ts";
import { mergeLines, Output, type Source, sourceOf } from "./output.ts";
import {
  CompletedProcess,
  decode,
  type Encoding,
  OutputLimitExceeded,
  type ProcessDetails,
  TimeoutExpired,
} from "./result.ts";
import { within } from "./within.ts";

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
  readonly #maxOutput: number;
  readonly #child: Deno.ChildProcess;
  readonly #grouped: boolean;
  readonly #removeLimits: () => void;
  readonly #started = performance.now();
  readonly #gone = Promise.withResolvers<Deno.CommandStatus>();
  #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #fed = false;
  #input: Chunks | undefined;
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
    this.#maxOutput = maxOutput ?? defaultMaxOutput;
    const limits = [timeout, signal, maxOutput];
    const isLimited = limits.some((limit) => limit !== undefined);
    this.#grouped = isLimited && canEndGroups();
    this.status = this.#gone.promise;
    this.status.catch(() => {});
    // Before the start: a program's first timer takes 13 ms to make, and who
    // ends the group when this program ends has to hear of it at once.
    this.#removeLimits = this.#limit();
    this.#child = this.#start(stdin);
    if (this.#grouped) enterGroup(this.pid);
    if (stdin === "piped") this.#stdin = this.#child.stdin.getWriter();
    this.#openOutputs();
    this.#watch();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** How the program ended; undefined while it runs. */
  get ended(): Deno.CommandStatus | undefined {
    return this.#ended;
  }

  // Starting.

  #start(stdin: Stdio): Deno.ChildProcess {
    const program = this.args[0]!;
    try {
      return new Deno.Command(program, {
        ...toDeno(this.args, { ...this.#options, stdin }),
        detached: this.#grouped && Deno.build.os !== "windows",
      }).spawn();
    } catch (cause) {
      this.#removeLimits();
      throw explain(this.#caller, program, this.#options.cwd, cause);
    }
  }

  /** Takes hold of the outputs that are piped. */
  #openOutputs(): void {
    const { stdout = "piped", stderr = "piped" } = this.#options;
    const out = stdout === "piped" ? sourceOf(this.#child.stdout) : undefined;
    const err = stderr === "piped" || stderr === "stdout"
      ? sourceOf(this.#child.stderr)
      : undefined;
    if (stderr === "stdout") {
      const both = [out, err].filter((source) => source !== undefined);
      return this.#openOutput("stdout", mergeLines(both));
    }
    if (out) this.#openOutput("stdout", out);
    if (err) this.#openOutput("stderr", err);
  }

  #openOutput(name: OutputName, source: Source): void {
    const output = new Output(source, this.#maxOutput, () => this.failLimit());
    this.outputs.set(name, output);
  }

  /** Sets the limits of the program's life; what is returned removes them. */
  #limit(): () => void {
    const { timeout, signal } = this.#options;
    const aborted = () => this.fail(() => signal?.reason);
    signal?.addEventListener("abort", aborted);
    const stop = timeout === undefined
      ? undefined
      : after(timeout, () => this.fail(() => this.#expired(timeout)));
    return () => {
      stop?.();
      signal?.removeEventListener("abort", aborted);
    };
  }

  #expired(timeout: number): TimeoutExpired {
    return new TimeoutExpired(this.#caller, timeout, this.details());
  }

  /** Sees to what has to be done when the program has ended. */
  #watch(): void {
    this.#child.status.then((status) => {
      this.#ended = status;
      this.#elapsed = performance.now() - this.#started;
      this.#removeLimits();
      if (this.#grouped) leaveGroup(this.pid);
      this.#stdin?.abort().catch(() => {});
      this.#gone.resolve(status);
      for (const output of this.outputs.values()) {
        if (output.isPulling) output.closeIfQuiet().catch(() => {});
      }
    }, this.#gone.reject);
    // Nobody needs the rest of the input. That it cannot be closed changes
    // nothing about the program, which has ended.
    const letInputGo = () => this.#input?.close().catch(() => {});
    this.status.then(letInputGo, letInputGo);
  }

  // Ending.

  /** Ends the program because of a failure, made and thrown once it is gone. */
  fail(failure: () => unknown): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.end(this.#options.killAfter ?? 0).catch(() => {});
  }

  /** Ends the program because it has printed more than it may. */
  failLimit(): void {
    const [caller, limit] = [this.#caller, this.#maxOutput];
    this.fail(() => new OutputLimitExceeded(caller, limit, this.details()));
  }

  /** Asks the program to end, for `killAfter` milliseconds, then kills it. */
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
      await within(this.status, killAfter);
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

  /** Ends the program and lets go of its streams. */
  async release(): Promise<void> {
    if (!this.#ended) await this.end(this.#options.killAfter ?? 5_000);
    for (const output of this.outputs.values()) {
      if (!output.ended) await output.close();
    }
  }

  // Reading.

  /** Reads one more chunk of an output, and tells whether there may be more. */
  async more(output: Output): Promise<boolean> {
    await (this.#ended ? output.pullLast() : output.pull());
    return !output.ended;
  }

  /** Reads an output into memory, to its end or as long as wanted. */
  async #drain(output: Output, wanted: () => boolean = () => true) {
    while (wanted() && await this.more(output));
  }

  /** Reads the outputs that nobody takes, until the returned function is called. */
  drainAll(): () => void {
    let isWanted = true;
    for (const output of this.outputs.values()) {
      const wanted = () => isWanted && output.reader === undefined;
      this.#drain(output, wanted).catch(() => {});
    }
    return () => {
      isWanted = false;
    };
  }

  /** Gives an output to somebody who takes it as it comes, however much it is. */
  giveAway(name: OutputName): Output {
    const output = this.outputs.get(name)!;
    output.limit = Infinity;
    return output;
  }

  // Writing.

  /** Begins to write an input, if there is one, after which there is no more. */
  feed(input: Input | undefined): void {
    if (input !== undefined) this.#checkInput(input);
    if (this.#fed) return;
    this.#fed = true;
    const feeding = input === undefined ? this.closeInput() : this.#feed(input);
    feeding.catch((error) => {
      if (!this.#ended) this.fail(() => error);
    });
  }

  #checkInput(input: Input): void {
    if (this.#fed) {
      throw new TypeError(`${this.#caller}: the input was given before`);
    }
    if (this.#stdin === undefined) {
      throw new TypeError(`${this.#caller}: input needs stdin to be "piped"`);
    }
    checkInput(this.#caller, input);
  }

  async #feed(input: Input): Promise<void> {
    const chunks = this.#input = new Chunks(input);
    try {
      while (!this.#ended) {
        const chunk = await chunks.next();
        if (chunk === undefined) break;
        if (!await this.write(toBytes(this.#caller, chunk))) break;
      }
    } finally {
      await chunks.close();
    }
    await this.closeInput();
  }

  /**
   * Writes to the program, and tells whether it still reads. That it does not is
   * no error: `head` has what it wants before its input ends.
   */
  async write(bytes: Uint8Array): Promise<boolean> {
    try {
      await this.#stdin?.write(bytes);
      return true;
    } catch {
      return false;
    }
  }

  /** Tells the program that there is no more input. */
  async closeInput(): Promise<void> {
    this.#fed = true;
    // Of a pipe that is broken, closing fails as well.
    await this.#stdin?.close().catch(() => {});
  }

  // The result.

  /** Waits for the end, `timeout` milliseconds at most, and reads all outputs. */
  async finish(timeout?: number): Promise<void> {
    const drained = Promise.all([
      this.status,
      ...this.outputs.values().map((output) => this.#drain(output)),
    ]);
    if (timeout === undefined) await drained;
    else if (!await within(drained, checkTimeout(this.#caller, timeout))) {
      throw this.#expired(timeout);
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
    const none = new Uint8Array();
    const text = (name: OutputName) =>
      decode(this.outputs.get(name)?.bytes() ?? none, this.#options.encoding);
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
    const { args, code, ...rest } = this.details();
    return new CompletedProcess({ args, pid: this.pid, code: code!, ...rest });
  }
}
