/**
 * Lesson 10: Generators
 *
 * A range and a generator stand for many values and keep none of them in memory.
 * You will see how many bytes they save beside an array of the same values, here
 * and in Python, how both work, and what `yield` does.
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

lesson(import.meta, () => {
  // How many bytes do five million squares take? An array stores all of them. A
  // generator is an iterator (lesson 9) that computes a square when somebody
  // asks for it. A range stands for numbers. In the table, "lazy" is the size
  // of a range or a generator, "stored" the size of the same values in an array
  // of Deno or a list of Python, and "ratio" is stored divided by lazy. Sizes
  // are in bytes (B).
  const rows = sizes();
  table(rows);

  say(
    `In Deno, the array of squares takes ${count(rows[2]!.ratio)} times as ` +
      "many bytes as the generator, and the array of numbers takes " +
      `${count(rows[0]!.ratio)} times as many as the range.`,
  );

  // A range or a generator takes the same number of bytes however many values
  // it stands for: it stores no items. Here, an array and a list take 8 bytes
  // for each item. Python's list of squares has spare room for new items
  // besides, and sys.getsizeof() does not count the numbers, which lie outside
  // of the list.
  //
  // Deno's sizes are measured now. To measure one value, the lesson creates
  // many, keeps them, and divides. Python's sizes are those of this course's
  // notes; some versions of Python give 208 bytes for a generator.

  section("A range");
  // range is a function of this course, made after Python's. range(3) stands
  // for the numbers 0, 1 and 2. They are not stored: the range only knows where
  // it begins and how many numbers there are. So it can stand for a billion
  // numbers, and at(-1) computes the last of them.
  const r = range(3);
  show(() => r); // Range(0, 3)
  show(() => range(1_000_000_000).at(-1)); // 999999999

  // Is a range an iterable, and is it an iterator (lesson 9)? `in` says whether
  // an object has a property.
  show(() => Symbol.iterator in r); // true
  show(() => "next" in r); // false
  show(() => [[...r], [...r]]); // [ [ 0, 1, 2 ], [ 0, 1, 2 ] ]

  // It is an iterable, but not an iterator: every pass starts again. In Python,
  // hasattr(r, "__iter__") is True and hasattr(r, "__next__") is False.

  section("A generator function");
  // `function*` makes a generator function. In place of `return`, which would
  // end the function, `yield` hands out one value; then the function waits, and
  // goes on from there when somebody asks for the next value. In Python,
  // `yield` does the same. (`x ** 2` is the square of x.)
  code(squares);

  // Calling squares(3) runs none of this code. It returns a generator, which
  // computes its values lazily, with this code. String() gives its type.
  const generator = squares(3);
  show(() => String(generator)); // "[object Generator]"

  // A generator is both an iterable and an iterator: it has both methods.
  show(() => Symbol.iterator in generator); // true
  show(() => "next" in generator); // true

  // Each next() runs the function as far as its next `yield`. What is left for
  // two loops after that?
  show(() => generator.next()); // { value: 0, done: false }
  show(() => generator.next()); // { value: 1, done: false }
  show(() => [...generator]); // [ 4 ]
  show(() => [...generator]); // []
  show(() => [...squares(3)]); // [ 0, 1, 4 ]

  // A loop takes what is left. Then the generator is used up: you cannot use it
  // again. To have the squares again, call the function again.

  section("A generator expression");
  // In Python, (x ** 2 for x in range(5_000_000)) is a generator expression: it
  // makes a generator without a function of its own. In square brackets, it is
  // a list comprehension, which computes all items and stores them in a list.
  //
  // JavaScript has neither. A generator function does the work of the first,
  // and Array.from that of the second. It makes an array of a length, and calls
  // a function for each item, with two values: the old item, `_`, is not used
  // here, and `x` is its place: 0, 1, 2 and so on.
  const expression = squares(5_000_000);
  code(squaresArray);
  const array = squaresArray(5_000_000);

  // Their types are Generator and Array. In Python, they are generator and
  // list.
  show(() => String(expression)); // "[object Generator]"
  show(() => Array.isArray(array)); // true

  // The array has computed five million squares before it shows its first five.
  // The generator computes one, because we ask for one.
  show(() => array.slice(0, 5)); // [ 0, 1, 4, 9, 16 ]
  show(() => expression.next().value); // 0
}, {
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

/** One row of the table: what is lazy beside what is stored, in bytes. */
function size(values: string, by: string, sizes: number[]) {
  const [lazy, stored] = sizes as [number, number];
  const ratio = Math.round(stored / lazy);
  return { values, "in": by, "lazy (B)": lazy, "stored (B)": stored, ratio };
}

/** The rows of the table: Deno's sizes are measured, Python's are known. */
function sizes() {
  // What is small is weighed with many others, so that what else happens on the
  // heap does not count.
  const small = (make: () => unknown) => Math.round(weigh(make, 100_000));
  const large = (make: () => unknown) => {
    make(); // What V8 keeps of the code itself does not count either.
    return Math.round(weigh(make, 1));
  };
  const [few, many] = [100_000, 5_000_000] as const;
  const numbers = [small(() => range(few)), large(() => toArray(range(few)))];
  const squared = [small(() => squares(many)), large(() => squaresArray(many))];
  return [
    size(`numbers (${count(few)})`, "Deno", numbers),
    size(`numbers (${count(few)})`, "Python", [48, 800_056]),
    size(`squares (${count(many)})`, "Deno", squared),
    size(`squares (${count(many)})`, "Python", [200, 43_947_864]),
  ];
}
