/**
 * Fresh inputs: values that no visible test uses, and how a function is called
 * with them. The same ones are given to the lesson's own solution and to what a
 * student wrote, so an answer that was made for the visible tests alone is found
 * out. What a lesson's functions are called with stands beside its tests, in
 * `tests/NN_inputs.ts`.
 *
 * @module
 */

import { canonical, canonicalError } from "./canonical.ts";

/** What was called, as a reader would write it, and what came of it. */
export interface Outcome {
  readonly call: string;
  readonly result: string;
}

// What a student wrote may be anything.
// deno-lint-ignore no-explicit-any
export type Lesson = any;

/** One call: how it is written, and how it is done. */
export interface Trial {
  readonly call: string;
  readonly run: () => unknown;
  /** What is passed, which has to be the same afterwards. */
  readonly args?: readonly unknown[];
  /** Whether the message of what it throws counts. */
  readonly withMessage?: boolean;
}

/** Makes one call of a function, with inputs of a random source. */
export type Draw = (lesson: Lesson, random: Random) => Trial;

/** The kinds of calls of each function of a lesson; each is made once. */
export type Inputs = Readonly<Record<string, readonly Draw[]>>;

/** What a module of inputs states of its lesson. */
export interface InputsModule {
  readonly inputs: Inputs;
  /** What the lesson's tests replace, and so cannot be frozen. */
  readonly replaced?: readonly object[];
  /** Functions of which each is to be an answer of its own. */
  readonly apart?: readonly string[];
}

const textOf = Function.prototype.toString;

/**
 * Calls a function with fresh inputs.
 *
 * @param inputs The inputs of the lesson.
 * @param name The function's name.
 * @param lesson The lesson's module.
 * @param seed Decides the inputs: the same seed, the same inputs.
 * @returns The calls and what came of them.
 */
export async function outcomesOf(
  inputs: Inputs,
  name: string,
  lesson: Lesson,
  seed: number,
): Promise<Outcome[]> {
  // A function's inputs do not depend on which functions came before.
  const random = new Random(seed ^ hash(name));
  const outcomes: Outcome[] = [];
  for (const draw of inputs[name] ?? []) {
    const { call, run, args = [], withMessage } = draw(lesson, random);
    const before = canonical(args);
    let result: string;
    try {
      result = canonical(await run());
    } catch (error) {
      result = canonicalError(error, withMessage);
    }
    const after = canonical(args);
    if (after !== before) result += `, and its arguments become ${after}`;
    outcomes.push({ call, result });
  }
  return outcomes;
}

/** The first outcome that is not as expected, in words. */
export function differenceOf(
  found: readonly Outcome[] | undefined,
  expected: readonly Outcome[],
): { call: string; gives: string; expected: string } | undefined {
  for (const [i, { call, result }] of expected.entries()) {
    const own = found?.[i];
    if (own?.call === call && own.result === result) continue;
    return { call, gives: own?.result ?? "nothing", expected: result };
  }
  return undefined;
}

/** What the name of the test of fresh inputs is made of. */
export function freshInputs(name: string): string {
  return `${name}: fresh inputs`;
}

/** Whether a test is that of fresh inputs. */
export function isFresh(test: string): boolean {
  return test === freshInputs(test.split(":")[0]!);
}

/** What a lesson's own solution gives for fresh inputs, by function. */
export interface Expected {
  readonly seed: number;
  readonly outcomes: Readonly<Record<string, readonly Outcome[]>>;
}

/** An answer that differs from what the lesson's own solution gives. */
class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/**
 * Registers a test for each function that is tried on fresh inputs.
 *
 * @param lesson The lesson's module.
 * @param inputs The inputs of the lesson.
 * @param expected What the lesson's own solution gave for them.
 */
export function testFresh(
  lesson: Lesson,
  inputs: Inputs,
  { seed, outcomes }: Expected,
): void {
  for (const [name, expected] of Object.entries(outcomes)) {
    Deno.test(freshInputs(name), async () => {
      const found = await outcomesOf(inputs, name, lesson, seed);
      const wrong = differenceOf(found, expected);
      if (wrong === undefined) return;
      const lines = [wrong.call, wrong.gives, wrong.expected];
      throw new WrongAnswer(lines.join("\n"));
    });
  }
}

/** A value, and the text that stands for it in a call. */
export class Shown {
  constructor(readonly text: string, readonly value: unknown) {}
}

/**
 * A call of one of the lesson's functions.
 *
 * @param lesson The lesson's module.
 * @param name The function's name.
 * @param args What to pass.
 * @param read Makes of what is returned what counts of it.
 */
export function callOf(
  lesson: Lesson,
  name: string,
  args: readonly unknown[],
  read: (result: Lesson) => unknown = (result) => result,
): Trial {
  const values = args.map((arg) => arg instanceof Shown ? arg.value : arg);
  const texts = args.map((arg) =>
    arg instanceof Shown ? arg.text : canonical(arg)
  );
  return {
    call: `${name}(${texts.join(", ")})`,
    args: args.filter((arg) => !(arg instanceof Shown)),
    run: () => {
      const result: unknown = lesson[name](...values);
      return result instanceof Promise ? result.then(read) : read(result);
    },
  };
}

/**
 * Looks whether a function calls another one of the lesson, which has the
 * answer already.
 *
 * @param name The function's name.
 * @param others The names of those it is not to call.
 */
export function withoutCalling(name: string, ...others: string[]): Draw {
  return (lesson) => ({
    call: `the text of ${name}`,
    run: () => {
      const text = Reflect.apply(textOf, lesson[name], [])
        .replace(remarks, "");
      const other = others.find((other) =>
        new RegExp(`\\b${other}\\b(?!\\s*:)`).test(text)
      );
      return new Text(other ? `uses ${other}` : "is an answer of its own");
    },
  });
}

/** Comments, and texts as there may be in comments' places. */
const remarks = /\/\*[^]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

/** A text that is written without quotation marks. */
class Text {
  constructor(readonly says: string) {}
}

/** The items of an iterable, not more than so many of them. */
export function items(iterable: Iterable<unknown>, most = 100): unknown[] {
  const found: unknown[] = [];
  for (const item of iterable) {
    found.push(item);
    if (found.length === most) break;
  }
  return found;
}

/** A number without what rounding does to its last digits. */
export function rounded(value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(12)) : value;
}

/**
 * Whether a time is what a clock would have measured.
 *
 * @param elapsed What is said, in milliseconds.
 * @param least What it took at least, in milliseconds.
 * @param most What it took at most, in milliseconds.
 */
export function isTime(elapsed: unknown, least: number, most: number): string {
  // A clock may count in whole milliseconds.
  return typeof elapsed === "number" && elapsed >= least - 1 &&
      elapsed <= most + 1
    ? "as long as it took"
    : `not as long as it took: ${
      typeof elapsed === "number" && elapsed < least ? "less" : "more"
    }`;
}

/** How often an endless source may be asked. */
const patience = 10_000;

/**
 * A source that can be gone through once, and counts how often it is asked and
 * closed. Its prototype is that of all iterators.
 */
export class Source<T> extends Iterator<T, undefined, undefined> {
  readonly #items: readonly T[];
  readonly #isEndless: boolean;
  #asked = 0;
  #closed = 0;

  constructor(items: readonly T[], isEndless = false) {
    super();
    this.#items = items;
    this.#isEndless = isEndless;
  }

  next(): IteratorResult<T, undefined> {
    const place = this.#asked++;
    if (place > patience) throw new Error("it asks for more and more items");
    const { length } = this.#items;
    if (this.#closed > 0 || !this.#isEndless && place >= length) {
      return { value: undefined, done: true };
    }
    return { value: this.#items[place % length]!, done: false };
  }

  override return(): IteratorResult<T, undefined> {
    this.#closed += 1;
    return { value: undefined, done: true };
  }

  /** How many items were asked for. */
  static asked<T>(source: Source<T>): number {
    return source.#asked;
  }

  /** How often it was closed. */
  static closed<T>(source: Source<T>): number {
    return source.#closed;
  }
}

/** A source that can be gone through once, as it is written in a call. */
export function once<T>(values: readonly T[]): Shown {
  return new Shown(`${canonical(values)}.values()`, new Source(values));
}

/** A Set, as it is written in a call. */
export function setOf<T>(values: readonly T[]): Shown {
  return new Shown(`new Set(${canonical(values)})`, new Set(values));
}

/** A source of values that look like chance, and are the same for a seed. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 up to 1: the generator "mulberry32". */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ x >>> 15, x | 1);
    x ^= x + Math.imul(x ^ x >>> 7, x | 61);
    return ((x ^ x >>> 14) >>> 0) / 2 ** 32;
  }

  /** A whole number, the ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)]!;
  }

  list<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: this.whole(least, most) }, make);
  }

  /**
   * Whole numbers in no order: the second is odd, below 0, and less than its
   * neighbours.
   */
  numbers(least = 2, most = 8): number[] {
    const numbers = this.list(least, most, () => this.whole(-49, 99));
    if (numbers.length > 1) numbers[1] = -2 * this.whole(25, 49) - 1;
    return numbers;
  }

  /** Quarters, which have an exact sum; the first is between 2 and 3. */
  fractions(least = 2, most = 8): number[] {
    return this.list(least, most, () => this.whole(-400, 400) * 2 + 1)
      .map((x, i) => i === 0 ? 2.25 : x / 4);
  }

  /** Numbers beyond 2 ** 32, which have an exact sum. */
  large(least = 2, most = 6): number[] {
    return this.list(least, most, () => 2 ** 32 + this.whole(1, 2 ** 40));
  }

  word(): string {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    return this.list(3, 8, () => this.of([...letters])).join("");
  }

  /** Words in no order: the first comes after the second. */
  words(least: number, most: number): string[] {
    const [one = "", other = "", ...others] = this.list(
      least,
      most,
      () => this.word(),
    );
    return [one, other].sort().reverse().concat(others);
  }
}

/** A number made of a text: the hash "FNV-1a". */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
  }
  return state >>> 0;
}
