/**
 * Shows a student what is done, what is next, and the first test that fails:
 *
 * ```sh
 * deno task exercise 07
 * deno task exercise 07 --hint
 * deno task exercise 07 --watch
 * ```
 *
 * It runs in a project that `assign` wrote, and ends with 0 only when all is
 * solved.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  bold,
  dim,
  green,
  setColorEnabled,
  stripAnsiCode,
  yellow,
} from "@std/fmt/colors";
import { run, TimeoutExpired } from "../mod.ts";
import { explain, type Source } from "./explain.ts";
import { grades, isMeant } from "./graded.ts";
import { readJunit, type TestOutcome } from "./junit.ts";

const usage = `Shows what is done in an exercise, and what is next.

Usage: deno task exercise <lesson> [options]

  <lesson>  its number, such as: 07
  --hint    give a hint for what is next; one more each time
  --reset   begin again with the first hint
  --watch   look again whenever the lesson is saved
  --timeout how many seconds the tests may take (default: 60)
  --help    print this text and end`;

/** What a student is to write in one place. */
export interface Exercise {
  /** The function, class or method. */
  readonly name: string;
  readonly task: string;
  readonly hints: readonly string[];
}

/** What students are to write, by the numbers of the lessons. */
export type Exercises = Readonly<
  Record<string, {
    readonly path: string;
    readonly test: string;
    readonly regions: readonly Exercise[];
  }>
>;

/** How far a student has come with one exercise. */
export interface Step extends Exercise {
  readonly solved: boolean;
  /** The tests that name it and fail. */
  readonly failing: readonly TestOutcome[];
}

/**
 * Sorts the outcomes of tests by what they grade.
 *
 * @param exercises What there is to write.
 * @param tests How the tests ended.
 * @returns The exercises; solved are those of which every test passed.
 */
export function stepsOf(
  exercises: readonly Exercise[],
  tests: readonly TestOutcome[],
): Step[] {
  return exercises.map((exercise) => {
    const own = tests.filter(({ name }) => grades(name, exercise.name));
    const failing = own.filter(({ status }) => status === "failed");
    const passed = own.some(({ status }) => status === "passed");
    return { ...exercise, solved: passed && failing.length === 0, failing };
  });
}

/**
 * Lays out how far a student has come.
 *
 * @param steps The exercises.
 * @param source Reads the file of the test that failed.
 * @returns The lines to print.
 */
export function formatSteps(
  steps: readonly Step[],
  source: Source,
): string[] {
  const solved = steps.filter((step) => step.solved).length;
  const next = steps.find((step) => !step.solved);
  const size = 30;
  const filled = Math.round(size * solved / steps.length);
  const bar = "█".repeat(filled) + "░".repeat(size - filled);
  const lines = steps.map((step) => {
    if (step.solved) return `  ${green("done")}  ${step.name}`;
    const mark = step === next ? yellow("next") : dim("left");
    return `  ${mark}  ${step.name}: ${step.task}`;
  });
  const counted = `${bar} ${solved} of ${steps.length} solved`;
  const failing = next?.failing[0];
  return [
    bold(counted),
    ...lines,
    ...(next && failing ? ["", ...explain(failing, next.name, source)] : []),
  ];
}

/** The folder of the project. */
const root = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));
const progressFile = ".progress.json";

/** How many hints were given, by lesson and name. */
type Progress = Record<string, number>;

async function readProgress(): Promise<Progress> {
  try {
    return JSON.parse(await read(progressFile));
  } catch {
    // There is none yet.
    return {};
  }
}

async function writeProgress(progress: Progress): Promise<void> {
  const text = JSON.stringify(progress, null, 2) + "\n";
  await Deno.writeTextFile(new URL(progressFile, root), text);
}

/** Has a lesson begin again with the first hints. */
async function forgetHints(lesson: string): Promise<void> {
  const kept = Object.entries(await readProgress())
    .filter(([key]) => !key.startsWith(`${lesson} `));
  await writeProgress(Object.fromEntries(kept));
}

async function giveHint(lesson: string, step: Step): Promise<void> {
  const progress = await readProgress();
  const key = `${lesson} ${step.name}`;
  const given = Math.min((progress[key] ?? 0) + 1, step.hints.length);
  progress[key] = given;
  await writeProgress(progress);
  console.log();
  for (const [i, hint] of step.hints.slice(0, given).entries()) {
    console.log(`  hint ${i + 1} of ${step.hints.length}: ${hint}`);
  }
}

/** What a command line asks for. */
interface Request {
  /** The number of the lesson. */
  readonly number: string;
  readonly exercise: Exercises[string];
  readonly hint: boolean;
  readonly reset: boolean;
  readonly watch: boolean;
  /** How long the tests may take, in seconds. */
  readonly timeout: number;
}

/** Runs the tests that grade a lesson. */
async function test(
  { number, exercise: { test, regions }, timeout }: Request,
): Promise<readonly TestOutcome[]> {
  const permissions = ["read", "write", "run", "env"].map((name) =>
    `--allow-${name}`
  );
  const names = regions.map(({ name }) => name).join("|");
  // A file, because what the lesson prints would mix with a report on stdout.
  const report = `.exercise-${number}.xml`;
  const command = [
    ...[Deno.execPath(), "test", "--no-check", ...permissions],
    ...[`--junit-path=${report}`, `--filter=/\\b(${names})\\b/`, test],
  ];
  try {
    const { stdout, stderr } = await run(command, {
      cwd: root,
      timeout: timeout * 1000,
      env: { NO_COLOR: "1" },
    });
    const tests = readJunit(await read(report).catch(() => ""));
    if (tests.length > 0) return withCause(tests, stdout);
    // They could not even begin: the lesson cannot be read as a program.
    const [message = ""] = stripAnsiCode(stderr).split("Stack backtrace:");
    const why = message.split("\n").filter(Boolean).slice(0, 6);
    throw new Error(["the lesson does not run:", ...why].join("\n  "));
  } catch (error) {
    if (!(error instanceof TimeoutExpired)) throw error;
    // Deno writes a test's name when it begins, and the rest when it ends.
    const printed = stripAnsiCode(String(error.stdout)).trimEnd();
    const [, name] = /\n(.+) \.\.\.$/.exec(printed) ?? [];
    throw new Error(
      `the tests have not ended after ${timeout} s; is there a loop ` +
        `without an end?${name ? `\n  It was in the test: ${name}` : ""}`,
    );
  } finally {
    await Deno.remove(new URL(report, root)).catch(() => {});
  }
}

/** Tests that were cancelled by an error outside of them are told that error. */
function withCause(
  tests: readonly TestOutcome[],
  printed: string,
): TestOutcome[] {
  const [, cause] =
    /\(uncaught error\)\nerror: (?:\(in promise\) )?([^]*?)\nThis error was/
      .exec(stripAnsiCode(printed)) ?? [];
  return tests.map((test) =>
    test.message === "Cancelled" && cause ? { ...test, message: cause } : test
  );
}

/** Looks once; whether all is solved. */
async function look(request: Request): Promise<boolean> {
  const { number, exercise, hint } = request;
  const tests = await test(request);
  const steps = stepsOf(exercise.regions, tests);
  const lines = (await read(exercise.test)).split(/\r?\n/);
  const source = (path: string) => path === exercise.test ? lines : undefined;
  console.log(formatSteps(steps, source).join("\n"));
  const next = steps.find((step) => !step.solved);
  if (!next) {
    console.log("\nAll is solved.");
    return true;
  }
  if (hint) await giveHint(number, next);
  else console.log(dim(`\nA hint: deno task exercise ${number} --hint`));
  return false;
}

/** How often a file is looked at, in milliseconds. */
const interval = 300;

/**
 * Waits until a file is saved. It is read again and again, because not every
 * file system tells of changes, or keeps the time of the last one exactly.
 */
async function saved(
  path: string,
  since: string | undefined,
): Promise<string> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    const state = await stateOf(path);
    // While an editor replaces the file, there is none.
    if (state !== since && state !== undefined) return state;
  }
}

/** When a file was changed, and what is in it; nothing if it is not there. */
async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { mtime } = await Deno.stat(new URL(path, root));
    return `${mtime?.getTime()} ${await read(path)}`;
  } catch {
    return undefined;
  }
}

async function watch(request: Request): Promise<void> {
  const { path } = request.exercise;
  // Read before the tests run: what is saved meanwhile is looked at next.
  let state = await stateOf(path);
  for (let first = true;; first = false) {
    if (Deno.stdout.isTerminal()) console.clear();
    try {
      if (await look({ ...request, hint: request.hint && first })) return;
    } catch (error) {
      console.error((error as Error).message);
    }
    console.log(dim(`Waiting for ${path} to be saved (Ctrl+C ends)`));
    state = await saved(path, state);
  }
}

/** Reads a command line: what it asks for, `"help"`, or what is wrong. */
function requestOf(
  args: readonly string[],
  exercises: Exercises,
): Request | "help" | Error {
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["hint", "reset", "watch", "help"],
    string: ["_", "timeout"],
    unknown: (flag: string) => {
      if (flag.startsWith("-")) unknown.push(flag);
    },
  });
  if (flags.help) return "help";
  if (unknown.length > 0) return new Error(`unknown option ${unknown[0]}`);

  const there = `there are ${Object.keys(exercises).sort().join(", ")}`;
  const [typed, ...more] = flags._.map(String);
  if (typed === undefined || more.length > 0) {
    return new Error(`which lesson? ${there}`);
  }
  const [number, exercise] = Object.entries(exercises).find((
    [number, { path }],
  ) => isMeant({ number, path }, typed)) ?? [];
  if (number === undefined || exercise === undefined) {
    return new Error(`there is no lesson ${typed} here; ${there}`);
  }
  const timeout = Number(flags.timeout ?? 60);
  if (!(timeout > 0 && timeout <= 86_400)) {
    return new Error(`--timeout: "${flags.timeout}" is no number of seconds`);
  }
  return {
    number,
    exercise,
    hint: flags.hint === true,
    reset: flags.reset === true,
    watch: flags.watch === true,
    timeout,
  };
}

/**
 * The command line.
 *
 * @param args What follows the command's name.
 * @returns The exit code: 0 if all is solved, 1 if not, 2 for a wrong command
 * line.
 */
export async function main(args: readonly string[]): Promise<number> {
  setColorEnabled(Deno.stdout.isTerminal() && !Deno.noColor);
  try {
    const exercises = JSON.parse(await read("classroom/exercises.json"));
    const request = requestOf(args, exercises);
    if (request === "help") {
      console.log(usage);
      return 0;
    }
    if (request instanceof Error) {
      console.error(`exercise: ${request.message}\n\n${usage}`);
      return 2;
    }
    if (request.reset) await forgetHints(request.number);
    if (!request.watch) return await look(request) ? 0 : 1;
    await watch(request);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
