/**
 * Lesson 11: Lambda functions
 *
 * A function is a value: a function can take one, and return one. You will see
 * how to write a function without a name, what it remembers of the place where
 * it was made, what a pure function is, and which functions a worker can run.
 *
 * @run deno run lessons/11_lambdas.ts
 * @test deno test tests/11_lambdas_test.ts
 */
import { Pool, range, sum } from "../mod.ts";
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // Each of these two functions is called twice with the same arguments.
  // `total` is a variable outside of addToTotal; it is 0 at first. What do they
  // return?
  code(add);
  show(() => [add(0, 5), add(0, 5)]); // [ 5, 5 ]
  code(addToTotal);
  show(() => [addToTotal(5), addToTotal(5)]); // [ 5, 10 ]

  // The same call of addToTotal gave 5 first, and then 10. Whether a test of it
  // passes depends on what was called before.

  section("Pure and impure");
  // add is a pure function. Its result depends on its arguments, and on
  // nothing else that can change; returning it is all it does. It has no side
  // effects: it changes no variable outside, writes no file, asks no
  // database. So it is easy to reason about and to test. addToTotal is impure:
  // it reads and changes `total`.
  //
  // The pure function is the central idea of functional programming, which
  // computes results by applying functions to data. It is used where much data
  // flows through the same steps: data analysis, machine learning, data
  // streams.

  section("Functions without a name");
  // A lambda function is written without a name, in a place where a value could
  // stand. JavaScript calls it an arrow function: parameters, an arrow, and the
  // expression that it returns. `**` is "to the power of". Here a constant
  // holds the function, so that it can be called.
  code(power);
  show(() => power(2, 3)); // 8

  // average is a function with a name. averageArrow does the same, written as a
  // lambda. In braces it may hold statements, and then needs `return`. sum adds
  // up the items. In Python: lambda x: sum(x) / len(x).
  code(average);
  code(averageArrow);

  // range(10) stands for the numbers 0 to 9. Both compute their average.
  show(() => average(range(10))); // 4.5
  show(() => averageArrow(range(10))); // 4.5

  section("Functions are values");
  // map, a method of arrays, takes a function and calls it with each item. This
  // one is used once, so it needs no name.
  show(() => [1, 2, 3].map((x) => x ** 2)); // [ 1, 4, 9 ]

  // A function can also return a function.
  code(makePower);
  const square = makePower(2);
  const cube = makePower(3);
  show(() => [square(2), cube(2)]); // [ 4, 8 ]

  // `cube` still knows the exponent 3 that it was made with, and `square` knows
  // 2. A function together with the variables around it is called a closure.
  //
  // compose takes two functions and returns one: it passes what the first
  // returns to the second. What is the cube of the square of 2?
  code(compose);
  show(() => compose(square, cube)(2)); // 64

  section("What a worker can run");
  // A worker (lesson 2) has a memory of its own. A function travels there as
  // text, without the variables around it. starmap calls add(0, 5) and add(1,
  // 5), each in a worker, and gives both results. `using` stops the workers at
  // the end.
  using pool = new Pool({ workers: 2 });
  await show(() => pool.starmap(add, [[0, 5], [1, 5]])); // [ 5, 6 ]

  // addToTotal cannot run there: `total` stayed here. The error names it, and
  // says what to do. (With `module`, a worker loads the file that has the
  // function. `import.meta.url` is the address of this file.)
  await showError(() => pool.map(addToTotal, [5, 5])); // ReferenceError: addToTotal uses "total", …

  // And cube? It is pure: its `exponent` never changes, so 8 is always its
  // result for 2. This is the beginning of its error, in which `task` stands for
  // a function without a name.
  await show(() => pool.map(cube, [1, 2]).catch(firstWords)); // 'task uses "exponent"…'

  // It fails as well: it uses `exponent` of its closure. So what counts for a
  // worker is not that a function is pure, but that it uses no variable around
  // it. (JavaScript's own functions and values, such as Math, are everywhere.)
  // What it needs has to come as an argument, as the exponent of power does.
  await show(() => pool.starmap(power, [[1, 3], [2, 3]])); // [ 1, 8 ]
}, {
  readOn: {
    "Arrow functions":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Functions/Arrow_functions",
    "Closures":
      "https://developer.mozilla.org/docs/Web/JavaScript/Guide/Closures",
  },
});

/** Numbers that can be counted: an array or a range. */
export interface Numbers extends Iterable<number> {
  readonly length: number;
}

/** What an error says, as far as its first comma. */
const firstWords = (error: Error): string => error.message.split(",")[0]!;

/** The average of `values`: a function with a name. */
export function average(values: Numbers): number {
  // #region solution: add the values up, and divide by how many there are
  return sum(values) / values.length;
  // #endregion solution
}

/** The average of `values`: an arrow function. */
export const averageArrow = (values: Numbers): number => {
  // #region solution: the same once more; only the first line differs
  return sum(values) / values.length;
  // #endregion solution
};

/** x to the power of y. */
export const power = (x: number, y: number): number => x ** y;

/** Makes a function that raises a number to the power of `exponent`. */
export function makePower(exponent: number): (x: number) => number {
  // #region solution: return a function that uses `exponent`
  return (x) => x ** exponent;
  // #endregion solution
}

/** Makes one function of two: what `first` returns is passed to `second`. */
export function compose<A, B, C>(
  first: (value: A) => B,
  second: (value: B) => C,
): (value: A) => C {
  // #region solution: return a function that calls both, one after the other
  return (value) => second(first(value));
  // #endregion solution
}

let total = 0;

/** Impure: reads and changes a variable outside. */
export function addToTotal(x: number): number {
  total += x;
  return total;
}

/** Pure: uses its arguments only, and changes nothing. */
export function add(a: number, b: number): number {
  return a + b;
}
