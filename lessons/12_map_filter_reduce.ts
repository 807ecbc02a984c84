/**
 * Lesson 12: Map, filter and reduce
 *
 * Three functions that take a function and data. You will see when map and
 * filter call their function, what they return, and how reduce makes one value
 * of many, step by step.
 *
 * @run deno run lessons/12_map_filter_reduce.ts
 * @test deno test tests/12_map_filter_reduce_test.ts
 */
import { filter, map, reduce } from "../mod.ts";
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

lesson(import.meta, () => {
  // Functional programming (lesson 11) seldom writes loops. It uses functions
  // that take a function and data: map, filter and reduce are the best known.
  // Here they are functions of this course, which you call as you do in Python.

  section("Map");
  // map(function, iterable) calls the function with each item of an iterable.
  // It returns an iterator (lesson 9) of what the function returns. `square`
  // also records in `calls` with which number it was called.
  const calls: number[] = [];
  const square = (x: number) => {
    calls.push(x);
    return x ** 2;
  };
  const squares = map(square, [1, 2, 3]);

  // map is lazy: it computes nothing before somebody asks for an item.
  // `squares` is no list of squares. It is a generator (lesson 10), in Python a
  // map object, and `calls` is empty because `square` has not been called.
  show(() => String(squares)); // "[object Generator]"
  show(() => calls); // []

  // next() asks for the first item: now `square` is called, once, with 1.
  show(() => squares.next().value); // 1
  show(() => calls); // [ 1 ]

  // To get all squares, put them into an array with `[...]`. It asks for
  // one item after another, up to the end. In Python, list() does that.
  code(squareAll);
  show(() => [...squareAll([1, 2, 3])]); // [ 1, 4, 9 ]

  section("Filter");
  // filter(function, iterable) returns an iterator of the items for which the
  // function returns true. Here it keeps the even numbers: `%` is the remainder
  // of a division, and x % 2 is 0 for an even x. `tested` records the calls.
  const tested: number[] = [];
  const isEven = (x: number) => {
    tested.push(x);
    return x % 2 === 0;
  };
  const evens = filter(isEven, [1, 2, 7, 8]);

  // filter is lazy too; Python calls its result a filter object. No number has
  // been tested so far. next() tests 1, which is odd, then 2, which is even,
  // and stops there: 7 and 8 have not been tested.
  show(() => String(evens)); // "[object Generator]"
  show(() => tested); // []
  show(() => evens.next().value); // 2
  show(() => tested); // [ 1, 2 ]

  // Asked for all items, filter tests all numbers.
  code(keepEven);
  show(() => [...keepEven([1, 2, 7, 8])]); // [ 2, 8 ]

  // So map and filter return iterators, not results: they describe what to
  // compute, and compute an item only when somebody asks for it. (The methods
  // map and filter of an array are not lazy: they return an array of results.)

  section("Reduce");
  // reduce(function, iterable) makes one value of all items. It calls the
  // function with two values, the result so far and the next item; what the
  // function returns is the new result so far. In the beginning, the result so
  // far is the first item. reduceSteps calls reduce and makes a line of each
  // step: first x is 1 and y is 2, then x is 3, the result so far, and y is 3,
  // the last item.
  code(add);
  show(() => reduce(add, [1, 2, 3])); // 6
  show(() => reduceSteps([1, 2, 3])); // [ "1 + 2 = 3", "3 + 3 = 6" ]

  // A third argument is the initial value: reduce begins with it instead of the
  // first item. So there is one step more, which adds 10 and 1.
  show(() => reduce(add, [1, 2, 3], 10)); // 16
  show(() => reduceSteps([1, 2, 3], 10)); // [ "10 + 1 = 11", "11 + 2 = 13", "13 + 3 = 16" ]

  // sumAll begins with 0 unless it gets another initial value, so that the sum
  // of no numbers is 0.
  code(sumAll);
  show(() => [sumAll([1, 2, 3]), sumAll([1, 2, 3], 10)]); // [ 6, 16 ]
  show(() => sumAll([])); // 0

  section("Any function of two values");
  // `x > y ? x : y` is x if x is greater than y, and y if not: the larger of
  // the two. The initial value 10 is larger than 5, 9 and 4, and 15 is larger
  // than 10. Without an initial value, largest begins with -Infinity, which is
  // less than every number.
  code(largest);
  show(() => largest([5, 9, 4, 15], 10)); // 15

  // The values can be texts. Without an initial value, joinWords begins with
  // "Data", and each step adds a space and a word.
  code(joinWords);
  show(() => joinWords(["Data", "Science", "is", "fun"])); // "Data Science is fun"

  section("Reduce is not lazy");
  // reduce returns a result, no iterator, and the result depends on every item.
  // So it asks for all items immediately, one after another, up to the end. The
  // iterator `squares` from above has handed out 1 already; 4 and 9 are left.
  // So the sum is 13, and not 14. Now `square` has been called with every
  // number.
  show(() => sumAll(squares)); // 13
  show(() => calls); // [ 1, 2, 3 ]

  // The iterator is used up: it has no items any more.
  show(() => [...squares]); // []

  // If there are no items, reduce returns the initial value. If there is none,
  // it throws a TypeError, as in Python.
  showError(() => joinWords([])); // TypeError: reduce: no items and no initial value
}, {
  readOn: {
    "Functional programming in Python":
      "https://docs.python.org/3/howto/functional.html",
    "reduce, as a method of arrays":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Array/reduce",
  },
});

/** The squares of `numbers`, each computed when somebody asks for it. */
export function squareAll(numbers: Iterable<number>): Generator<number> {
  // #region solution: return an iterator of the squares, computed lazily
  return map((x) => x ** 2, numbers);
  // #endregion solution
}

/** The even ones of `numbers`, each found when somebody asks for it. */
export function keepEven(numbers: Iterable<number>): Generator<number> {
  // #region solution: return an iterator of the even numbers, tested lazily
  return filter((x) => x % 2 === 0, numbers);
  // #endregion solution
}

/** The sum of two numbers. */
export const add = (x: number, y: number): number => x + y;

/** The sum of `numbers` and `initial`. */
export function sumAll(numbers: Iterable<number>, initial = 0): number {
  // #region solution: reduce the numbers to their sum, beginning with `initial`
  return reduce(add, numbers, initial);
  // #endregion solution
}

/** The largest of `numbers` and `initial`. */
export function largest(
  numbers: Iterable<number>,
  initial = -Infinity,
): number {
  // #region solution: reduce the numbers to the largest, beginning with `initial`
  return reduce((x, y) => x > y ? x : y, numbers, initial);
  // #endregion solution
}

/** The words in one text, a space between two of them. */
export function joinWords(words: Iterable<string>): string {
  // #region solution: reduce the words to one text, a space between two words; no words are a TypeError, as with `reduce`
  return reduce((x, y) => `${x} ${y}`, words);
  // #endregion solution
}

/** The additions of `reduce`, each as a line: `"1 + 2 = 3"`. */
export function reduceSteps(
  numbers: Iterable<number>,
  initial?: number,
): string[] {
  const steps: string[] = [];
  const addAndNote = (x: number, y: number) => {
    steps.push(`${x} + ${y} = ${add(x, y)}`);
    return add(x, y);
  };
  if (initial === undefined) reduce(addAndNote, numbers);
  else reduce(addAndNote, numbers, initial);
  return steps;
}
