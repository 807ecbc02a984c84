/**
 * Lesson 10: Map, filter, reduce
 *
 * Three functions that get a function and data. `map` and `filter` give an
 * iterator that computes an item when somebody asks for it. `reduce` asks for
 * all items, and makes one value of them, step by step.
 *
 * @run deno run lessons/10_map_filter_reduce.ts
 * @test deno test tests/10_map_filter_reduce_test.ts
 *
 * @hint squareAll Every number becomes another one: which function does that?
 * @hint squareAll map() takes the function first and the data last.
 * @hint squareAll return map((x) => …, numbers);
 * @hint keepEven Some numbers pass, the others do not.
 * @hint keepEven filter() wants a function that says whether a number passes; x % 2 is 0 for even ones.
 * @hint keepEven return filter((x) => x % … === …, numbers);
 * @hint sumAll Two numbers become one, until there is one left.
 * @hint sumAll reduce() gets a function of two numbers, the data, and where to begin.
 * @hint sumAll return reduce((x, y) => …, …, initial);
 * @hint largest Of two numbers, keep the larger one.
 * @hint largest The function for reduce(): x if x is greater than y, else y.
 * @hint largest return reduce((x, y) => x > y ? … : …, numbers, …);
 * @hint joinWords Two texts become one, with a space between.
 * @hint joinWords reduce() without an initial value begins with the first word.
 * @hint joinWords return reduce((x, y) => `${…} ${…}`, …);
 */
import { filter, map, reduce } from "../mod.ts";
import { flags, section, show, showError, title } from "../lib/lesson.ts";

/** The squares of `numbers`, each computed when it is asked for. */
export function squareAll(numbers: Iterable<number>): Generator<number> {
  // #region solution: give the square of each number, lazily
  return map((x) => x ** 2, numbers);
  // #endregion solution
}

/** The even ones of `numbers`, each looked for when it is asked for. */
export function keepEven(numbers: Iterable<number>): Generator<number> {
  // #region solution: give the even numbers, lazily
  return filter((x) => x % 2 === 0, numbers);
  // #endregion solution
}

/** The sum of `numbers` and `initial`. */
export function sumAll(numbers: Iterable<number>, initial = 0): number {
  // #region solution: reduce the numbers to their sum
  return reduce((x, y) => x + y, numbers, initial);
  // #endregion solution
}

/** The largest of `numbers` and `initial`. */
export function largest(
  numbers: Iterable<number>,
  initial = -Infinity,
): number {
  // #region solution: reduce the numbers to the largest
  return reduce((x, y) => x > y ? x : y, numbers, initial);
  // #endregion solution
}

/** The words in one text, a space between two of them. */
export function joinWords(words: Iterable<string>): string {
  // #region solution: reduce the words to one text
  return reduce((x, y) => `${x} ${y}`, words);
  // #endregion solution
}

/** The additions that `reduce` does, one by one: `"1 + 2 = 3"`. */
export function reduceSteps(
  numbers: Iterable<number>,
  initial?: number,
): string[] {
  const steps: string[] = [];
  const add = (x: number, y: number) => {
    steps.push(`${x} + ${y} = ${x + y}`);
    return x + y;
  };
  // Without an initial value the first number takes its place.
  if (initial === undefined) reduce(add, numbers);
  else reduce(add, numbers, initial);
  return steps;
}

if (import.meta.main) {
  flags(import.meta);
  title("Map, filter, reduce");

  // map gives an iterator, and has computed nothing yet: the function notes its
  // calls, and there is none. The first item costs one call.
  const calls: number[] = [];
  const square = (x: number) => {
    calls.push(x);
    return x ** 2;
  };
  const squares = map(square, [1, 2, 3]);
  show(() => String(squares)); // "[object Generator]"
  show(() => calls); // []
  show(() => squares.next().value); // 1
  show(() => calls); // [ 1 ]

  // To have them all, ask for all: an array does.
  show(() => [...squareAll([1, 2, 3])]); // [ 1, 4, 9 ]

  section("Filter");

  // filter is as lazy. It passes over 1, gives 2, and has not looked at 7 yet.
  const evens = keepEven([1, 2, 7, 8]);
  show(() => evens.next().value); // 2
  show(() => [...keepEven([1, 2, 7, 8])]); // [ 2, 8 ]

  section("Reduce");

  // reduce calls its function with what it has so far and the next item. It is
  // not lazy: its one value is there only after the last item.
  show(() => sumAll([1, 2, 3])); // 6
  show(() => reduceSteps([1, 2, 3])); // [ "1 + 2 = 3", "3 + 3 = 6" ]

  // An initial value stands before the first item, and there is a step more.
  show(() => sumAll([1, 2, 3], 10)); // 16
  show(() => reduceSteps([1, 2, 3], 10)); // [ "10 + 1 = 11", "11 + 2 = 13", "13 + 3 = 16" ]

  // Any function of two values will do, and the values need not be numbers.
  show(() => largest([5, 9, 4, 15], 10)); // 15
  show(() => joinWords(["Data", "Science", "is", "fun"])); // "Data Science is fun"

  // It takes everything: afterwards the iterator is spent.
  show(() => sumAll(squares)); // 13
  show(() => [...squares]); // []

  // Of no items, only an initial value can come out. Without one, it fails.
  show(() => sumAll([], 10)); // 10
  showError(() => joinWords([])); // TypeError: reduce: no items and no initial value
}
