/**
 * Lesson 13: Pipelines
 *
 * A pipeline chains small functions: each passes its result to the next. You
 * will see four ways to write one, in which order its steps run, and why it can
 * work on data that is endless, too large for memory, or spread over workers.
 *
 * @run deno run lessons/13_pipelines.ts
 * @test deno test tests/13_pipelines_test.ts
 */
import {
  count,
  filter,
  lazy,
  map,
  Pool,
  range,
  reduce,
  sum,
  toArray,
} from "../mod.ts";
import {
  bytes,
  code,
  heapInUse,
  lesson,
  say,
  section,
  show,
  showError,
  table,
} from "../lib/lesson.ts";

lesson(import.meta, async ({ total }) => {
  // A pipeline chains functions. Each of them does one small job and passes its
  // result to the next. This one takes the even numbers of some data, doubles
  // them and adds them up: data -> filter -> map -> reduce.
  code(isEven);
  code(double);
  code(add);

  // Of the numbers 0 to 9, filter keeps five. map doubles them. reduce adds
  // them up: 0 + 4 + 8 + 12 + 16 is 40.
  const data = range(10);
  show(() => [...filter(isEven, data)]); // [ 0, 2, 4, 6, 8 ]
  show(() => [...map(double, filter(isEven, data))]); // [ 0, 4, 8, 12, 16 ]

  section("Four ways to write it");
  // Nested: each call is the data of the call around it. You read it from the
  // inside out.
  code(nested);
  show(() => nested(data)); // 40

  // Step by step: each result gets a name. You read it from top to bottom.
  code(stepwise);
  show(() => stepwise(data)); // 40

  // Chained: lazy() makes a pipeline that has filter, map and reduce as
  // methods. You read it in the order in which things happen.
  code(chained);
  show(() => chained(data)); // 40

  // Generator: a generator makes the doubled numbers, and sum() adds them up.
  // The generator function has no name; `()` at its end calls it. In Python, it
  // is a generator expression: sum(x * 2 for x in range(10) if x % 2 == 0).
  code(comprehension);
  show(() => comprehension(data)); // 40

  section("Pipeline thinking");
  // Functional programming builds pipelines of small pure functions (lesson 11).
  // A small function is easy to test and to use again, in other pipelines too.
  // A pure function has no side effects: it changes nothing outside. So its
  // data can be immutable, which means that nobody changes it after it was
  // made.
  //
  // A step transforms: it makes new values. It does not mutate: it does not
  // change the values that it got. So the source is the same after the
  // pipeline.
  const source = [1, 2, 7, 8];
  show(() => chained(source)); // 20
  show(() => source); // [ 1, 2, 7, 8 ]

  // This function mutates: it writes into the array that it got. The old
  // numbers are lost, and the same call of chained returns something else: 72,
  // which is 2 × (2 + 4 + 14 + 16).
  code(doubleInPlace);
  doubleInPlace(source);
  show(() => source); // [ 2, 4, 14, 16 ]
  show(() => chained(source)); // 72

  // Object.freeze makes an array immutable: in a module, such as this file,
  // whoever writes into it gets an error. (Objects inside of it are not
  // frozen.)
  const frozen = Object.freeze([1, 2, 7, 8]) as number[];
  showError(() => doubleInPlace(frozen)); // TypeError: Cannot assign to read only property '0' of object '[object Array]'

  section("Who asks, and when");
  // The same pipeline with 2, 3 and 4, once lazily and once with the methods of
  // arrays, which are not lazy. evaluationOrder runs both and records each
  // call: "filter 2" is the call isEven(2), "map 2" is double(2), and "reduce 0
  // + 4" is add(0, 4). "built" is recorded when filter and map have returned,
  // just before reduce is called.
  const order = evaluationOrder([2, 3, 4]);
  table(order.lazy.map((event, i) => ({
    step: i + 1,
    "lazy pipeline": event,
    "methods of arrays": order.arrays[i]!,
  })));

  // The lazy pipeline has computed nothing when it is built. It is reduce that
  // asks map for an item; map asks filter, and filter asks the data. So 2 goes
  // all the way to the sum before 3 starts, and 3 ends at the filter. With
  // arrays, each step finishes first and makes a whole array for the next one:
  // when the pipeline is built, all but the sum is computed.

  section("Without an end");
  // count() counts 0, 1, 2 and never ends. As a lazy pipeline computes only
  // what somebody asks for, it can take the first three results.
  show(() => lazy(count()).filter(isEven).map(double).take(3).toArray()); // [ 0, 4, 8 ]

  section("Memory stays flat");
  // A lazy pipeline has one item at a time in memory. lines(total) makes a
  // text, one line when somebody asks for it, and lengthOf adds up the lengths.
  // `total` is the number of lines: 100 000, which are 100 MB, unless you run
  // this lesson with another number. (join makes one text of the two parts.)
  code(lines);
  code(lengthOf);

  show(() => lengthOf(lines(total))); // 99688890

  // A pipeline forgets a line once it has used it. So its memory stays flat: it
  // takes some kB, however long the text is. An array keeps every
  // line. memoryRows lets the lines pass once more, and then puts them into an
  // array instead. After each quarter, it measures how many more bytes of the
  // heap are in use, the memory that holds the values of this program (lesson
  // 10).
  const rows = memoryRows(total);
  table(rows);
  say(
    `When all the text had passed, the pipeline kept ${rows[3]!.pipeline}, ` +
      `and the array ${rows[3]!.array}.`,
  );

  section("Over workers");
  // A pure function needs only its arguments, so a step of a pipeline can run
  // in workers (lesson 3). imap asks filter for items as the workers need them,
  // and returns the results in the order of the items; `for await` waits for
  // each.
  using pool = new Pool({ workers: 2 });
  const evens = filter(isEven, data);
  const results: number[] = [];
  for await (const result of pool.imap(double, evens)) {
    results.push(result);
  }
  show(() => results); // [ 0, 4, 8, 12, 16 ]

  // The results and their sum are the same as without workers.
  show(() => sum(results)); // 40
}, {
  options: {
    total: { default: 100_000, min: 4, help: "how many lines of text" },
  },
  readOn: {
    "Functional programming in Python":
      "https://docs.python.org/3/howto/functional.html",
    "Iterators and their lazy methods":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Iterator",
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

/** The order in which the steps run: lazily, and with arrays. */
export function evaluationOrder(
  data: Iterable<number>,
): { lazy: string[]; arrays: string[] } {
  let events: string[] = [];
  const keep = (x: number) => {
    events.push(`filter ${x}`);
    return isEven(x);
  };
  const change = (x: number) => {
    events.push(`map ${x}`);
    return double(x);
  };
  const combine = (x: number, y: number) => {
    events.push(`reduce ${x} + ${y}`);
    return add(x, y);
  };
  const numbers = [...data];

  const pipeline = lazy(numbers).filter(keep).map(change);
  events.push("built");
  pipeline.reduce(combine, 0);
  const lazily = events;

  events = [];
  const array = numbers.filter(keep).map(change);
  events.push("built");
  array.reduce(combine, 0);
  return { lazy: lazily, arrays: events };
}

/** Lines of a long text, each made when somebody asks for it. */
export function* lines(count: number): Generator<string, void, void> {
  for (const i of range(count)) {
    yield [`line ${i}:`, "x".repeat(985)].join(" ");
  }
}

/** How many characters the lines have together. */
export function lengthOf(lines: Iterable<string>): number {
  return lazy(lines).map((line) => line.length).sum();
}

/** How many bytes the heap gains by each quarter of the lines that are taken. */
export function gainsOf(
  take: (lines: Iterable<string>) => unknown,
  total: number,
): number[] {
  const gains: number[] = [];
  const before = heapInUse();
  take(function* () {
    let passed = 0;
    for (const line of lines(total)) {
      yield line;
      passed += 1;
      if (passed * 4 >= total * (gains.length + 1)) {
        gains.push(heapInUse() - before);
      }
    }
  }());
  return gains;
}

/** What a pipeline and an array keep of the same lines, quarter by quarter. */
function memoryRows(total: number) {
  gainsOf(lengthOf, 4); // what is kept of the code itself does not count
  const array = gainsOf(toArray, total);
  return gainsOf(lengthOf, total).map((gain, i) => ({
    "text so far": `${25 * (i + 1)} %`,
    pipeline: bytes(gain),
    array: bytes(array[i]!),
  }));
}
