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
import { type Exercises, isMeant } from "./graded.ts";
import {
  giveHint,
  lookAt,
  lookAtAll,
  read,
  restore,
  root,
  showWays,
} from "./look.ts";
import { watch } from "./watch.ts";

const usage = `Shows what is done in an exercise, and what is next.

Usage: deno task exercise [<lesson>] [options]

  <lesson>  its number, such as: 07; without it, all of them, a line each
  --hint    give a hint for what is next; one more each time
  --restore bring the starter back; what was there is kept as a copy
  --watch   look again whenever the lesson is saved; keys do the rest
  --ways    where all is solved: show other ways to write it
  --timeout how many seconds one test may compute, or wait (default: 10)
  --help    print this text and end`;

/** What only makes sense for one lesson. */
const forOne = ["hint", "restore", "watch", "ways"] as const;

/** What a command line asks for. */
interface Request extends Readonly<Record<typeof forOne[number], boolean>> {
  /** The lessons there are, by their numbers. */
  readonly all: readonly [number: string, exercise: Exercises[string]][];
  /** The place of the lesson that was named, if one was. */
  readonly place: number | undefined;
  /** How long one test may compute, or wait without computing, in seconds. */
  readonly timeout: number;
}

/** Reads a command line: what it asks for, `"help"`, or what is wrong. */
function requestOf(
  args: readonly string[],
  exercises: Exercises,
): Request | "help" | Error {
  const unknown: string[] = [];
  const flags = parseArgs([...args], {
    boolean: [...forOne, "help"],
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
  const place = typed === undefined
    ? undefined
    : all.findIndex(([number, { path }]) => isMeant({ number, path }, typed));
  if (place === -1) {
    return new Error(`there is no lesson ${typed} here; ${there}`);
  }
  const needsOne = forOne.find((name) => flags[name]);
  if (needsOne && place === undefined) {
    return new Error(`--${needsOne} of which lesson? ${there}`);
  }
  const timeout = Number(flags.timeout ?? 10);
  if (!(timeout > 0 && timeout <= 86_400)) {
    return new Error(`--timeout: "${flags.timeout}" is no number of seconds`);
  }
  const wants = Object.fromEntries(
    forOne.map((name) => [name, flags[name] === true]),
  ) as Record<typeof forOne[number], boolean>;
  return { all, place, timeout, ...wants };
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

/** Does what was asked for; whether all is solved. */
async function carryOut(request: Request): Promise<boolean> {
  const { all, place, timeout, hint } = request;
  if (place === undefined) return await lookAtAll(all, timeout);
  const [number, exercise] = all[place]!;
  if (request.restore) await restore(exercise);
  if (request.watch) {
    return await watch({ exercises: all, first: place, timeout, hint });
  }
  const next = await lookAt({ root, number, exercise, timeout });
  if (next === undefined) {
    if (request.ways) await showWays(number);
    return true;
  }
  if (hint) await giveHint(number, next);
  else console.log(dim(`\nA hint: deno task exercise ${number} --hint`));
  if (request.ways) console.log("Other ways are shown once all is solved.");
  return false;
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
    return await carryOut(request) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
