/**
 * What the teacher has to say: a Markdown file with a place for each mistake and
 * each student, and points for each function. Grading reads both, writes places
 * for what is new, and loses nothing that somebody wrote there.
 *
 * @module
 */

import { dirname } from "node:path";
import { counted } from "../reports/tally.ts";
import { oneLine } from "../reports/text.ts";
import type {
  LessonResult,
  RegionResult,
  Report,
  StudentResult,
} from "../reports/report.ts";
import { type MistakeGroup, mistakeOf } from "./mistakes.ts";
import { UsageError } from "./usage.ts";

/** What the teacher wrote. */
export interface Comments {
  /** The comments on mistakes, by their keys. */
  readonly mistakes: ReadonlyMap<string, string>;
  /** What stands below a student's name. */
  readonly students: ReadonlyMap<string, string>;
  /** Sections that are neither, as they stand. */
  readonly others: readonly string[];
}

/** What stands above the place where a comment on a mistake is written. */
const place = /^<!-- mistake (\w+): .*-->$/m;

/**
 * Reads what the teacher wrote.
 *
 * @param text The file.
 * @returns Its comments.
 */
export function readComments(text: string): Comments {
  const mistakes = new Map<string, string>();
  const students = new Map<string, string>();
  const others: string[] = [];
  const sections = text.replaceAll("\r\n", "\n").split(/^## /m).slice(1);
  for (const section of sections) {
    const [heading = ""] = section.split("\n", 1);
    const body = section.slice(heading.length).trim();
    const found = place.exec(section);
    const [, student] = /^Student: (.+)$/.exec(heading) ?? [];
    if (found) {
      const own = section.slice(found.index + found[0].length).trim();
      // One that nobody makes any more keeps its head with it.
      mistakes.set(found[1]!, own);
      if (own !== "") others.push(section.trim());
    } else if (student) {
      const name = nameOf(student);
      students.set(name, `${students.get(name) ?? ""}\n${body}`.trim());
    } else others.push(section.trim());
  }
  return { mistakes, students, others };
}

/** A name as it is compared. */
function nameOf(student: string): string {
  return oneLine(student).normalize("NFC");
}

const head = `\
# Comments

What you write here stands on the pages of those it concerns, and stays when you
grade again. Below a mistake: a comment, for all who made it. For one student,
make a section such as this, of which you need no line that you do not need:

    ## Student: Anna Muster

    - 09 isIterable: solved
    - 09 iteratorOf: 0.5
    - +1: for the explanation
    Anything else is a comment.
`;

/**
 * Writes the file again, with a place for each mistake.
 *
 * @param comments What the teacher wrote.
 * @param groups The mistakes that were made.
 * @returns The file.
 */
export function formatComments(
  { mistakes, students, others }: Comments,
  groups: readonly MistakeGroup[],
): string {
  const keys = new Set(groups.map(({ key }) => key));
  const sections = groups.map((group) => {
    const { key, lesson, region, name, students, example } = group;
    const said = (example.said ?? []).map(({ label, text }) =>
      `> ${label === undefined ? "" : `${label}: `}${oneLine(text)}`
    );
    const who = students.slice(0, 10).map(oneLine).join(", ");
    const more = students.length > 10 ? ", …" : "";
    return [
      `## ${lesson} ${region}${name === undefined ? "" : `: ${name}`}`,
      "",
      `${counted(students.length, "student")}: ${who}${more}`,
      "",
      `> ${oneLine(example.name)}`,
      ...said,
      "",
      `<!-- mistake ${key}: write below this line -->`,
      "",
      ...(mistakes.get(key) ? [mistakes.get(key)!, ""] : []),
    ].join("\n");
  });
  const own = [...students].map(([name, text]) =>
    `## Student: ${name}\n\n${text}\n`
  );
  const kept = others
    .filter((section) => !keys.has(place.exec(section)?.[1] ?? ""))
    .map((section) => `## ${section}\n`);
  return [head, ...sections, ...own, ...kept].join("\n");
}

/** How many points each function is worth, by its lesson and name. */
export type Points = Record<string, number>;

/**
 * Reads how many points functions are worth.
 *
 * @param path The file; there need not be one.
 * @returns The points, such as `{ "09 isIterable": 2 }`.
 * @throws {UsageError} If it says something else.
 */
export async function readPoints(path: string): Promise<Points> {
  const text = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "{}";
    throw error;
  });
  let points: Points;
  try {
    points = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`);
  }
  for (const [name, worth] of Object.entries(points)) {
    if (Number.isFinite(worth) && worth >= 0) continue;
    throw new UsageError(`${path}: "${name}" is worth no number of points`);
  }
  return points;
}

/**
 * Puts what the teacher says into a report.
 *
 * @param report What grading found.
 * @param comments What the teacher wrote.
 * @param points How many points functions are worth; 1 unless given.
 * @param groups The mistakes that were made.
 * @returns The report, with a note for each line that concerns nobody.
 */
export function withComments(
  report: Report,
  comments: Comments,
  points: Points,
  groups: readonly MistakeGroup[],
): Report {
  const known = new Map(groups.map(({ key, name }) => [key, name]));
  const names = new Set(report.students.map(({ student }) => nameOf(student)));
  const notes = [...comments.students.keys()]
    .filter((name) => !names.has(name))
    .map((name) => `comments.md: there is no student "${name}"`);
  const students = report.students.map((student): StudentResult => {
    const text = comments.students.get(nameOf(student.student)) ?? "";
    const { decided, added, comment, wrong } = readStudent(text, student);
    for (const line of wrong) {
      notes.push(`comments.md: ${student.student}: there is no "${line}"`);
    }
    const mark = (lesson: string, region: RegionResult): RegionResult => {
      const name = `${lesson} ${region.name}`;
      const worth = points[name] ?? 1;
      const mistake = commentOn(mistakeOf(lesson, region), comments, known);
      return { ...region, worth, ...mistake, ...decided.get(name)?.(worth) };
    };
    const lessons = student.lessons.map((result): LessonResult => ({
      ...result,
      regions: result.regions.map((region) => mark(result.lesson, region)),
    }));
    return {
      ...student,
      lessons,
      ...(added.length > 0 ? { added } : {}),
      ...(comment === "" ? {} : { comment }),
    };
  });
  const all = [...report.notes ?? [], ...notes];
  return { ...report, students, ...(all.length > 0 ? { notes: all } : {}) };
}

/** A mistake, its name, and what the teacher says of it. */
function commentOn(
  key: string | undefined,
  { mistakes }: Comments,
  known: ReadonlyMap<string, string | undefined>,
): Pick<RegionResult, "mistake"> {
  if (key === undefined) return {};
  const [name, comment] = [known.get(key), mistakes.get(key)];
  const mistake = {
    key,
    ...(name === undefined ? {} : { name }),
    ...(comment ? { comment } : {}),
  };
  return { mistake };
}

/** What of a function's result the teacher decides. */
type Decided = (
  worth: number,
) => Pick<RegionResult, "solved" | "points" | "byHand">;

/** Reads what stands below a student's name. */
function readStudent(text: string, { lessons }: StudentResult) {
  const there = new Set(
    lessons.flatMap(({ lesson, regions }) =>
      regions.map(({ name }) => `${lesson} ${name}`)
    ),
  );
  const decided = new Map<string, Decided>();
  const added: { points: number; why: string }[] = [];
  const comment: string[] = [];
  const wrong: string[] = [];
  for (const line of text.split("\n")) {
    const [, name, verdict] =
      /^[-*]? *(\d\d \w+): *(solved|not solved|\d+(?:\.\d+)?)$/.exec(line) ??
        [];
    const [, points, why] =
      /^[-*]? *([+-]\d+(?:\.\d+)?)(?: points?)?: *(.+)$/.exec(line) ?? [];
    if (name !== undefined && verdict !== undefined) {
      if (there.has(name)) decided.set(name, decisionOf(verdict));
      else wrong.push(name);
    } else if (points !== undefined) {
      added.push({ points: Number(points), why: why! });
    } else comment.push(line);
  }
  return { decided, added, comment: comment.join("\n").trim(), wrong };
}

function decisionOf(verdict: string): Decided {
  return (worth) => {
    const points = verdict === "solved"
      ? worth
      : verdict === "not solved"
      ? 0
      : Number(verdict);
    return { solved: points >= worth, points, byHand: true };
  };
}

/**
 * Writes a file in the place of another one, which is whole at all times.
 *
 * @param path The file.
 * @param text What it is to hold.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(`${path}.new`, text);
  await Deno.rename(`${path}.new`, path);
}
