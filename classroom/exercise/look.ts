/**
 * Looks at a student's work and says what there is to say of it.
 *
 * @module
 */

import { bold, dim } from "@std/fmt/colors";
import { wrap } from "../../lib/lesson/layout.ts";
import { type Look, stepsIn, typeErrorOf } from "./decide.ts";
import { barOf, formatSteps } from "./explain.ts";
import type { Exercises, Step } from "./graded.ts";

/** The folder of the project. */
export const root = new URL("../../", import.meta.url);

/** Reads a file of the project. */
export const read = (path: string): Promise<string> =>
  Deno.readTextFile(new URL(path, root));

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

/** Gives one more hint for an exercise. */
export async function giveHint(lesson: string, step: Step): Promise<void> {
  const progress = await readProgress();
  const key = `${lesson} ${step.name}`;
  const given = Math.min((progress[key] ?? 0) + 1, step.hints.length);
  progress[key] = given;
  await writeProgress(progress);
  console.log();
  for (const [i, hint] of step.hints.slice(0, given).entries()) {
    const text = `hint ${i + 1} of ${step.hints.length}: ${hint}`;
    console.log(wrap(text, 76).map((line) => `  ${line}`).join("\n"));
  }
}

/** Looks once at one lesson; what is next, if not all is solved. */
export async function lookAt(look: Look): Promise<Step | undefined> {
  const { exercise, number } = look;
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
    console.log(`Other ways to write it: deno task exercise ${number} --ways`);
  }
  return next;
}

/** Looks at all lessons, a line each; whether all is solved. */
export async function lookAtAll(
  exercises: readonly (readonly [number: string, Exercises[string]])[],
  timeout: number,
): Promise<boolean> {
  let next: string | undefined;
  for (const [number, exercise] of exercises) {
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

/** Another right answer: how it is written, and what it is. */
export interface Way {
  readonly region: string;
  readonly what: string;
  readonly code: string;
}

/** The file of other right answers, which nobody reads by mistake. */
export const waysFile = "classroom/ways.json";

/** Shows other right answers to a lesson, where all is solved. */
export async function showWays(number: string): Promise<void> {
  const packed = JSON.parse(await read(waysFile).catch(() => "{}"))[number];
  if (packed === undefined) {
    console.log("There are no other ways here.");
    return;
  }
  const bytes = Uint8Array.fromBase64(packed);
  const text = new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("deflate"));
  const ways: Way[] = await new Response(text).json();
  for (const { region, what, code } of ways) {
    console.log(`\n${bold(region)} ${dim(what)}\n`);
    console.log(code.trimEnd().replace(/^(?=.)/gm, "  "));
  }
}

/** Puts the starter in the place of a lesson, which is kept as a copy. */
export async function restore(
  { path, starter }: Exercises[string],
): Promise<void> {
  const file = new URL(path, root);
  const text = await read(path).catch(() => undefined);
  if (text === starter) {
    console.log(`${path} is the starter already`);
    return;
  }
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

/** When a file was changed, and what is in it; nothing if it is not there. */
export async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { mtime } = await Deno.stat(new URL(path, root));
    return `${mtime?.getTime()} ${await read(path)}`;
  } catch {
    return undefined;
  }
}
