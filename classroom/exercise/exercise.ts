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
import { dim, setColorEnabled } from "@std/fmt/colors";
import { type Look, stepsIn, typeErrorOf } from "./decide.ts";
import { barOf, formatSteps } from "./explain.ts";
import { type Exercises, isMeant, type Step } from "./graded.ts";

const usage = `Shows what is done in an exercise, and what is next.

Usage: deno task exercise [<lesson>] [options]

  <lesson>  its number, such as: 07; without it, all of them, a line each
  --hint    give a hint for what is next; one more each time
  --reset   begin again with the first hint
  --restore bring the starter back; what was there is kept as a copy
  --watch   look again whenever the lesson is saved
  --timeout how many seconds one test may take (default: 10)
  --help    print this text and end`;

/** The folder of the project. */
const root = new URL("../../", import.meta.url);
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
  /** The lessons, by their numbers: all, unless one was named. */
  readonly chosen: readonly [number: string, exercise: Exercises[string]][];
  readonly isOne: boolean;
  readonly hint: boolean;
  readonly reset: boolean;
  readonly restore: boolean;
  readonly watch: boolean;
  /** How long one test may take, in seconds. */
  readonly timeout: number;
}

/** Looks once at one lesson; whether all is solved. */
async function lookAt(look: Look, hint: boolean): Promise<boolean> {
  const { number, exercise } = look;
  const [steps, typeError] = await Promise.all([
    stepsIn(look),
    typeErrorOf(look),
  ]);
  const lines = (await read(exercise.test)).split(/\r?\n/);
  const source = (path: string) => path === exercise.test ? lines : undefined;
  console.log(formatSteps(steps, source).join("\n"));
  if (typeError) {
    console.log(`\nThe lesson ${typeError}`);
    console.log("It runs all the same, and this costs nothing.");
  }
  const next = steps.find((step) => !step.solved);
  if (!next) {
    console.log(`\nAll is solved. Run it: ${exercise.run}`);
    return true;
  }
  if (hint) await giveHint(number, next);
  else console.log(dim(`\nA hint: deno task exercise ${number} --hint`));
  return false;
}

/** Looks at all lessons, a line each; whether all is solved. */
async function lookAtAll({ chosen, timeout }: Request): Promise<boolean> {
  let next: string | undefined;
  for (const [number, exercise] of chosen) {
    const { regions, path } = exercise;
    let line: string;
    try {
      const steps = await stepsIn({ root, number, exercise, timeout });
      const solved = steps.filter((step) => step.solved).length;
      line = barOf(solved, steps.length);
      if (solved < steps.length) next ??= number;
    } catch (error) {
      const [first] = (error as Error).message.split("\n");
      line = `${barOf(0, regions.length)}; ${first}`;
      next ??= number;
    }
    console.log(`${number}  ${line}  ${path}`);
  }
  console.log(
    next ? `\nNext: deno task exercise ${next}` : "\nAll is solved.",
  );
  return next === undefined;
}

/** Puts the starter in the place of a lesson, which is kept as a copy. */
async function restore(
  { path, starter }: Exercises[string],
): Promise<void> {
  const file = new URL(path, root);
  const text = await read(path).catch(() => undefined);
  if (text !== undefined) {
    for (let n = 1;; n++) {
      const kept = `${path}.before-${n}`;
      if (await stateOf(kept) !== undefined) continue;
      await Deno.rename(file, new URL(kept, root));
      console.log(`what was there is now in ${kept}`);
      break;
    }
  }
  await Deno.mkdir(new URL("./", file), { recursive: true });
  await Deno.writeTextFile(file, starter);
  console.log(`${path} is the starter again`);
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
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, interval));
    if (signal?.aborted) return since;
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

/** Looks at a lesson whenever it is saved, until all is solved. */
async function watch({ chosen, timeout, hint }: Request): Promise<void> {
  const [[number, exercise]] = chosen as [Request["chosen"][0]];
  const { path } = exercise;
  // Read before the tests run: what is saved meanwhile stops them.
  let state = await stateOf(path);
  for (let first = true;; first = false) {
    if (Deno.stdout.isTerminal()) console.clear();
    console.log(dim(`Checking ${path} …`));
    const [ended, changed] = [new AbortController(), new AbortController()];
    const { signal } = changed;
    const saving = saved(path, state, ended.signal).then((now) => {
      if (!ended.signal.aborted) changed.abort();
      return now;
    });
    try {
      const look = { root, number, exercise, timeout, signal };
      if (await lookAt(look, hint && first)) {
        ended.abort();
        return;
      }
    } catch (error) {
      if (!signal.aborted) console.error((error as Error).message);
    }
    ended.abort();
    const now = await saving;
    if (!signal.aborted) {
      console.log(dim(`Waiting for ${path} to be saved (Ctrl+C ends)`));
      state = await saved(path, state);
    } else state = now;
  }
}

/** Reads a command line: what it asks for, `"help"`, or what is wrong. */
function requestOf(
  args: readonly string[],
  exercises: Exercises,
): Request | "help" | Error {
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: ["hint", "reset", "restore", "watch", "help"],
    string: ["_", "timeout"],
    unknown: (flag: string) => {
      if (flag.startsWith("-")) unknown.push(flag);
    },
  });
  if (flags.help) return "help";
  if (unknown.length > 0) return new Error(`unknown option ${unknown[0]}`);

  const all = Object.entries(exercises).sort();
  const there = `there are ${all.map(([number]) => number).join(", ")}`;
  const [typed, ...more] = flags._.map(String);
  if (more.length > 0) return new Error(`one lesson at a time; ${there}`);
  const chosen = all.filter(([number, { path }]) =>
    typed === undefined || isMeant({ number, path }, typed)
  );
  if (chosen.length === 0) {
    return new Error(`there is no lesson ${typed} here; ${there}`);
  }
  const isOne = typed !== undefined;
  const needsOne = ["hint", "reset", "restore", "watch"]
    .find((name) => flags[name]);
  if (needsOne && !isOne) {
    return new Error(`--${needsOne} of which lesson? ${there}`);
  }
  const timeout = Number(flags.timeout ?? 10);
  if (!(timeout > 0 && timeout <= 86_400)) {
    return new Error(`--timeout: "${flags.timeout}" is no number of seconds`);
  }
  return {
    chosen,
    isOne,
    hint: flags.hint === true,
    reset: flags.reset === true,
    restore: flags.restore === true,
    watch: flags.watch === true,
    timeout,
  };
}

/** What there is to do, as `assign` wrote it. */
async function readExercises(): Promise<Exercises> {
  const file = "classroom/exercises.json";
  try {
    return JSON.parse(await read(file));
  } catch (error) {
    throw new Error(
      `${file} cannot be read (${(error as Error).message}): ` +
        "take it again from what your teacher handed out",
    );
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
  try {
    const request = requestOf(args, await readExercises());
    if (request === "help") {
      console.log(usage);
      return 0;
    }
    if (request instanceof Error) {
      console.error(`exercise: ${request.message}\n\n${usage}`);
      return 2;
    }
    if (!request.isOne) return await lookAtAll(request) ? 0 : 1;
    const [[number, exercise]] = request.chosen as [Request["chosen"][0]];
    if (request.restore) await restore(exercise);
    if (request.reset) await forgetHints(number);
    if (request.watch) {
      await watch(request);
      return 0;
    }
    const look = { root, number, exercise, timeout: request.timeout };
    return await lookAt(look, request.hint) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
