/**
 * Where a lesson's words and results go: the terminal, unless a page or a test
 * takes its place.
 *
 * @module
 */

import { bold, cyan, dim, red, setColorEnabled } from "@std/fmt/colors";
import {
  formatBars,
  formatTimeline,
  layOutTable,
  type Row,
  type Span,
  width,
  wrap,
  wrapCode,
} from "./layout.ts";

/** What a lesson has to say, piece by piece. */
export interface Output {
  /** The heading of a lesson. */
  title(text: string): void;
  /** The heading of a part of a lesson. */
  section(text: string): void;
  /** A paragraph, on one line. */
  prose(text: string): void;
  /** Lines that stay as they are: commands, addresses. */
  lines(lines: readonly string[], heading?: string): void;
  /** Code that runs here, or that is explained. */
  code(text: string): void;
  /** An expression and its value. */
  value(expression: string, value: unknown): void;
  /** An expression and the error that it threw. */
  error(expression: string, error: unknown): void;
  /** Begins a table; what is returned adds a row. */
  table(sample: readonly Row[]): (row: Row) => void;
  /** A bar for each value. */
  bars(
    values: Readonly<Record<string, number>>,
    format: (value: number) => string,
  ): void;
  /** Which worker ran what when, from `start` on. */
  timeline(spans: readonly Span[], start?: number): void;
}

/** The columns of the terminal, at most 80 of them; 80 where there is none. */
function columns(): number {
  if (!Deno.stdout.isTerminal()) return 80;
  return Math.max(40, Math.min(80, Deno.consoleSize().columns));
}

/**
 * Writes what a lesson says as lines of text, with as many characters as the
 * terminal has unless a size is given.
 */
export function terminal(
  print: (text: string) => void = (text) => console.log(text),
  size: number = columns(),
): Output {
  const colors = Deno.stdout.isTerminal() && !Deno.noColor;
  setColorEnabled(colors);

  // Results stand together, and so does a line of code with them. All else has
  // an empty line before it.
  let last: "" | "result" | "other" = "";
  const write = (lines: readonly string[], kind: typeof last = "other") => {
    if (last === "other" || (last && kind === "other")) print("");
    for (const line of lines) print(line);
    last = kind;
  };
  const heading = (text: string) => [bold(text), dim("-".repeat(width(text)))];
  const indented = (lines: string[], by: number) =>
    lines.map((line) => " ".repeat(by) + line);
  const result = (expression: string, value: string) => {
    const lines = value.split("\n");
    const line = `${expression} ${dim("→")} ${value}`;
    if (lines.length === 1 && width(line) <= size - 2) {
      return write(indented([line], 2), "result");
    }
    const [first = "", ...rest] = lines;
    write([
      ...indented(wrapCode(expression, size - 2), 2),
      `    ${dim("→")} ${first}`,
      ...indented(rest, 6),
    ], "result");
  };

  return {
    title: (text) =>
      write(
        wrap(text, size).flatMap((line) => [
          bold(line),
          bold("=".repeat(width(line))),
        ]),
      ),
    section: (text) => write(heading(text)),
    prose: (text) => write(wrap(text, size)),
    lines: (lines, title) => {
      if (title) write(heading(title));
      write(lines);
    },
    code: (text) => {
      const lines = indented(wrapCode(text, size - 2), 2).map(cyan);
      write(lines, lines.length > 1 ? "other" : "result");
    },
    value: (expression, value) =>
      result(
        expression,
        Deno.inspect(value, { colors, depth: 4, breakLength: size - 8 }),
      ),
    error: (expression, error) =>
      result(
        expression,
        wrapCode(String(error), size - 6).map((line, i) =>
          red(i > 0 ? line.trimStart() : line)
        ).join("\n"),
      ),
    table: (sample) => {
      const layout = layOutTable(sample, size);
      write(layout.heads);
      let isFirst = true;
      return (row) => {
        // Blocks have an empty line between them.
        if (layout.heads.length === 0 && !isFirst) print("");
        isFirst = false;
        layout.row(row).forEach(print);
      };
    },
    bars: (values, format) => write(formatBars(values, format, size)),
    timeline: (spans, start) => write(formatTimeline(spans, size, start)),
  };
}
