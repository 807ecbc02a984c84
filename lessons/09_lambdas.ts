/**
 * Lesson 9: Lambda functions
 *
 * A function is a value: it can be given to another function, and come out of
 * one. How to write one without a name, what it remembers of the place where it
 * was made, and which functions are pure, so that they can run anywhere.
 *
 * @run deno run lessons/09_lambdas.ts
 * @test deno test tests/09_lambdas_test.ts
 *
 * @hint average Two things of the values are needed, and one division.
 * @hint average sum() of the library adds up; an array or a range has a length.
 * @hint average return sum(…) / …;
 * @hint averageArrow The body is that of `average`.
 * @hint averageArrow An arrow function with braces needs `return`, as a function with a name does.
 * @hint averageArrow What stands between the braces of average can stand here as it is.
 * @hint makePower What is returned is a function, which gets x later.
 * @hint makePower An arrow function may use `exponent`, a parameter of the function around it.
 * @hint makePower return (x) => power(…, …);
 * @hint compose The result is a function that calls two others.
 * @hint compose What `first` gives for x is what `second` gets.
 * @hint compose return (x) => second(…);
 */
import { Pool, range, sum } from "../mod.ts";
import { flags, section, show, showError, title } from "../lib/lesson.ts";

/** Numbers that can be counted: an array or a range. */
export interface Numbers extends Iterable<number> {
  readonly length: number;
}

/** The arithmetic mean of `values`: a function with a name. */
export function average(values: Numbers): number {
  // #region solution: add the values up, and divide by how many there are
  return sum(values) / values.length;
  // #endregion solution
}

/** The same as an arrow function. */
export const averageArrow = (values: Numbers): number => {
  // #region solution: the same once more; only the first line differs
  return sum(values) / values.length;
  // #endregion solution
};

/** x to the power of y. What has no braces needs no `return` either. */
export const power = (x: number, y: number): number => x ** y;

/** Makes a function that raises a number to the power of `exponent`. */
export function makePower(exponent: number): (x: number) => number {
  // #region solution: return a function that uses `exponent`
  return (x) => power(x, exponent);
  // #endregion solution
}

/** Makes one function of two: what the first gives, the second gets. */
export function compose<A, B, C>(
  first: (value: A) => B,
  second: (value: B) => C,
): (value: A) => C {
  // #region solution: return a function that calls both, one after the other
  return (value) => second(first(value));
  // #endregion solution
}

let total = 0;

/** Impure: it depends on a variable outside, and changes it. */
export function addToTotal(x: number): number {
  total += x;
  return total;
}

/** Pure: all that it uses comes in, all that it does comes out. */
export function add(total: number, x: number): number {
  return total + x;
}

if (import.meta.main) {
  flags(import.meta);
  title("Lambda functions");

  // Both do the same. The arrow function is written where a value could stand,
  // and its name is that of the constant which holds it.
  show(() => average(range(10))); // 4.5
  show(() => averageArrow(range(10))); // 4.5
  show(() => power(2, 3)); // 8

  section("Functions are values");

  // An array method gets a function as its argument. It needs no name for that;
  // such a function is what Python writes with the word lambda.
  show(() => [1, 2, 3].map((x) => x ** 2)); // [ 1, 4, 9 ]

  // A function can also be what a function returns. `cube` keeps the exponent
  // that it was made with: a closure is a function together with the variables
  // around it. Each call of makePower gives a closure with an exponent of its
  // own.
  const square = makePower(2);
  const cube = makePower(3);
  show(() => [square(2), cube(2)]); // [ 4, 8 ]

  // Argument and result at once: two small functions make a larger one.
  show(() => compose(square, cube)(2)); // 64

  section("Pure and impure");

  // A pure function gives the same for the same arguments, always, and leaves
  // nothing changed. So a test of it needs no preparation.
  show(() => [add(0, 5), add(0, 5)]); // [ 5, 5 ]

  // An impure one does not. What it gives depends on who called it before, and
  // a test of it passes or fails with what ran first.
  show(() => [addToTotal(5), addToTotal(5)]); // [ 5, 10 ]

  // A pure function can run anywhere, also in workers, in any order.
  using pool = new Pool({ workers: 2 });
  await show(() => pool.starmap(add, [[0, 5], [1, 5]])); // [ 5, 6 ]

  // The variable outside is in main's memory, and a worker cannot see it. With
  // threads that share it, the update could be lost instead (lesson 5).
  await showError(() => pool.map(addToTotal, [5, 5])); // ≈ ReferenceError: addToTotal uses "total"
}
