/**
 * Tells a lesson so that each thing that it prints names the line that printed
 * it. Pages do so in a thread of the browser, and the build in Deno.
 *
 * @module
 */

import * as library from "../mod.ts";
import * as lessons from "../lib/lesson.ts";
import type { Options, Output, Row } from "../lib/lesson.ts";
import { expressionOf } from "../lib/lesson/code.ts";
import { cellOf } from "../lib/lesson/layout.ts";
import { isNumber } from "./draw.ts";
import type { Printed, Said } from "./said.ts";
import { lineIn } from "./stack.ts";

/** What a lesson's module has told when it was loaded. */
export interface Told {
  readonly options: Options;
  readonly readOn: Readonly<Record<string, string>>;
  readonly needsRun: boolean;
}

// deno-lint-ignore no-explicit-any -- Functions of all kinds print.
type Fn = (...args: any[]) => unknown;

/** Loads one lesson and tells it. */
export class Teller {
  /** The line that prints at the moment. */
  #line = 1;
  /** Lines that wait for a value, by their expressions. */
  readonly #waiting = new Map<string, number[]>();
  /** What `say` is about to print: other paragraphs are comments. */
  #saying: string | undefined;
  /** Whether this section has weighed values, which no page can do. */
  #isUnknown = false;
  #heap = 0;
  #settings: Told = { options: {}, readOn: {}, needsRun: false };

  /**
   * @param path The lesson's path in the project.
   * @param said Takes what it prints.
   * @param at Takes the line that is about to print.
   */
  constructor(
    readonly path: string,
    readonly said: (said: Said) => void,
    readonly at: (line: number) => void = () => {},
  ) {}

  /** What the lesson's module has told. */
  get settings(): Told {
    return this.#settings;
  }

  /** Says what a thread prints while the lesson waits for it, or the lesson. */
  log(text: string): void {
    this.#say({ kind: "log", text }, this.#here());
  }

  /**
   * What a lesson imports.
   *
   * @param from As it is written there.
   * @param names What it wants of it.
   * @returns The module.
   * @throws {TypeError} If the book does not have it.
   * @throws {SyntaxError} If the module does not export a name.
   */
  module(from: string, names: readonly string[] = []): unknown {
    const found: Record<string, unknown> | undefined = from === "../mod.ts"
      ? library
      : from === "../lib/lesson.ts"
      ? { ...lessons, ...this.#printing() }
      : undefined;
    if (!found) {
      throw new TypeError(
        `there is no module "${from}" in the book: it has "../mod.ts" and ` +
          '"../lib/lesson.ts", and loads nothing from elsewhere',
      );
    }
    const missing = names.find((name) => !(name in found));
    if (missing === undefined) return found;
    throw new SyntaxError(`"${from}" does not export ${missing}`);
  }

  /** Tells the story; the lesson has been loaded. */
  async tell(values: Readonly<Record<string, unknown>>): Promise<void> {
    await lessons.tell(`course:///${this.path}`, this.#output(), values);
  }

  /** The functions that print, each of which notes the line that calls it. */
  #printing(): Record<string, unknown> {
    const here = (print: Fn, before: Fn = () => {}): Fn => (...args) => {
      this.at(this.#line = this.#here());
      before(...args);
      return print(...args);
    };
    const wait = (expression: () => unknown) => {
      const text = expressionOf(expression);
      const lines = this.#waiting.get(text) ?? [];
      this.#waiting.set(text, [...lines, this.#line]);
    };
    const { code, measure, table, bars, curve, timeline } = lessons;
    const others = { code, measure, table, bars, curve, timeline };
    return {
      ...Object.fromEntries(
        Object.entries(others).map(([name, print]) => [name, here(print)]),
      ),
      show: here(lessons.show, wait),
      showError: here(lessons.showError, wait),
      heapInUse: "memoryUsage" in Deno ? lessons.heapInUse : () => {
        this.#isUnknown = true;
        // It grows, so that whoever weighs a value takes it for a large one.
        return this.#heap += 1_000_000;
      },
      section: here(lessons.section, () => this.#isUnknown = false),
      say: here(lessons.say, (text: string) => this.#saying = text),
      duration: (ms: number) =>
        ms === 0 ? `below ${tick()}` : lessons.duration(ms),
      lesson: (meta: ImportMeta, story: () => unknown, settings: Told) => {
        this.#settings = { ...this.#settings, ...settings };
        lessons.lesson(meta, story, settings);
      },
    };
  }

  #output(): Output {
    const ignore = () => {};
    const result = (
      kind: "value" | "error",
      expression: string,
      text: string,
    ) => {
      const line = this.#waiting.get(expression)?.shift();
      this.#say({ kind, expression, text }, line);
    };
    return {
      title: ignore,
      section: ignore,
      lines: ignore,
      // A function stands where the story speaks of it.
      code: ignore,
      prose: (text) => {
        if (text !== this.#saying) return;
        this.#saying = undefined;
        this.#say({ kind: "say", text });
      },
      value: (expression, value) => {
        const text = Deno.inspect(value, { depth: 4, breakLength: 72 });
        result("value", expression, text);
      },
      error: (expression, error) => result("error", expression, String(error)),
      table: (sample) => this.#table(sample),
      bars: (values, format) => this.#say(barsOf(values, format)),
      curve: (points, cores) => this.#say({ kind: "curve", points, cores }),
      timeline: (spans, start = Math.min(...spans.map(({ from }) => from))) => {
        const bars = spans.map(({ worker, task, from, to }) => (
          { worker, task, from: from - start, to: to - start }
        ));
        this.#say({ kind: "timeline", bars });
      },
    };
  }

  /** Says that a table begins; what is returned says a row of it. */
  #table(sample: readonly Row[]): (row: Row) => void {
    const heads = Object.keys(sample[0] ?? {});
    const cellsOf = (row: Row) => heads.map((it) => cellOf(row[it] ?? ""));
    const rows = sample.map(cellsOf);
    const numbers = heads.map((_, i) => rows.every((it) => isNumber(it[i]!)));
    const line = this.#line;
    this.#say({ kind: "table", heads, numbers }, line);
    return (row) => this.#say({ kind: "row", cells: cellsOf(row) }, line);
  }

  #say(printed: Printed, line = this.#line): void {
    const unknown = this.#isUnknown && { isRecorded: true };
    this.said({ ...printed, line, ...unknown });
  }

  /** The line of the lesson that is being carried out. */
  #here(): number {
    return lineIn(new Error().stack, this.path) ?? this.#line;
  }
}

/** Bars of which the longest is 1 long. */
function barsOf(...[values, format]: Parameters<Output["bars"]>): Printed {
  const most = Math.max(...Object.values(values), Number.MIN_VALUE);
  const bars = Object.entries(values).map(([label, value]) => (
    { label, share: value / most, text: format(value) }
  ));
  return { kind: "bars", bars };
}

/** The least time that the clock can tell, measured. */
function tick(): string {
  const start = performance.now();
  let now = start;
  while (now === start) now = performance.now();
  return lessons.duration(Math.max(now - start, 0.001));
}
