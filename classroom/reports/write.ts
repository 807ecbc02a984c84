/**
 * Writes what grading found, each file whatever becomes of the others.
 *
 * @module
 */

import {
  formatComments,
  readComments,
  readPoints,
  replaceFile,
  withComments,
} from "../grading/comments.ts";
import type { MistakeGroup } from "../grading/mistakes.ts";
import { fillGradebook, formatCanvas, formatCsv, formatMoodle } from "./csv.ts";
import { feedbackPages } from "./feedback.ts";
import { formatHtml } from "./html.ts";
import type { Report } from "./report.ts";
import { counted, talliesOf } from "./tally.ts";

/** What was written. */
export interface Written {
  /** The report, with what the teacher says. */
  readonly report: Report;
  /** What was written, in words. */
  readonly files: readonly string[];
  /** What could not be written, and why. */
  readonly failures: readonly string[];
}

/**
 * Writes the reports of a class into a folder, with what the teacher has written
 * there.
 *
 * @param found What grading found.
 * @param mistakes The mistakes that were made.
 * @param folder The folder.
 * @param roster A gradebook, or a list of participants, to put the grades into.
 * @returns What was written.
 */
export async function writeReports(
  found: Report,
  mistakes: readonly MistakeGroup[],
  folder: string,
  roster?: string,
): Promise<Written> {
  const files: string[] = [];
  const failures: string[] = [];
  const trying = async (name: string, fn: () => unknown) => {
    try {
      await fn();
      files.push(name);
    } catch (error) {
      failures.push(`cannot write ${name}: ${(error as Error).message}`);
    }
  };
  let report = found;
  await trying("comments.md, points.json", async () => {
    report = await withTeacher(found, mistakes, folder);
  });
  for (const [name, format] of Object.entries(formats)) {
    const text = () => format(report, mistakes);
    if (!isWanted(name, report)) continue;
    await trying(name, () => replaceFile(`${folder}/${name}`, text()));
  }
  if (roster !== undefined) {
    await trying("gradebook.csv", async () => {
      const filled = fillGradebook(report, await Deno.readTextFile(roster));
      await replaceFile(`${folder}/gradebook.csv`, filled.text);
      failures.push(...missingIn(roster, filled.unknown));
    });
  }
  const pages = feedbackPages(report);
  await trying(`feedback/ (${counted(pages.size, "page")})`, async () => {
    for (const [name, text] of pages) {
      await replaceFile(`${folder}/feedback/${name}`, text);
    }
  });
  return { report, files, failures };
}

/** What each file is made by. */
const formats: Readonly<
  Record<string, (report: Report, mistakes: readonly MistakeGroup[]) => string>
> = {
  "report.html": formatHtml,
  "report.json": (report) => JSON.stringify(report, null, 2) + "\n",
  "grades.csv": formatCsv,
  "moodle.csv": formatMoodle,
  "canvas.csv": formatCanvas,
};

/** Whether a file is for this class: those of other systems are not. */
function isWanted(name: string, { students }: Report): boolean {
  const [, own] = /^(moodle|canvas)\.csv$/.exec(name) ?? [];
  return own === undefined || students.some(({ system }) => system === own);
}

/** Reads what the teacher wrote, and writes places for what is new. */
async function withTeacher(
  found: Report,
  mistakes: readonly MistakeGroup[],
  folder: string,
): Promise<Report> {
  const [comments, points] = ["comments.md", "points.json"]
    .map((name) => `${folder}/${name}`) as [string, string];
  const worth = await readPoints(points);
  const written = readComments(await textIn(comments));
  const report = withComments(found, written, worth, mistakes);
  await replaceFile(comments, formatComments(written, mistakes));
  const all = [...talliesOf(found)].flatMap(([lesson, own]) =>
    own.map(({ name }) => [`${lesson} ${name}`, 1])
  );
  const complete = { ...Object.fromEntries(all), ...worth };
  await replaceFile(points, JSON.stringify(complete, null, 2) + "\n");
  return report;
}

/** Whom a gradebook does not have, in words. */
function missingIn(roster: string, unknown: readonly string[]): string[] {
  if (unknown.length === 0) return [];
  const names = unknown.slice(0, 10).join(", ");
  const more = unknown.length > 10 ? ", …" : "";
  const count = counted(unknown.length, "student");
  return [`${roster} has not one row for ${count}: ${names}${more}`];
}

async function textIn(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
