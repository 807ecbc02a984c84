/**
 * The regions of a lesson: what a student is to write, what stands there in the
 * lesson itself, and the hints that lead to it.
 *
 * @module
 */

import { grades } from "./graded.ts";

/** What a student is to write: the body of a function or method, or a part. */
export interface Region {
  /** The function, method or class, by the name that hints and tests use. */
  readonly name: string;
  /** What to do. */
  readonly task: string;
  /** From the idea to nearly the code. */
  readonly hints: readonly string[];
  /** The line of the marker at its beginning, from 1. */
  readonly start: number;
  /** The line of the marker at its end. */
  readonly end: number;
  /** The white space before the markers. */
  readonly indent: string;
  /** What stands between the markers. */
  readonly text: string;
}

const opening = /^(\s*)\/\/ #region solution: (.+)$/;
const closing = /^\s*\/\/ #endregion solution\s*$/;
const hint = /^ \* @hint (\S+) (.+)$/;

/**
 * Finds the regions of a lesson.
 *
 * @param source The lesson, with line ends of any system.
 * @returns Its regions, from top to bottom.
 * @throws {SyntaxError} If a region is not closed, is inside another one, or is
 * in no function that a hint names.
 */
export function regionsOf(source: string): Region[] {
  const lines = linesOf(source);
  const hints = Map.groupBy(
    lines.map((line) => hint.exec(line)).filter((match) => match !== null),
    ([, name]) => name!,
  );
  const regions: Region[] = [];
  let open: { start: number; indent: string; task: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent, task] = opening.exec(line) ?? [];
    if (task !== undefined) {
      if (open) throw wrong(index, "a region begins inside another one");
      open = { start: index + 1, indent: indent!, task: task.trimEnd() };
    } else if (closing.test(line)) {
      if (!open) throw wrong(index, "a region ends that did not begin");
      const name = nameAbove(lines.slice(0, index), [...hints.keys()]);
      if (!name) throw wrong(index, "a region is in nothing that a hint names");
      const text = lines.slice(open.start, index).join("\n");
      const own = hints.get(name)!.map(([, , text]) => text!);
      regions.push({ ...open, name, hints: own, end: index + 1, text });
      open = undefined;
    }
  }
  if (open) throw wrong(open.start - 1, "a region is not closed");
  return regions;
}

/** The lines of a text, whatever system it was written on. */
function linesOf(source: string): string[] {
  return source.split(/\r?\n/);
}

function wrong(index: number, what: string): SyntaxError {
  return new SyntaxError(`line ${index + 1}: ${what}`);
}

/** Which of the names was declared last: as function, class or method. */
function nameAbove(
  lines: readonly string[],
  names: readonly string[],
): string | undefined {
  for (const line of lines.toReversed()) {
    const declared =
      /^(?:export )?(?:async )?(?:function\*?|class|const) (\w+)/.exec(line) ??
        /^ {2}(?:static |async |\*)*(\w+)(?:<.*>)?\(/.exec(line);
    if (declared && names.includes(declared[1]!)) return declared[1];
  }
  return undefined;
}

/**
 * Replaces one region by its TODO.
 *
 * @param source The lesson.
 * @param region Which one.
 * @returns The lesson without that region's solution. A lesson that runs into
 * it throws an Error whose message begins with `TODO`.
 */
export function blank(source: string, region: Region): string {
  const lines = linesOf(source);
  lines.splice(
    region.start - 1,
    region.end - region.start + 1,
    ...todo(region),
  );
  return lines.join("\n");
}

function todo({ indent, name, task }: Region): string[] {
  const message = JSON.stringify(`TODO ${name}: ${task}`);
  const call = `${indent}throw new Error(${message});`;
  // As the formatter would have it.
  const lines = call.length <= 80
    ? [call]
    : [`${indent}throw new Error(`, `${indent}  ${message},`, `${indent});`];
  return [`${indent}// TODO: ${task}`, ...lines];
}

/**
 * Makes an exercise of a lesson.
 *
 * @param source The lesson.
 * @returns The lesson with a TODO in place of each region, and without hints.
 */
export function starterOf(source: string): string {
  const blanked = regionsOf(source).toReversed().reduce(blank, source);
  const lines = linesOf(blanked).filter((line) => !hint.test(line));
  // The line that set the hints apart goes with them.
  const end = lines.indexOf(" */");
  if (lines[end - 1] === " *") lines.splice(end - 1, 1);
  return lines.join("\n");
}

/**
 * Which tests grade a region: those that name its function.
 *
 * @param name The region's name.
 * @param tests The names of the lesson's tests.
 * @returns The names of the tests that do.
 */
export function gradedBy(name: string, tests: readonly string[]): string[] {
  return tests.filter((test) => grades(test, name));
}

/** A lesson and its tests, as paths in the project. */
export interface LessonFiles {
  /** Two digits, such as `07`. */
  readonly number: string;
  readonly path: string;
  readonly test: string;
}

/**
 * The lessons of a project.
 *
 * @param root The folder of the project.
 * @returns Its lessons, in order.
 */
export function lessonsIn(root: URL): LessonFiles[] {
  const names = [...Deno.readDirSync(new URL("lessons/", root))]
    .map(({ name }) => /^((\d\d)_\w+)\.ts$/.exec(name))
    .filter((match) => match !== null);
  return names
    .map(([file, name, number]) => ({
      number: number!,
      path: `lessons/${file}`,
      test: `tests/${name}_test.ts`,
    }))
    .sort((a, b) => a.number.localeCompare(b.number));
}

/**
 * Finds a lesson by what somebody typed.
 *
 * @param lessons The lessons there are.
 * @param typed Its number, `7` or `07`, or its file.
 * @returns The lesson.
 * @throws {RangeError} If there is none; the message lists those there are.
 */
export function findLesson(
  lessons: readonly LessonFiles[],
  typed: string,
): LessonFiles {
  const number = /(\d+)(?!.*\/)/.exec(typed)?.[1]?.padStart(2, "0");
  const found = lessons.find((lesson) => lesson.number === number);
  if (found) return found;
  const list = lessons.map((lesson) => lesson.number).join(", ");
  throw new RangeError(`there is no lesson ${typed}; there are ${list}`);
}
