/**
 * How lessons talk: headings, expressions beside their values, tables,
 * timelines, and the options of the command line.
 *
 * Everything is plain text where standard output is no terminal or NO_COLOR is
 * set.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { format as formatBytes } from "@std/fmt/bytes";
import {
  bold,
  cyan,
  dim,
  red,
  setColorEnabled,
  stripAnsiCode,
} from "@std/fmt/colors";
import { format as formatDuration } from "@std/fmt/duration";

const colors = Deno.stdout.isTerminal() && !Deno.noColor;
setColorEnabled(colors);

/**
 * Prints the heading of a lesson.
 *
 * @param text The heading, without punctuation at its end.
 */
export function title(text: string): void {
  console.log(`${bold(text)}\n${bold("=".repeat(width(text)))}`);
}

/**
 * Prints the heading of a part of a lesson.
 *
 * @param text The heading, without punctuation at its end.
 */
export function section(text: string): void {
  console.log(`\n${bold(text)}\n${dim("-".repeat(width(text)))}`);
}

/**
 * Prints an expression and its value.
 *
 * @example
 * ```ts
 * import { show } from "./lesson.ts";
 *
 * const four = show(() => 2 + 2); // prints 2 + 2 and, below it, 4
 * ```
 *
 * @typeParam T The type of the value.
 * @param expression A function of nothing that holds the expression.
 * @returns The value. Of a promise, a promise of the value, which is printed
 * once it is there.
 * @throws What the expression throws.
 */
export function show<T>(expression: () => T): T {
  const value = expression();
  if (!(value instanceof Promise)) {
    printResult(expression, inspect(value));
    return value;
  }
  return value.then((settled) => {
    printResult(expression, inspect(settled));
    return settled;
  }) as T;
}

/**
 * Prints an expression and the error that it throws, or rejects with.
 *
 * @param expression A function of nothing that holds the expression.
 * @returns The error, in a promise if the expression gives one.
 * @throws {Error} If the expression throws nothing.
 */
export function showError<T>(
  expression: () => T,
): T extends Promise<unknown> ? Promise<unknown> : unknown;
export function showError(expression: () => unknown): unknown {
  const caught = (error: unknown) => {
    if (isTodo(error)) throw error;
    printResult(expression, red(String(error)));
    return error;
  };
  const missing = () => {
    throw new Error(`showError: ${sourceOf(expression)} threw nothing`);
  };
  let value: unknown;
  try {
    value = expression();
  } catch (error) {
    return caught(error);
  }
  return value instanceof Promise ? value.then(missing, caught) : missing();
}

function printResult(expression: () => unknown, result: string): void {
  console.log(`${sourceOf(expression)}\n  ${dim("→")} ${result}`);
}

function inspect(value: unknown): string {
  return Deno.inspect(value, { colors, depth: 4 }).replaceAll("\n", "\n    ");
}

/**
 * The expression inside an arrow function, on one line.
 *
 * `toString()` gives the code as Deno runs it: types are gone, every item of an
 * array stands on a line of its own. Spaces are put back to what one would
 * write; strings are left alone.
 *
 * @param expression The arrow function.
 * @returns Its body, without the arrow.
 */
export function sourceOf(expression: () => unknown): string {
  const body = String(expression).replace(/^(async\s*)?\(\)\s*=>\s*/, "");
  const stringOrSpace =
    /("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)|\s*=>\s*|\[\s+|\s+\]|\s+/g;
  const line = body.replace(stringOrSpace, (found, string?: string) => {
    if (string !== undefined) return string;
    return found.includes("=>") ? " => " : found.trim() || " ";
  });
  // An arrow function has to wrap an object it returns in parentheses.
  return /^\(\{.*\}\)$/.test(line) ? line.slice(1, -1) : line;
}

/** One row of a table: column names and what stands in them. */
export type Row = Readonly<Record<string, string | number | bigint | boolean>>;

/**
 * Prints a table.
 *
 * @param rows The rows; the first row's keys are the column heads.
 */
export function table(rows: readonly Row[]): void {
  console.log(formatTable(rows).join("\n"));
}

/**
 * Lays out a table: text to the left, numbers to the right.
 *
 * @param rows The rows; the first row's keys are the column heads.
 * @returns The lines: heads, a rule, then a line a row.
 */
export function formatTable(rows: readonly Row[]): string[] {
  const heads = Object.keys(rows[0] ?? {});
  const cells = rows.map((row) => heads.map((head) => String(row[head] ?? "")));
  const columns = heads.map((head, i) => ({
    size: Math.max(width(head), ...cells.map((line) => width(line[i] ?? ""))),
    // "12.5 ms" and "1.9 ×" are read as numbers too.
    right: cells.every((line) => /^[-≈]?\d/.test(stripAnsiCode(line[i] ?? ""))),
  }));
  const layOut = (line: string[]) =>
    line.map((cell, i) => {
      const gap = " ".repeat((columns[i]?.size ?? 0) - width(cell));
      return columns[i]?.right ? gap + cell : cell + gap;
    }).join("  ").trimEnd();
  const rule = columns.map(({ size }) => "-".repeat(size)).join("  ");
  return [bold(layOut(heads)), dim(rule), ...cells.map(layOut)];
}

/**
 * Prints a bar for each value, the largest as long as the line.
 *
 * @example
 * ```ts
 * import { bars, duration } from "./lesson.ts";
 *
 * bars({ sequential: 400, parallel: 210 }, duration);
 * ```
 *
 * @param values The values by their labels, none below 0.
 * @param format How a value is written behind its bar.
 */
export function bars(
  values: Readonly<Record<string, number>>,
  format: (value: number) => string = String,
): void {
  console.log(formatBars(values, format).join("\n"));
}

/**
 * Lays out a bar for each value.
 *
 * @param values The values by their labels, none below 0.
 * @param format How a value is written behind its bar.
 * @returns The lines, one a value.
 */
export function formatBars(
  values: Readonly<Record<string, number>>,
  format: (value: number) => string,
): string[] {
  const labels = Object.keys(values);
  const most = Math.max(...Object.values(values), Number.MIN_VALUE);
  const margin = Math.max(0, ...labels.map(width));
  return labels.map((label) => {
    const value = values[label] ?? 0;
    const bar = "█".repeat(Math.round(value / most * 40)) || "▏";
    return `${label.padEnd(margin)}  ${cyan(bar)} ${format(value)}`;
  });
}

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

/**
 * Draws which worker ran which task when: a row a worker, time to the right.
 *
 * @param spans What ran, in any order; `onTask` of a Pool gives them.
 */
export function timeline(spans: readonly Span[]): void {
  console.log(formatTimeline(spans).join("\n"));
}

/**
 * Lays out a timeline. Each task is drawn as its number and a line as long as
 * it ran; a dot is a moment in which the worker had nothing to do.
 *
 * @param spans What ran, in any order.
 * @param columns How many characters the time axis is wide.
 * @returns The lines: the axis, then one a worker.
 */
export function formatTimeline(spans: readonly Span[], columns = 60): string[] {
  if (spans.length === 0) return ["(nothing ran)"];
  const start = spans.reduce(
    (least, { from }) => Math.min(least, from),
    Infinity,
  );
  const end = spans.reduce((most, { to }) => Math.max(most, to), -Infinity);
  const column = (time: number) =>
    Math.round((time - start) / (end - start || 1) * columns);

  const rows = new Map<number, string[]>();
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const row = rows.get(span.worker) ?? Array(columns).fill("·");
    rows.set(span.worker, row);
    const from = Math.min(column(span.from), columns - 1);
    const to = Math.max(column(span.to), from + 1);
    const drawn = String(span.task).padEnd(to - from, "━").slice(0, to - from);
    row.splice(from, to - from, ...drawn);
  }

  const total = duration(end - start);
  const name = (worker: number) => `Worker ${worker}`;
  const margin = Math.max(...[...rows.keys()].map((n) => name(n).length));
  const axis = "0".padEnd(columns - total.length) + total;
  const lines = [...rows].sort(([a], [b]) => a - b).map(([worker, row]) =>
    `${name(worker).padEnd(margin)}  ${cyan(row.join(""))}`
  );
  return [`${" ".repeat(margin)}  ${dim(axis)}`, ...lines];
}

/**
 * Writes a duration with the units that fit it: `1s 234ms`, `12ms`, `7µs`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { duration } from "./lesson.ts";
 *
 * assertEquals(duration(1234.56), "1s 235ms");
 * assertEquals(duration(0.0071), "7µs");
 * ```
 *
 * @param ms The duration in milliseconds.
 * @returns The duration as text, to the millisecond, or below 1 ms to the
 * microsecond.
 */
export function duration(ms: number): string {
  const rounded = Math.abs(ms) >= 1
    ? Math.round(ms)
    : Math.round(ms * 1000) / 1000;
  return formatDuration(rounded, { ignoreZero: true }) || "0ms";
}

/**
 * Writes a number of bytes with the unit that fits it: `800 kB`.
 *
 * @param count The number of bytes.
 * @returns The number as text, in units of 1000.
 */
export function bytes(count: number): string {
  return formatBytes(count);
}

/** An option of the command line; its default decides its type. */
export interface Flag {
  /** The value without the option. Numbers are whole numbers. */
  readonly default: number | boolean | string;
  /** What the option does, for `--help`. */
  readonly help: string;
  /** The least value of a number; 0 unless given. */
  readonly min?: number;
  /** The greatest value of a number. */
  readonly max?: number;
}

/** The values of a set of options. */
export type FlagValues<Flags extends Readonly<Record<string, Flag>>> = {
  readonly [Name in keyof Flags]: Flags[Name]["default"] extends number ? number
    : Flags[Name]["default"] extends boolean ? boolean
    : string;
};

/**
 * Whether a lesson is refused to start programs; Deno's own question is not
 * asked.
 *
 * @param meta `import.meta` of the lesson.
 * @param programs What it starts, as in `Deno.Command`.
 * @returns What to say of it; nothing if it may start them.
 */
export function refusal(
  meta: ImportMeta,
  ...programs: string[]
): string | undefined {
  const allowed = programs.every((command) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted"
  );
  if (allowed) return undefined;
  return `To see this, run: deno run --allow-run ${fileOf(meta.url)}\n` +
    "Deno asks, because a program it starts may do all that you may do.";
}

/**
 * Reads the command line. `--help` prints the usage and ends the program; a
 * wrong option or value prints what is wrong and the usage to stderr, and ends
 * it with 2.
 *
 * @example
 * ```ts
 * import { flags } from "./lesson.ts";
 *
 * const { count } = flags(import.meta, {
 *   count: { default: 3, help: "how many children to start", min: 1 },
 * });
 * ```
 *
 * @typeParam Flags The options, by name.
 * @param meta The lesson's `import.meta`, for its name in the usage.
 * @param options The options, by name without the dashes.
 * @param permissions What stands between `deno run` and the lesson's name.
 * @returns The value of each option.
 */
export function flags<const Flags extends Readonly<Record<string, Flag>>>(
  meta: ImportMeta,
  options: Flags = {} as Flags,
  permissions = "",
): FlagValues<Flags> {
  const usage = formatUsage(meta.url, options, permissions);
  const parsed = parseFlags(Deno.args, options);
  if (parsed === "help") {
    console.log(usage);
    Deno.exit(0);
  }
  if (typeof parsed === "string") {
    console.error(`${parsed}\n\n${usage}`);
    Deno.exit(2);
  }
  stopAtTodo();
  return parsed;
}

/**
 * Reads options from a list of words.
 *
 * @typeParam Flags The options, by name.
 * @param args The words of the command line.
 * @param options The options, by name without the dashes.
 * @returns The values, `"help"`, or a sentence that says what is wrong.
 */
export function parseFlags<const Flags extends Readonly<Record<string, Flag>>>(
  args: readonly string[],
  options: Flags,
): FlagValues<Flags> | string {
  const names = Object.keys(options);
  const isBoolean = (name: string) =>
    typeof options[name]?.default === "boolean";
  const unknown: string[] = [];
  const given = parseArgs(args, {
    alias: { help: "h" },
    boolean: [...names.filter(isBoolean), "help"],
    string: names.filter((name) => !isBoolean(name)),
    unknown: (word) => void unknown.push(word),
  });
  if (given["help"]) return "help";
  if (unknown.length > 0) return `unknown option or argument: ${unknown[0]}`;

  const values: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(options)) {
    const text = given[name];
    const word = args.findLast((word) =>
      word === `--${name}` || word.startsWith(`--${name}=`)
    );
    if (word === undefined) {
      values[name] = flag.default;
    } else if (typeof flag.default === "number") {
      const problem = wrongNumber(String(text), flag);
      if (problem) return `--${name}: ${problem}`;
      values[name] = Number(text);
    } else if (isBoolean(name) && /=(?!(true|false)$)/.test(word)) {
      return `--${name}: takes no value, or true or false`;
    } else if (text === "") {
      return `--${name}: a value is missing`;
    } else {
      values[name] = text;
    }
  }
  return values as FlagValues<Flags>;
}

function wrongNumber(text: string, { min = 0, max }: Flag): string | undefined {
  if (text === "") return "a number is missing";
  const value = Number(text);
  const range = max === undefined ? `at least ${min}` : `${min} to ${max}`;
  const fits = Number.isSafeInteger(value) && value >= min &&
    value <= (max ?? Infinity);
  return fits ? undefined : `"${text}" is not a whole number, ${range}`;
}

/** Whether an error says that a student has something left to write. */
function isTodo(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("TODO ");
}

/** Ends an exercise at the first thing that is left to write, in one line. */
function stopAtTodo(): void {
  const stop = (event: Event, error: unknown) => {
    if (!isTodo(error)) return;
    event.preventDefault();
    const [, line] = /(lessons\/\w+\.ts:\d+)/.exec(error.stack ?? "") ?? [];
    console.error(`${error.message}${line ? ` (${line})` : ""}`);
    Deno.exit(1);
  };
  addEventListener("error", (event) => stop(event, event.error));
  addEventListener(
    "unhandledrejection",
    (event) => stop(event, event.reason),
  );
}

/** A lesson's file as one types it, such as `lessons/03_pool.ts`. */
function fileOf(url: string): string {
  return url.split("/").slice(-2).join("/");
}

function formatUsage(
  url: string,
  options: Readonly<Record<string, Flag>>,
  permissions: string,
): string {
  const words = ["deno run", permissions, fileOf(url), "[options]"].filter(
    Boolean,
  );
  const lines = Object.entries(options).map(([name, flag]) => {
    const isBoolean = typeof flag.default === "boolean";
    const left = isBoolean ? `--${name}` : `--${name} <${typeof flag.default}>`;
    const fallback = isBoolean ? "" : ` (default: ${flag.default})`;
    return [left, flag.help + fallback] as const;
  });
  const all = [...lines, ["--help", "print this text and end"] as const];
  const margin = Math.max(...all.map(([left]) => left.length));
  return [
    `Usage: ${words.join(" ")}`,
    "",
    ...all.map(([left, right]) => `  ${left.padEnd(margin)}  ${right}`),
  ].join("\n");
}

/** How many columns a text takes; one a character is enough for lessons. */
function width(text: string): number {
  return [...stripAnsiCode(text)].length;
}
