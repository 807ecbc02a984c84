/**
 * The report as a table for a terminal or a text file.
 *
 * @module
 */

import type { Report } from "./report.ts";
import {
  counted,
  describeRun,
  fractionOf,
  lessonOf,
  reasonOf,
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

/**
 * The report as a table: students down, lessons across, points of those that
 * there are, and the first thing that went wrong in words. Below it, for each
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
  { colours = false, width = 80 }: TableOptions = {},
): string {
  if (report.students.length === 0) return "No submissions.\n";
  /** Green is all, red is nothing, yellow is some of it. */
  const paint = ({ points, of }: Score, text: string) => {
    const code = points >= of ? 32 : points <= 0 ? 31 : 33;
    return colours ? `\x1b[${code}m${text}\x1b[39m` : text;
  };
  return [
    ...studentLines(report, width, paint),
    "",
    ...classLines(report, width, paint),
    "",
    ...wrap(oneLine(describeRun(report)), width, 4),
    "",
  ].join("\n");
}

type Paint = (score: Score, text: string) => string;

function studentLines(report: Report, width: number, paint: Paint): string[] {
  const rows = rowsOf(report);
  const heads = [...report.lessons, "total"];
  const widths = heads.map((head, i) =>
    Math.max(
      head.length,
      ...rows.map(({ scores }) => fractionOf(scores[i]!).length),
    )
  );
  const left = widths.reduce((left, each) => left - each - 1, width);
  const longest = Math.max(7, ...rows.map(({ name }) => widthOf(name)));
  // Names give way to scores, but never below what tells most of them apart.
  const nameWidth = Math.min(longest, Math.max(12, left));
  const line = (name: string, cells: readonly string[]) =>
    [padEnd(cut(name, nameWidth), nameWidth), ...cells].join(" ");
  const head = line("Student", heads.map((it, i) => it.padStart(widths[i]!)));
  return [
    head,
    "-".repeat(head.length),
    ...rows.flatMap(({ name, scores, reason }) => [
      line(
        name,
        scores.map((score, i) =>
          paint(score, fractionOf(score).padStart(widths[i]!))
        ),
      ),
      ...indented(reason ? wrap(reason, width - 4, 2) : []),
    ]),
  ];
}

/** Each student's name, points, and the first thing that went wrong. */
function rowsOf(report: Report) {
  const tallies = talliesOf(report);
  return report.students.map((student) => ({
    name: `${oneLine(student.student) || "(no name)"}${
      student.late ? " (late)" : ""
    }`,
    scores: [...report.lessons.map((lesson) => [lesson]), undefined]
      .map((lessons) => scoreOf(student, tallies, lessons)),
    reason: report.lessons.flatMap((lesson) => {
      const result = lessonOf(student, lesson);
      const reason = result ? reasonOf(result) : "was not graded";
      return reason ? [oneLine(`${lesson} ${reason}`)] : [];
    })[0],
  }));
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}

function classLines(report: Report, width: number, paint: Paint): string[] {
  const tallies = [...talliesOf(report).values()].flat();
  const set = report.students.length;
  const parts = [
    counted(set, "student"),
    counted(report.lessons.length, "lesson"),
    counted(tallies.length, "function"),
  ];
  const lines = [`${parts.join(", ")}.`];
  const open = tallies.filter(({ solved }) => solved < set)
    .sort((a, b) => a.solved - b.solved);
  if (tallies.length === 0) return lines;
  if (open.length === 0) return [...lines, "Everyone solved everything."];
  lines.push(`What to teach again (solved by, of ${set}):`);
  const labels = open.map(({ lesson, name }) => oneLine(`${lesson} ${name}`));
  const third = Math.floor(width / 3);
  const labelWidth = Math.min(Math.max(...labels.map(widthOf)), third);
  for (const [i, { solved, task }] of open.entries()) {
    const label = padEnd(cut(labels[i]!, labelWidth), labelWidth);
    const count = String(solved).padStart(String(set).length);
    const rest = Math.max(10, width - labelWidth - count.length - 6);
    const done = paint({ points: solved, of: set }, count);
    lines.push(`  ${label}  ${done}  ${cut(oneLine(task), rest)}`);
  }
  const others = tallies.length - open.length;
  return others === 0
    ? lines
    : [...lines, `Everyone solved ${counted(others, "other function")}.`];
}
