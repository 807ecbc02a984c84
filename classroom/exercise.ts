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

Usage: deno task exercise <lesson> [--hint] [--watch]

  <lesson>  its number, such as: 07
  --hint    give a hint for what is next; one more each time
  --reset   begin again with the first hint
  --watch   look again whenever the lesson is saved
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

/** How long the tests of a lesson may take, in milliseconds. */
const timeout = 60_000;

/** Runs the tests that grade a lesson. */
async function test(
  number: string,
  { test, regions }: Exercises[string],
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
      timeout,
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
      `the tests have not ended after ${timeout / 1000} s; is there a loop ` +
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
async function look(
  number: string,
  exercise: Exercises[string],
  withHint: boolean,
): Promise<boolean> {
  const tests = await test(number, exercise);
  const steps = stepsOf(exercise.regions, tests);
  const lines = (await read(exercise.test)).split(/\r?\n/);
  const source = (path: string) => path === exercise.test ? lines : undefined;
  console.log(formatSteps(steps, source).join("\n"));
  const next = steps.find((step) => !step.solved);
  if (!next) {
    console.log("\nAll is solved.");
    return true;
  }
  if (withHint) await giveHint(number, next);
  else console.log(dim(`\nA hint: deno task exercise ${number} --hint`));
  return false;
}

/** How often a file is looked at, in milliseconds. */
const interval = 300;

/**
 * Waits until a file is saved. It is read again and again, because not every
 * file system tells of changes, or keeps the time of the last one exactly.
 */
async function saved(path: string, since: string): Promise<string> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    const state = await stateOf(path);
    if (state !== since) return state;
  }
}

/** When a file was changed, and what is in it. */
async function stateOf(path: string): Promise<string> {
  try {
    const { mtime } = await Deno.stat(new URL(path, root));
    return `${mtime?.getTime()} ${await read(path)}`;
  } catch {
    // An editor is about to replace it.
    return "";
  }
}

async function watch(
  number: string,
  exercise: Exercises[string],
  withHint: boolean,
): Promise<void> {
  // Read before the tests run: what is saved meanwhile is looked at next.
  let state = await stateOf(exercise.path);
  for (let first = true;; first = false) {
    if (Deno.stdout.isTerminal()) console.clear();
    try {
      if (await look(number, exercise, withHint && first)) return;
    } catch (error) {
      console.error((error as Error).message);
    }
    console.log(dim(`Waiting for ${exercise.path} to be saved (Ctrl+C ends)`));
    state = await saved(exercise.path, state);
  }
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
  const wrong: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["hint", "reset", "watch", "help"],
    string: ["_"],
    unknown: (flag: string) => {
      if (flag.startsWith("-")) wrong.push(flag);
    },
  });
  if (flags.help) {
    console.log(usage);
    return 0;
  }
  const exercises: Exercises = JSON.parse(
    await read("classroom/exercises.json"),
  );
  const there = Object.keys(exercises).sort().join(", ");
  const typed = flags._.map(String);
  const number = Object.keys(exercises).find((number) =>
    isMeant({ number, path: exercises[number]!.path }, typed[0] ?? "")
  );
  if (wrong.length > 0 || typed.length !== 1 || number === undefined) {
    const why = wrong.length > 0
      ? `unknown option ${wrong[0]}`
      : typed.length !== 1
      ? `which lesson? there are ${there}`
      : `there is no lesson ${typed[0]} here; there are ${there}`;
    console.error(`exercise: ${why}\n\n${usage}`);
    return 2;
  }
  if (flags.reset) {
    const kept = Object.entries(await readProgress())
      .filter(([key]) => !key.startsWith(`${number} `));
    await writeProgress(Object.fromEntries(kept));
  }
  const exercise = exercises[number]!;
  if (flags.watch) {
    await watch(number, exercise, flags.hint === true);
    return 0;
  }
  try {
    return await look(number, exercise, flags.hint === true) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
