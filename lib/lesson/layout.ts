/**
 * Text, tables, bars and timelines in the columns that there are.
 *
 * @module
 */

import { bold, cyan, dim, stripAnsiCode } from "@std/fmt/colors";
import { describeShare, type Gain, parallelShare } from "./amdahl.ts";
import { count, duration } from "./units.ts";

/** One row of a table: column names and what stands in them. */
export type Row = Readonly<Record<string, string | number | bigint | boolean>>;

/** A stretch of time in which a worker ran a task. */
export interface Span {
  /** The worker's number, from 1. */
  readonly worker: number;
  /** The task's number, from 0. */
  readonly task: number;
  /** When it began, in milliseconds on any clock that all spans share. */
  readonly from: number;
  /** When it ended, in milliseconds on the same clock. */
  readonly to: number;
}

/** White space, but not inside of a number, nor between it and its unit. */
const space = /(?!(?<=\d) (?:\d{3}|[×%]|[kM]?B|[mµ]?s)(?!\w))\s+/;

/** Breaks a text, on one line, at its spaces; a longer word stands alone. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(space)) {
    if (line && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = "";
    }
    line += line ? ` ${word}` : word;
  }
  return [...lines, line];
}

/**
 * Breaks lines of code that are too long behind a space or between two methods,
 * and indents what follows.
 */
export function wrapCode(code: string, columns: number): string[] {
  return code.split("\n").flatMap((line) => {
    const lines: string[] = [];
    const indent = /^ */.exec(line)![0] + "    ";
    for (let rest = line; rest;) {
      const at = width(rest) > columns ? breakOf(rest, columns) : rest.length;
      lines.push(rest.slice(0, at).trimEnd());
      rest = rest.slice(at).trimStart();
      if (rest) rest = indent + rest;
    }
    return lines;
  });
}

/**
 * Where to break a line of code: outside of its strings, if that is possible; in
 * its second half, and there in the fewest brackets.
 */
function breakOf(line: string, columns: number): number {
  const start = /^ */.exec(line)![0].length + 1;
  const places = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)]
      .map(({ index, 0: space }) => index + space.length)
      .filter((index) => index > start && index <= columns);
  const outside = line.replace(
    /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`/g,
    (string) => "x".repeat(string.length),
  );
  const good =
    /(?<!\b(?:new|await|return)|=>) (?!=>|[)}\]])|(?<=\))(?=\.\w+\()/g;
  const possible = /(?<!\bnew) |(?=\.\w+\()/g;
  const depth = (index: number) =>
    outside.slice(0, index).replace(/[^([{]/g, "").length -
    outside.slice(0, index).replace(/[^)}\]]/g, "").length;
  const [best] = places(outside, good).filter((index) => index > columns / 2)
    .sort((a, b) => depth(a) - depth(b) || b - a);
  return best ?? places(outside, possible).at(-1) ??
    places(line, possible).at(-1) ?? columns;
}

/** How a table is laid out: its heads, and each row as it comes. */
export interface TableLayout {
  /** The lines above the rows; none where each row is a block of lines. */
  readonly heads: string[];
  /** The lines of a row. */
  row(row: Row): string[];
}

/**
 * Lays out a table by a sample of its rows: text to the left, numbers to the
 * right. Where it does not fit, each row is a block of lines.
 */
export function layOutTable(
  sample: readonly Row[],
  columns: number,
): TableLayout {
  const heads = Object.keys(sample[0] ?? {});
  const cellsOf = (row: Row) => heads.map((head) => cellOf(row[head] ?? ""));
  const cells = sample.map(cellsOf);
  const sizes = heads.map((head, i) =>
    Math.max(width(head), ...cells.map((line) => width(line[i]!)))
  );
  const total = sizes.reduce((sum, size) => sum + size + 2, -2);
  if (total > columns) {
    return { heads: [], row: (row) => blockOf(heads, cellsOf(row), columns) };
  }
  // "12.5 ms" and "1.9 ×" are read as numbers too.
  const right = heads.map((_, i) =>
    cells.every((line) => /^[-≈]?\d/.test(line[i]!))
  );
  const layOut = (line: string[]) =>
    line.map((cell, i) => {
      const gap = " ".repeat(Math.max(0, sizes[i]! - width(cell)));
      return right[i] ? gap + cell : cell + gap;
    }).join("  ").trimEnd();
  const rule = sizes.map((size) => "-".repeat(size)).join("  ");
  return {
    heads: [bold(layOut(heads)), dim(rule)],
    row: (row) => [layOut(cellsOf(row))],
  };
}

/** A row of a table as a block: the heads left, the cells right. */
function blockOf(
  heads: readonly string[],
  cells: readonly string[],
  columns: number,
): string[] {
  const margin = Math.max(...heads.map(width));
  return cells.flatMap((cell, i) =>
    wrap(cell, Math.min(columns, 72) - margin - 2).map((text, k) =>
      `${dim((k > 0 ? "" : heads[i]!).padEnd(margin))}  ${text}`
    )
  );
}

/** A cell as text. */
export function cellOf(value: Row[string]): string {
  if (typeof value === "number" || typeof value === "bigint") {
    return count(value);
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return value;
}

/** The lines of a bar for each value, the longest as wide as the line allows. */
export function formatBars(
  values: Readonly<Record<string, number>>,
  format: (value: number) => string,
  columns: number,
): string[] {
  const labels = Object.keys(values);
  const most = Math.max(...Object.values(values), Number.MIN_VALUE);
  const margin = Math.max(0, ...labels.map(width));
  const longest = Math.max(10, Math.min(40, columns - margin - 14));
  return labels.map((label) => {
    const value = values[label] ?? 0;
    const bar = "█".repeat(Math.round(value / most * longest)) || "▏";
    return `${label.padEnd(margin)}  ${cyan(bar)} ${format(value)}`;
  });
}

/**
 * The lines of a timeline: the axis, then one a worker. Each task is drawn as its
 * number and a line as long as it ran; a dot is a moment without a task.
 */
export function formatTimeline(
  spans: readonly Span[],
  columns: number,
  start: number = earliest(spans),
): string[] {
  if (spans.length === 0) return ["(nothing ran)"];
  const end = spans.reduce((most, { to }) => Math.max(most, to), -Infinity);
  const name = (worker: number) => `Worker ${worker}`;
  const workers = new Set(spans.map(({ worker }) => worker));
  const margin = Math.max(...[...workers].map((n) => name(n).length));
  const size = Math.max(10, columns - margin - 2);
  const column = (time: number) =>
    Math.round((time - start) / (end - start || 1) * size);

  const rows = new Map<number, string[]>();
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const row = rows.get(span.worker) ?? Array(size).fill("·");
    rows.set(span.worker, row);
    const from = Math.min(column(span.from), size - 1);
    const to = Math.max(column(span.to), from + 1);
    const drawn = String(span.task).padEnd(to - from, "━").slice(0, to - from);
    row.splice(from, to - from, ...drawn);
  }

  const total = duration(end - start);
  const axis = "0".padEnd(size - total.length) + total;
  const lines = [...rows].sort(([a], [b]) => a - b).map(([worker, row]) =>
    `${name(worker).padEnd(margin)}  ${cyan(row.join(""))}`
  );
  return [`${" ".repeat(margin)}  ${dim(axis)}`, ...lines];
}

/** When the first of the spans begins. */
function earliest(spans: readonly Span[]): number {
  return spans.reduce((least, { from }) => Math.min(least, from), Infinity);
}

/** How many columns a text takes; one a character is enough for lessons. */
export function width(text: string): number {
  return [...stripAnsiCode(text)].length;
}

/**
 * Draws how many times as fast more workers are: a bar for each gain, dots up to
 * the ideal, and what Amdahl's law says of them.
 */
export function formatCurve(
  gains: readonly Gain[],
  cores: number,
  columns: number,
): string[] {
  const labels = gains.map(({ workers }) =>
    `${workers} worker${workers === 1 ? "" : "s"}`
  );
  const margin = Math.max(...labels.map(width));
  const idealOf = ({ workers }: Gain) => Math.min(workers, cores);
  const most = Math.max(...gains.map((it) => Math.max(it.gain, idealOf(it))));
  const room = columns - margin - 10;
  const rows = gains.map((it, i) => {
    const long = Math.round(room * it.gain / most);
    const ideal = Math.round(room * idealOf(it) / most);
    const bar = cyan("━".repeat(long)) +
      dim("·".repeat(Math.max(0, ideal - long)));
    const text = `${it.gain.toFixed(2)} ×`.padStart(8);
    return `${labels[i]!.padEnd(margin)} ${text} ${bar}`;
  });
  const share = describeShare(parallelShare(gains, cores));
  const text = `━ measured, · ideal. ${share}`;
  return [...rows, "", ...wrap(text, columns)];
}
