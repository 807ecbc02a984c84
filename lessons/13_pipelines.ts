/**
 * Lesson 13: Pipelines
 *
 * A pipeline chains small functions: each passes its result to the next. You
 * will see in which order its steps run, four ways to write one, and why it can
 * work on data that is endless or too large for memory.
 *
 * @run deno run lessons/13_pipelines.ts
 * @test deno test tests/13_pipelines_test.ts
 */
import { count, filter, lazy, map, range, reduce, sum } from "../mod.ts";
import { bytes, code, heapInUse, lesson } from "../lib/lesson.ts";
import { section, show, showError, table } from "../lib/lesson.ts";

lesson(import.meta, ({ total }) => {
  // A pipeline chains functions. Each of them does one small job and passes its
  // result to the next. This one takes the even numbers of some data, doubles
  // them and adds them up: data -> filter -> map -> reduce.
  code(isEven);
  code(double);
  code(add);

  // It runs with 2, 3 and 4: once with lazy(), which makes a lazy pipeline, and
  // once with an array, whose methods are not lazy. The table has all calls in
  // their order: "filter 2" is isEven(2), "map 2" is double(2), and "reduce 0 +
  // 4" is add(0, 4). "built" is when filter and map had returned, just before
  // reduce was called.
  const arrays = evaluationOrder([2, 3, 4]);
  const lazily = evaluationOrder(lazy([2, 3, 4]));
  table(lazily.map((event, i) => (
    { step: i + 1, "lazy pipeline": event, "methods of arrays": arrays[i]! }
  )));

  // The lazy pipeline has computed nothing when it is built. It is reduce that
  // asks map for an item; map asks filter, and filter asks the data. So 2 goes
  // all the way to the sum before 3 starts, and 3 ends at the filter. With
  // arrays, each step finishes first and makes a whole array for the next one.

  section("Four ways to write it");
  // Of the numbers 0 to 9, filter keeps five, and map doubles them.
  const data = range(10);
  show(() => [...map(double, filter(isEven, data))]); // [ 0, 4, 8, 12, 16 ]

  // What is their sum? Nested: the result of each call is the data of the call
  // around it. You read it from the inside out.
  code(nested);
  show(() => nested(data)); // 40

  // Step by step: each result gets a name. You read it from top to bottom.
  code(stepwise);
  show(() => stepwise(data)); // 40

  // Chained: each step is a method of what the step before it returns. You read
  // it in the order in which things happen.
  code(chained);
  show(() => chained(data)); // 40

  // Generator: it makes the doubled numbers, and sum() adds them up. The
  // generator function has no name; `()` at its end calls it. In Python, it is
  // a generator expression: sum(x * 2 for x in range(10) if x % 2 == 0).
  code(comprehension);
  show(() => comprehension(data)); // 40

  section("Pipeline thinking");
  // Functional programming builds pipelines of small pure functions (lesson
  // 11), which are easy to test and to use again. A step transforms: it makes
  // new values. It does not mutate: it does not change the values that it got.
  // So the source is the same after the pipeline.
  const source = [1, 2, 7, 8];
  show(() => chained(source)); // 20
  show(() => source); // [ 1, 2, 7, 8 ]

  // This function mutates: it writes into the array that it got.  What does the
  // same call of chained return now?
  code(doubleInPlace);
  doubleInPlace(source);
  show(() => chained(source)); // 72

  // It is 2 × (2 + 4 + 14 + 16). Immutable data prevents that: nobody can
  // change it. Object.freeze makes an array immutable. (Objects inside of it
  // are not frozen.)
  const frozen = Object.freeze([1, 2, 7, 8]) as number[];
  showError(() => doubleInPlace(frozen)); // TypeError: Cannot assign to read only property '0' of object '[object Array]'

  section("Without an end");
  // count() counts 0, 1, 2 and never ends. A lazy pipeline computes only what
  // somebody asks for, so it can take the first three results.
  show(() => lazy(count()).filter(isEven).map(double).take(3).toArray()); // [ 0, 4, 8 ]

  section("Memory stays flat");
  // lines(n) makes lines of 1000 bytes (1 kB), each when somebody asks for it.
  // A pipeline adds up their lengths; an array stores the same lines.
  // The table shows how much larger the heap, the memory for the values of this
  // program, is at the last line.
  code(lengthOf);
  table([total / 100, total].map((n) => ({
    lines: n,
    pipeline: bytes(gainOf(lengthOf, n)),
    array: bytes(gainOf(Array.from, n)),
  })));

  // The pipeline forgets a line once it has used it: its steps store no
  // intermediate results. (A sort would.) So its memory stays flat, however
  // long the text is. A few kB are the program's own.
}, {
  options: {
    total: { default: 100_000, min: 100, help: "how many lines of text" },
  },
  readOn: {
    "Functional programming in Python":
      "https://docs.python.org/3/howto/functional.html",
  },
});

// Each of these does one small thing, and is pure.
export const isEven = (x: number): boolean => x % 2 === 0;
export const double = (x: number): number => x * 2;
export const add = (x: number, y: number): number => x + y;

/** The sum of the doubled even numbers: one call inside the other. */
export function nested(data: Iterable<number>): number {
  // #region solution: put filter into map, and map into reduce, which begins with 0
  return reduce(add, map(double, filter(isEven, data)), 0);
  // #endregion solution
}

/** The same, with a name for each step. */
export function stepwise(data: Iterable<number>): number {
  // #region solution: name the even numbers, name the doubled ones, and add them up from 0 on
  const evens = filter(isEven, data);
  const doubled = map(double, evens);
  return reduce(add, doubled, 0);
  // #endregion solution
}

/** The same as a chain, which reads in the order in which things happen. */
export function chained(data: Iterable<number>): number {
  // #region solution: make a pipeline of the data, and call its methods; reduce begins with 0
  return lazy(data).filter(isEven).map(double).reduce(add, 0);
  // #endregion solution
}

/** The same as a generator that is summed. */
export function comprehension(data: Iterable<number>): number {
  return sum(function* () {
    // #region solution: hand out the double of each even number
    for (const x of data) if (isEven(x)) yield double(x);
    // #endregion solution
  }());
}

/** Doubles numbers in the place where they are: it changes its argument. */
export function doubleInPlace(numbers: number[]): void {
  for (const i of numbers.keys()) numbers[i]! *= 2;
}

/** What pipelines and arrays have in common. */
interface Chain {
  filter(test: (x: number) => boolean): Chain;
  map(change: (x: number) => number): Chain;
  reduce(combine: (x: number, y: number) => number, initial: number): number;
}

/** What a chain of steps calls, in order. */
export function evaluationOrder(data: Chain): string[] {
  const events: string[] = [];
  const note = <T>(event: string, value: T) => {
    events.push(event);
    return value;
  };
  const built = data.filter((x) => note(`filter ${x}`, isEven(x)))
    .map((x) => note(`map ${x}`, double(x)));
  events.push("built");
  built.reduce((x, y) => note(`reduce ${x} + ${y}`, add(x, y)), 0);
  return events;
}

type Text = Iterable<string>;
/** Lines of a long text, each made when somebody asks for it. */
export function* lines(n: number): Generator<string, void, void> {
  for (const i of range(n)) yield [`line ${i}:`, "x".repeat(985)].join(" ");
}

/** How many characters the lines have together. */
export function lengthOf(lines: Text): number {
  return lazy(lines).map((line) => line.length).sum();
}

/** How many bytes of the heap are kept when the last line has come. */
export function gainOf(take: (all: Text) => unknown, n: number): number {
  take(lines(1_000)); // What V8 keeps of the code itself does not count.
  const before = heapInUse();
  let gain = 0;
  take(function* () {
    yield* lines(n);
    gain = heapInUse() - before;
  }());
  return Math.max(0, gain);
}
