/**
 * What lesson 8 is graded with besides its tests.
 *
 * @module
 */

import { callOf, type Draw, type Inputs } from "../classroom/sandbox/inputs.ts";

const primes = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "countPrimes", [random.whole(least, most)]);

const waiting = (least: number, most: number): Draw => (lesson, random) => {
  const ms = random.whole(least, most);
  const start = performance.now();
  return callOf(lesson, "wait", [ms], (value: unknown) => ({
    value,
    // A clock may count in whole milliseconds.
    isOver: performance.now() - start >= ms - 1,
  }));
};

export const inputs: Inputs = {
  wait: [
    waiting(0, 0),
    waiting(1, 9),
    waiting(30, 60),
    (lesson) => ({
      call: "which of wait(60) and wait(5), begun at once, is over first",
      run: async () => {
        const over: unknown[] = [];
        const waits = [60, 5].map((ms) =>
          lesson.wait(ms).then((value: unknown) => over.push(value))
        );
        await Promise.all(waits);
        return over;
      },
    }),
  ],
  countPrimes: [
    primes(0, 2),
    primes(3, 9),
    primes(10, 99),
    primes(1_000, 9_999),
    // Where the largest number is the square of a prime number.
    (lesson, random) =>
      callOf(lesson, "countPrimes", [random.of([2, 3, 5, 7, 11]) ** 2 + 1]),
  ],
  chooseStrategy: ["io-bound", "cpu-bound", "tiny"].map(
    (kind): Draw => (lesson) => callOf(lesson, "chooseStrategy", [kind]),
  ),
};
