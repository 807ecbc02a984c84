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

const echo = (make: (random: Random) => unknown[]): Draw => (lesson, random) =>
  callOf(lesson, "echo", [make(random)]);

/** The sorted items, and whether those of each producer came in order. */
const produced = (producers: number, least: number, most: number): Draw =>
(
  lesson,
  random,
) => {
  const each = random.whole(least, most);
  const read = (items: number[]) => {
    const own = Array.from(
      { length: producers },
      (_, i) => items.filter((item) => Math.floor(item / each) === i),
    );
    const inOrder = own.every((own) =>
      own.every((item, i) => i === 0 || item > own[i - 1]!)
    );
    return { items: [...items].sort((a, b) => a - b), inOrder };
  };
  return callOf(lesson, "produceAndConsume", [producers, each], read);
};

export const inputs: Inputs = {
  echo: [
    echo(() => []),
    echo((random) => [random.whole(-99, 99), random.word(), random.word()]),
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
  produceAndConsume: [
    produced(1, 1, 1),
    produced(1, 20, 30),
    produced(3, 5, 30),
  ],
};
