/**
 * What lesson 8 is graded with besides its tests.
 *
 * @module
 */

import { callOf, type Draw, type Inputs } from "../classroom/sandbox/inputs.ts";

const primes = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "countPrimes", [random.whole(least, most)]);

const waiting = (least: number, most: number): Draw => (lesson, random) =>
  callOf(lesson, "wait", [random.whole(least, most)]);

export const inputs: Inputs = {
  wait: [waiting(0, 0), waiting(1, 9)],
  countPrimes: [
    primes(0, 2),
    primes(3, 9),
    primes(10, 99),
    primes(1_000, 9_999),
  ],
  chooseStrategy: ["io-bound", "cpu-bound", "tiny"].map(
    (kind): Draw => (lesson) => callOf(lesson, "chooseStrategy", [kind]),
  ),
};
