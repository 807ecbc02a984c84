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
  red,
  setColorEnabled,
  stripAnsiCode,
  yellow,
} from "@std/fmt/colors";
import { run } from "../mod.ts";
import { grades } from "./graded.ts";
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
 * @param source Reads a line of a file, for the test that failed.
 * @returns The lines to print.
 */
export function formatSteps(
  steps: readonly Step[],
  source: (path: string, line: number) => string | undefined,
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
    ...(failing ? ["", ...explain(failing, source)] : []),
  ];
}

/** Says in plain words how a test failed. */
function explain(
  { name, message }: TestOutcome,
  source: (path: string, line: number) => string | undefined,
): string[] {
  const text = stripAnsiCode(message);
  const todo = /^Error: (TODO [^\n]*)/m.exec(text)?.[1];
  const place = /(tests\/\w+\.ts):(\d+)/.exec(text);
  const asked = place && source(place[1]!, Number(place[2]));
  const lines = [`The first test that fails: ${bold(name)}`];
  if (asked) lines.push(`  it asked: ${asked.trim()}`);
  if (todo) return [...lines, `  nothing is written yet: ${todo.slice(5)}`];

  const changed = (sign: string) =>
    text.split("\n").filter((line) => line.startsWith(`${sign}   `))
      .map((line) => line.slice(4));
  const [got, wanted] = [changed("-"), changed("+")];
  if (got.length + wanted.length === 0) {
    const first = text.split("\n")[0]!;
    return [...lines, `  it said: ${red(first)}`];
  }
  return [
    ...lines,
    `  your code gave: ${red(got.join(" ").trim() || "less than that")}`,
    `  it should give: ${green(wanted.join(" ").trim() || "nothing of it")}`,
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

/** Runs the tests of a lesson. */
async function test(path: string): Promise<readonly TestOutcome[]> {
  const permissions = ["read", "write", "run", "env"].map((name) =>
    `--allow-${name}`
  );
  const flags = ["--no-check", "--quiet", "--reporter=junit", ...permissions];
  const { stdout, stderr } = await run(
    [Deno.execPath(), "test", ...flags, path],
    { cwd: root, timeout: 120_000, env: { NO_COLOR: "1" } },
  );
  const tests = readJunit(stdout);
  if (tests.length > 0) return tests;
  // The tests could not even begin: the lesson cannot be read as a program.
  const why = stripAnsiCode(stderr).split("\n").filter(Boolean).slice(0, 6);
  throw new Error(`the lesson does not run:\n  ${why.join("\n  ")}`);
}

/** Looks once; whether all is solved. */
async function look(
  number: string,
  exercise: Exercises[string],
  withHint: boolean,
): Promise<boolean> {
  const files = new Map<string, string[]>();
  const tests = await test(exercise.test);
  const steps = stepsOf(exercise.regions, tests);
  files.set(exercise.test, (await read(exercise.test)).split("\n"));
  const source = (path: string, line: number) => files.get(path)?.[line - 1];
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

/**
 * Waits until a file is saved. It is looked at again and again, because not
 * every file system tells of changes.
 */
async function saved(path: string, since: number): Promise<number> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 300));
    const time = await timeOf(path);
    if (time !== since) return time;
  }
}

/** When a file was changed; 0 while an editor has it replaced. */
async function timeOf(path: string): Promise<number> {
  try {
    const { mtime, size } = await Deno.stat(new URL(path, root));
    return (mtime?.getTime() ?? 0) + size / 2 ** 40;
  } catch {
    return 0;
  }
}

async function watch(
  number: string,
  exercise: Exercises[string],
): Promise<void> {
  for (let time = await timeOf(exercise.path);;) {
    if (Deno.stdout.isTerminal()) console.clear();
    try {
      if (await look(number, exercise, false)) return;
    } catch (error) {
      console.error((error as Error).message);
    }
    console.log(dim(`Waiting for ${exercise.path} to be saved (Ctrl+C ends)`));
    time = await saved(exercise.path, time);
  }
}

/** Reads a number as it was typed: `7`, `07`, or a file's name. */
function findExercise(
  exercises: Exercises,
  typed: string | undefined,
): string | undefined {
  const digits = /(\d+)(?!.*\/)/.exec(typed ?? "")?.[1]?.padStart(2, "0");
  return digits !== undefined && digits in exercises ? digits : undefined;
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
  const number = findExercise(exercises, typed[0]);
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
    await watch(number, exercise);
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
