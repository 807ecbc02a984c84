/**
 * What grading has found out, on the disk as soon as it is known: whatever ends a
 * run, the next one goes on from there. A result belongs to what it was made of,
 * so what has changed is graded anew, and nothing else.
 *
 * @module
 */

import { createHash } from "node:crypto";
import config from "../../deno.json" with { type: "json" };
import type { LessonResult } from "../reports/report.ts";
import type { RunLessonOptions } from "../sandbox/run_lesson.ts";
import { type Kit, lessonFile } from "../sandbox/kit.ts";
import { order } from "./files.ts";
import type { Submission, SubmittedFile } from "./submissions.ts";
import { UsageError } from "./usage.ts";

/** One line of the file. */
type Line =
  | { readonly seed: number }
  | { readonly key: string; readonly result: LessonResult };

/** The results of a class, in a file of one line for each. */
export class Results implements Disposable {
  readonly #file: Deno.FsFile | undefined;
  readonly #results = new Map<string, LessonResult>();
  #seed: number | undefined;

  private constructor(file?: Deno.FsFile, text = "") {
    this.#file = file;
    for (const line of text.split("\n")) this.#read(line);
    // The last line of a run that was killed may lack its end.
    if (text !== "" && !text.endsWith("\n")) this.#write("\n");
  }

  /**
   * Opens the results in a folder, which nobody else may write to meanwhile.
   *
   * @param folder The folder; without it, nothing is kept.
   * @throws {UsageError} If another run uses it.
   */
  static async open(folder?: string): Promise<Results> {
    if (folder === undefined) return new Results();
    const path = `${folder}/results.jsonl`;
    const file = await Deno.open(path, {
      create: true,
      read: true,
      append: true,
    });
    if (!await file.tryLock(true)) {
      file.close();
      throw new UsageError(`another run of grade writes to ${folder}`);
    }
    // By the handle that has the lock: on Windows it keeps others from reading.
    const bytes = new Uint8Array((await file.stat()).size);
    for (let size = 0, read; size < bytes.length; size += read) {
      read = file.readSync(bytes.subarray(size)) ?? bytes.length;
    }
    const text = new TextDecoder().decode(bytes);
    return new Results(file, text);
  }

  /** What the fresh inputs were drawn with. */
  get seed(): number | undefined {
    return this.#seed;
  }

  set seed(seed: number) {
    if (seed !== this.#seed) this.#add({ seed });
  }

  /** What came of something, if it is known. */
  get(key: string): LessonResult | undefined {
    return this.#results.get(key);
  }

  set(key: string, result: LessonResult): void {
    this.#add({ key, result });
  }

  [Symbol.dispose](): void {
    this.#file?.close();
  }

  #add(line: Line): void {
    this.#take(line);
    this.#write(JSON.stringify(line) + "\n");
  }

  #write(text: string): void {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; this.#file !== undefined && sent < bytes.length;) {
      sent += this.#file.writeSync(bytes.subarray(sent));
    }
  }

  /** Takes a line that an earlier run wrote; what is damaged is graded again. */
  #read(text: string): void {
    try {
      const line = JSON.parse(text);
      if ("seed" in line || isResult(line.result)) this.#take(line);
    } catch {
      // It was not written to its end.
    }
  }

  #take(line: Line): void {
    if ("seed" in line) this.#seed = line.seed;
    else this.#results.set(line.key, line.result);
  }
}

function isResult(value: LessonResult): boolean {
  return typeof value.lesson === "string" && Array.isArray(value.problems) &&
    value.regions.every(({ name, tests }) =>
      typeof name === "string" && Array.isArray(tests)
    );
}

/** What decides the results of a run, besides the submissions. */
export interface RunKey {
  readonly seed: number;
  readonly deno: string;
  readonly course: string;
  /** A hash of the tests, the library and the sandbox. */
  readonly tests: string;
}

/**
 * Describes a run.
 *
 * @param kit What it grades with.
 * @param seed What the fresh inputs are drawn with.
 * @returns The description, for the report.
 */
export async function runKeyOf(kit: Kit, seed: number): Promise<RunKey> {
  const own = [...kit.lessons.values()].map(lessonFile);
  const texts: string[] = [];
  for (const file of [...filesIn(`${kit.folder}/kit`), ...own]) {
    // A checkout on Windows may have other line ends.
    texts.push((await Deno.readTextFile(file)).replaceAll("\r\n", "\n"));
  }
  const tests = hashOf(texts).slice(0, 12);
  return { seed, deno: Deno.version.deno, course: config.version, tests };
}

/** The files in a folder and its subfolders, in an order that is the same everywhere. */
function filesIn(folder: string): string[] {
  const entries = [...Deno.readDirSync(folder)]
    .toSorted((a, b) => order(a.name, b.name));
  return entries.flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? filesIn(path) : [path];
  });
}

/**
 * A name for what a result is made of: the run, how a lesson is run, and what was
 * submitted for it.
 *
 * @param run The run.
 * @param how How the lesson is run.
 * @param file What was submitted, or why there is nothing.
 * @returns A hash; another one for every change that could change the result.
 */
export function keyOf(
  run: RunKey,
  how: Pick<RunLessonOptions, "lesson" | "limits" | "trusted">,
  file: SubmittedFile,
): string {
  const { lesson, limits, trusted } = how;
  const parts = [JSON.stringify([run, lesson, limits, trusted])];
  if ("problem" in file) return hashOf([...parts, file.problem]).slice(0, 24);
  const { source, helpers, notes } = file;
  return hashOf([...parts, ...notes, "", source, ...[...helpers].flat()])
    .slice(0, 24);
}

/**
 * The seed of a class: what was submitted decides it, so that no student can know
 * it before.
 *
 * @param submissions All of the class.
 * @returns A whole number below 2 ** 32.
 */
export function seedOf(submissions: readonly Submission[]): number {
  const parts = submissions.toSorted((a, b) => order(a.student, b.student))
    .flatMap(({ student, files }) => [
      student,
      ...[...files].flatMap(([lesson, file]) => [
        lesson,
        ...("problem" in file ? [] : [file.source, ...file.helpers.values()]),
      ]),
    ]);
  return parseInt(hashOf(parts).slice(0, 8), 16);
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  // With its length in front, no text can be taken for the end of another.
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest("hex");
}
