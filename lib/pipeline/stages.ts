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

/**
 * A stage that handles one item at a time.
 *
 * `take`, `drop` and `enumerate` have a number; the others have a function.
 */
export type ItemStage =
  | { readonly kind: "take" | "drop" | "enumerate"; readonly n: number }
  | {
    readonly kind:
      | "map"
      | "filter"
      | "flatMap"
      | "takeWhile"
      | "dropWhile"
      | "unique";
    readonly fn: AnyFunction;
  };

/** A stage that is a function of the whole source, one of lib/lazy.ts. */
export interface WholeStage {
  readonly kind: "whole";
  // deno-lint-ignore no-explicit-any
  readonly over: (source: any) => any;
}

/** A stage, and the stages before it. Pipelines may share a beginning. */
export interface Chain {
  readonly stage: ItemStage | WholeStage;
  readonly before: Chain | undefined;
}

/** A source with the stages that can run as one loop over it. */
export interface Segment<Source> {
  readonly source: Source;
  readonly stages: readonly ItemStage[];
}

/**
 * Cuts a chain where a stage needs the whole source.
 *
 * @typeParam Source What the pipeline runs over.
 * @param source The source of the pipeline.
 * @param chain Its stages.
 * @param iterate Makes a source of a segment.
 * @returns The last segment; those before it have become its source.
 */
export function lastSegment<Source>(
  source: Source,
  chain: Chain | undefined,
  iterate: (segment: Segment<Source>) => Source,
): Segment<Source> {
  const all: Chain["stage"][] = [];
  for (let link = chain; link; link = link.before) all.push(link.stage);
  let stages: ItemStage[] = [];
  for (const stage of all.reverse()) {
    if (stage.kind !== "whole") {
      stages.push(stage);
      continue;
    }
    const items = stages.length > 0 ? iterate({ source, stages }) : source;
    source = stage.over(items);
    stages = [];
  }
  return { source, stages };
}
