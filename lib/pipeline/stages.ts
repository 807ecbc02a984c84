/**
 * The stages of a pipeline, as data: what a pipeline is before it runs.
 *
 * @module
 */

import { describe } from "../describe.ts";

// deno-lint-ignore no-explicit-any
export type AnyFunction = (...args: any[]) => any;

/** What a pipeline has made of its items. */
export interface Outcome {
  value: unknown;
  /** Whether there was an item, or one that was looked for. */
  found: boolean;
}

/**
 * Checks a callback.
 *
 * @param caller What the message begins with.
 * @param fn What was received.
 * @returns It.
 * @throws {TypeError} If it is no function.
 */
export function checkFunction<F>(caller: string, fn: F): F {
  if (typeof fn === "function") return fn;
  throw new TypeError(
    `${caller}: fn must be a function: received ${describe(fn)}`,
  );
}

/**
 * Checks a number of items.
 *
 * @param caller What the message begins with.
 * @param n What was received.
 * @returns It.
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is no whole number of at least 0.
 */
export function checkSize(caller: string, n: number): number {
  const wanted = `${caller}: n must be a whole number, at least 0`;
  const message = `${wanted}: received ${describe(n)}`;
  if (typeof n !== "number") throw new TypeError(message);
  if (n !== Infinity && (!Number.isSafeInteger(n) || n < 0)) {
    throw new RangeError(message);
  }
  return n;
}

/** The kinds of stages, each of which handles one item at a time. */
export type Kind =
  | "map"
  | "filter"
  | "flatMap"
  | "takeWhile"
  | "dropWhile"
  | "unique"
  | "take"
  | "drop"
  | "enumerate";

/** A stage: a kind, with its function, or number for the last three kinds. */
export interface Stage {
  readonly kind: Kind;
  readonly argument: unknown;
}

/**
 * A shape: the kinds of a pipeline's stages, without their functions. There is
 * one for all pipelines of the same kinds, and it keeps what is made for them.
 *
 * @typeParam Made What is made for them.
 */
export class Shape<Made> {
  /** The kinds, in their order. */
  readonly kinds: readonly Kind[];
  /** What was made for this shape, by name. */
  made: Record<string, Made> = {};
  readonly #next = new Map<Kind, Shape<Made>>();

  /**
   * Makes a shape; all others grow from the one without kinds.
   *
   * @param kinds The kinds.
   */
  constructor(kinds: readonly Kind[] = []) {
    this.kinds = kinds;
  }

  /**
   * Finds the shape that has one more stage.
   *
   * @param kind Its kind.
   * @param most How many stages a shape may have.
   * @returns The shape; nothing if it would be too long.
   */
  with(kind: Kind, most: number): Shape<Made> | undefined {
    const known = this.#next.get(kind);
    if (known) return known;
    if (this.kinds.length >= most) return undefined;
    const next = new Shape<Made>([...this.kinds, kind]);
    this.#next.set(kind, next);
    return next;
  }
}
