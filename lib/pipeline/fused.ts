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
import { type AnyFunction, type Kind, type Outcome, Shape } from "./stages.ts";

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
function lineOf(kind: Kind, f: string, depth: number): string {
  const leave = `break item${depth};`;
  const stop = Array.from({ length: depth + 1 }, (_, d) => `over${d} = true;`)
    .join(" ");
  switch (kind) {
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
  kinds: readonly Kind[],
  ending: Ending,
): string {
  const body: string[] = [heads[access], "item0: {"];
  const setUp: string[] = [];
  let depth = 0;
  for (const [i, kind] of kinds.entries()) {
    const f = `f${i}`;
    setUp.push(`let ${f} = args[${i}];`);
    if (kind === "unique") setUp.push(`const ${f}Seen = new Set();`);
    if (kind === "flatMap") {
      depth += 1;
      body.push(`for (let y of check(${f}(x))) { let x = y; item${depth}: {`);
    } else body.push(lineOf(kind, f, depth));
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

/** From how many items on a loop of one's own pays for being built. */
const worthwhile = 4000;
/** Longer texts are no longer compiled well. */
const mostStages = 500;

/** The shape without stages. */
const root: LoopShape = new Shape();

let built = 0;

function build(text: string): Loop {
  // V8 lets two functions of the same text share what it learns of them, and
  // so loses what makes a loop of one's own fast. A number makes texts differ.
  return new Function("check", `${text} // ${built += 1}`)(checkIterable);
}

/** The loops of a shape. */
interface Loops {
  /** Loops that serve every pipeline of the shape. */
  readonly shared: Partial<Record<Ending, Loop>>;
  /** Loops of one pipeline: the last one that was long. */
  readonly own: Partial<Record<Ending, OwnLoop>>;
}

/** A loop, and the callbacks it was made for. */
interface OwnLoop {
  readonly loop: Loop;
  readonly callbacks: readonly unknown[];
}

function loopFor(
  shape: LoopShape,
  source: Source,
  args: readonly unknown[],
  ending: Ending,
  end: AnyFunction | undefined,
): Loop | undefined {
  const access = accessTo(source);
  const isLong = access !== "iterable" && ending !== "yield" &&
    (source as unknown[]).length >= worthwhile;
  const { shared, own } = shape.made[access] ??= { shared: {}, own: {} };
  const make = () => build(write(access, shape.kinds, ending));
  try {
    if (!isLong) return shared[ending] ??= make();
    // A program that runs a pipeline again finds its loop compiled.
    const known = own[ending];
    const callbacks = [...args, end];
    if (known && isSame(known.callbacks, callbacks)) return known.loop;
    const loop = make();
    own[ending] = { loop, callbacks: callbacks.map(weakly) };
    return loop;
  } catch (error) {
    // Not everywhere may code be made from text.
    if (error instanceof EvalError) return undefined;
    throw error;
  }
}

/** A callback must not be kept alive for the sake of its loop. */
function weakly(callback: unknown): unknown {
  return typeof callback === "function" ? new WeakRef(callback) : undefined;
}

/** Whether callbacks are those that were remembered; numbers do not matter. */
function isSame(known: readonly unknown[], callbacks: unknown[]): boolean {
  return known.every((ref, i) =>
    !(ref instanceof WeakRef) || ref.deref() === callbacks[i]
  );
}

/** An array that nobody has taught to iterate otherwise needs no iterator. */
function accessTo(source: Source): Access {
  if (source instanceof Range) return "range";
  return Array.isArray(source) && source[Symbol.iterator] === [].values
    ? "array"
    : "iterable";
}

/** The shape of a pipeline, for which loops are made. */
export type LoopShape = Shape<Loops>;

/**
 * Finds the shape of a pipeline that has one more stage.
 *
 * @param before The shape without it; without that, it is the first stage.
 * @param kind The kind of the stage.
 * @returns The shape; nothing if the pipeline is too long for a loop.
 */
export function shapeWith(
  before: LoopShape | undefined,
  kind: Kind,
): LoopShape | undefined {
  return (before ?? root).with(kind, mostStages);
}

/**
 * Runs a pipeline as one loop, to its end.
 *
 * @param shape The shape of the pipeline.
 * @param source The source.
 * @param args The functions and numbers of its stages.
 * @param ending What to make of the items.
 * @param end The function that some endings call.
 * @param initial The value that some endings begin with.
 * @returns What was made; nothing if a loop cannot be built for it.
 */
export function runFused(
  shape: LoopShape,
  source: Source,
  args: readonly unknown[],
  ending: Exclude<Ending, "yield">,
  end?: AnyFunction,
  initial?: unknown,
): Outcome | undefined {
  const loop = loopFor(shape, source, args, ending, end);
  return loop?.(source, args, end, initial);
}

/**
 * Iterates over a pipeline's items with one loop.
 *
 * @param shape The shape of the pipeline.
 * @param source The source.
 * @param args The functions and numbers of its stages.
 * @returns The items; nothing if a loop cannot be built for it.
 */
export function iterateFused(
  shape: LoopShape,
  source: Source,
  args: readonly unknown[],
): Generator<unknown, void, void> | undefined {
  const loop = loopFor(shape, source, args, "yield", undefined) as unknown as (
    source: Source,
    args: readonly unknown[],
  ) => Generator<unknown, void, void>;
  return loop?.(source, args);
}
