/**
 * Where a lesson's words and results go: the terminal, unless a page or a test
 * takes its place.
 *
 * @module
 */

import {
  bold,
  cyan,
  dim,
  green,
  red,
  setColorEnabled,
  stripAnsiCode,
} from "@std/fmt/colors";
import type { Gain } from "./amdahl.ts";
import {
  formatBars,
  formatCurve,
  formatTimeline,
  layOutTable,
  type Row,
  type Span,
  width,
  wrap,
  wrapCode,
} from "./layout.ts";
import type { Quiz } from "./quiz.ts";

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
  /**
   * An expression whose value is to be guessed before it is printed: gives the
   * guess, or undefined where nobody is asked.
   */
  ask?(expression: string): string | undefined;
  /** An expression and its value; with a guess, whether that was right. */
  value(expression: string, value: unknown, guess?: string): void;
  /** An expression and the error that it threw, and the same of a guess. */
  error(expression: string, error: unknown, guess?: string): void;
  /** Begins a table; what is returned adds a row. */
  table(sample: readonly Row[]): (row: Row) => void;
  /** A bar for each value. */
  bars(
    values: Readonly<Record<string, number>>,
    format: (value: number) => string,
  ): void;
  /** How many times as fast more workers are, on so many processors. */
  curve(gains: readonly Gain[], cores: number): void;
  /** Which worker ran what when, from `start` on. */
  timeline(spans: readonly Span[], start?: number): void;
}

/** The columns of the terminal, at most 80 of them; 80 where there is none. */
function columns(): number {
  if (!Deno.stdout.isTerminal()) return 80;
  return Math.max(40, Math.min(80, Deno.consoleSize().columns));
}

/**
 * Writes what a lesson says as lines of text, at most `size` characters long.
 * With a quiz, it asks for values.
 */
export function terminal(
  print: (text: string) => void = (text) => console.log(text),
  size: number = columns(),
  quiz?: Quiz,
): Output {
  return new Terminal(print, size, quiz);
}

class Terminal implements Output {
  readonly #print: (text: string) => void;
  readonly #size: number;
  readonly #quiz: Quiz | undefined;
  readonly #colors = Deno.stdout.isTerminal() && !Deno.noColor;
  /** What was written last. */
  #last: "" | "result" | "other" = "";

  constructor(print: (text: string) => void, size: number, quiz?: Quiz) {
    this.#print = print;
    this.#size = size;
    this.#quiz = quiz;
    setColorEnabled(this.#colors);
  }

  title(text: string): void {
    const underlined = (line: string) => [line, "=".repeat(width(line))];
    this.#write(wrap(text, this.#size).flatMap(underlined).map(bold));
  }

  section(text: string): void {
    this.#write([bold(text), dim("-".repeat(width(text)))]);
  }

  prose(text: string): void {
    this.#write(wrap(text, this.#size));
  }

  lines(lines: readonly string[], heading?: string): void {
    if (heading) this.section(heading);
    this.#write(lines);
  }

  code(text: string): void {
    const lines = indented(wrapCode(text, this.#size - 2), 2).map(cyan);
    this.#write(lines, lines.length > 1 ? "other" : "result");
  }

  ask(expression: string): string | undefined {
    if (!this.#quiz) return undefined;
    const code = wrapCode(expression, this.#size - 2);
    this.#write(indented(code, 2), "result");
    return this.#quiz.ask();
  }

  value(expression: string, value: unknown, guess?: string): void {
    const inspect = (breakLength: number) =>
      Deno.inspect(value, { colors: this.#colors, depth: 4, breakLength })
        .split("\n");
    // An object that prints itself may put its name before what fits.
    const tries = [8, 16, 24, 32].map((less) => inspect(this.#size - less));
    const fitting = tries.find((lines) =>
      lines.every((line) => width(line) <= this.#size - 6)
    );
    this.#result(expression, fitting ?? tries[0]!, guess);
  }

  error(expression: string, error: unknown, guess?: string): void {
    const [first = "", ...rest] = wrapCode(String(error), this.#size - 6);
    const lines = [first, ...rest.map((line) => line.trimStart())];
    this.#result(expression, lines.map(red), guess);
  }

  table(sample: readonly Row[]): (row: Row) => void {
    const layout = layOutTable(sample, this.#size);
    this.#write(layout.heads);
    let isFirst = true;
    return (row) => {
      // Blocks have an empty line between them.
      if (layout.heads.length === 0 && !isFirst) this.#print("");
      isFirst = false;
      layout.row(row).forEach((line) => this.#print(line));
    };
  }

  bars(
    values: Readonly<Record<string, number>>,
    format: (value: number) => string,
  ): void {
    this.#write(formatBars(values, format, this.#size));
  }

  curve(gains: readonly Gain[], cores: number): void {
    this.#write(formatCurve(gains, cores, this.#size));
  }

  timeline(spans: readonly Span[], start?: number): void {
    this.#write(formatTimeline(spans, this.#size, start));
  }

  /**
   * Results stand together, and so does a line of code with them. All else has an
   * empty line before it.
   */
  #write(lines: readonly string[], kind: "result" | "other" = "other"): void {
    const isApart = this.#last === "other" || kind === "other";
    if (this.#last && isApart) this.#print("");
    for (const line of lines) this.#print(line);
    this.#last = kind;
  }

  /**
   * An expression and what comes of it, on one line if that is possible. With a
   * guess, the expression has been printed.
   */
  #result(expression: string, lines: string[], guess?: string): void {
    const [first = "", ...rest] = lines;
    const value = [`    ${dim("→")} ${first}`, ...indented(rest, 6)];
    if (guess !== undefined) {
      return this.#write([...value, ...this.#verdict(guess, lines)], "result");
    }
    const line = `  ${expression} ${dim("→")} ${first}`;
    const fits = rest.length === 0 && width(line) <= this.#size;
    const code = indented(wrapCode(expression, this.#size - 2), 2);
    this.#write(fits ? [line] : [...code, ...value], "result");
  }

  /** What the quiz says of a guess. */
  #verdict(guess: string, lines: readonly string[]): string[] {
    const text = this.#quiz?.judge(guess, stripAnsiCode(lines.join(" ")));
    if (!text) return [];
    const color = text === "right" ? green : red;
    return indented(wrapCode(text, this.#size - 6).map(color), 6);
  }
}

function indented(lines: readonly string[], by: number): string[] {
  return lines.map((line) => " ".repeat(by) + line);
}
