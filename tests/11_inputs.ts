/**
 * What lesson 11 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Random,
  rounded,
  Shown,
} from "../classroom/sandbox/inputs.ts";
import { range } from "../mod.ts";

/** Numbers that can be counted, and are no array. */
class Numbers {
  readonly #numbers: readonly number[];
  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }
  get length(): number {
    return this.#numbers.length;
  }
  [Symbol.iterator](): Iterator<number> {
    return this.#numbers.values();
  }
}

const averages = (name: string): Draw[] => {
  const of = (make: (random: Random) => unknown): Draw => (lesson, random) =>
    callOf(lesson, name, [make(random)], rounded);
  return [
    of((random) => random.numbers(1, 1)),
    of((random) => random.numbers(3, 9)),
    of((random) => random.list(2, 5, () => random.whole(-99, -1))),
    of((random) => random.fractions()),
    of((random) => random.large()),
    of((random) => [1, 2].map((n) => n * 2 ** random.whole(54, 60))),
    of(() => [0, 0, 0]),
    of((random) => [3 * random.whole(1, 30) + 1, 0, 0]),
    of((random) => {
      const [from, to] = [random.whole(-9, 9), random.whole(2_500, 3_500)];
      return new Shown(`range(${from}, ${to})`, range(from, to));
    }),
    of((random) => {
      const numbers = random.numbers(2, 5);
      return new Shown(`Numbers of ${numbers}`, new Numbers(numbers));
    }),
  ];
};

const powers = (make: (random: Random) => [number, number]): Draw =>
(
  lesson,
  random,
) => {
  const [x, y] = make(random);
  return {
    call: `makePower(${y})(${x})`,
    run: () => rounded(lesson.makePower(y)(x)),
  };
};

/** Values that have copies. */
const passed: readonly (readonly [text: string, value: unknown])[] = [
  ["an array", [1, [2]]],
  ["an object", { a: { b: 1 } }],
  ["a Map", new Map([["a", 1]])],
  ["a function", () => 1],
  ["a promise", Promise.resolve(1)],
];

export const inputs: Inputs = {
  average: averages("average"),
  averageArrow: averages("averageArrow"),
  makePower: [
    powers((random) => [random.whole(2, 9), random.whole(4, 9)]),
    powers((random) => [random.whole(-9, -2), random.whole(3, 7)]),
    powers((random) => [random.whole(2, 9), -random.whole(1, 4)]),
    powers((random) => [random.whole(2, 99), random.of([0.5, 1.5, 0.25])]),
    powers((random) => [random.whole(-9, -2), 0.5]),
    powers((random) => [random.whole(-9, 9), 0]),
    powers((random) => [0, random.whole(1, 4)]),
    powers((random) => [random.whole(1, 9) / 4, random.whole(2, 5)]),
    powers((random) => [random.whole(50_000, 99_999), random.whole(2, 4)]),
    (lesson, random) => {
      const [a, b, x] = [2, 5, random.whole(2, 9)];
      return {
        call: `makePower(${a}) and makePower(${b}), each of ${x}, twice`,
        run: () => {
          const [one, other] = [lesson.makePower(a), lesson.makePower(b)];
          return [one(x), other(x), one(x), other(x)];
        },
      };
    },
  ],
  compose: [
    (lesson, random) => {
      const [a, b] = [random.whole(-9, 9), random.whole(2, 9)];
      const x = random.whole(-99, 99);
      return {
        call: `compose((x) => x + ${a}, (x) => [x * ${b}])(${x})`,
        run: () =>
          lesson.compose((x: number) => x + a, (x: number) => [x * b])(x),
      };
    },
    (lesson) => ({
      call: "compose((...values) => values, (...values) => values)(1)",
      run: () => {
        const list = (...values: unknown[]) => values;
        return lesson.compose(list, list)(1);
      },
    }),
    ...[0, "", null, undefined, false, NaN].map((value): Draw => (lesson) => ({
      call: `compose(() => ${String(value)}, (it) => [it])(1)`,
      run: () => lesson.compose(() => value, (it: unknown) => [it])(1),
    })),
    // The very same value is passed on, and no copy of it.
    ...passed.map(([text, value]): Draw => (lesson) => ({
      call: `whether compose passes on ${text} itself`,
      run: () => lesson.compose(() => value, (it: unknown) => it === value)(1),
    })),
    (lesson) => ({
      call: "what compose calls, and when",
      run: () => {
        const calls: string[] = [];
        const composed = lesson.compose(
          () => calls.push("first"),
          () => calls.push("second"),
        );
        calls.push("composed");
        composed();
        composed();
        return calls;
      },
    }),
    (lesson) => ({
      call: "compose of a function that throws a RangeError",
      run: () => {
        const fail = () => {
          throw new RangeError("no");
        };
        return lesson.compose(fail, String)(1);
      },
    }),
  ],
};
