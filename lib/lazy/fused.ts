/**
 * The fast way to run a pipeline: as one loop, written for its stages.
 *
 * A loop that serves every pipeline calls callbacks it knows nothing of, which
 * costs about 8 ns an item, and generators cost 30 and more. A loop that is
 * written for one pipeline is compiled with that pipeline's callbacks in place,
 * and costs 1 or 2. This is the text for `lazy(array).filter(f).take(9).sum()`:
 *
 * ```js ignore
 * let f0 = args[0];
 * let f1 = args[1];
 * if (f1 === 0) source = [];
 * let over = -1;
 * for (let i = 0; i < source.length; i++) { let x = source[i]; item0: {
 * if (!arrived("filter: fn(item)", f0(x))) break item0;
 * if (--f1 === 0) over = 1;
 * value = end(value, x);
 * } if (over >= 0) break; }
 * return value;
 * ```
 *
 * `break item0` goes on with the next item. `over` is the number of a stage that
 * wants no more: the loop that the stage is in ends, and so do those around it.
 * The text is made of the kinds of the stages alone; callbacks, numbers and items
 * are arguments. What a stage does is defined by its function in functions.ts.
 *
 * @module
 */

import { checkIterable } from "../describe.ts";
import { arrived, plus, reduce } from "./functions.ts";
import { Range } from "./range.ts";

/** What the text of a stage is made with. */
interface Words {
  /** The variable of its function or number. */
  readonly f: string;
  /** Asks its function about the item. */
  readonly test: string;
  /** Goes on with the next item. */
  readonly skip: string;
  /** Wants no more items after this one. */
  readonly stop: string;
  /** The label of the stages in a loop that it opens. */
  readonly inner: string;
}

/** What each kind of stage does with an item `x`. */
const stages = {
  map: ({ f }: Words) => `x = ${f}(x);`,
  filter: ({ test, skip }: Words) => `if (!${test}) ${skip}`,
  flatMap: ({ f, inner }: Words) =>
    `for (let y of checkIterable(${f}(x))) { let x = y; ${inner}: {`,
  take: ({ f, stop }: Words) => `if (--${f} === 0) ${stop}`,
  drop: ({ f, skip }: Words) => `if (${f} > 0) { ${f}--; ${skip} }`,
  takeWhile: ({ test, skip, stop }: Words) =>
    `if (!${test}) { ${stop} ${skip} }`,
  dropWhile: ({ f, test, skip }: Words) =>
    `if (${f}) { if (${test}) ${skip} ${f} = undefined; }`,
  enumerate: ({ f }: Words) => `x = [${f}++, x];`,
};

/** The kinds of stages that a loop can have. */
export type Kind = keyof typeof stages;

const combine = "value = found ? end(value, x) : x; found = true;";
const ask = (name: string) => `arrived("${name}: fn(item)", end(x))`;

/** What becomes of an item that comes out, and what stands after the loop. */
const endings = {
  yield: ["yield x;"],
  reduce: [combine, "return found ? value : reduce(end, []);"],
  fold: ["value = end(value, x);", "return value;"],
  sum: ["value = plus(value, x);", "return value;"],
  min: [combine, 'return arrived("min: an item", value);'],
  max: [combine, 'return arrived("max: an item", value);'],
  toArray: ["value.push(x);", "return value;"],
  partition: [`value[${ask("partition")} ? 0 : 1].push(x);`, "return value;"],
  forEach: ["end(x);"],
  find: [`if (${ask("find")}) return x;`],
  some: [`if (${ask("some")}) return true;`, "return false;"],
  every: [`if (!${ask("every")}) return false;`, "return true;"],
} satisfies Record<string, [string, string?]>;

/** What a loop does with the items that come out. */
export type Ending = keyof typeof endings;

/** How the outermost loop gets at its items. */
const heads = {
  array: "for (let i = 0; i < source.length; i++) { let x = source[i];",
  range: `const { start, step, length } = source;
    for (let i = 0; i < length; i++) { let x = start + i * step;`,
  iterable: "for (let x of source) {",
};

type Access = keyof typeof heads;

/** Writes the text of a loop. */
function write(access: Access, kinds: readonly Kind[], ending: Ending): string {
  const begin = kinds.map((kind, i) =>
    kind === "take"
      ? `let f${i} = args[${i}]; if (f${i} === 0) source = [];`
      : `let f${i} = args[${i}];`
  );
  const loops = [0]; // the first stages in the loops that are open
  const body = kinds.map((kind, i) => {
    const words = {
      f: `f${i}`,
      test: `arrived("${kind}: fn(item)", f${i}(x))`,
      skip: `break item${loops.at(-1)};`,
      stop: `over = ${i};`,
      inner: `item${i + 1}`,
    };
    if (kind === "flatMap") loops.push(i + 1);
    return stages[kind](words);
  });
  const [each, result = ""] = endings[ending];
  const close = loops.reverse().map((i) => `} if (over >= ${i}) break; }`);
  const star = ending === "yield" ? "*" : "";
  return `return function${star} (source, args, end, value) {
    ${begin.join("\n")}
    let over = -1, found = false;
    ${heads[access]} item0: {
    ${[...body, each, ...close].join("\n")}
    ${result}
  };`;
}

export type Source = Iterable<unknown>;
// deno-lint-ignore no-explicit-any
export type AnyFunction = (...args: any[]) => any;
/** Is called with a source, the stages' arguments, and the ending's two. */
type Loop = AnyFunction;

/** What the text of a loop calls. */
const names = { arrived, checkIterable, plus, reduce };

let built = 0;

/** Makes a loop of its text. */
function build(text: string): Loop {
  // V8 lets functions of the same text share what it learns of them, and so
  // loses what makes a loop of one's own fast. A number makes texts differ.
  const make = new Function(...Object.keys(names), `${text} // ${built += 1}`);
  return make(...Object.values(names));
}

/** From how many items on a loop for certain callbacks pays for itself. */
const worthwhile = 4000;
/** Longer loops are compiled badly. */
const mostStages = 50;
/** How many loops for certain callbacks are kept for a shape. */
const mostKept = 100;

/** The kinds of stages, and the loops for all pipelines that have these. */
export class Shape {
  readonly kinds: readonly Kind[];
  /** Whether a loop of one more stage would be too long. */
  readonly isFull: boolean;
  readonly #next: { [K in Kind]?: Shape } = {};
  /** Loops for few items, whatever the callbacks. */
  readonly #shared: Record<Access, { [E in Ending]?: Loop }> = {
    array: {},
    range: {},
    iterable: {},
  };
  /** Loops for many items, by the texts of the callbacks, which closures share. */
  readonly #own = new Map<string, Loop>();

  constructor(kinds: readonly Kind[]) {
    this.kinds = kinds;
    this.isFull = kinds.length === mostStages;
  }

  /** The shape that has one more stage. */
  with(kind: Kind): Shape {
    return this.#next[kind] ??= new Shape([...this.kinds, kind]);
  }

  /** The loop for a pipeline of this shape. */
  loopFor(
    source: Source,
    args: readonly unknown[],
    ending: Ending,
    end?: AnyFunction,
  ): Loop {
    const access = accessTo(source);
    const make = () => build(write(access, this.kinds, ending));
    const isLong = access !== "iterable" &&
      (source as unknown[]).length >= worthwhile;
    if (!isLong) return this.#shared[access][ending] ??= make();
    const callbacks = [...args, end].filter((arg) => typeof arg === "function");
    const key = [access, ending, ...callbacks].join("\n");
    if (this.#own.size > mostKept) this.#own.clear();
    const loop = this.#own.get(key) ?? make();
    this.#own.set(key, loop);
    return loop;
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
