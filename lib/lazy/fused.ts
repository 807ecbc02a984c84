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

/** What a loop does with the items that come out at the end. */
export type Ending = "reduce" | "fold" | "sum" | "forEach" | "find";

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
 * What stands in a loop for a stage. `x` is the item, and `$f` the stage's function
 * or number; `break $item` goes on with the next item, and `over = $i` ends the
 * loop that the stage is in, and those around it.
 */
const stages: Readonly<Record<Kind, string>> = {
  map: "x = $f(x);",
  filter: "if (!$f(x)) break $item;",
  flatMap: "for (let y of check($f(x))) { let x = y; $next: {",
  takeWhile: "if (!$f(x)) { over = $i; break $item; }",
  dropWhile: "if ($f) { if ($f(x)) break $item; $f = undefined; }",
  unique: `const $fKey = $f(x), $fSize = $fSeen.size;
    if ($fSeen.add($fKey).size === $fSize) break $item;`,
  take: "if (--$f === 0) over = $i;",
  drop: "if ($f > 0) { $f--; break $item; }",
  enumerate: "x = [$f++, x];",
  accumulate: "x = $fValue = $fHas ? $f($fValue, x) : x; $fHas = true;",
  chunks: `$fChunk.push(x); if ($fChunk.length < $f) break $item;
    x = $fChunk; $fChunk = [];`,
  windows: `$fWindow.push(x); if ($fWindow.length > $f) $fWindow.shift();
    if ($fWindow.length < $f) break $item; x = $fWindow.slice();`,
};

/** What stands before the loop for some stages. */
const beginnings: Partial<Record<Kind, string>> = {
  unique: "const $fSeen = new Set();",
  // Nothing is taken, and the source is closed.
  take: "if ($f === 0) { const [] = source; break all; }",
  accumulate: "let $fValue, $fHas = false;",
  chunks: "let $fChunk = [];",
  windows: "const $fWindow = [];",
};

/** What stands after the stages. */
const endings: Readonly<Record<Ending | "yield", string>> = {
  yield: "yield x;",
  reduce: "value = found ? end(value, x) : x; found = true;",
  // To ask at each item whether there is a value yet would cost a fifth more.
  fold: "value = end(value, x);",
  sum: "value = found ? value + x : x; found = true;",
  forEach: "end(x);",
  find: "if (end(x)) { value = x; found = true; over = $i; }",
};

/** Writes the text of a loop, from the kinds of its stages alone. */
function write(
  access: Access,
  kinds: readonly Kind[],
  ending: Ending | "yield",
): string {
  const [star, result] = ending === "yield"
    ? ["*", ""]
    : ["", "return { value, found };"];
  const setUp = kinds.map((kind, i) =>
    fill(`let $f = args[$i]; ${beginnings[kind] ?? ""}`, i)
  );
  // The last chunk may be shorter.
  const rests = kinds.map((kind, i) =>
    kind !== "chunks" ? "" : fill(
      `if ($fChunk.length > 0) for (let x of [$fChunk]) {
      ${writeStages(kinds, i + 1, ending)}`,
      i,
    )
  );
  return `return function${star} (source, args, end, value, found) {
    let over = -1;
    all: {
      ${setUp.join("\n")}
      ${heads[access]} ${writeStages(kinds, 0, ending)}
      ${rests.join("\n")}
    }
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
    text.push(fill(stages[kinds[i]!], i, loops.at(-1)));
    if (kinds[i] === "flatMap") loops.push(i + 1);
  }
  text.push(fill(endings[ending], kinds.length));
  for (const i of loops.toReversed()) text.push(`} if (over >= ${i}) break; }`);
  return text.join("\n");
}

/** Fills in the names for stage `i`, whose loop begins with stage `first`. */
function fill(text: string, i: number, first = 0): string {
  return text.replaceAll("$item", `item${first}`)
    .replaceAll("$next", `item${i + 1}`)
    .replaceAll("$i", String(i))
    .replaceAll("$f", `f${i}`);
}

type Loop = (
  source: Source,
  args: readonly unknown[],
  end?: AnyFunction,
  value?: unknown,
  found?: boolean,
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

/** A loop, and the callbacks it was made for. */
interface OwnLoop {
  readonly loop: Loop | undefined;
  readonly callbacks: readonly unknown[];
}

type ByAccess<L> = Record<Access, Partial<Record<Ending | "yield", L>>>;

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
  /** Loops that serve every pipeline of the shape. */
  readonly #shared: ByAccess<Loop> = { array: {}, range: {}, iterable: {} };
  /** Loops of one pipeline: the last one that was long. */
  readonly #own: ByAccess<OwnLoop> = { array: {}, range: {}, iterable: {} };
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
    const make = () => build(write(access, this.kinds, ending));
    const isLong = access !== "iterable" && ending !== "yield" &&
      (source as unknown[]).length >= worthwhile;
    if (!isLong) return this.#shared[access][ending] ??= make()!;
    // A program that runs a pipeline again finds its loop compiled.
    const callbacks = [...args, end];
    let known = this.#own[access][ending];
    if (!known || !isSame(known.callbacks, callbacks)) {
      known = { loop: make(), callbacks: callbacks.map(weakly) };
      this.#own[access][ending] = known;
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
