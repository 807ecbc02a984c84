/**
 * The report for a gradebook.
 *
 * @module
 */

import type { Report } from "./report.ts";
import { labelled, lessonOf, scoreOf, talliesOf } from "./tally.ts";
import { visible } from "./text.ts";

/**
 * The report as CSV (RFC 4180, UTF-8): a row a student, a column for each
 * lesson (`07`: regions solved), each of its regions (`07 isIterable`: 1 or 0),
 * the total and the maximum, and which run found it.
 *
 * @param report What grading found.
 * @returns The lines, each ended by CR LF, heads first.
 */
export function formatCsv(report: Report): string {
  const tallies = talliesOf(report);
  const heads = [...tallies].flatMap(([lesson, regions]) => [
    lesson,
    ...regions.map(({ label }) => `${lesson} ${label}`),
  ]);
  const { date, seed, tests } = report.run;
  const run = [date, seed, tests];
  const rows = report.students.map((student) => {
    const cells = [...tallies].flatMap(([lesson, set]) => {
      const regions = labelled(lessonOf(student, lesson)?.regions ?? []);
      return [
        scoreOf(student, tallies, [lesson]).solved,
        ...set.map(({ label }) => regions.get(label)?.solved ? 1 : 0),
      ];
    });
    const total = scoreOf(student, tallies);
    return [student.student, ...cells, total.solved, total.set, ...run];
  });
  const runHeads = ["graded", "seed", "tests"];
  return [["student", ...heads, "total", "maximum", ...runHeads], ...rows]
    .map((row) => row.map(field).join(",") + "\r\n").join("");
}

/**
 * What a spreadsheet would run as a formula: OWASP, "CSV Injection"
 * (owasp.org/www-community/attacks/CSV_Injection), which also names the tab,
 * the line's end, and the characters' full-width forms. A carriage return does
 * not get here, as `visible` replaces it.
 */
const formula = /^\s*[=+\-@＝＋－＠]|^[\t\n]/;

/** A field: quoted where it must be, never a formula. */
function field(value: string | number): string {
  if (typeof value === "number") return String(value);
  // With an apostrophe in front, as OWASP advises, it is text to a spreadsheet.
  const text = visible(value);
  const safe = formula.test(text) ? `'${text}` : text;
  // Where a comma is the decimal sign, spreadsheets split at semicolons.
  return /[",;\t\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
