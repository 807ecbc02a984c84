/**
 * Writes what grading found, each file whatever becomes of the others.
 *
 * @module
 */

import {
  formatComments,
  type Points,
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
  const trying = async (name: string, fn: () => Promise<unknown>) => {
    try {
      await fn();
      files.push(name);
    } catch (error) {
      failures.push(`cannot write ${name}: ${(error as Error).message}`);
    }
  };
  const at = (name: string) => `${folder}/${name}`;
  let report = found;
  const points: Points = {};
  await trying("comments.md, points.json", async () => {
    Object.assign(points, await readPoints(at("points.json")));
    const comments = readComments(await textIn(at("comments.md")));
    report = withComments(found, comments, points, mistakes);
    const text = formatComments(comments, mistakes);
    await replaceFile(at("comments.md"), text);
    const all = [...talliesOf(found)].flatMap(([lesson, own]) =>
      own.map(({ label }) => [`${lesson} ${label}`, 1])
    );
    const complete = { ...Object.fromEntries(all), ...points };
    const json = JSON.stringify(complete, null, 2) + "\n";
    await replaceFile(at("points.json"), json);
  });
  const write = (name: string, make: () => string) =>
    trying(name, () => replaceFile(at(name), make()));
  await write("report.html", () => formatHtml(report, mistakes));
  await write("report.json", () => JSON.stringify(report, null, 2) + "\n");
  await write("grades.csv", () => formatCsv(report));
  const systems = new Set(report.students.map(({ system }) => system));
  if (systems.has("moodle")) {
    await write("moodle.csv", () => formatMoodle(report));
  }
  if (systems.has("canvas")) {
    await write("canvas.csv", () => formatCanvas(report));
  }
  if (roster !== undefined) {
    await trying("gradebook.csv", async () => {
      const filled = fillGradebook(report, await Deno.readTextFile(roster));
      await replaceFile(at("gradebook.csv"), filled.text);
      if (filled.unknown.length === 0) return;
      const names = filled.unknown.slice(0, 10).join(", ");
      failures.push(
        `${roster} has not one row for ${
          counted(filled.unknown.length, "student")
        }: ${names}${filled.unknown.length > 10 ? ", …" : ""}`,
      );
    });
  }
  const pages = feedbackPages(report);
  await trying(`feedback/ (${counted(pages.size, "page")})`, async () => {
    for (const [name, text] of pages) {
      await replaceFile(at(`feedback/${name}`), text);
    }
  });
  return { report, files, failures };
}

async function textIn(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
