/**
 * What to run and how: the options, their checks, and why it could not start.
 *
 * @module
 */

import {
  checkCount,
  checkOptions,
  checkSignal,
  checkTimeout,
  describe,
} from "../describe.ts";
import type { Encoding } from "./result.ts";

/**
 * A program and its arguments, each word a string of its own. No shell looks
 * at them, so nothing in them has to be quoted, and nothing expanded. On Windows
 * they are quoted as programs in C expect it; `cmd` does not, and prints `"` as
 * `\"`.
 */
export type Command = readonly string[];

/** Where a stream of a program goes: to this program, its own, or nowhere. */
export type Stdio = "piped" | "inherit" | "null";

/** Options of a program that runs beside this one. */
export interface SubprocessOptions<E extends Encoding = Encoding> {
  /** The directory to run in; this program's own by default. */
  readonly cwd?: string | URL;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether to start from an empty environment instead of this program's. */
  readonly clearEnv?: boolean;
  /**
   * How outputs are given: as text, `"utf-8"`, by default. A byte order mark at
   * the start is no text.
   */
  readonly encoding?: E;
  /** Where the standard output goes; `"piped"` by default. */
  readonly stdout?: Stdio;
  /**
   * Where the standard error goes; `"piped"` by default. In one with the standard
   * output it comes from a shell: `["sh", "-c", 'exec "$@" 2>&1', "sh", "ls"]`.
   */
  readonly stderr?: Stdio;
  /** How long it may run, in milliseconds. */
  readonly timeout?: number;
  /** Ends the program when it is aborted. Aborted before, it starts nothing. */
  readonly signal?: AbortSignal;
  /**
   * How many bytes of each output are kept, 100 MiB by default. A program that
   * prints more, with nobody taking it, is ended.
   */
  readonly maxOutput?: number;
  /**
   * How long a program may take to end itself once asked to, in milliseconds;
   * then it is killed. 5 000 by default where a Subprocess is left or disposed
   * of, and 0 where a limit has been passed.
   */
  readonly killAfter?: number;
}

/** How to start a program. */
export type StartOptions = SubprocessOptions & { readonly stdin?: Stdio };

/** Checks a command and its options, as far as people get them wrong. */
export function checkCommand(
  caller: string,
  command: Command,
  options: StartOptions,
): void {
  if (typeof command === "string") {
    const list = listOf((command as string).trim().split(/\s+/));
    const hint = `give the command as a list of words, ${list}`;
    throw wrong(caller, hint, command);
  }
  if (!Array.isArray(command)) {
    throw wrong(caller, "the command must be a list of words", command);
  }
  if (!command[0]) {
    throw new TypeError(`${caller}: the command is empty: name a program`);
  }
  checkObject(caller, options);
  if ("shell" in options) {
    const shell = 'name the shell in the command, ["sh", "-c", "ls | wc"]';
    throw new TypeError(`${caller}: there is no option shell: ${shell}`);
  }
  const { signal, timeout = 0, killAfter = 0, maxOutput = 1 } = options;
  checkSignal(caller, signal);
  checkTimeout(caller, timeout);
  checkTimeout(caller, killAfter, "killAfter");
  if (maxOutput !== Infinity) checkCount(caller, "maxOutput", maxOutput);
}

/** Refuses a bare number, as it is written in Python. */
export function checkObject(caller: string, options: unknown): void {
  checkOptions(caller, "{ timeout: 5000 }", options);
}

/** Words as a list is written. */
function listOf(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}

/** Says what a value has to be, and what it is. */
export function wrong(
  caller: string,
  wanted: string,
  value: unknown,
): TypeError {
  return new TypeError(`${caller}: ${wanted}: received ${describe(value)}`);
}

/** Starts a program; throws what `explain()` makes of the reason. */
export function start(
  caller: string,
  [program, ...args]: Command,
  options: StartOptions,
): Deno.ChildProcess {
  const { cwd, env = {}, clearEnv = false, stdin = "piped" } = options;
  const { stdout = "piped", stderr = "piped" } = options;
  try {
    return new Deno.Command(program!, {
      ...{ args, env, clearEnv, stdin, stdout, stderr },
      ...(cwd === undefined ? {} : { cwd }),
    }).spawn();
  } catch (cause) {
    throw explain(caller, program!, cwd, cause);
  }
}

type ErrorArgs = ConstructorParameters<typeof Deno.errors.NotFound>;

/**
 * Says why a program could not be started, with an error that names what is
 * missing: the program, its interpreter, the directory, or the permission.
 */
function explain(
  caller: string,
  program: string,
  cwd: string | URL | undefined,
  cause: unknown,
): unknown {
  if (!(cause instanceof Error)) return cause;
  const { NotADirectory, NotCapable, NotFound, PermissionDenied } = Deno.errors;
  const { message } = cause;
  const name = JSON.stringify(program);
  const say = (kind: new (...of: ErrorArgs) => Error, text: string) =>
    new kind(`${caller}: ${text}`, { cause });
  // Deno's classes do not tell these apart, its words have to.
  if (/: (No such cwd|cwd is not a directory) /.test(message)) {
    const hint = String(cwd).startsWith("~") ? "; nothing expands the ~" : "";
    const where = `${JSON.stringify(String(cwd))} to run in (its cwd${hint})`;
    return say(NotADirectory, `no directory ${where}`);
  }
  if (message.includes("failed resolving cwd")) {
    return say(NotFound, "this program's own directory has been removed");
  }
  // Of a path that goes through a file, the system says NotADirectory.
  if (cause instanceof NotFound || cause instanceof NotADirectory) {
    return say(NotFound, notFound(program, message));
  }
  if (/\(os error (8|193)\)/.test(message)) {
    return say(Error, `${name} is no program of this system`);
  }
  if (cause instanceof NotCapable) {
    // A few variables, LD_PRELOAD for one, take the full permission.
    if (/environment variable/.test(message)) return say(NotCapable, message);
    const advice = `(start Deno with --allow-run=${program})`;
    return say(NotCapable, `no permission to run ${name} ${advice}`);
  }
  if (cause instanceof PermissionDenied) {
    const text = `the system does not allow to run ${name} (is it a program?)`;
    return say(PermissionDenied, text);
  }
  return cause;
}

/** Says what was not found: a program, or what runs it. */
function notFound(program: string, reason: string): string {
  const nothing = `no program named ${JSON.stringify(program)}`;
  if (program.startsWith("~")) return `${nothing} (nothing expands the ~)`;
  const words = program.trim().split(/\s+/);
  if (words.length > 1 && !/[/\\]/.test(words[0]!)) {
    return `${nothing} (each word is a string of its own: ${listOf(words)})`;
  }
  // Of a name without a path, Deno has looked for the file, and found it.
  const [, file = program] = /'(.*)': .*os error/.exec(reason) ?? [];
  if (!/[/\\]/.test(file)) {
    return `${nothing} (is it installed, and on PATH?)`;
  }
  return `${nothing} (is the path right? Of a script, is the interpreter there ` +
    `that its first line names, which may not end with CR?)`;
}
