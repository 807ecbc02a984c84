/**
 * The fast way to run a pipeline: as one loop, made for its stages.
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
import { Range } from "./range.ts";

/** The kinds of stages. */
export type Kind =
  | "map"
  | "filter"
  | "flatMap"
  | "takeWhile"
  | "dropWhile"
  | "unique"
  | "take"
  | "drop"
  | "enumerate"
  | "accumulate"
  | "chunks"
  | "windows";

/** What a loop makes of the items that come out at the end. */
export type Ending = "reduce" | "fold" | "sum" | "toArray" | "forEach" | "find";

/** What a pipeline has made of its items. */
export interface Outcome {
  value: unknown;
  /** Whether there was an item, or the one that was looked for. */
  found: boolean;
}

// deno-lint-ignore no-explicit-any
export type AnyFunction = (...args: any[]) => any;
type Source = Iterable<unknown>;

/** How the outermost loop gets at its items. */
type Access = "array" | "range" | "iterable";

const heads: Readonly<Record<Access, string>> = {
  array: "for (let i = 0; i < source.length; i++) { let x = source[i];",
  range: `const { start, step, length } = source;
    for (let i = 0; i < length; i++) { let x = start + i * step;`,
  iterable: "for (let x of source) {",
};

/**
 * What stands in a loop for stage `i`. `x` is the item, and `f` the stage's function
 * or number; `break item` goes on with the next item, and `over = i` ends the loop
 * that the stage is in, and those around it.
 */
const lines: Readonly<
  Record<Kind, (f: string, i: number, item: string) => string>
> = {
  map: (f) => `x = ${f}(x);`,
  filter: (f, _, item) => `if (!${f}(x)) break ${item};`,
  flatMap: (f, i) =>
    `for (let y of check(${f}(x))) { let x = y; item${i + 1}: {`,
  takeWhile: (f, i, item) => `if (!${f}(x)) { over = ${i}; break ${item}; }`,
  dropWhile: (f, _, item) =>
    `if (${f}) { if (${f}(x)) break ${item}; ${f} = undefined; }`,
  unique: (f, _, item) =>
    `{ const key = ${f}(x), { size } = ${f}Seen;
    if (${f}Seen.add(key).size === size) break ${item}; }`,
  take: (f, i) => `if (--${f} === 0) over = ${i};`,
  drop: (f, _, item) => `if (${f} > 0) { ${f}--; break ${item}; }`,
  enumerate: (f) => `x = [${f}++, x];`,
  accumulate: (f) =>
    `x = ${f}Value = ${f}Has ? ${f}(${f}Value, x) : x; ${f}Has = true;`,
  chunks: (f, _, item) =>
    `${f}Chunk.push(x); if (${f}Chunk.length < ${f}) break ${item};
    x = ${f}Chunk; ${f}Chunk = [];`,
  windows: (f, _, item) =>
    `${f}Window.push(x); if (${f}Window.length > ${f}) ${f}Window.shift();
    if (${f}Window.length < ${f}) break ${item}; x = ${f}Window.slice();`,
};

/** What some stages remember, before the first item. */
const memories: Partial<Record<Kind, (f: string) => string>> = {
  unique: (f) => `const ${f}Seen = new Set();`,
  accumulate: (f) => `let ${f}Value, ${f}Has = false;`,
  chunks: (f) => `let ${f}Chunk = [];`,
  windows: (f) => `const ${f}Window = [];`,
};

/** What stands after the stages. */
const lastLines: Readonly<Record<Ending | "yield", (i: number) => string>> = {
  yield: () => "yield x;",
  reduce: () => "value = found ? end(value, x) : x; found = true;",
  fold: () => "value = end(value, x);",
  sum: () => "value = found ? value + x : x; found = true;",
  toArray: () => "value.push(x);",
  forEach: () => "end(x);",
  find: (i) => `if (end(x)) { value = x; found = true; over = ${i}; }`,
};

/** Writes the text of a loop, from the kinds of its stages alone. */
function write(
  access: Access,
  kinds: readonly Kind[],
  ending: Ending | "yield",
): string {
  const [star, result] = ending === "yield"
    ? ["*", "return;"]
    : ["", "return { value, found };"];
  const setUp: string[] = [];
  const rest: string[] = [];
  for (const [i, kind] of kinds.entries()) {
    const f = `f${i}`;
    setUp.push(`let ${f} = args[${i}]; ${memories[kind]?.(f) ?? ""}`);
    // Nothing is taken, and the source is closed.
    if (kind === "take") {
      setUp.push(`if (${f} === 0) { const [] = source; ${result} }`);
    }
    // The last chunk may be shorter.
    if (kind === "chunks") {
      rest.push(`if (${f}Chunk.length > 0)
        for (let x of [${f}Chunk]) { ${writeStages(kinds, i + 1, ending)}`);
    }
  }
  return `return function${star} (source, args, end, value) {
    let found = false, over = -1;
    ${setUp.join("\n")}
    ${heads[access]} ${writeStages(kinds, 0, ending)}
    ${rest.join("\n")}
    ${result}
  };`;
}

/** Writes what is done with an item, from a stage on, to the end of its loop. */
function writeStages(
  kinds: readonly Kind[],
  first: number,
  ending: Ending | "yield",
): string {
  const text = [`item${first}: {`];
  const loops = [first]; // the first stages in the loops around
  for (let i = first; i < kinds.length; i++) {
    text.push(lines[kinds[i]!](`f${i}`, i, `item${loops.at(-1)}`));
    if (kinds[i] === "flatMap") loops.push(i + 1);
  }
  text.push(lastLines[ending](kinds.length));
  for (const i of loops.toReversed()) text.push(`} if (over >= ${i}) break; }`);
  return text.join("\n");
}

type Loop = (
  source: Source,
  args: readonly unknown[],
  end?: AnyFunction,
  initial?: unknown,
) => unknown;

let built = 0;
let isAllowed = true;

/** Makes a loop of its text; nothing where code may not be made from text. */
function build(text: string): Loop | undefined {
  if (!isAllowed) return undefined;
  try {
    // V8 lets two functions of the same text share what it learns of them, and
    // so loses what makes a loop of one's own fast. A number makes texts differ.
    return new Function("check", `${text} // ${built += 1}`)(checkIterable);
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    isAllowed = false; // a page's Content-Security-Policy, say
    return undefined;
  }
}

/** The loops for one way to get at the items, by what they make of them. */
interface Loops {
  /** Loops that serve every pipeline of the shape. */
  readonly shared: Partial<Record<Ending | "yield", Loop>>;
  /** Loops of one pipeline: the last one that was long. */
  readonly own: Partial<Record<Ending | "yield", OwnLoop>>;
}

/** A loop, and the callbacks it was made for. */
interface OwnLoop {
  readonly loop: Loop | undefined;
  readonly callbacks: readonly unknown[];
}

/** Longer texts are compiled badly, and so are more loops. */
const mostStages = 500;
const mostLoops = 20;
/** From how many items on a loop of one's own pays for being built. */
const worthwhile = 4000;

/**
 * The kinds of a pipeline's stages, without their functions. There is one shape
 * for all pipelines of the same kinds, and it keeps the loops made for them.
 */
export class Shape {
  readonly kinds: readonly Kind[];
  readonly #next = new Map<Kind, Shape>();
  readonly #loops: Record<Access, Loops> = {
    array: { shared: {}, own: {} },
    range: { shared: {}, own: {} },
    iterable: { shared: {}, own: {} },
  };

  /** Whether a loop of one more stage would be too long. */
  readonly isFull: boolean;

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds;
    const loops = kinds.filter((kind) => /flatMap|chunks/.test(kind)).length;
    this.isFull = kinds.length >= mostStages || loops >= mostLoops;
  }

  /** The shape that has one more stage. */
  with(kind: Kind): Shape {
    let next = this.#next.get(kind);
    if (!next) this.#next.set(kind, next = new Shape([...this.kinds, kind]));
    return next;
  }

  /** The loop for a pipeline of this shape. */
  loopFor(
    source: Source,
    args: readonly unknown[],
    ending: Ending | "yield",
    end?: AnyFunction,
  ): Loop | undefined {
    const access = accessTo(source);
    const { shared, own } = this.#loops[access];
    const make = () => build(write(access, this.kinds, ending));
    const isLong = access !== "iterable" && ending !== "yield" &&
      (source as unknown[]).length >= worthwhile;
    if (!isLong) return shared[ending] ??= make()!;
    // A program that runs a pipeline again finds its loop compiled.
    const callbacks = [...args, end];
    let known = own[ending];
    if (!known || !isSame(known.callbacks, callbacks)) {
      known = { loop: make(), callbacks: callbacks.map(weakly) };
      own[ending] = known;
    }
    return known.loop;
  }
}

/** The shape of a pipeline without stages, from which all others grow. */
export const noStages: Shape = new Shape([]);

/** An array that nobody has taught to iterate otherwise needs no iterator. */
function accessTo(source: Source): Access {
  if (source instanceof Range) return "range";
  return Array.isArray(source) && source[Symbol.iterator] === [].values
    ? "array"
    : "iterable";
}

/** Whether a loop gets at the items by their places: there is nothing to close. */
export function isDirect(source: Source): boolean {
  return accessTo(source) !== "iterable";
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
