/**
 * Lesson 10: Generators
 *
 * A range and a generator stand for many values and keep none of them in memory.
 * You will see how both work, what `yield` does, and how many bytes they take
 * beside an array of the same values, measured here and in Python.
 *
 * @run deno run lessons/10_generators.ts
 * @test deno test tests/10_generators_test.ts
 */
import { range, toArray } from "../mod.ts";
import {
  code,
  count,
  heapInUse,
  lesson,
  say,
  section,
  show,
  table,
} from "../lib/lesson.ts";

lesson(import.meta, ({ tries }) => {
  // An array keeps all of its items in memory. A range and a generator are
  // lazy: they compute an item when somebody asks for it, and keep none.

  section("A range");
  // range(3) stands for the numbers 0, 1 and 2. The numbers are not stored: the
  // range only knows where it begins and how many numbers there are. So it can
  // stand for a billion numbers, and at(-1) computes the last of them.
  const r = range(3);
  show(() => r); // Range(0, 3)
  show(() => range(1_000_000_000).at(-1)); // 999999999

  // `in` says whether an object has a property. A range has the method
  // Symbol.iterator: it is an iterable (lesson 9). It has no method next: it is
  // no iterator. So every pass asks for a new iterator and starts again. In
  // Python, hasattr(r, "__iter__") is True and hasattr(r, "__next__") is False.
  show(() => Symbol.iterator in r); // true
  show(() => "next" in r); // false
  show(() => [[...r], [...r]]); // [ [ 0, 1, 2 ], [ 0, 1, 2 ] ]

  section("A generator function");
  // `function*` makes a generator function, and `yield` hands out one value.
  // `return` would end the function. After `yield`, the function waits; it goes
  // on from there when somebody asks for the next value. In Python, `yield`
  // does the same. (`x ** 2` is the square of x.)
  code(squares);

  // Calling squares(3) runs none of this code. It returns a generator: an
  // iterator that computes its values lazily, with this code. As a text, it
  // says its type.
  const generator = squares(3);
  show(() => String(generator)); // "[object Generator]"

  // A generator is both an iterator and an iterable: it has both methods, next
  // and Symbol.iterator.
  show(() => "next" in generator); // true
  show(() => Symbol.iterator in generator); // true

  // Each next() runs the function as far as its next `yield`.
  show(() => generator.next()); // { value: 0, done: false }
  show(() => generator.next()); // { value: 1, done: false }

  // A loop or `[...]` takes what is left: only 4, because 0 and 1 have been
  // handed out. Then the generator is used up, and you cannot use it again. To
  // have the squares again, call the function again.
  show(() => [...generator]); // [ 4 ]
  show(() => [...generator]); // []
  show(() => [...squares(3)]); // [ 0, 1, 4 ]

  section("A generator expression");
  // In Python, (x ** 2 for x in range(5_000_000)) is a generator expression: it
  // makes a generator without a function of its own. In square brackets, it is
  // a list comprehension, which computes all items and stores them in a list.
  //
  // JavaScript has neither. Instead of a generator expression, you write a
  // generator function, such as squares, and call it. Instead of a list
  // comprehension, you make an array. Array.from calls a function for each item
  // with two values: `_` is the item, which is not used, and `x` is its place:
  // 0, 1, 2 and so on.
  const expression = squares(5_000_000);
  code(squaresArray);
  const array = squaresArray(5_000_000);

  // Their types are Generator and Array. In Python, they are generator and
  // list.
  show(() => String(expression)); // "[object Generator]"
  show(() => Array.isArray(array)); // true

  // The array has computed five million squares before it can show its first
  // five. The generator computes one, because we ask for one.
  show(() => array.slice(0, 5)); // [ 0, 1, 4, 9, 16 ]
  show(() => expression.next().value); // 0

  section("Memory");
  // How many bytes does a value take? This lesson makes it many times and keeps
  // all. Before and after that, heapInUse() measures how many bytes of
  // the heap are in use, the memory where JavaScript keeps its values. The
  // difference, divided by the number of values, is the size of one.
  // heapInUse() does not count garbage: values that nobody can reach any more.
  //
  // sizes weighs each value `tries` times, and takes the middle result. In the
  // table, all sizes are in bytes (B). "Lazy" is the size of a range (of 100
  // 000 numbers) or of a generator (of 5 000 000 squares). "Stored" is the size
  // of the same values in an array of Deno or a list of Python. "Ratio" is
  // stored divided by lazy. Deno's sizes are measured now; Python's come from
  // the notes of this course, where sys.getsizeof() measured them in Python 3.
  const rows = sizes(tries);
  table(rows);

  say(
    `In Deno, the array of numbers takes ${count(rows[0]!.ratio)} times as ` +
      "many bytes as the range, and the array of squares takes " +
      `${count(rows[2]!.ratio)} times as many as the generator.`,
  );

  // An array and a list take 8 bytes for each item. Python's list of squares
  // takes more, because it has spare room for new items. The numbers themselves
  // lie outside of a Python list, and getsizeof() does not count them.
  //
  // A range or a generator takes the same number of bytes however many values
  // it stands for: it stores where it is and where it ends, and no items.
}, {
  options: {
    tries: { default: 3, min: 1, help: "how often each value is weighed" },
  },
  readOn: {
    "Generator functions":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Statements/function*",
    "yield":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Operators/yield",
  },
});

/** Gives the squares of 0 to n - 1, each when somebody asks for it. */
export function* squares(n: number): Generator<number, void, void> {
  for (let x = 0; x < n; x++) {
    // #region solution: hand out the square of x, and wait
    yield x ** 2;
    // #endregion solution
  }
}

/** The squares of 0 to n - 1, all of them in an array. */
export function squaresArray(n: number): number[] {
  // #region solution: put the square of each number below n into an array
  return Array.from({ length: n }, (_, x) => x ** 2);
  // #endregion solution
}

/** How many bytes of the heap each of some values takes, on average. */
export function weigh(make: () => unknown, times: number): number {
  const kept: unknown[] = Array(times).fill(null);
  const before = heapInUse();
  // #region solution: make a value for each place of `kept`
  for (let i = 0; i < times; i++) kept[i] = make();
  // #endregion solution
  const after = heapInUse();
  kept.length = 0; // Up to here, the values are in use.
  return (after - before) / times;
}

/** How many bytes of the heap a value takes: the middle of some tries. */
export function memoryOf(make: () => unknown, tries = 3): number {
  // A large value is weighed alone. A small one would be lost among what else
  // happens on the heap, so many of them are weighed together.
  const before = heapInUse();
  make();
  const isLarge = Deno.memoryUsage().heapUsed - before > 100_000;
  const times = isLarge ? 1 : 20_000;
  const weights = Array.from({ length: tries }, () => weigh(make, times));
  weights.sort((a, b) => a - b);
  return Math.round(weights[Math.floor(tries / 2)]!);
}

/** One row of the table: what is lazy beside what is stored, in bytes. */
function size(values: string, by: string, lazy: number, stored: number) {
  const ratio = Math.round(stored / lazy);
  return { values, "in": by, "lazy (B)": lazy, "stored (B)": stored, ratio };
}

/** The rows of the table: Deno's sizes are measured, Python's are known. */
function sizes(tries: number) {
  const [few, many] = [100_000, 5_000_000] as const;
  const ofNumbers = [
    memoryOf(() => range(few), tries),
    memoryOf(() => toArray(range(few)), tries),
  ] as const;
  const ofSquares = [
    memoryOf(() => squares(many), tries),
    memoryOf(() => squaresArray(many), tries),
  ] as const;
  return [
    size(`numbers (${count(few)})`, "Deno", ...ofNumbers),
    size(`numbers (${count(few)})`, "Python", 48, 800_056),
    size(`squares (${count(many)})`, "Deno", ...ofSquares),
    size(`squares (${count(many)})`, "Python", 200, 43_947_864),
  ];
}
