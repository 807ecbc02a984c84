/**
 * What lesson 5 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Random,
} from "../classroom/sandbox/inputs.ts";
import { Pool, Queue } from "../mod.ts";

const echo = (make: (random: Random) => unknown[]): Draw => (lesson, random) =>
  callOf(lesson, "echo", [make(random)]);

/** Replaces some methods while `fn` runs. */
async function replacing<T, O extends object>(
  prototype: O,
  methods: Partial<O>,
  fn: () => Promise<T>,
): Promise<T> {
  const names = Reflect.ownKeys(methods) as (keyof O)[];
  const before = names.map((name) => [name, prototype[name]] as const);
  try {
    Object.assign(prototype, methods);
    return await fn();
  } finally {
    for (const [name, method] of before) prototype[name] = method;
  }
}

/** Whether a worker of a pool is asked for what is returned. */
const asking: Draw = (lesson) => ({
  call: "whether sendCopy has a worker do it",
  run: async () => {
    let asks = false;
    const own = Pool.prototype;
    const names = ["apply", "map", "starmap", "imap"] as const;
    const methods = Object.fromEntries(names.map((name) => {
      // deno-lint-ignore no-explicit-any
      const method: any = own[name];
      return [name, function (this: Pool, ...args: unknown[]) {
        asks = true;
        return method.apply(this, args);
      }];
    }));
    await replacing(own, methods, () => lesson.sendCopy());
    return { asks };
  },
});

/** Of several producers, the last one has ended before the one before begins. */
function lastFirst() {
  const { apply } = Pool.prototype;
  const starts: (() => Promise<unknown>)[] = [];
  const producing: Promise<unknown>[] = [];
  const begin = async () => {
    for (const start of starts.reverse()) await start();
  };
  return {
    producing,
    apply(this: Pool, ...args: Parameters<typeof apply>) {
      if (starts.length === 0) queueMicrotask(begin);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      starts.push(() => {
        const result = apply.apply(this, args);
        resolve(result);
        return result.catch(() => {});
      });
      producing.push(promise);
      return promise as ReturnType<typeof apply>;
    },
  };
}

/** Hands the last item out when all producers have ended for some time. */
function lateQueue(total: number, producing: readonly Promise<unknown>[]) {
  const { get, [Symbol.asyncIterator]: iterate } = Queue.prototype;
  const taken = new Set<unknown>();
  const late = async (item: unknown) => {
    taken.add(item);
    if (taken.size < total) return;
    await Promise.allSettled(producing);
    for (let i = 0; i < 9; i++) await new Promise((go) => setTimeout(go));
  };
  return {
    taken,
    methods: {
      async get(this: Queue<unknown>, ...args: Parameters<typeof get>) {
        const item = await get.apply(this, args);
        await late(item);
        return item;
      },
      async *[Symbol.asyncIterator](this: Queue<unknown>) {
        for await (
          const item of { [Symbol.asyncIterator]: () => iterate.call(this) }
        ) {
          await late(item);
          yield item;
        }
      },
    },
  };
}

/**
 * The items, and whether they are in the order in which they came. So that they
 * come in no order of their own, the last producer is the first; and the last item
 * comes late, so that it counts whether somebody waits for it.
 */
const produced = (
  producers: number,
  [least, most]: [number, number],
  capacity?: number,
): Draw =>
(lesson, random) => {
  const each = random.whole(least, most);
  const queue = capacity ? `, new Queue({ capacity: ${capacity} })` : "";
  return {
    call:
      `produceAndConsume(${producers}, ${each}${queue}), the last producer first`,
    run: async () => {
      const { producing, apply } = lastFirst();
      const { taken, methods } = lateQueue(producers * each, producing);
      const produce = (): Promise<number[]> =>
        lesson.produceAndConsume(
          producers,
          each,
          ...capacity ? [new Queue<number>({ capacity })] : [],
        );
      const items = await replacing(
        Pool.prototype,
        { apply } as Partial<Pool>,
        () =>
          replacing(
            Queue.prototype,
            methods as Partial<Queue<unknown>>,
            produce,
          ),
      );
      return {
        items: items.toSorted((a, b) => a - b),
        asTheyCame: [...taken].every((item, i) => items[i] === item),
      };
    },
  };
};

export const inputs: Inputs = {
  echo: [
    echo(() => []),
    echo((random) => [random.whole(-99, 99), ...random.words(2, 2)]),
    echo((random) => [undefined, null, false, 0, NaN, "", random.word()]),
    echo((random) => [7, 7, [7], random.numbers(), [random.numbers()]]),
    echo((random) => [
      { [random.word()]: random.numbers() },
      new Map([[random.word(), random.whole(0, 9)]]),
      new Set(random.numbers()),
      2n ** 70n + BigInt(random.whole(0, 9)),
      new Date(random.whole(0, 2 ** 40)),
    ]),
    (lesson, random) => {
      const value = { word: random.word() };
      return callOf(lesson, "echo", [[value, value]], (answers: unknown[]) => ({
        answers,
        copies: answers[0] !== value && answers[0] !== answers[1],
      }));
    },
  ],
  sendCopy: [(lesson) => callOf(lesson, "sendCopy", []), asking],
  produceAndConsume: [
    produced(1, [1, 1]),
    produced(1, [20, 30]),
    produced(3, [5, 30]),
    // Who waits for the producers waits for ever: there is no room for all.
    produced(2, [5, 9], 4),
  ],
};

/** They are watched, and made to wait. */
export const replaced = [Pool.prototype, Queue.prototype];
