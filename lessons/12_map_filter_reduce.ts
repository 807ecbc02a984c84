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
  // map, filter and reduce are functions of this course, called as in Python,
  // where reduce is in the module functools. map(square, [1, 2, 3]) stands for
  // what `square` returns for each item. `square` records in `calls` with which
  // numbers it is called. What is in `calls` after map?
  const calls: number[] = [];
  const square = (x: number) => {
    calls.push(x);
    return x ** 2;
  };
  const squares = map(square, [1, 2, 3]);
  show(() => calls); // []

  // map has not called `square` at all, because it is lazy: it returns an
  // iterator (lesson 9), and computes an item when somebody asks for it.
  show(() => squares.next().value); // 1
  show(() => calls); // [ 1 ]

  section("Map");
  // `squares` is not a list of squares. It is a generator (lesson 10), in
  // Python a map object.
  show(() => String(squares)); // "[object Generator]"

  // To get all squares, put them into an array with `[...]`, which asks for all
  // items. In Python, list() does that.
  code(squareAll);
  show(() => [...squareAll([1, 2, 3])]); // [ 1, 4, 9 ]

  section("Filter");
  // filter(function, iterable) is lazy too. It returns an iterator of the items
  // for which the function returns true; in Python, a filter object. Here it
  // keeps the even numbers: `%` is the remainder of a division, and x % 2 is 0
  // for an even x. `tested` records the calls.
  const tested: number[] = [];
  const isEven = (x: number) => {
    tested.push(x);
    return x % 2 === 0;
  };
  const evens = filter(isEven, [1, 2, 7, 8]);
  show(() => String(evens)); // "[object Generator]"
  show(() => tested); // []
  show(() => evens.next().value); // 2
  show(() => tested); // [ 1, 2 ]

  // next() tested 1, which is odd, then 2, which is even, and stopped there.
  //
  code(keepEven);
  show(() => [...keepEven([1, 2, 7, 8])]); // [ 2, 8 ]

  // So map and filter return iterators, not results: they describe what to
  // compute, and compute an item only when somebody asks for it. The methods
  // map and filter of an iterator do so, too. Those of an array (lesson 11) are
  // not lazy: they return arrays.

  section("Reduce");
  // reduce(function, iterable) makes one value of all items. It calls the
  // function with the result so far and the next item; what the function
  // returns is the new result so far. In the beginning, that is the first item.
  code(add);
  show(() => reduce(add, [1, 2, 3])); // 6

  // reduceSteps makes a line of each step. First x is 1 and y is 2. Then x is
  // 3, the result so far, and y is 3, the last item.
  show(() => reduceSteps([1, 2, 3])); // [ "1 + 2 = 3", "3 + 3 = 6" ]

  // A third argument is the initial value: reduce begins with it instead of the
  // first item. So there is one step more.
  show(() => reduce(add, [1, 2, 3], 10)); // 16
  show(() => reduceSteps([1, 2, 3], 10)); // [ "10 + 1 = 11", "11 + 2 = 13", "13 + 3 = 16" ]

  // sumAll begins with 0 unless it gets another initial value. What is the sum
  // of no numbers?
  code(sumAll);
  show(() => sumAll([1, 2, 3])); // 6
  show(() => sumAll([])); // 0

  section("Any function of two values");
  // `x > y ? x : y` is x if x > y, and y if not: the larger one. Without an
  // initial value, largest begins with -Infinity, the least number; here with
  // 10. The largest is 15.
  code(largest);
  show(() => largest([5, 9, 4, 15], 10)); // 15

  // The values can be texts. joinWords begins with the first word, and each
  // step adds a space and a word.
  code(joinWords);
  show(() => joinWords(["Data", "Science", "is", "fun"])); // "Data Science is fun"

  // If there are no items, reduce returns the initial value. Without an initial
  // value, it throws a TypeError, as in Python.
  showError(() => joinWords([])); // TypeError: reduce: no items and no initial value

  section("Reduce is not lazy");
  // reduce returns a result, not an iterator. The result depends on every item.
  // So reduce asks for all items immediately. 1 + 4 + 9 is 14: is this 14?
  show(() => sumAll(squares)); // 13
  show(() => calls); // [ 1, 2, 3 ]

  // The iterator `squares` had handed out the 1 at the beginning of this
  // lesson; 4 and 9 were left. Now `square` has been called with every number,
  // and the iterator is used up.
  show(() => [...squares]); // []
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
