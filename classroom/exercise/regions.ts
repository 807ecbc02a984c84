/**
 * The regions of a lesson: what a student is to write, and what stands there in
 * the lesson itself. The hints that lead to it are in `hints/`.
 *
 * @module
 */

import { grades, isMeant } from "./graded.ts";

/** What a student is to write: the body of a function or method, or a part. */
export interface Region {
  /** The function, method or class, by the name that hints and tests use. */
  readonly name: string;
  /** What to do. */
  readonly task: string;
  /** The line of the marker at its beginning, from 1. */
  readonly start: number;
  /** The line of the marker at its end. */
  readonly end: number;
  /** The white space before the markers. */
  readonly indent: string;
  /** What stands between the markers. */
  readonly text: string;
}

const opening = /^(\s*)\/\/ #region solution: (\S.*)$/;
const closing = /^\s*\/\/ #endregion solution\s*$/;
/** What may be meant as a marker; if it is none, a solution would be left in. */
const almost = /#\s*(?:end)?region\b.*solution/i;

/**
 * Finds the regions of a lesson.
 *
 * @param source The lesson, with line ends of any system.
 * @returns Its regions, from top to bottom.
 * @throws {SyntaxError} If a region is not closed, is inside another one, is in
 * no function, or in one that has a region already; or if a line looks like a
 * marker and is none.
 */
export function regionsOf(source: string): Region[] {
  const lines = linesOf(source);
  const regions: Region[] = [];
  let open: { start: number; indent: string; task: string } | undefined;
  for (const [index, line] of lines.entries()) {
    const [, indent, task] = opening.exec(line) ?? [];
    if (task !== undefined) {
      if (open) throw wrong(index, "a region begins inside another one");
      open = { start: index + 1, indent: indent!, task: task.trimEnd() };
    } else if (closing.test(line)) {
      if (!open) throw wrong(index, "a region ends that did not begin");
      const name = nameAbove(lines.slice(0, open.start - 1));
      if (!name) throw wrong(index, "a region is in no function");
      if (regions.some((region) => region.name === name)) {
        throw wrong(index, `${name} has a region already`);
      }
      const text = lines.slice(open.start, index).join("\n");
      regions.push({ ...open, name, end: index + 1, text });
      open = undefined;
    } else if (almost.test(line) || open && /#\s*endregion/i.test(line)) {
      const marker = "// #region solution: <what to do>";
      throw wrong(
        index,
        `this is no marker; write ${marker}, or // #endregion solution`,
      );
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

const method =
  /^ {2}(?:(?:public|private|static|async) |\*)*(\w+|\[.+\])(?:<.*>)?\(/;
const declaration =
  /^(?:export )?(?:default )?(?:async |abstract )*(function\s*\*?|class|const|let)\s*(\w+)/;

/**
 * The method, or else the function or class, that the end of a text is in. A
 * method without a name counts as its class.
 */
function nameAbove(lines: readonly string[]): string | undefined {
  let inner: string | undefined;
  for (const line of lines.toReversed()) {
    inner ??= method.exec(line)?.[1];
    const [, kind, outer] = declaration.exec(line) ?? [];
    if (outer === undefined) continue;
    // In a function, what looks like a method is a call.
    return kind === "class" && inner && !inner.startsWith("[") ? inner : outer;
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
  const text = `TODO ${name}: ${task}`;
  // The quotes that the formatter would take.
  const message = text.includes('"') && !/['\\]/.test(text)
    ? `'${text}'`
    : JSON.stringify(text);
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
 * @returns The lesson with a TODO in place of each region.
 * @throws {SyntaxError} What `regionsOf` throws.
 */
export function starterOf(source: string): string {
  return regionsOf(source).toReversed().reduce(blank, source)
    // What a story says of the markers, which are gone.
    .replace("between `#region` and `#endregion`", "at `TODO`")
    .replaceAll("`#region`", "`TODO`");
}

/**
 * Reads a lesson's hints: a heading for each function, and a numbered list of
 * hints below it, from the idea to nearly the code.
 *
 * @param markdown The text of a file in `hints/`.
 * @returns The hints by the function's name.
 */
export function hintsOf(markdown: string): Map<string, string[]> {
  const hints = new Map<string, string[]>();
  let own: string[] = [];
  for (const line of linesOf(markdown)) {
    const [, name] = /^## (\w+)/.exec(line) ?? [];
    const [, text] = /^\d+\. (.+)$/.exec(line) ?? [];
    const [, more] = /^ +(\S.*)$/.exec(line) ?? [];
    if (name) hints.set(name, own = []);
    if (text) own.push(text);
    else if (more && own.length > 0) own.push(`${own.pop()} ${more}`);
  }
  return hints;
}

/**
 * Which tests grade a region.
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
  readonly hints: string;
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
      hints: `classroom/hints/${name}.md`,
    }))
    .sort((a, b) => a.number.localeCompare(b.number));
}

/**
 * Finds a lesson by what somebody typed.
 *
 * @param lessons The lessons there are.
 * @param typed Its number, `7` or `07`, or its file, with a path or without.
 * @returns The lesson.
 * @throws {RangeError} If there is none; the message lists those there are.
 */
export function findLesson(
  lessons: readonly LessonFiles[],
  typed: string,
): LessonFiles {
  const found = lessons.find((lesson) => isMeant(lesson, typed));
  if (found) return found;
  const list = lessons.map((lesson) => lesson.number).join(", ");
  throw new RangeError(`there is no lesson ${typed}; there are ${list}`);
}

/**
 * The lessons that somebody chose.
 *
 * @param lessons The lessons there are.
 * @param typed What was typed: numbers, files, ranges such as `1-13`, or `all`, with
 * commas or as words of their own.
 * @returns Those, in order, each once.
 * @throws {RangeError} If there is none of a name; the message lists those there are.
 */
export function chosenLessons(
  lessons: readonly LessonFiles[],
  typed: readonly string[],
): LessonFiles[] {
  const words = typed.flatMap((text) => text.split(",")).map((it) => it.trim());
  const chosen = new Set(words.flatMap((word) => {
    if (word === "all") return lessons;
    const [, from, to] = /^(\d+)-(\d+)$/.exec(word) ?? [];
    if (from === undefined) return [findLesson(lessons, word)];
    const [first, last] = [from, to!].map((it) =>
      findLesson(lessons, it).number
    )
      .sort();
    return lessons.filter(({ number }) => number >= first! && number <= last!);
  }));
  return lessons.filter((lesson) => chosen.has(lesson));
}
