/**
 * The report for a gradebook.
 *
 * @module
 */

import { parse } from "@std/csv/parse";
import type { Report, StudentResult } from "./report.ts";
import { lessonOf, pointsOf, scoreOf, talliesOf } from "./tally.ts";
import { oneLine, visible } from "./text.ts";

type Cell = string | number;

/**
 * The report as CSV (RFC 4180, UTF-8): a row a student, a column for each
 * lesson (`07`: its points), each of its functions (`07 isIterable`), the total and
 * the maximum.
 *
 * @param report What grading found.
 * @returns The lines, each ended by CR LF, heads first.
 */
export function formatCsv(report: Report): string {
  const tallies = talliesOf(report);
  const heads = [...tallies].flatMap(([lesson, regions]) => [
    lesson,
    ...regions.map(({ name }) => `${lesson} ${name}`),
  ]);
  const rows = report.students.map((student): Cell[] => {
    const cells = [...tallies].flatMap(([lesson, set]) => {
      const { regions = [] } = lessonOf(student, lesson) ?? {};
      return [
        scoreOf(student, tallies, [lesson]).points,
        ...set.map(({ name }) => {
          const region = regions.find((it) => it.name === name);
          return region === undefined ? 0 : pointsOf(region);
        }),
      ];
    });
    const { points, of } = scoreOf(student, tallies);
    const { id = "", late } = student;
    const who = [student.student, id, late ? "late" : ""];
    return [...who, ...cells, points, of];
  });
  return csvOf(
    ["student", "id", "late", ...heads, "total", "maximum"],
    rows,
  );
}

/** What a class is called in a gradebook. */
function titleOf({ lessons }: Report): string {
  return `Lessons ${lessons.join(", ")}`;
}

/**
 * The grading worksheet that Moodle reads ("Upload grading worksheet", whose code is
 * mod/assign/feedback/offline/importgradeslib.php).
 *
 * @param report What grading found, of a class that came from Moodle.
 * @returns The worksheet as CSV.
 */
export function formatMoodle(report: Report): string {
  const tallies = talliesOf(report);
  const heads = ["Identifier", "Full name", "Grade", "Maximum Grade"];
  return csvOf(
    [...heads, "Last modified (grade)", "Feedback comments"],
    report.students.filter(({ system }) => system === "moodle")
      .map((student): Cell[] => {
        const { points, of } = scoreOf(student, tallies);
        const { id, name = "", comment = "" } = student;
        return [`Participant ${id}`, name, points, of, "-", comment];
      }),
  );
}

/**
 * The gradebook that Canvas imports, with the columns that it asks for.
 *
 * @param report What grading found, of a class that came from Canvas.
 * @returns The gradebook as CSV.
 */
export function formatCanvas(report: Report): string {
  const tallies = talliesOf(report);
  const ids = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"];
  return csvOf(
    [...ids, titleOf(report)],
    report.students.filter(({ system }) => system === "canvas")
      .map((student): Cell[] => {
        const { points } = scoreOf(student, tallies);
        const { id = "", name = "" } = student;
        return [name, id, "", "", "", points];
      }),
  );
}

/** A gradebook with the grades of a class in it. */
export interface FilledGradebook {
  readonly text: string;
  /** Students that it does not have, or has twice. */
  readonly unknown: readonly string[];
}

/**
 * Puts the grades of a class into a gradebook or a list of participants, as Moodle
 * and Canvas export it: with their columns (id number, e-mail, SIS ID) they import
 * it again.
 *
 * @param report What grading found.
 * @param text The gradebook as CSV.
 * @returns The same with one more column.
 */
export function fillGradebook(report: Report, text: string): FilledGradebook {
  const [heads = [], ...rows] = parse(
    text.replace(/^\uFEFF/, ""),
  ) as string[][];
  const tallies = talliesOf(report);
  const grades = new Map<string[], Cell>();
  const unknown: string[] = [];
  for (const student of report.students) {
    const found = rowsOf(student, heads, rows);
    const [row] = found;
    if (row !== undefined && found.length === 1 && !grades.has(row)) {
      grades.set(row, scoreOf(student, tallies).points);
    } else unknown.push(student.student);
  }
  const [first] = report.students;
  const of = first === undefined ? 0 : scoreOf(first, tallies).of;
  const filled = rows.map((row): Cell[] => {
    // Canvas has a row with the points that there are.
    const isMaximum = /^\s*Points Possible\s*$/.test(row[0] ?? "");
    return [...row, isMaximum ? of : grades.get(row) ?? ""];
  });
  return { text: csvOf([...heads, titleOf(report)], filled), unknown };
}

/** The rows of a gradebook that are a student's: by number, or else by name. */
function rowsOf(
  { student, name = student, id }: StudentResult,
  heads: readonly string[],
  rows: readonly string[][],
): string[][] {
  const column = (row: readonly string[], pattern: RegExp) =>
    heads.flatMap((head, i) => pattern.test(head.trim()) ? [row[i] ?? ""] : []);
  const byId = rows.filter((row) =>
    id !== undefined && column(row, /^(ID|Identifier)$/)
      .some((cell) => cell.replace(/^Participant /, "") === id)
  );
  if (byId.length > 0) return byId;
  const wanted = [student, name].map(plain);
  const own =
    /^(full name|student|id number|sis (user|login) id|username|e-?mail.*)$/i;
  return rows.filter((row) => {
    const parts = column(row, /^(first|last|sur) ?name$/i);
    const names = [parts.join(" "), parts.toReversed().join(" ")];
    return [...names, ...column(row, own)]
      .some((cell) => cell !== "" && wanted.includes(plain(cell)));
  });
}

/** A name without what systems leave out of it. */
function plain(name: string): string {
  return oneLine(name).normalize("NFC").toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}@.]/gu, "");
}

function csvOf(heads: readonly string[], rows: readonly Cell[][]): string {
  return [heads, ...rows]
    .map((row) => row.map(field).join(",") + "\r\n").join("");
}

/**
 * What a spreadsheet would run as a formula: OWASP, "CSV Injection"
 * (owasp.org/www-community/attacks/CSV_Injection), which also names the tab,
 * the line's end, and the characters' full-width forms. A carriage return does
 * not get here, as `visible` replaces it.
 */
const formula = /^\s*[=+\-@＝＋－＠](?!$)|^[\t\n]/;

/** A field: quoted where it must be, never a formula. */
function field(value: Cell): string {
  if (typeof value === "number") return String(value);
  // With an apostrophe in front, as OWASP advises, it is text to a spreadsheet.
  const text = visible(value);
  const safe = formula.test(text) ? `'${text}` : text;
  // Where a comma is the decimal sign, spreadsheets split at semicolons.
  return /[",;\t\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
