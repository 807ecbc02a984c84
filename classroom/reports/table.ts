/**
 * The report as a table for a terminal or a text file.
 *
 * @module
 */

import type { Report, StudentResult } from "./report.ts";
import {
  counted,
  describePair,
  describeRun,
  describeSimilar,
  lessonOf,
  reasonOf,
  type RegionTally,
  type Score,
  scoreOf,
  talliesOf,
} from "./tally.ts";
import { cut, oneLine, padEnd, widthOf, wrap } from "./text.ts";

/** How the table is to look. */
export interface TableOptions {
  /** Whether to use a terminal's colours; they repeat what the text says. */
  readonly colours?: boolean;
  /** How many columns a line may take; 80 unless given. */
  readonly width?: number;
}

/** A reason gets a column of its own if that many columns are left for it. */
const leastForReason = 28;

type Paint = (score: Score, text: string) => string;

/**
 * The report as a table: students down, lessons across, regions solved of
 * regions set, and the first thing that went wrong in words. Below it, for each
 * region, how many solved it: what to teach again.
 *
 * @example
 * ```ts
 * console.log(formatTable(report, { width: 120 }));
 * ```
 *
 * @param report What grading found.
 * @param options Colours, and the width in columns.
 * @returns The table, with a newline at its end.
 */
export function formatTable(
  report: Report,
  options: TableOptions = {},
): string {
  const { colours = false, width = 80 } = options;
  const tallies = talliesOf(report);
  if (report.students.length === 0) return "No submissions.\n";
  const paint: Paint = colours ? inColour : (_, text) => text;
  return [
    ...studentTable(report, tallies, width, paint),
    "",
    ...classSummary(report, [...tallies.values()].flat(), width, paint),
    "",
    ...similarLines(report.similar, width),
    "",
    ...wrap(oneLine(describeRun(report)), width, 4),
    "",
  ].join("\n");
}

/** Green is all, red is nothing, yellow is some of it. */
function inColour({ solved, set }: Score, text: string): string {
  const code = solved === set ? 32 : solved === 0 ? 31 : 33;
  return `\x1b[${code}m${text}\x1b[39m`;
}

function studentTable(
  report: Report,
  tallies: ReadonlyMap<string, readonly RegionTally[]>,
  width: number,
  paint: Paint,
): string[] {
  const rows = report.students.map((student) => ({
    name: oneLine(student.student) || "(no name)",
    scores: report.lessons.map((lesson) => scoreOf(student, tallies, [lesson])),
    total: scoreOf(student, tallies),
    reason: firstReason(student, report.lessons),
  }));
  const heads = [...report.lessons, "total"];
  const widths = heads.map((head, i) =>
    Math.max(
      head.length,
      ...rows.map(({ scores, total }) => fraction(scores[i] ?? total).length),
    )
  );
  const scoresWidth = widths.reduce((sum, each) => sum + each + 1, 1);
  const longest = Math.max(
    "Student".length,
    ...rows.map(({ name }) => widthOf(name)),
  );
  // Names give way to scores, but never below what tells most of them apart.
  const nameWidth = Math.min(longest, Math.max(12, width - scoresWidth - 1));
  const shortName = Math.min(longest, 24);
  const beside = width - shortName - scoresWidth - 2;
  const columns: Columns = beside >= leastForReason
    ? { name: shortName, scores: widths, reason: beside }
    : { name: nameWidth, scores: widths };

  const head = [
    padEnd("Student", columns.name),
    ...heads.map((head, i) => head.padStart(widths[i]!)),
  ].join(" ") + (columns.reason ? "  What went wrong" : "");
  return [
    head,
    "-".repeat(columns.reason ? width : head.length),
    ...rows.flatMap((row) => rowLines(row, columns, width, paint)),
  ];
}

interface Columns {
  readonly name: number;
  readonly scores: readonly number[];
  /** Absent if reasons go below the scores. */
  readonly reason?: number;
}

interface Row {
  readonly name: string;
  readonly scores: readonly Score[];
  readonly total: Score;
  readonly reason: string;
}

function rowLines(
  row: Row,
  columns: Columns,
  width: number,
  paint: Paint,
): string[] {
  const cells = [...row.scores, row.total].map((score, i) =>
    paint(score, fraction(score).padStart(columns.scores[i]!))
  );
  const start = [padEnd(cut(row.name, columns.name), columns.name), ...cells]
    .join(" ");
  if (!row.reason) return [start];
  if (columns.reason === undefined) {
    const lines = wrap(row.reason, Math.max(20, width - 4), 2);
    return [start, ...lines.map((line) => `    ${line}`)];
  }
  const [first, ...more] = wrap(row.reason, columns.reason, 2);
  const indent = " ".repeat(width - columns.reason);
  return [`${start}  ${first}`, ...more.map((line) => indent + line)];
}

function fraction({ solved, set }: Score): string {
  return `${solved}/${set}`;
}

function firstReason(
  student: StudentResult,
  lessons: readonly string[],
): string {
  for (const lesson of lessons) {
    const result = lessonOf(student, lesson);
    const reason = result ? reasonOf(result) : "was not graded";
    if (reason) return oneLine(`${lesson} ${reason}`);
  }
  return "";
}

/** The first of the pairs; the page shows all, and what they share. */
function similarLines(pairs: Report["similar"], width: number): string[] {
  const lines = pairs.slice(0, 3).flatMap((pair) => {
    const names = pair.students.map(oneLine).join(" and ");
    return wrap(`${names}: ${describePair(pair)}`, Math.max(20, width - 4), 2)
      .map((line, i) => `${i === 0 ? "  " : "    "}${line}`);
  });
  return [...wrap(describeSimilar(pairs), width, 5), ...lines];
}

function classSummary(
  report: Report,
  tallies: readonly RegionTally[],
  width: number,
  paint: Paint,
): string[] {
  const students = report.students.length;
  const parts = [
    counted(students, "student"),
    counted(report.lessons.length, "lesson"),
    counted(tallies.length, "region"),
  ];
  const { shard } = report;
  const where = shard ? ` (shard ${shard.index} of ${shard.count})` : "";
  const open = tallies.filter(({ solved }) => solved < students)
    .sort((a, b) => a.solved - b.solved);
  const lines = [`${parts.join(", ")}${where}.`];
  if (tallies.length === 0) return lines;
  if (open.length === 0) return [...lines, "Everyone solved everything."];
  lines.push(`What to teach again (solved by, of ${students}):`);
  const labels = open.map(({ lesson, label }) => `${lesson} ${oneLine(label)}`);
  const labelWidth = Math.min(
    Math.max(...labels.map(widthOf)),
    Math.floor(width / 3),
  );
  for (const [i, { solved, task }] of open.entries()) {
    const label = padEnd(cut(labels[i]!, labelWidth), labelWidth);
    const count = String(solved).padStart(String(students).length);
    const rest = width - labelWidth - count.length - 6;
    lines.push(
      `  ${label}  ${paint({ solved, set: students }, count)}  ` +
        cut(oneLine(task), Math.max(10, rest)),
    );
  }
  const done = tallies.length - open.length;
  if (done > 0) lines.push(`Everyone solved ${counted(done, "other region")}.`);
  return lines;
}
