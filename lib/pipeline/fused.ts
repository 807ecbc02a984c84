/**
 * The fast way to run the stages of a pipeline: as one loop, made for them.
 *
 * A loop that serves every pipeline calls callbacks it knows nothing of, which
 * costs 20 to 30 ns an item. A loop that is built from text for one pipeline is
 * compiled with that pipeline's callbacks in place, and costs about 2 ns. The
 * text is made of the kinds of the stages only: callbacks, numbers and items are
 * passed to it as arguments.
 *
 * @module
 */

import { checkIterable } from "../describe.ts";
import { Range } from "../range.ts";
import type { AnyFunction, ItemStage, Outcome, Segment } from "./stages.ts";

/** What a loop is to make of the items that come out at the end. */
export type Ending =
  | "yield"
  | "reduce"
  | "fold"
  | "sum"
  | "toArray"
  | "forEach"
  | "find";

type Source = Iterable<unknown>;
type Loop = (
  source: Source,
  args: readonly unknown[],
  end: AnyFunction | undefined,
  initial: unknown,
) => Outcome;

/** What stands in the text for a stage; `x` is the item, `f` its argument. */
function lineOf(stage: ItemStage, f: string, depth: number): string {
  const leave = `break item${depth};`;
  const stop = Array.from({ length: depth + 1 }, (_, d) => `over${d} = true;`)
    .join(" ");
  switch (stage.kind) {
    case "map":
      return `x = ${f}(x);`;
    case "filter":
      return `if (!${f}(x)) ${leave}`;
    case "take":
      return `if (--${f} === 0) { ${stop} }`;
    case "drop":
      return `if (${f} > 0) { ${f}--; ${leave} }`;
    case "takeWhile":
      return `if (!${f}(x)) { ${stop} ${leave} }`;
    case "dropWhile":
      return `if (${f}) { if (${f}(x)) ${leave} ${f} = undefined; }`;
    case "enumerate":
      return `x = [${f}++, x];`;
    case "unique":
      return `{ const key = ${f}(x); if (${f}Seen.has(key)) ${leave} ${f}Seen.add(key); }`;
    case "flatMap":
      return "";
  }
}

const endings: Readonly<Record<Ending, string>> = {
  yield: "yield x;",
  reduce: "if (found) value = end(value, x); else { found = true; value = x; }",
  fold: "value = end(value, x);",
  sum: "value = found ? value + x : x; found = true;",
  toArray: "value.push(x);",
  forEach: "end(x);",
  find: "if (end(x)) { value = x; found = true; STOP }",
};

/** How the outermost loop gets at its items. */
type Access = "array" | "range" | "iterable";

const heads: Readonly<Record<Access, string>> = {
  array: "for (let i = 0; i < source.length; i++) { let x = source[i];",
  range:
    "const { start, step, length } = source; for (let i = 0; i < length; i++) { let x = start + i * step;",
  iterable: "for (let x of source) {",
};

/** Writes the text of a loop, from the kinds of its stages alone. */
function write(
  access: Access,
  stages: readonly ItemStage[],
  ending: Ending,
): string {
  const body: string[] = [heads[access], "item0: {"];
  const setUp: string[] = [];
  let depth = 0;
  for (const [i, stage] of stages.entries()) {
    const f = `f${i}`;
    setUp.push(`let ${f} = args[${i}];`);
    if (stage.kind === "unique") setUp.push(`const ${f}Seen = new Set();`);
    if (stage.kind === "flatMap") {
      depth += 1;
      body.push(`for (let y of check(${f}(x))) { let x = y; item${depth}: {`);
    } else body.push(lineOf(stage, f, depth));
  }
  const depths = Array.from({ length: depth + 1 }, (_, d) => d);
  const stop = depths.map((d) => `over${d} = true;`).join(" ");
  body.push(endings[ending].replace("STOP", stop));
  for (const d of depths.toReversed()) body.push(`} if (over${d}) break; }`);
  const flags = `let ${depths.map((d) => `over${d} = false`).join(", ")};`;
  const star = ending === "yield" ? "*" : "";
  const text = [
    `return function${star} (source, args, end, value) {`,
    ...setUp,
    flags,
    "let found = false;",
    ...body,
    "return { value, found }; };",
  ];
  return text.join("\n");
}

/** Loops that serve all pipelines of a shape, by their text's parameters. */
const shared = new Map<string, Loop>();

/** From how many items on a loop of one's own pays for being built. */
const worthwhile = 4000;
/** Longer texts are no longer compiled well. */
const mostStages = 500;
/** Shapes that are remembered. */
const mostShared = 1000;

let built = 0;

function build(text: string): Loop {
  // V8 lets two functions of the same text share what it learns of them, and
  // so loses what makes a loop of one's own fast. A number makes texts differ.
  return new Function("check", `${text} // ${built += 1}`)(checkIterable);
}

function loopFor(
  { source, stages }: Segment<Source>,
  ending: Ending,
): Loop | undefined {
  if (stages.length > mostStages) return undefined;
  const access = accessTo(source);
  const isLong = access !== "iterable" &&
    (source as unknown[]).length >= worthwhile;
  try {
    if (isLong) return build(write(access, stages, ending));
    let shape = `${access} ${ending}`;
    for (const stage of stages) shape += ` ${stage.kind}`;
    let loop = shared.get(shape);
    if (!loop) {
      loop = build(write(access, stages, ending));
      if (shared.size >= mostShared) shared.clear();
      shared.set(shape, loop);
    }
    return loop;
  } catch (error) {
    // Not everywhere may code be made from text.
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** An array that nobody has taught to iterate otherwise needs no iterator. */
function accessTo(source: Source): Access {
  if (source instanceof Range) return "range";
  return Array.isArray(source) && source[Symbol.iterator] === [].values
    ? "array"
    : "iterable";
}

/**
 * Runs a segment as one loop, to its end.
 *
 * @param segment The source and the stages.
 * @param ending What to make of the items.
 * @param end The function that some endings call.
 * @param initial The value that some endings begin with.
 * @returns What was made; nothing if a loop cannot be built for it.
 */
export function runFused(
  segment: Segment<Source>,
  ending: Exclude<Ending, "yield">,
  end?: AnyFunction,
  initial?: unknown,
): Outcome | undefined {
  const loop = loopFor(segment, ending);
  if (!loop) return undefined;
  if (takesNothing(segment.stages)) {
    segment.source[Symbol.iterator]().return?.();
    return { value: initial, found: false };
  }
  return loop(segment.source, argumentsOf(segment.stages), end, initial);
}

/**
 * Iterates over a segment with one loop.
 *
 * @param source The source.
 * @param stages The stages.
 * @returns The items that come out at the end; nothing if a loop cannot be
 * built for it.
 */
export function iterateFused(
  source: Source,
  stages: readonly ItemStage[],
): Generator<unknown, void, void> | undefined {
  if (takesNothing(stages)) return undefined;
  const loop = loopFor({ source, stages }, "yield");
  const run = loop as unknown as (
    source: Source,
    args: readonly unknown[],
  ) => Generator<unknown, void, void>;
  return loop && run(source, argumentsOf(stages));
}

function argumentsOf(stages: readonly ItemStage[]): unknown[] {
  return stages.map((stage) => "fn" in stage ? stage.fn : stage.n);
}

function takesNothing(stages: readonly ItemStage[]): boolean {
  return stages.some((stage) => stage.kind === "take" && stage.n === 0);
}
