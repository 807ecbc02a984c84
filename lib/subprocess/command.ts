/**
 * What to run and how: the options, their checks, and why it could not start.
 *
 * @module
 */

import { checkCount, checkTimeout, describe } from "../describe.ts";
import type { Encoding } from "./result.ts";

/**
 * A program and its arguments, each word a string of its own. No shell looks
 * at them, so nothing in them has to be quoted.
 */
export type Command = readonly string[];

/** Where a stream of a program goes: to this program, its own, or nowhere. */
export type Stdio = "piped" | "inherit" | "null";

/**
 * Options of a program that runs beside this one.
 *
 * `timeout`, `signal` and `maxOutput` end the program, by force unless
 * `killAfter` is given, and with it all that it has started. For this it leads
 * a process group of its own, where the system has groups and the permission is
 * the full `--allow-run`. Such a program cannot ask anything at the terminal,
 * and Ctrl-C does not reach it; it ends when this program ends, however that
 * happens.
 *
 * @typeParam E How outputs are given.
 */
export interface SubprocessOptions<E extends Encoding = Encoding> {
  /** The directory to run in; this program's own by default. */
  readonly cwd?: string | URL;
  /** Variables to add to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether to start from an empty environment instead of this program's. */
  readonly clearEnv?: boolean;
  /** How outputs are given: as text, `"utf-8"`, by default. */
  readonly encoding?: E;
  /** Where the standard output goes; `"piped"` by default. */
  readonly stdout?: Stdio;
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
  /**
   * Where the standard error goes, `"piped"` by default; `"stdout"` puts its
   * lines between those of the standard output, as they come.
   */
  readonly stderr?: Stdio | "stdout";
}

/** The bytes kept of an output unless `maxOutput` says otherwise. */
export const defaultMaxOutput = 100 * 2 ** 20;

/** Checks a command: a list of words, the first of them a program. */
export function checkCommand(caller: string, command: unknown): void {
  if (typeof command === "string") {
    const words = command.trim().split(/\s+/).map((word) =>
      JSON.stringify(word)
    );
    const list = `give the command as a list of words, [${words.join(", ")}]`;
    throw wrong(caller, list, command);
  }
  if (!Array.isArray(command)) {
    throw wrong(caller, "the command must be a list of words", command);
  }
  if (command.length === 0 || command[0] === "") {
    throw new TypeError(`${caller}: the command is empty: name a program`);
  }
  for (const [i, word] of command.entries()) {
    checkText(caller, `word ${i} of the command`, word);
  }
}

/** Checks the options that every kind of run has. */
export function checkOptions(
  caller: string,
  options: SubprocessOptions & { readonly stdin?: Stdio },
): void {
  const { cwd, env = {}, encoding, signal } = options;
  if (cwd !== undefined && !(cwd instanceof URL)) checkText(caller, "cwd", cwd);
  for (const [name, value] of Object.entries(env)) {
    if (name === "" || name.includes("=")) {
      const wanted = 'a name in env must be neither empty nor hold "="';
      throw wrong(caller, wanted, name);
    }
    checkText(caller, "a name in env", name);
    checkText(caller, `env.${name}`, value);
  }
  checkOneOf(caller, "encoding", encoding, ["utf-8", "bytes"]);
  const places = ["piped", "inherit", "null"];
  checkOneOf(caller, "stdin", options.stdin, places);
  checkOneOf(caller, "stdout", options.stdout, places);
  checkOneOf(caller, "stderr", options.stderr, [...places, "stdout"]);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong(caller, "signal must be an AbortSignal", signal);
  }
  checkLimits(caller, options);
}

function checkLimits(
  caller: string,
  { timeout = 0, killAfter = 0, maxOutput = Infinity }: SubprocessOptions,
): void {
  checkTimeout(caller, timeout);
  checkTimeout(caller, killAfter, "killAfter");
  if (maxOutput !== Infinity) checkCount(caller, "maxOutput", maxOutput);
}

function checkText(caller: string, name: string, value: unknown): void {
  if (typeof value !== "string") {
    throw wrong(caller, `${name} must be a string`, value);
  }
  if (value.includes("\0")) {
    throw wrong(caller, `${name} must not hold a NUL character`, value);
  }
}

function checkOneOf(
  caller: string,
  name: string,
  value: unknown,
  allowed: readonly string[],
): void {
  if (value === undefined || allowed.includes(value as string)) return;
  const list = allowed.map((one) => `"${one}"`).join(", ");
  throw wrong(caller, `${name} must be one of ${list}`, value);
}

/** Says what a value has to be, and what it is. */
export function wrong(
  caller: string,
  wanted: string,
  value: unknown,
): TypeError {
  return new TypeError(`${caller}: ${wanted}: received ${describe(value)}`);
}

/** How to start a program, in Deno's terms. */
export function toDeno(
  command: Command,
  options: SubprocessOptions & { readonly stdin: Stdio },
): Deno.CommandOptions {
  const { cwd, env = {}, clearEnv = false, stdin } = options;
  const { stdout = "piped", stderr = "piped" } = options;
  return {
    args: command.slice(1),
    env,
    clearEnv,
    stdin,
    stdout,
    stderr: stderr === "stdout" ? "piped" : stderr,
    ...(cwd === undefined ? {} : { cwd }),
  };
}

/**
 * Says why a program could not be started, with an error that names what is
 * missing: the program, the directory, or the permission.
 */
export function explain(
  caller: string,
  program: string,
  cwd: string | URL | undefined,
  cause: unknown,
): unknown {
  if (!(cause instanceof Error)) return cause;
  const { NotADirectory, NotCapable, NotFound, PermissionDenied } = Deno.errors;
  const { message } = cause;
  const name = JSON.stringify(program);
  const say = (kind: typeof NotFound, text: string) =>
    new kind(`${caller}: ${text}`, { cause });
  // Deno has one class for both, so its words have to tell them apart.
  if (/: (No such cwd|cwd is not a directory) /.test(message)) {
    const directory = JSON.stringify(String(cwd));
    return say(NotADirectory, `no directory ${directory} to run in (its cwd)`);
  }
  if (cause instanceof NotFound) {
    const advice = /[/\\]/.test(program)
      ? "is the path right?"
      : "is it installed, and on PATH?";
    return say(NotFound, `no program named ${name} (${advice})`);
  }
  if (cause instanceof NotCapable) {
    // A few variables, LD_PRELOAD for one, take the full permission.
    if (message.includes("environment variable")) {
      return say(NotCapable, message);
    }
    const advice = `start Deno with --allow-run=${program}`;
    return say(NotCapable, `no permission to run ${name} (${advice})`);
  }
  if (cause instanceof PermissionDenied) {
    const denied =
      `the system does not allow to run ${name} (is it a program?)`;
    return say(PermissionDenied, denied);
  }
  return cause;
}
