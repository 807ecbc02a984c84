/**
 * Lessons with something in their functions' places, run in the sandbox: what the
 * tests of answers and those of fresh inputs share.
 */

import { besideEach } from "../../classroom/grading/grade_lesson.ts";
import type { LessonFiles } from "../../classroom/exercise/regions.ts";
import {
  findLessons,
  type Kit,
  makeCopy,
  makeKit,
  removeKit,
} from "../../classroom/sandbox/kit.ts";
import {
  type LessonRun,
  runLesson,
  type RunLessonOptions,
} from "../../classroom/sandbox/run_lesson.ts";

/** The folder of the project. */
export const root = new URL("../../", import.meta.url);

/** A kit with all lessons, while `fn` runs. */
export async function withKit(fn: (kit: Kit) => Promise<void>): Promise<void> {
  const kit = await makeKit(findLessons());
  try {
    await fn(kit);
  } finally {
    await removeKit(kit);
  }
}

/** Does something for each lesson, as many at a time as there are processors. */
export async function forEach<T>(
  lessons: readonly LessonFiles[],
  fn: (lesson: LessonFiles) => Promise<readonly T[]>,
): Promise<T[]> {
  const found: T[] = [];
  const left = lessons.values();
  const work = async () => {
    for (const lesson of left) found.push(...await fn(lesson));
  };
  await Promise.all(
    Array.from({ length: navigator.hardwareConcurrency }, work),
  );
  return found;
}

/** A lesson of the project, in whose place something else can be run. */
export class Tried {
  /** Its own text. */
  readonly source: string;
  readonly #kit: Kit;
  readonly #lesson: LessonFiles;
  readonly #options: RunLessonOptions;
  #copies = 0;

  constructor(
    kit: Kit,
    lesson: LessonFiles,
    how: Pick<RunLessonOptions, "seed" | "trusted">,
  ) {
    this.source = Deno.readTextFileSync(new URL(lesson.path, root));
    this.#kit = kit;
    this.#lesson = lesson;
    this.#options = {
      ...how,
      lesson: lesson.number,
      regions: besideEach(this.source),
      limits: { time: 10_000, memory: 1_024 },
      folder: kit.folder,
    };
  }

  /** How it is run, and which functions. */
  options(names?: readonly string[]): RunLessonOptions {
    if (names === undefined) return this.#options;
    const regions = this.#options.regions.entries()
      .filter(([name]) => names.includes(name));
    return { ...this.#options, regions: new Map(regions) };
  }

  /** A copy of the lesson with another text in its place. */
  copy(text: string) {
    const { number } = this.#lesson;
    const name = `${this.#copies++}-${number}`;
    return makeCopy(this.#kit, name, number, new TextEncoder().encode(text));
  }

  /** Runs another text in its place, and the tests of some functions. */
  async run(
    text: string,
    names: readonly string[],
    limits = this.#options.limits,
  ): Promise<LessonRun> {
    const options = { ...this.options(names), limits };
    return await runLesson(await this.copy(text), options);
  }
}
