/**
 * How lessons talk: a story whose comments are printed before the results that
 * they explain, expressions beside their values, tables, timelines, and the
 * options of the command line.
 *
 * Everything is plain text where standard output is no terminal or NO_COLOR is
 * set.
 *
 * @module
 */

import type { Gain } from "./lesson/amdahl.ts";
import { canGuess } from "./lesson/claims.ts";
import { codeOf, expressionOf } from "./lesson/code.ts";
import { commandOf, pathOf } from "./lesson/command.ts";
import { type Row, type Span, wrap } from "./lesson/layout.ts";
import { Narrator } from "./lesson/narrator.ts";
import {
  defaultsOf,
  formatUsage,
  type Options,
  type OptionValues,
  parseOptions,
} from "./lesson/options.ts";
import { type Output, terminal } from "./lesson/output.ts";
import { Quiz, Stopped } from "./lesson/quiz.ts";

export type { Gain } from "./lesson/amdahl.ts";
export type { Row, Span } from "./lesson/layout.ts";
export type { Option, Options, OptionValues } from "./lesson/options.ts";
export type { Output } from "./lesson/output.ts";
export { heapInUse } from "./lesson/heap.ts";
export { bytes, count, duration, speedup } from "./lesson/units.ts";

/**
 * The lessons in their order: the name of the file, the title, and the
 * permission that it needs.
 */
export const lessons:
  readonly (readonly [name: string, title: string, flag?: string])[] = [
    ["01_processes", "Programs and processes"],
    ["02_workers", "Workers"],
    ["03_pool", "Sequential and parallel"],
    ["04_child_processes", "Child processes", "--allow-run"],
    ["05_messages", "Messages"],
    ["06_shared_memory", "Shared memory"],
    ["07_concurrency", "Concurrency"],
    ["08_waiting_or_computing", "Waiting or computing"],
    ["09_iterators", "Iterables and iterators"],
    ["10_generators", "Generators"],
    ["11_lambdas", "Lambda functions"],
    ["12_map_filter_reduce", "Map, filter and reduce"],
    ["13_pipelines", "Pipelines"],
    ["14_subprocess", "Programs as subprocesses", "--allow-run"],
    ["15_paradigms", "Programming paradigms"],
  ];

/** What a lesson has besides its story. */
export interface LessonSettings<O extends Options> {
  /** Options of the command line; the story gets their values. */
  readonly options?: O;
  /** Whether the story needs `--allow-run` from its beginning. */
  readonly needsRun?: boolean;
  /** What to read after the lesson: addresses by their titles. */
  readonly readOn?: Readonly<Record<string, string>>;
}

/** What a story is told with. */
type Story<O extends Options> = (values: OptionValues<O>) => unknown;

interface Lesson extends LessonSettings<Options> {
  readonly meta: ImportMeta;
  readonly story: Story<Options>;
}

/** Where the story that is being told is printed, and its narrator. */
let output: Output | undefined;
let narrator: Narrator | undefined;

/** The lessons whose modules are loaded, by their addresses. */
const loaded = new Map<string, Lesson>();

const builtIn = {
  brief: { default: false, help: "print results only" },
  predict: { default: false, help: "ask for each value before it is printed" },
} as const;

/**
 * A lesson: tells its story if it is the program that was started.
 *
 * A comment in the story is printed before the results that follow it, and so
 * is each statement that prints nothing itself. An empty comment line separates
 * two paragraphs.
 *
 * `--brief` prints results only; `--help` prints the options. `--predict` asks
 * the reader for each value that a comment behind `show` or `showError` tells
 * exactly, and counts what was right. A wrong option prints what is wrong and the
 * usage to stderr, and ends the program with 2.
 *
 * @example
 * ```ts
 * import { lesson, section, show } from "./lesson.ts";
 *
 * lesson(import.meta, ({ n }) => {
 *   // Two and two are four: the sum of two numbers is a number.
 *   show(() => 2 + 2); // 4
 *
 *   section("As often as one likes");
 *   // A loop repeats its body.
 *   for (let i = 0; i < n; i++) show(() => 2 + 2); // 4
 * }, { options: { n: { default: 1, help: "how often" } } });
 * ```
 *
 * @param meta The lesson's `import.meta`.
 * @param story The story; it gets the values of the options.
 * @param settings What the lesson has besides.
 */
export function lesson<const O extends Options = Record<never, never>>(
  meta: ImportMeta,
  story: Story<O>,
  settings: LessonSettings<O> = {},
): void {
  const entry = { ...settings, meta, story: story as Story<Options> };
  loaded.set(meta.url, entry);
  // What stands below the story in its file is evaluated before the microtask.
  if (meta.main) queueMicrotask(() => void main(entry));
}

/**
 * Tells the story of a lesson whose module has been imported, with its options'
 * defaults unless values are given.
 *
 * @throws {Error} If no module with that address called `lesson`.
 */
export async function tell(
  url: string,
  to: Output,
  values: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const entry = loaded.get(url);
  if (!entry) throw new Error(`tell: no lesson at ${url}`);
  const all = { ...defaultsOf(entry.options ?? {}), ...values };
  const [name, title] = lessonAt(url);
  output = to;
  narrator = new Narrator(
    String(entry.story),
    ({ kind, text }) => to[kind](text),
  );
  try {
    to.title(title ?? name);
    narrator.begin();
    await entry.story(all as OptionValues<Options>);
    narrator.end();
    narrator = undefined;
    closing(entry);
  } finally {
    output = narrator = undefined;
  }
}

/** The name and the title of the lesson at an address, and the next one's. */
function lessonAt(url: string) {
  const name = url.replace(/^.*\//, "").replace(/\.ts$/, "");
  const at = lessons.findIndex(([known]) => known === name);
  const next = at < 0 ? undefined : lessons[at + 1];
  return [name, lessons[at]?.[1], next] as const;
}

/** Says what to read, what to try and where to go on. */
function closing({ meta, readOn = {} }: Lesson): void {
  const [, , next] = lessonAt(meta.url);
  const todo = Object.entries(readOn);
  todo.push([
    "The code of this lesson: read it, change it, run it again",
    pathOf(meta),
  ]);
  if (next) {
    const [file, title, flag] = next;
    const command = commandOf(meta, file, flag !== undefined);
    todo.push([`Lesson ${Number.parseInt(file)}: ${title}`, command]);
  }
  const lines = todo.flatMap(([what, where]) => [what, `  ${where}`]);
  current().lines(lines, "Read on");
}

/** Reads the command line, tells the story, and ends as a program should. */
async function main(entry: Lesson): Promise<void> {
  const { meta, needsRun, options = {} } = entry;
  const command = commandOf(meta, lessonAt(meta.url)[0], needsRun ?? false);
  const all = { ...options, ...builtIn };
  const parsed = parseOptions(Deno.args, all);
  if (parsed === "help") return console.log(formatUsage(command, all));
  const isAlone = !Deno.stdin.isTerminal() || !Deno.stdout.isTerminal();
  const wrong = typeof parsed === "string"
    ? parsed
    : parsed.predict && isAlone && "--predict: there is no terminal to ask in";
  if (wrong) {
    console.error(`${wrong}\n\n${formatUsage(command, all)}`);
    Deno.exit(2);
  }
  if (needsRun && !allowsPrograms()) {
    console.error([...wrap(refusal, 60), command].join("\n"));
    Deno.exit(1);
  }
  await report(meta, parsed as OptionValues<Options>);
}

/** Tells the story in the way that the options ask for. */
async function report(
  meta: ImportMeta,
  { brief, predict, ...values }: OptionValues<Options>,
): Promise<void> {
  const quiz = predict ? new Quiz() : undefined;
  const to = terminal(undefined, undefined, quiz);
  if (quiz) to.prose(howToGuess);
  try {
    await tell(meta.url, brief ? briefly(to) : to, values);
    if (quiz) console.log(`\n${quiz.result}`);
  } catch (error) {
    if (error instanceof Stopped) {
      console.log(`\n${error.message}`);
      Deno.exit(0);
    }
    if (!isTodo(error)) throw error;
    const [, line] = /(lessons\/\w+\.ts:\d+)/.exec(error.stack ?? "") ?? [];
    console.error(`${error.message}${line ? ` (${line})` : ""}`);
    console.error("How far you are: deno task exercise");
    Deno.exit(1);
  }
}

const howToGuess =
  "Guess each value before you see it: type it, a text in quotes, and press Enter. Enter alone shows the value, Ctrl-D ends the lesson.";

/** The results of what is said, without the words. */
function briefly(to: Output): Output {
  const nothing = () => {};
  return Object.assign(to, { prose: nothing, code: nothing, lines: nothing });
}

/** Has everything that is said outside of a story go there. */
export function printTo(to: Output): void {
  output = to;
}

/** Where to say it: where the story is told, or the terminal outside of one. */
function current(): Output {
  return output ??= terminal();
}

/** Prints the heading of a part of a lesson. */
export function section(text: string): void {
  narrator?.before("section", JSON.stringify(text));
  current().section(text);
  narrator?.begin();
}

/**
 * Prints a paragraph that depends on what was measured. What does not is a
 * comment of the story.
 */
export function say(text: string): void {
  narrator?.before("say");
  current().prose(text);
}

/**
 * Prints an expression and its value, which it returns. The value of a promise is
 * printed once it is there.
 *
 * @example
 * ```ts
 * import { show } from "./lesson.ts";
 *
 * const four = show(() => 2 + 2); // prints 2 + 2 → 4
 * ```
 */
export function show<T>(expression: () => T): T {
  const guess = ask("show", expression);
  const value = expression();
  const print = (settled: unknown) => {
    current().value(expressionOf(expression), settled, guess);
    return settled;
  };
  return (value instanceof Promise ? value.then(print) : print(value)) as T;
}

/**
 * Prints an expression and the error that it throws, or rejects with, and returns
 * the error.
 *
 * @throws {Error} If the expression throws nothing.
 */
export function showError<T>(
  expression: () => T,
): T extends Promise<unknown> ? Promise<unknown> : unknown;
export function showError(expression: () => unknown): unknown {
  const guess = ask("showError", expression);
  const caught = (error: unknown) => {
    if (isTodo(error)) throw error;
    current().error(expressionOf(expression), error, guess);
    return error;
  };
  const missing = () => {
    throw new Error(`showError: ${expressionOf(expression)} threw nothing`);
  };
  let value: unknown;
  try {
    value = expression();
  } catch (error) {
    return caught(error);
  }
  return value instanceof Promise ? value.then(missing, caught) : missing();
}

/** Tells what stands before a result, and lets the reader guess it. */
function ask(name: string, expression: () => unknown): string | undefined {
  const claim = narrator?.before(name, String(expression)) ?? "≈";
  return canGuess(claim)
    ? current().ask?.(expressionOf(expression))
    : undefined;
}

/** Prints the code of a function or a class, as Deno runs it: without types. */
export function code(
  fn:
    | ((...args: never[]) => unknown)
    | (abstract new (...args: never[]) => unknown),
): void {
  narrator?.before("code");
  current().code(codeOf(fn, 72));
}

/** Prints a table; the first row's keys are the column heads. */
export function table(rows: readonly Row[]): void {
  narrator?.before("table");
  rows.forEach(current().table(rows));
}

/**
 * Prints a table of what is measured, each row as soon as it is there, and
 * returns all measurements.
 *
 * @example
 * ```ts
 * import { duration, measure } from "./lesson.ts";
 *
 * async function* waits() {
 *   for (const ms of [1, 2]) {
 *     const start = performance.now();
 *     await new Promise((resolve) => setTimeout(resolve, ms));
 *     yield { ms, took: performance.now() - start };
 *   }
 * }
 * await measure(waits(), ({ ms, took }) => ({ ms, took: duration(took) }));
 * ```
 */
export async function measure<T>(
  measurements: AsyncIterable<T>,
  rowOf: (measurement: T) => Row,
): Promise<T[]> {
  narrator?.before("measure");
  const all: T[] = [];
  let print: ((row: Row) => void) | undefined;
  for await (const measurement of measurements) {
    const row = rowOf(measurement);
    print ??= current().table([row]);
    print(row);
    all.push(measurement);
  }
  return all;
}

/**
 * Prints a bar for each value, none below 0, by its label; the longest is as long
 * as the line allows.
 */
export function bars(
  values: Readonly<Record<string, number>>,
  format: (value: number) => string = String,
): void {
  narrator?.before("bars");
  current().bars(values, format);
}

/**
 * Draws how many times as fast more workers are, beside the ideal, and says which
 * share of the work ran in parallel by Amdahl's law.
 *
 * @example
 * ```ts
 * import { curve } from "./lesson.ts";
 *
 * curve([{ workers: 1, gain: 1 }, { workers: 2, gain: 1.8 }]);
 * ```
 */
export function curve(gains: readonly Gain[]): void {
  narrator?.before("curve");
  current().curve(gains, navigator.hardwareConcurrency);
}

/**
 * Draws which worker ran which task when: a row a worker, time to the right. A
 * task is drawn as its number and a line as long as it ran. `onTask` of a Pool
 * gives the spans; the drawing begins with the first of them, unless `start` says
 * when, on the same clock.
 */
export function timeline(spans: readonly Span[], start?: number): void {
  narrator?.before("timeline");
  current().timeline(spans, start);
}

/**
 * Waits until somebody presses Enter, or for some milliseconds. Where there is no
 * terminal, it does not wait.
 */
export async function pause(ms: number): Promise<void> {
  narrator?.before("pause");
  if (ms === 0) return;
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return;
  const reader = Deno.stdin.readable.getReader();
  const timer = setTimeout(() => void reader.cancel(), ms);
  await reader.read();
  clearTimeout(timer);
  await reader.cancel();
}

function allowsPrograms(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** What to say where programs may not be started; a command follows. */
const refusal =
  "This lesson starts programs. Deno allows that only with --allow-run, because a program that it starts is not bound by its permissions. To see it, run:";

/** Whether an error says that a student has something left to write. */
function isTodo(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("TODO ");
}
