/**
 * How a program ended, and the errors that tell of it.
 *
 * @module
 */

/** How outputs are given: as text, or as the bytes they are. */
export type Encoding = "utf-8" | "bytes";

/** What an output is, by the encoding asked for. */
export type Decoded<E extends Encoding> = E extends "bytes"
  ? Uint8Array<ArrayBuffer>
  : string;

const decoder = new TextDecoder();

/** An output in the encoding that was asked for. */
export function decode<E extends Encoding>(
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(),
  encoding: E | undefined,
): Decoded<E> {
  const output = encoding === "bytes" ? bytes : decoder.decode(bytes);
  return output as Decoded<E>;
}

/** What is known of a program that was run. */
export interface ProcessDetails<E extends Encoding = Encoding> {
  /** The program and its arguments. */
  readonly args: readonly string[];
  /** The exit code, 128 + n for signal n; null while it runs. */
  readonly code: number | null;
  /** The signal that ended it; null if none did. */
  readonly signal: Deno.Signal | null;
  /** From start to end, in milliseconds. */
  readonly elapsed: number;
  /** Its standard output, if it was piped; else empty. */
  readonly stdout: Decoded<E>;
  /** Its standard error, if it was piped; else empty. */
  readonly stderr: Decoded<E>;
}

/** A program that has ended: what `run()` resolves to. */
export interface CompletedProcess<E extends Encoding = "utf-8">
  extends ProcessDetails<E> {
  /** The process id it had. */
  readonly pid: number;
  /** The exit code: 0 if all went well, 128 + n if signal n ended it. */
  readonly code: number;
  /** Whether the exit code is 0. */
  readonly success: boolean;
}

/** A program did not do what was asked of it. */
export class SubprocessError extends Error implements ProcessDetails {
  /** `"SubprocessError"`. */
  override readonly name: string = "SubprocessError";
  /** The program and its arguments. */
  declare readonly args: readonly string[];
  /** The exit code, 128 + n for signal n; null while it runs. */
  declare readonly code: number | null;
  /** The signal that ended it; null if none did. */
  declare readonly signal: Deno.Signal | null;
  /** From start to end, or until now, in milliseconds. */
  declare readonly elapsed: number;
  /** Its standard output so far. */
  declare readonly stdout: Decoded<Encoding>;
  /** Its standard error so far. */
  declare readonly stderr: Decoded<Encoding>;

  /**
   * Makes the error.
   *
   * @param caller What its message begins with, such as `run`.
   * @param what What the program did; the last lines of the standard error are
   * added to it.
   * @param details The program, how it ended, and what it printed.
   */
  constructor(caller: string, what: string, details: ProcessDetails) {
    const { args, code, signal, elapsed, stdout, stderr } = details;
    super(`${caller}: ${commandLine(args)} ${what}${lastLines(stderr)}`);
    Object.assign(this, { args, code, signal, elapsed, stdout, stderr });
  }
}

/** A program ended with another exit code than 0, and `check` was asked for. */
export class CalledProcessError extends SubprocessError {
  /** `"CalledProcessError"`. */
  override readonly name: string = "CalledProcessError";

  /** Makes the error; `caller` is what its message begins with, such as `run`. */
  constructor(caller: string, details: ProcessDetails) {
    const { args, code, signal } = details;
    const how = signal === null
      ? `failed with exit code ${code}`
      : `was ended by ${signal}`;
    super(caller, how + shellHint(args), details);
  }
}

/** A program took longer than it was given. */
export class TimeoutExpired extends SubprocessError {
  /** `"TimeoutExpired"`. */
  override readonly name: string = "TimeoutExpired";
  /** The time it was given, in milliseconds. */
  readonly timeout: number;

  /** Makes the error; `caller` is what its message begins with, such as `run`. */
  constructor(caller: string, timeout: number, details: ProcessDetails) {
    super(caller, `has not ended after ${timeout} ms`, details);
    this.timeout = timeout;
  }
}

/** A program printed more than `maxOutput` allows. */
export class OutputLimitExceeded extends SubprocessError {
  /** `"OutputLimitExceeded"`. */
  override readonly name: string = "OutputLimitExceeded";
  /** How many bytes of each output were allowed. */
  readonly maxOutput: number;

  /** Makes the error; `caller` is what its message begins with, such as `run`. */
  constructor(caller: string, maxOutput: number, details: ProcessDetails) {
    const what = `printed more than ${maxOutput} bytes and was ended`;
    super(`${caller}: maxOutput`, what, details);
    this.maxOutput = maxOutput;
  }
}

/** The words as one line; quoted where a word is not obviously one. */
function commandLine(words: readonly string[]): string {
  const line = words.map((word) =>
    /^[\w@%+=:,./\\-]+$/.test(word) ? word : JSON.stringify(word)
  ).join(" ");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** Says that nothing expands a word that a shell would have expanded. */
function shellHint(words: readonly string[]): string {
  const forShell = /^(~(\/.*)?|\$\w+|[\w./-]*\*[\w.*/-]*)$/;
  const word = words.find((word) => forShell.test(word));
  if (word === undefined) return "";
  return ` (there is no shell: ${JSON.stringify(word)} is passed on as it is)`;
}

function lastLines(output: string | Uint8Array): string {
  // Only the end of it is looked at: it may be very long.
  const end = output.slice(-2_000);
  const text = typeof end === "string" ? end : new TextDecoder().decode(end);
  const lines = text.trimEnd().split(/\r?\n/).slice(-5);
  return lines.join("").trim() === "" ? "" : `\n${lines.join("\n")}`;
}
