/**
 * Inside the sandbox: inputs that no visible test uses, drawn by chance, and how
 * each function is called with them. Grading gives the same ones to the lesson's
 * own solution and to what was submitted, so an answer that was made for the
 * visible tests alone is found out.
 *
 * Functions that have no inputs, or whose outcome is the machine's and not
 * theirs, are left out.
 *
 * @module
 */

import { canonical, canonicalError } from "./canonical.ts";

/** What was called, as a reader would write it, and what came of it. */
export interface Outcome {
  readonly call: string;
  readonly result: string;
}

// The functions of a submission may be anything.
// deno-lint-ignore no-explicit-any
type Lesson = any;

/** One call: how it is written, and how it is done. */
interface Trial {
  readonly call: string;
  readonly run: () => unknown;
  /** Whether the message of what it throws counts. */
  readonly withMessage?: boolean;
}

/** Makes one call of a function, with inputs of a random source. */
type Draw = (lesson: Lesson, random: Random) => Trial;

/** How the functions of a lesson are called; how often, if not eight times. */
type Calls = Readonly<Record<string, Draw | readonly [times: number, Draw]>>;

const calls: Readonly<Record<string, Calls>> = {
  "01": {
    howToFind: (lesson, random) => {
      const system = random.of(["windows", "darwin", "linux"]);
      const pid = random.whole(1, 99_999);
      return trial("howToFind", [system, pid], () => {
        const { tool, command } = lesson.howToFind(system, pid);
        const found = new RegExp(`\\b${pid}\\b`).test(`${command}`);
        return { tool, command: `${found ? "holds" : "lacks"} the id` };
      });
    },
  },
  "02": {
    greetFromChildren: [1, (lesson, random) => {
      const count = random.whole(4, 5);
      return trial("greetFromChildren", [count], async () => {
        const children = lesson.greeters(count);
        const greetings = [...await lesson.greetFromChildren(children)];
        return greetings.map(({ message, aliveBefore, aliveAfter }) => ({
          message,
          aliveBefore,
          aliveAfter,
        }));
      });
    }],
  },
  "03": {
    sumOfSquares: (lesson, random) => {
      const n = random.whole(2, random.of([9, 999, 3_000_000]));
      return trial("sumOfSquares", [n], () => lesson.sumOfSquares(n));
    },
    runSequential: [3, (lesson, random) => {
      const args = [random.whole(1, 6), random.whole(3, 999)];
      return trial("runSequential", args, async () => {
        const { elapsed, results } = await lesson.runSequential(...args);
        return { elapsed: typeof elapsed, results };
      });
    }],
    runParallel: [2, (lesson, random) => {
      const args = [random.whole(1, 6), random.whole(3, 999), 2];
      return trial("runParallel", args, async () => {
        const { elapsed, results } = await lesson.runParallel(...args);
        return { elapsed: typeof elapsed, results };
      });
    }],
  },
  "04": {
    echo: [3, (lesson, random) => {
      const values = random.list(
        1,
        5,
        () =>
          random.of<() => unknown>([
            () => random.whole(-99, 99),
            () => random.word(),
            () => ({ [random.word()]: random.numbers() }),
            () => new Map([[random.word(), random.whole(0, 9)]]),
          ])(),
      );
      const sent = structuredClone(values);
      return trial("echo", [values], () => lesson.echo(sent));
    }],
    produceAndConsume: [2, (lesson, random) => {
      const args = [random.whole(1, 3), random.whole(1, 30)];
      return trial("produceAndConsume", args, async () => {
        const items = await lesson.produceAndConsume(...args);
        // The order between producers is chance.
        return [...items].sort((a, b) => a - b);
      });
    }],
  },
  "05": {
    countWithAtomics: [2, countWith("countWithAtomics")],
    countWithLock: [2, countWith("countWithLock")],
  },
  "06": {
    interleave: (lesson, random) => {
      const names = random.list(0, 4, () => random.word());
      const steps = random.whole(1, 4);
      return trial("interleave", [names, steps], () => {
        return lesson.interleave([...names], steps);
      });
    },
    runTasks: [3, (lesson, random) => {
      const factor = random.whole(2, 99);
      const inputs = random.list(1, 4, () => random.whole(-99, 99));
      const strategy = random.of(["sequential", "async", "workers"]);
      // It may run in a worker, which gets its text: no variable around it.
      const task = new Function("x", `return x * ${factor};`);
      const args = [strategy, raw(`(x) => x * ${factor}`), inputs];
      return trial("runTasks", args, async () => {
        const { results } = await lesson.runTasks(strategy, task, [...inputs]);
        return results;
      });
    }],
  },
  "07": {
    isIterable: [16, (lesson, random) => {
      const [text, make] = random.thing();
      return trial("isIterable", [raw(text)], () => lesson.isIterable(make()));
    }],
    isIterator: [16, (lesson, random) => {
      const [text, make] = random.thing();
      return trial("isIterator", [raw(text)], () => lesson.isIterator(make()));
    }],
    iteratorOf: [16, (lesson, random) => {
      const [text, make] = random.thing();
      return {
        ...trial("iteratorOf", [raw(text)], () => {
          const iterator = lesson.iteratorOf(make());
          const items: unknown[] = [];
          for (let i = 0; i < 20; i++) {
            const { done, value } = iterator.next();
            if (done) break;
            items.push(value);
          }
          return items;
        }),
        withMessage: true,
      };
    }],
    Countdown: (lesson, random) => {
      const from = random.whole(0, 40);
      return trial("new Countdown", [from], () => {
        const countdown = new lesson.Countdown(from);
        return [items(countdown), items(countdown)];
      });
    },
  },
  "08": {
    squares: (lesson, random) => {
      const n = random.whole(0, 60);
      return trial("squares", [n], () => items(lesson.squares(n)));
    },
    squaresArray: (lesson, random) => {
      const n = random.whole(0, 60);
      return trial("squaresArray", [n], () => lesson.squaresArray(n));
    },
  },
  "09": {
    average: average("average"),
    averageArrow: average("averageArrow"),
    makePower: (lesson, random) => {
      const [x, y] = [random.whole(-9, 9), random.whole(0, 6)];
      const call = `makePower(${y})(${x})`;
      return { call, run: () => lesson.makePower(y)(x) };
    },
    compose: (lesson, random) => {
      const [a, b, x] = [
        random.whole(-9, 9),
        random.whole(2, 9),
        random.whole(-99, 99),
      ];
      const call = `compose((x) => x + ${a}, (x) => [x * ${b}])(${x})`;
      const add = (x: number) => x + a;
      return {
        call,
        run: () => lesson.compose(add, (x: number) => [x * b])(x),
      };
    },
  },
  "10": {
    squareAll: onNumbers("squareAll", items),
    keepEven: onNumbers("keepEven", items),
    sumAll: onNumbers("sumAll", (sum) => sum, true),
    largest: onNumbers("largest", (largest) => largest, true),
    joinWords: (lesson, random) => {
      const words = random.list(0, 6, () => random.word());
      return trial("joinWords", [words], () => lesson.joinWords([...words]));
    },
  },
  "11": {
    nested: onNumbers("nested", (sum) => sum),
    stepwise: onNumbers("stepwise", (sum) => sum),
    chained: onNumbers("chained", (sum) => sum),
    comprehension: onNumbers("comprehension", (sum) => sum),
  },
  "13": {
    proceduralTotals: totals("proceduralTotals"),
    functionalTotals: totals("functionalTotals"),
    record: (lesson, random) => {
      const sales = random.sales();
      const extra = random.of([-1, -7, NaN, 0, 3]);
      const above = random.whole(0, 2_000);
      const call = `new Register({ amount: (it) => it.pieces * it.price, ` +
        `above: ${above} }, ${canonical(sales)}), then record() of ${extra}`;
      const amount = (it: Sale) => it.pieces * it.price;
      return {
        call,
        run: () => {
          const register = new lesson.Register({ amount, above }, sales);
          let outcome = "recorded";
          try {
            register.record({ customer: "Ada", pieces: extra, price: 1 });
          } catch (error) {
            outcome = canonicalError(error);
          }
          return { outcome, totals: register.totals() };
        },
      };
    },
  },
};

/**
 * The functions of a lesson that can be called with fresh inputs.
 *
 * @param lesson The lesson's number, such as `"07"`.
 * @returns The names of the functions.
 */
export function drawnFor(lesson: string): readonly string[] {
  return Object.keys(calls[lesson] ?? {});
}

/**
 * Calls a function with fresh inputs.
 *
 * @param number The lesson's number, such as `"07"`.
 * @param name The function's name.
 * @param lesson The lesson's module.
 * @param seed Decides the inputs: the same seed, the same inputs.
 * @returns The calls and what came of them.
 */
export async function outcomesOf(
  number: string,
  name: string,
  lesson: Lesson,
  seed: number,
): Promise<Outcome[]> {
  const found = calls[number]?.[name];
  if (found === undefined) return [];
  const [times, draw] = typeof found === "function"
    ? [8, found] as const
    : found;
  // A function's inputs do not depend on which functions came before.
  const random = new Random(seed ^ hash(`${number} ${name}`));
  const outcomes: Outcome[] = [];
  for (let i = 0; i < times; i++) {
    const { call, run, withMessage } = draw(lesson, random);
    try {
      outcomes.push({ call, result: canonical(await run()) });
    } catch (error) {
      outcomes.push({ call, result: canonicalError(error, withMessage) });
    }
  }
  return outcomes;
}

/** Text that stands in a call as it is. */
class Raw {
  constructor(readonly text: string) {}
}

function raw(text: string): Raw {
  return new Raw(text);
}

function trial(
  name: string,
  args: readonly unknown[],
  run: () => unknown,
): Trial {
  const texts = args.map((arg) =>
    arg instanceof Raw ? arg.text : canonical(arg)
  );
  return { call: `${name}(${texts.join(", ")})`, run };
}

/** The items of an iterable, not more than a hundred of them. */
function items(iterable: Iterable<unknown>): unknown[] {
  const found: unknown[] = [];
  for (const item of iterable) {
    found.push(item);
    if (found.length === 100) break;
  }
  return found;
}

function average(name: string): Draw {
  return (lesson, random) => {
    const numbers = random.list(1, 8, () => random.whole(-99, 99));
    return trial(name, [numbers], () => lesson[name]([...numbers]));
  };
}

function countWith(name: string): Draw {
  return (lesson, random) => {
    const args = [random.whole(1, 3), random.whole(100, 2_000)];
    return trial(name, args, () => lesson[name](...args));
  };
}

function onNumbers(
  name: string,
  read: (result: Iterable<unknown>) => unknown,
  withInitial = false,
): Draw {
  return (lesson, random) => {
    const numbers = random.numbers();
    const more = withInitial && random.whole(0, 1) === 1
      ? [random.whole(-50, 50)]
      : [];
    return trial(
      name,
      [numbers, ...more],
      () => read(lesson[name]([...numbers], ...more)),
    );
  };
}

interface Sale {
  readonly customer: string;
  readonly pieces: number;
  readonly price: number;
}

function totals(name: string): Draw {
  return (lesson, random) => {
    const sales = random.sales();
    const above = random.whole(0, 3_000);
    const postage = random.whole(0, 300);
    const rule = raw(
      `{ amount: (it) => it.pieces * it.price + ${postage}, above: ${above} }`,
    );
    const amount = (it: Sale) => it.pieces * it.price + postage;
    return trial(name, [sales, rule], () => {
      return lesson[name](structuredClone(sales), { amount, above });
    });
  };
}

/** Things to ask about iteration: as written, and made anew for each use. */
function things(random: Random): [string, () => unknown][] {
  const numbers = random.numbers();
  const text = random.word();
  const list = canonical(numbers);
  return [
    [list, () => [...numbers]],
    [`${list}.values()`, () => [...numbers].values()],
    [`new Set(${list})`, () => new Set(numbers)],
    [`new Set(${list}).entries()`, () => new Set(numbers).entries()],
    [`new Map([["${text}", 1]])`, () => new Map([[text, 1]])],
    [`"${text}"`, () => text],
    [String(random.seed), () => random.seed],
    [`{ ${text}: 1 }`, () => ({ [text]: 1 })],
    [
      `{ next: () => ({ done: true }) }`,
      () => ({ next: () => ({ done: true }) }),
    ],
    [`{ next: "${text}" }`, () => ({ next: text })],
    [`{ [Symbol.iterator]: true }`, () => ({ [Symbol.iterator]: true })],
    [`new Uint8Array(3)`, () => new Uint8Array(3)],
    ["null", () => null],
    ["undefined", () => undefined],
    ["true", () => true],
    ["() => 1", () => () => 1],
  ];
}

/** A source of values that look like chance, and are the same for a seed. */
class Random {
  #state: number;
  #thing = 0;

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

  numbers(): number[] {
    return this.list(0, 8, () => this.whole(-99, 99));
  }

  word(): string {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    return this.list(3, 8, () => this.of([...letters])).join("");
  }

  sales(): Sale[] {
    const customers = this.list(1, 4, () => this.word());
    return this.list(1, 12, () => ({
      customer: this.of(customers),
      pieces: this.whole(0, 20),
      price: this.whole(1, 999),
    }));
  }

  /** One thing after another, so that none is left out. */
  thing(): [string, () => unknown] {
    const all = things(this);
    return all[this.#thing++ % all.length]!;
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
