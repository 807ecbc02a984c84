/**
 * Answers to every exercise, right ones in many styles and wrong ones of many
 * kinds: what grading and `exercise` are measured by, what known mistakes are named
 * by, and what is shown to whoever has solved all. They stand in
 * `tests/classroom/answers/`, a file for each lesson.
 *
 * @module
 */

import { besideEach } from "../grading/grade_lesson.ts";
import { type LessonFiles, type Region, regionsOf } from "./regions.ts";

const root = new URL("../../", import.meta.url);

/** What somebody might write in a region. */
export interface Answer {
  readonly region: string;
  readonly isRight: boolean;
  /** How it is written, or what is wrong with it. */
  readonly what: string;
  /** What stands in the region's place. */
  readonly body: string;
  /** What is put at the top of the file. */
  readonly top: string;
}

/**
 * The answers to a lesson.
 *
 * @param lesson The lesson.
 * @returns Its answers: those under a heading with the region's name, each a
 * heading and its code. Of two pieces of code, the first one is put at the top of
 * the file.
 */
export function answersTo({ path }: LessonFiles): Answer[] {
  const file = path.replace(
    /^lessons\/(.*)\.ts$/,
    "tests/classroom/answers/$1.md",
  );
  const text = Deno.readTextFileSync(new URL(file, root))
    .replaceAll("\r\n", "\n");
  return text.split(/^## /m).slice(1).flatMap((part) => {
    const [region] = /^\w+/.exec(part)!;
    return part.split(/^### /m).slice(1).map((answer) => {
      const [, kind, what] = /^(Right|Wrong): (.+)$/m.exec(answer)!;
      const [body, top = ""] = [...answer.matchAll(/^```ts\n(.*?)^```$/gms)]
        .map(([, code]) => code!).toReversed();
      return {
        region,
        isRight: kind === "Right",
        what: what!,
        body: body!,
        top,
      };
    });
  });
}

/** A lesson's file with some answers in it, and the lesson's own solution. */
export interface AnsweredFile {
  readonly answers: readonly Answer[];
  readonly text: string;
}

/**
 * Puts answers together in as few files as possible, right ones beside wrong
 * ones.
 *
 * @param lesson The lesson.
 * @param answers The answers; all that there are unless given.
 * @returns Its files. Two answers that change the file elsewhere are apart, and so
 * is one from a wrong one that it calls, unless it is graded beside the solution's.
 */
export function filesOf(
  lesson: LessonFiles,
  answers = answersTo(lesson),
): AnsweredFile[] {
  const source = Deno.readTextFileSync(new URL(lesson.path, root));
  const regions = regionsOf(source);
  const beside = besideEach(source);
  const needs = (one: Answer, other: Answer) =>
    !other.isRight && !beside.get(one.region)!.includes(other.region) &&
    new RegExp(`\\b${other.region}\\b`).test(one.body);
  const clash = (one: Answer, other: Answer) =>
    one.region === other.region || one.top !== "" && other.top !== "" ||
    needs(one, other) || needs(other, one);
  const files: Answer[][] = [];
  for (const answer of answers) {
    const fits = files.find((file) => !file.some((it) => clash(it, answer)));
    if (fits) fits.push(answer);
    else files.push([answer]);
  }
  return files.map((answers) => {
    const tops = answers.map(({ top }) => top).join("");
    const text = regions.toReversed().reduce((text, region) => {
      const answer = answers.find((each) => each.region === region.name);
      return answer ? replaced(text, region, answer.body) : text;
    }, source);
    return { answers, text: tops + text };
  });
}

/** A lesson with something else in a region's place. */
export function replaced(source: string, region: Region, body: string): string {
  const lines = source.split(/\r?\n/);
  lines.splice(region.start - 1, region.end - region.start + 1, body);
  return lines.join("\n");
}
