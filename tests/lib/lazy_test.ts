import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as f from "../../mod.ts";
import { lazy, range } from "../../mod.ts";
import { deno, runProgram, testWith } from "../helper.ts";

const isEven = (x: number) => x % 2 === 0;
const add = (a: number, b: number) => a + b;

Deno.test("map() of several sources stops with the shortest, and closes the others", () => {
  let closed = 0;
  function* numbers() {
    try {
      for (;;) yield 1;
    } finally {
      closed++;
    }
  }
  const sums = f.map((a: number, b: number) => a + b, numbers(), [1, 2]);
  assertEquals([...sums], [2, 3]);
  assertEquals(closed, 1);
});

Deno.test("each function gives what its name says, of none, one and many", () => {
  const cases: [unknown, unknown][] = [
    [f.map((x) => x * 2, [1, 2]), [2, 4]],
    [f.filter(isEven, [1, 2, 7, 8]), [2, 8]],
    [f.enumerate("ab", 1), [[1, "a"], [2, "b"]]],
    [f.zip([1, 2], "abc", [true, false]), [[1, "a", true], [2, "b", false]]],
    [f.zip(), []],
    [f.accumulate(add, [1, 2, 3]), [1, 3, 6]],
    [f.accumulate(add, [1, 2], 10), [10, 11, 13]],
    [f.accumulate(add, []), []],
    [f.flatMap((x) => [x, x], [1, 2]), [1, 1, 2, 2]],
    [f.take(2, f.count(5)), [5, 6]],
    [f.take(9, [1]), [1]],
    [f.drop(1, [1, 2]), [2]],
    [f.takeWhile((x) => x < 3, [1, 2, 3, 1]), [1, 2]],
    [f.dropWhile((x) => x < 3, [1, 3, 1]), [3, 1]],
    [f.unique([1, 1, 2, NaN, NaN]), [1, 2, NaN]],
    [f.unique(["a", "b", "cc"], (w) => w.length), ["a", "cc"]],
    [f.chunks(2, [1, 2, 3]), [[1, 2], [3]]],
    [f.windows(2, [1, 2, 3]), [[1, 2], [2, 3]]],
    [f.windows(3, [1, 2]), []],
    [f.pairwise("abc"), [["a", "b"], ["b", "c"]]],
    [f.concat([1], [], [2, 3]), [1, 2, 3]],
    [f.concat(), []],
    [f.groupBy(isEven, [1, 3, 2, 5]), [[false, [1, 3]], [true, [2]], [false, [
      5,
    ]]]],
    [f.take(3, f.cycle([1, 2])), [1, 2, 1]],
    [f.cycle([]), []],
    [f.repeat("x", 2), ["x", "x"]],
    [f.take(3, f.iterate((x: number) => x * 2, 1)), [1, 2, 4]],
  ];
  for (const [actual, expected] of cases) {
    assertEquals([...actual as Iterable<unknown>], expected);
  }
  const none: number[] = [];
  const steps = [
    f.map(isEven, none),
    f.filter(isEven, none),
    f.takeWhile(isEven, none),
    f.dropWhile(isEven, none),
    f.flatMap(() => none, none),
    f.chunks(2, none),
    f.groupBy(isEven, none),
  ];
  for (const step of steps) assertEquals([...step], []);
});

Deno.test("functions of one value give it, of none, one and many", () => {
  assertEquals(f.reduce(add, [1, 2, 3]), 6);
  assertEquals(f.reduce(add, [1, 2, 3], 10), 16);
  assertEquals(f.reduce(add, [5]), 5);
  assertEquals(f.reduce(add, [], 5), 5);
  assertEquals(
    f.reduce<number, unknown>((_, x) => x, [], undefined),
    undefined,
  );
  assertThrows(() => f.reduce(add, []), TypeError, "no items and no initial");
  assertEquals([f.sum([]), f.sum([1, 2]), f.sum([1n, 2n])], [0, 3, 3n]);
  assertEquals([f.min([3, 1, 2]), f.max([3, 1, 2])], [1, 3]);
  assertEquals([f.min([]), f.max([]), f.first([])], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(
    f.join(" ", ["Data", "Science", "is", "fun"]),
    "Data Science is fun",
  );
  assertEquals(f.partition(isEven, [1, 2, 3]), [[2], [1, 3]]);
  assertEquals([f.some(isEven, [1, 2]), f.some(isEven, [])], [true, false]);
  assertEquals([f.every(isEven, [1, 2]), f.every(isEven, [])], [false, true]);
  assertEquals([f.find(isEven, [1, 2]), f.find(isEven, [1])], [2, undefined]);
});

Deno.test("Pipeline has the functions as methods", () => {
  const cases: [unknown, unknown][] = [
    [lazy(range(10)).filter(isEven).map((x) => x * 2).sum(), 40],
    [lazy([1, 2]).flatMap((x) => [x, x]).toArray(), [1, 1, 2, 2]],
    [lazy([1, 2, 3]).take(2).flatMap((x) => [x, -x]).toArray(), [1, -1, 2, -2]],
    [lazy([[1, 2], [3]]).flatMap((x) => x).take(2).toArray(), [1, 2]],
    [
      lazy([[1, 9, 2], [3]]).flatMap((x) => x).takeWhile((x) => x < 3)
        .toArray(),
      [1],
    ],
    [
      lazy([[1], [2]]).flatMap((x) => [x, x]).flatMap((x) => x).find((x) =>
        x === 2
      ),
      2,
    ],
    [lazy([1, 2, 3, 4]).drop(1).dropWhile((x) => x < 3).toArray(), [3, 4]],
    [lazy("aba").unique().enumerate(1).toArray(), [[1, "a"], [2, "b"]]],
    [lazy([1, 2]).zip("ab").toArray(), [[1, "a"], [2, "b"]]],
    [lazy([1, 2, 3]).accumulate(add).toArray(), [1, 3, 6]],
    [lazy([1, 2]).accumulate(add, 10).toArray(), [10, 11, 13]],
    [lazy([1, 2, 3]).chunks(2).map((c) => c.length).toArray(), [2, 1]],
    [lazy([1, 2, 3]).windows(2).toArray(), [[1, 2], [2, 3]]],
    [lazy([1, 2, 3]).pairwise().toArray(), [[1, 2], [2, 3]]],
    [lazy([1]).concat("a").toArray(), [1, "a"]],
    [lazy([1, 2]).cycle().take(3).toArray(), [1, 2, 1]],
    [lazy([1, 3, 2]).groupBy(isEven).toArray(), [[false, [1, 3]], [true, [2]]]],
    [lazy([1, 2, 3]).partition(isEven), [[2], [1, 3]]],
    [lazy([1, 2, 3]).reduce(add), 6],
    [lazy([1, 2, 3]).reduce(add, 10), 16],
    [lazy<number>([]).reduce<unknown>((_, x) => x, undefined), undefined],
    [lazy<number>([]).sum(), 0],
    [lazy([1n, 2n]).sum(), 3n],
    [[lazy([3, 1, 2]).min(), lazy([3, 1, 2]).max()], [1, 3]],
    [lazy([]).min(), undefined],
    [lazy(["a", "b"]).join("-"), "a-b"],
    [[lazy([1, 2]).first(), lazy([]).first()], [1, undefined]],
    [lazy([1, 2]).find(isEven), 2],
    [[lazy([1]).some(isEven), lazy([2]).every(isEven)], [false, true]],
  ];
  for (const [actual, expected] of cases) assertEquals(actual, expected);
  assertThrows(() => lazy<number>([]).reduce(add), TypeError, "no items");
});

Deno.test("Pipeline gives the same iterated as at once, and by functions", () => {
  const source = [5, 3, 8, 1, 9, 2, 2];
  const pipelines = [
    lazy(source).map((x) => x + 1),
    lazy(source).filter(isEven).take(2),
    lazy(source).flatMap((x) => range(x)).drop(3).take(5),
    lazy(source).takeWhile((x) => x > 2).enumerate(),
    lazy(source).chunks(2).map((c) => c[0]).unique(),
    lazy(source).take(0),
  ];
  for (const pipeline of pipelines) {
    const all = pipeline.toArray() as unknown[];
    assertEquals([...pipeline], all);
    const seen: unknown[] = [];
    pipeline.forEach((item: unknown) => seen.push(item));
    assertEquals(seen, all);
    assertEquals(pipeline.first(), all[0] as undefined);
  }
});

Deno.test("Pipeline is a value: shared beginnings, run again, nothing pulled early", () => {
  let pulled = 0;
  const source = {
    *[Symbol.iterator]() {
      for (let i = 0; i < 4; i++) {
        pulled++;
        yield i;
      }
    },
  };
  const evens = lazy(source).filter(isEven);
  const doubled = evens.map((x) => x * 2);
  const counted = evens.enumerate();
  const iterator = doubled[Symbol.iterator]();
  assertEquals(pulled, 0);
  assertEquals(iterator.next().value, 0);
  assertEquals(pulled, 1);
  assertEquals([doubled.toArray(), doubled.toArray()], [[0, 4], [0, 4]]);
  assertEquals(counted.toArray(), [[0, 0], [1, 2]]);
});

Deno.test("Pipeline runs long inputs as it runs short ones", () => {
  for (const n of [0, 1, 10, 3999, 4000, 100_000]) {
    const array = Array.from({ length: n }, (_, i) => i);
    const expected = array.filter(isEven).map((x) => x + 1).reduce(add, 0);
    for (const source of [array, range(n), new Set(array)]) {
      const pipeline = lazy(source).filter(isEven).map((x) => x + 1);
      assertEquals(pipeline.reduce(add, 0), expected);
      assertEquals(pipeline.sum(), expected);
    }
  }
});

Deno.test("Pipeline iterates an array as the array says", () => {
  const backwards = Object.assign([1, 2, 3], {
    [Symbol.iterator]: () => [3, 2, 1].values(),
  });
  assertEquals(lazy(backwards).toArray(), [3, 2, 1]);
  const growing = [1, 2];
  assertEquals(
    lazy(growing).map((x) => (growing.length < 4 && growing.push(x), x))
      .toArray(),
    [1, 2, 1, 2],
  );
  assertEquals(
    lazy(Array<number>(2)).toArray(),
    [undefined, undefined] as never,
  );
});

Deno.test("Pipeline infers its types", () => {
  const texts: string[] = lazy([1, null, 2])
    .filter((x) => x !== null)
    .map((x: number) => x.toFixed(1))
    .toArray();
  const pairs: [number, string][] = lazy(texts).enumerate().toArray();
  const zipped: [string, number, boolean][] = lazy(texts)
    .zip([1, 2], [true, false]).toArray();
  const lengths: number = lazy(pairs).map(([, text]) => text.length).sum();
  assertEquals([texts, lengths, zipped.length], [["1.0", "2.0"], 6, 2]);
});

Deno.test("depth and number do not matter: stages, items, inputs", async () => {
  let deep = lazy(range(3));
  for (let i = 0; i < 20_000; i++) deep = deep.map((x) => x + 1);
  assertEquals(deep.toArray(), [20_000, 20_001, 20_002]);
  assertEquals([...deep.take(1)], [20_000]);
  let slow = lazy.async(range(2));
  for (let i = 0; i < 1000; i++) slow = slow.map((x) => x + 1);
  assertEquals(await slow.toArray(), [1000, 1001]);
  const many = Array.from({ length: 300_000 }, (_, i) => i);
  assertEquals([f.max(many), lazy(many).max()], [299_999, 299_999]);
  const empty: number[] = [];
  const inputs = f.repeat(empty, 1_000_000);
  assertEquals([...f.flatMap((x) => x, inputs)], []);
  assertEquals(
    lazy(f.repeat(empty, 1_000_000)).flatMap((x) => x).toArray(),
    [],
  );
});

Deno.test("long chains: of concat, of flatMap, and of each other method", () => {
  const chain = (n: number, add: (p: f.Pipeline<number>) => typeof p) => {
    let pipeline = lazy([1, 2]);
    for (let i = 0; i < n; i++) pipeline = add(pipeline);
    return pipeline;
  };
  const joined = chain(3000, (p) => p.concat([3]));
  assertEquals([joined.sum(), [...joined].length], [9003, 3002]);
  const mapped = joined.map((x) => x + 1).concat([1]).concat([1]);
  assertEquals([mapped.sum(), joined.sum()], [9003 + 3002 + 2, 9003]);
  const flat = chain(3000, (p) => p.flatMap((x) => [x]));
  assertEquals([flat.toArray(), [...flat]], [[1, 2], [1, 2]]);
  const adds: ((p: f.Pipeline<number>) => typeof p)[] = [
    (p) => p.zip([0, 0]).map(([x]) => x),
    (p) => p.chunks(1).flatMap((x) => x),
    (p) => p.windows(1).map(([x]) => x!),
    (p) => p.accumulate((_, x) => x),
    (p) => p.groupBy((x) => x).map(([x]) => x),
    (p) => p.take(9).drop(0).takeWhile(() => true).dropWhile(() => false),
  ];
  for (const add of adds) assertEquals(chain(500, add).toArray(), [1, 2]);
});

Deno.test("an iterator's last step has no value", () => {
  const iterators = [
    lazy([1])[Symbol.iterator](),
    lazy([1]).map((x) => x)[Symbol.iterator](),
    lazy(range(1)).flatMap((x) => [x])[Symbol.iterator](),
    lazy(new Set([1])).take(1)[Symbol.iterator](),
    lazy([1]).chunks(1)[Symbol.iterator](),
    f.take(1, [1]),
  ];
  for (const iterator of iterators) {
    assertEquals(iterator.next().done, false);
    assertEquals(iterator.next(), { done: true, value: undefined });
  }
});

Deno.test("a pipeline without stages gives what its source does", () => {
  const sources = [
    [],
    [1],
    [1, 2],
    range(3),
    new Set([1, 2]),
    f.take(2, [3, 4]),
  ];
  for (const source of sources) {
    const again = source === sources.at(-1) ? [3, 4] : [...source];
    assertEquals(lazy(source).toArray(), again);
  }
  const numbers = lazy(range(1_000_000));
  assertEquals([numbers.sum(), numbers.max()], [499999500000, 999999]);
  assertEquals([numbers.find((x) => x > 5), numbers.first()], [6, 0]);
  assertEquals(numbers.chunks(2).map(([x]) => x!).sum(), 249999500000);
});

Deno.test("what is not iterable is named, and the form to use", () => {
  const wrong = (value: unknown) => value as Iterable<number>;
  assertThrows(() => lazy(wrong(5)), TypeError, "5 (number) is not iterable");
  assertThrows(
    () => [...f.map(isEven, wrong(5))],
    TypeError,
    "5 (number) is not iterable",
  );
  assertThrows(
    () => f.sum(wrong(undefined)),
    TypeError,
    "undefined is not iter",
  );
  assertThrows(
    () => f.zip([1], wrong({})),
    TypeError,
    "an Object is not iterab",
  );
  assertThrows(() => f.concat([1], wrong(1)), TypeError, "1 (number)");
  assertThrows(() => lazy([1]).concat(wrong(1)), TypeError, "1 (number)");
  assertThrows(() => lazy([1]).zip(wrong(1)), TypeError, "1 (number)");
  assertThrows(
    () => lazy(wrong(Promise.resolve())),
    TypeError,
    "await it first",
  );
  const overTime = wrong((async function* () {})());
  assertThrows(() => lazy(overTime), TypeError, "for lazy.async()");
  assertThrows(() => f.toArray(overTime), TypeError, "for lazy.async()");
  assertThrows(() => lazy.async(wrong(5)), TypeError, "5 (number)");
  assertThrows(
    () => lazy([1]).flatMap(() => wrong(5)).toArray(),
    TypeError,
    "5",
  );
});

Deno.test("wrong arguments are named", () => {
  const none = undefined as unknown as () => number;
  assertThrows(
    () => lazy([1]).map(none),
    TypeError,
    "map: fn must be a function",
  );
  assertThrows(
    () => f.take(-1, []),
    RangeError,
    "take: n must be a whole number",
  );
  assertThrows(() => f.take(1.5, []), RangeError, "received 1.5");
  assertThrows(() => f.take("1" as never, []), TypeError, '"1" (string)');
  assertThrows(() => lazy([1]).drop(-1), RangeError, "received -1");
  assertThrows(() => f.chunks(0, []), RangeError, "at least 1: received 0");
  assertThrows(() => lazy([]).windows(0), RangeError, "at least 1: received 0");
});

Deno.test("wrong callbacks are named when they are given, by each function and method", async () => {
  const none = undefined as never;
  const source = () => lazy([1]);
  const slow = () => lazy.async([1]);
  const calls: Record<string, (() => unknown)[]> = {
    "map: fn": [
      () => f.map(none, []),
      () => f.map(none, [], []),
      () => source().map(none),
      () => slow().map(none),
    ],
    "filter: fn": [
      () => f.filter(none, []),
      () => source().filter(none),
      () => slow().filter(none),
    ],
    "flatMap: fn": [
      () => f.flatMap(none, []),
      () => source().flatMap(none),
      () => slow().flatMap(none),
    ],
    "takeWhile: fn": [
      () => f.takeWhile(none, []),
      () => source().takeWhile(none),
      () => slow().takeWhile(none),
    ],
    "dropWhile: fn": [
      () => f.dropWhile(none, []),
      () => source().dropWhile(none),
      () => slow().dropWhile(none),
    ],
    "accumulate: fn": [
      () => f.accumulate(none, []),
      () => source().accumulate(none),
      () => slow().accumulate(none, 0),
    ],
    "unique: key": [
      () => f.unique([], null!),
      () => source().unique(null!),
      () => slow().unique(null!),
    ],
    "groupBy: key": [
      () => f.groupBy(none, []),
      () => source().groupBy(none),
      () => slow().groupBy(none),
    ],
    "partition: fn": [
      () => f.partition(none, []),
      () => source().partition(none),
      () => slow().partition(none),
    ],
    "reduce: fn": [
      () => f.reduce(none, []),
      () => source().reduce(none),
      () => slow().reduce(none),
    ],
    "some: fn": [
      () => f.some(none, []),
      () => source().some(none),
      () => slow().some(none),
    ],
    "every: fn": [
      () => f.every(none, []),
      () => source().every(none),
      () => slow().every(none),
    ],
    "find: fn": [
      () => f.find(none, []),
      () => source().find(none),
      () => slow().find(none),
    ],
    "forEach: fn": [
      () => f.forEach(none, []),
      () => source().forEach(none),
      () => slow().forEach(none),
    ],
    "iterate: fn": [() => f.iterate(none, 1)],
  };
  for (const [name, wrong] of Object.entries(calls)) {
    for (const call of wrong) {
      const text = `${name} must be a function: received `;
      await assertRejects(async () => await call(), TypeError, text);
    }
  }
});

Deno.test("wrong numbers are named when they are given: NaN, fractions, texts", () => {
  const source = lazy([1]);
  const slow = lazy.async([1]);
  const sizes: Record<string, ((n: number) => unknown)[]> = {
    "take: n": [
      (n) => f.take(n, []),
      (n) => source.take(n),
      (n) => slow.take(n),
    ],
    "drop: n": [
      (n) => f.drop(n, []),
      (n) => source.drop(n),
      (n) => slow.drop(n),
    ],
    "chunks: n": [
      (n) => f.chunks(n, []),
      (n) => source.chunks(n),
      (n) => slow.chunks(n),
    ],
    "windows: n": [
      (n) => f.windows(n, []),
      (n) => source.windows(n),
      (n) => slow.windows(n),
    ],
    "repeat: times": [(n) => f.repeat("x", n)],
    "map: concurrency": [(n) => slow.map((x) => x, { concurrency: n })],
  };
  for (const [name, calls] of Object.entries(sizes)) {
    for (const call of calls) {
      const text = `${name} must be a whole number`;
      for (const n of [NaN, 1.5, -1, -Infinity]) {
        assertThrows(() => call(n), RangeError, text);
      }
      for (const n of ["1", null, 1n, {}]) {
        assertThrows(() => call(n as never), TypeError, text);
      }
    }
  }
  const numbers: Record<string, ((n: number) => unknown)[]> = {
    "enumerate: start": [
      (n) => f.enumerate([], n),
      (n) => source.enumerate(n),
      (n) => slow.enumerate(n),
    ],
    "count: start": [(n) => f.count(n)],
    "count: step": [(n) => f.count(0, n)],
  };
  for (const [name, calls] of Object.entries(numbers)) {
    for (const call of calls) {
      const text = `${name} must be a finite number: received `;
      assertThrows(() => call(NaN), RangeError, text);
      for (const n of ["a", null, 1n]) {
        assertThrows(() => call(n as never), TypeError, text);
      }
    }
  }
  assertEquals([...f.take(Infinity, [1])], [1]);
});

/** A source that counts what is done with it. */
class Source implements IterableIterator<number>, AsyncIterable<number> {
  taken = 0;
  closed = 0;
  constructor(readonly length = Infinity, readonly failToClose = false) {}
  next(): IteratorResult<number> {
    return this.taken < this.length
      ? { done: false, value: this.taken++ }
      : { done: true, value: undefined };
  }
  return(): IteratorResult<number> {
    this.closed++;
    if (this.failToClose) throw new Error("cannot close");
    return { done: true, value: undefined };
  }
  [Symbol.iterator]() {
    return this;
  }
  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => Promise.resolve(this.next()),
      // A failure to close has to be a rejection.
      return: async () => await this.return(),
    };
  }
}

/** A step of a pipeline, in the four forms that there are. */
interface Form {
  name: string;
  /** Whether items can be asked for one by one. */
  isIterated: boolean;
  map(fn: (x: number) => number, source: Source): Items;
  take(n: number, source: Source): Items;
  all(items: Items): Promise<number[]>;
}
// deno-lint-ignore no-explicit-any
type Items = any;

const toPromise = (make: () => number[]) =>
  new Promise<number[]>((resolve) => resolve(make()));

const forms: Form[] = [
  {
    name: "functions",
    isIterated: true,
    map: (fn, source) => f.map(fn, source),
    take: (n, source) => f.take(n, source),
    all: (items) => toPromise(() => [...items]),
  },
  {
    name: "pipeline, iterated",
    isIterated: true,
    map: (fn, source) => lazy(source).map(fn)[Symbol.iterator](),
    take: (n, source) => lazy(source).take(n)[Symbol.iterator](),
    all: (items) => toPromise(() => [...items]),
  },
  {
    name: "pipeline, fused",
    isIterated: false,
    map: (fn, source) => lazy(source).map(fn),
    take: (n, source) => lazy(source).take(n),
    all: (items) => toPromise(() => items.toArray()),
  },
  {
    name: "pipeline, async",
    isIterated: true,
    map: (fn, source) => lazy.async(source).map(fn)[Symbol.asyncIterator](),
    take: (n, source) => lazy.async(source).take(n)[Symbol.asyncIterator](),
    all: (items) => Array.fromAsync(items),
  },
  {
    name: "pipeline, async and concurrent",
    isIterated: true,
    map: (fn, source) =>
      lazy.async(source).map(fn, { concurrency: 2 })[Symbol.asyncIterator](),
    take: (n, source) => lazy.async(source).take(n)[Symbol.asyncIterator](),
    all: (items) => Array.fromAsync(items),
  },
];

/** The closing rules; each is run against every form. */
const rules: Record<string, (form: Form) => Promise<void>> = {
  "a source that ends is not closed": async (form) => {
    const source = new Source(3);
    assertEquals(await form.all(form.map((x) => x, source)), [0, 1, 2]);
    assertEquals(source.closed, 0);
  },
  "leaving early closes the source once": async (form) => {
    if (!form.isIterated) return;
    const source = new Source();
    const items = form.map((x) => x, source);
    await items.next();
    await items.return();
    await items.return();
    assertEquals(source.closed, 1);
    // Two calls may be under way besides the one whose result was taken.
    assert(source.taken <= 3, `${source.taken} taken`);
  },
  "leaving before the first item closes the source once": async (form) => {
    if (!form.isIterated) return;
    const source = new Source();
    const items = form.map((x) => x, source);
    await items.return();
    await items.return();
    assertEquals([source.taken, source.closed], [0, 1]);
  },
  "a callback that throws closes the source, and its error arrives": async (
    form,
  ) => {
    const source = new Source();
    const fail = (x: number) => {
      if (x === 2) throw new RangeError("two");
      return x;
    };
    await assertRejects(
      () => form.all(form.map(fail, source)),
      RangeError,
      "two",
    );
    assertEquals(source.closed, 1);
  },
  "its error arrives even if closing throws as well": async (form) => {
    const source = new Source(Infinity, true);
    const fail = () => {
      throw new RangeError("first");
    };
    await assertRejects(
      () => form.all(form.map(fail, source)),
      RangeError,
      "first",
    );
    assertEquals(source.closed, 1);
  },
  "take(n) pulls exactly n, and closes": async (form) => {
    for (const n of [1, 3]) {
      const source = new Source();
      const items = await form.all(form.take(n, source));
      assertEquals(items, [...range(n)]);
      assertEquals([source.taken, source.closed], [n, 1]);
    }
  },
  "take(0) pulls nothing, and closes": async (form) => {
    const source = new Source();
    assertEquals(await form.all(form.take(0, source)), []);
    assertEquals([source.taken, source.closed], [0, 1]);
  },
  "take(n) of a source of n pulls no more": async (form) => {
    const source = new Source(2);
    assertEquals(await form.all(form.take(2, source)), [0, 1]);
    assertEquals(source.taken, 2);
  },
};

for (const [rule, check] of Object.entries(rules)) {
  for (const form of forms) {
    Deno.test(`${rule} (${form.name})`, () => check(form));
  }
}

Deno.test("every step closes a source that is left, in the middle and unstarted", () => {
  const steps: ((source: Source) => Generator<unknown>)[] = [
    (s) => f.filter(() => true, s),
    (s) => f.flatMap((x) => [x, x], s),
    (s) => f.enumerate(s),
    (s) => f.zip(s, range(9)),
    (s) => f.map((a: number, b: number) => a + b, range(9), s),
    (s) => f.accumulate(add, s),
    (s) => f.take(9, s),
    (s) => f.drop(1, s),
    (s) => f.takeWhile(() => true, s),
    (s) => f.dropWhile((x) => x < 1, s),
    (s) => f.unique(s),
    (s) => f.chunks(2, s),
    (s) => f.windows(2, s),
    (s) => f.concat(s, [1]),
    (s) => f.groupBy((x) => x, s),
    (s) => f.cycle(s),
    (s) => lazy(s).flatMap((x) => [x, x])[Symbol.iterator](),
    (s) => lazy(s).chunks(2).map((c) => c)[Symbol.iterator](),
    (s) => lazy(s).zip(range(9)).take(3)[Symbol.iterator](),
  ];
  for (const step of steps) {
    const unstarted = new Source();
    step(unstarted).return(undefined);
    assertEquals([unstarted.taken, unstarted.closed], [0, 1], String(step));
    const started = new Source();
    for (const _ of step(started)) break;
    assertEquals(started.closed, 1, String(step));
  }
});

Deno.test("find, some, every and first close the source when they know", () => {
  const ways: ((source: Source) => unknown)[] = [
    (s) => f.find((x) => x === 2, s),
    (s) => f.some((x) => x === 2, s),
    (s) => f.every((x) => x < 2, s),
    (s) => lazy(s).find((x) => x === 2),
    (s) => lazy(s).some((x) => x === 2),
    (s) => lazy(s).every((x) => x < 2),
    (s) => lazy(s).flatMap((x) => [x]).find((x) => x === 2),
  ];
  for (const way of ways) {
    const source = new Source();
    way(source);
    assertEquals([source.taken, source.closed], [3, 1], String(way));
  }
  const source = new Source();
  assertEquals([lazy(source).first(), source.taken, source.closed], [0, 1, 1]);
});

Deno.test("lazy.async() takes what is there and what arrives, and waits for callbacks", async () => {
  async function* over() {
    for (let i = 0; i < 5; i++) yield await Promise.resolve(i);
  }
  for (
    const source of [
      over,
      () => range(5),
      () => [0, 1, 2, 3, 4].map((x) => Promise.resolve(x)),
    ]
  ) {
    const pipeline = lazy.async<number>(source())
      .filter((x) => Promise.resolve(x > 0))
      .map((x) => Promise.resolve(x * 2))
      .takeWhile((x) => Promise.resolve(x < 8))
      .flatMap(async function* (x) {
        yield* [x, await Promise.resolve(-x)];
      });
    assertEquals(await pipeline.toArray(), [2, -2, 4, -4, 6, -6]);
  }
});

Deno.test("AsyncPipeline waits for whatever has a then, and its callbacks too", async () => {
  // deno-lint-ignore no-explicit-any
  const later = (value: unknown): any => ({
    then: (resolve: (value: unknown) => void) => resolve(value),
  });
  const numbers = lazy.async([later(1), later(2), later(3)]);
  const isOdd = (x: number) => later(x % 2 === 1);
  assertEquals(await numbers.filter(isOdd).toArray(), [1, 3]);
  assertEquals(await numbers.map((x) => later(x + 1)).toArray(), [2, 3, 4]);
  assertEquals(await numbers.flatMap((x) => later([x, later(-x)])).first(), 1);
  assertEquals(await numbers.takeWhile(isOdd).toArray(), [1]);
  assertEquals(await numbers.dropWhile(isOdd).toArray(), [2, 3]);
  assertEquals(await numbers.unique((x) => later(x % 2)).toArray(), [1, 2]);
  assertEquals(await numbers.groupBy(isOdd).toArray(), [[true, [1]], [
    false,
    [2],
  ], [true, [3]]]);
  assertEquals(await numbers.accumulate((a, b) => later(a + b), 0).toArray(), [
    0,
    1,
    3,
    6,
  ]);
  assertEquals(await numbers.reduce((a, b) => later(a + b)), 6);
  assertEquals(await numbers.partition(isOdd), [[1, 3], [2]]);
  assertEquals(await numbers.find((x) => later(x > 1)), 2);
  assertEquals(await numbers.some(() => later(false)), false);
  assertEquals(await numbers.every(isOdd), false);
  assertEquals(
    await numbers.map((x) => later(x), { concurrency: 2 }).toArray(),
    [1, 2, 3],
  );
});

Deno.test("AsyncPipeline takes a source as it is whose asyncIterator is undefined", async () => {
  const source = Object.assign([1, 2], { [Symbol.asyncIterator]: undefined });
  const pipeline = lazy.async(source as number[]);
  assertEquals(await pipeline.toArray(), [1, 2]);
  const doubled = pipeline.map((x) => x * 2, { concurrency: 2 });
  assertEquals(await doubled.toArray(), [2, 4]);
});

Deno.test("AsyncPipeline adds up bigints as Pipeline does", async () => {
  assertEquals(await lazy.async([1n, 2n]).sum(), 3n);
  assertEquals(await lazy.async([1, 2]).sum(), 3);
  assertEquals(await lazy.async<number>([]).sum(), 0);
});

Deno.test("AsyncPipeline closes a source that promised an item and broke it", async () => {
  const source = new Source();
  const broken = {
    [Symbol.iterator]: () => ({
      next: () => ({
        done: false,
        value: Promise.reject(new RangeError("no")),
      }),
      return: () => source.return(),
    }),
  };
  for (const options of [{}, { concurrency: 2 }]) {
    const pipeline = lazy.async<number>(broken).map((x) => x, options);
    await assertRejects(() => pipeline.toArray(), RangeError, "no");
  }
  assertEquals(source.closed, 2);
});

Deno.test("AsyncPipeline lets go of a source that never answers", async () => {
  let taken = 0;
  const asked = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const silent = {
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<number>> => {
        if (taken++ === 0) return Promise.resolve({ done: false, value: 1 });
        asked.resolve();
        return new Promise(() => {});
      },
      return: () => {
        closed.resolve();
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  const items = lazy.async(silent).map((x) => x, { concurrency: 2 })
    [Symbol.asyncIterator]();
  assertEquals((await items.next()).value, 1);
  await asked.promise;
  assertEquals((await items.return()).done, true);
  await closed.promise;
});

Deno.test("AsyncPipeline has the functions as methods", async () => {
  const numbers = () => lazy.async([3, 1, 2]);
  const cases: [Promise<unknown>, unknown][] = [
    [numbers().sum(), 6],
    [numbers().reduce(add), 6],
    [numbers().reduce(add, 10), 16],
    [numbers().min(), 1],
    [numbers().max(), 3],
    [numbers().join(""), "312"],
    [numbers().first(), 3],
    [numbers().find((x) => x < 3), 1],
    [numbers().some(isEven), true],
    [numbers().every(isEven), false],
    [numbers().partition(isEven), [[2], [3, 1]]],
    [numbers().chunks(2).toArray(), [[3, 1], [2]]],
    [numbers().windows(2).toArray(), [[3, 1], [1, 2]]],
    [numbers().pairwise().toArray(), [[3, 1], [1, 2]]],
    [numbers().concat(["x"]).toArray(), [3, 1, 2, "x"]],
    [numbers().accumulate(add, 0).toArray(), [0, 3, 4, 6]],
    [numbers().groupBy(isEven).toArray(), [[false, [3, 1]], [true, [2]]]],
    [numbers().drop(1).dropWhile((x) => x < 2).toArray(), [2]],
    [numbers().concat([3]).unique().enumerate().toArray(), [[0, 3], [1, 1], [
      2,
      2,
    ]]],
  ];
  for (const [actual, expected] of cases) assertEquals(await actual, expected);
  await assertRejects(() => lazy.async<number>([]).reduce(add), TypeError);
  let seen = 0;
  await numbers().forEach((x) => Promise.resolve(seen += x));
  assertEquals(seen, 6);
});

Deno.test("AsyncPipeline.map() has at most so many under way, and takes no more", async () => {
  let underWay = 0;
  let most = 0;
  const source = new Source(20);
  const gates = Array.from({ length: 20 }, () => Promise.withResolvers<void>());
  const pipeline = lazy.async(source).map(async (x) => {
    most = Math.max(most, ++underWay);
    assert(source.taken <= x + 4, `${source.taken} taken at ${x}`);
    // Each call waits for the fourth after it, if there is one: they overlap.
    gates[x]!.resolve();
    await gates[Math.min(19, x - x % 4 + 3)]!.promise;
    underWay--;
    return x;
  }, { concurrency: 4 });
  assertEquals(await pipeline.toArray(), [...range(20)]);
  assertEquals(most, 4);
});

Deno.test("AsyncPipeline.map() gives results as they finish, if asked to", async () => {
  const slow = Promise.withResolvers<void>();
  const pipeline = lazy.async([0, 1]).map(async (x) => {
    if (x === 0) await slow.promise;
    else slow.resolve();
    return x;
  }, { concurrency: 2, ordered: false });
  assertEquals(await pipeline.first(), 1);
  const ordered = lazy.async([0, 1]).map((x) => x, { concurrency: 2 });
  assertEquals(await ordered.toArray(), [0, 1]);
});

Deno.test("AsyncPipeline.map() stops at the first error, and closes the source once", async () => {
  const source = new Source();
  const pipeline = lazy.async(source).map((x) => {
    if (x === 5) throw new RangeError("five");
    return x;
  }, { concurrency: 3 });
  const seen: number[] = [];
  await assertRejects(() => pipeline.forEach((x) => seen.push(x)), RangeError);
  assertEquals([seen, source.closed], [[0, 1, 2, 3, 4], 1]);
  assertThrows(
    () => lazy.async([1]).map((x) => x, { concurrency: 0 }),
    RangeError,
    "concurrency must be a whole number, at least 1: received 0",
  );
});

Deno.test("callbacks are arguments of a loop, never a part of its text", () => {
  const hostile = Object.assign((x: number) => x, {
    toString: () => "); throw new Error('from the text'); (",
  });
  const text = "`); throw 1; //";
  assertEquals(lazy([1, 2]).map(hostile).filter(hostile).toArray(), [1, 2]);
  assertStrictEquals(lazy([text]).map((x) => x).first(), text);
});

Deno.test("pipelines print as they are made", () => {
  const chunks = lazy([1]).map((x) => x).chunks(2).filter(Boolean);
  assertEquals(
    Deno.inspect(chunks),
    "Pipeline { an Array → map → chunks → filter }",
  );
  assertEquals(Deno.inspect(lazy(range(3))), "Pipeline { a Range }");
  assertEquals(
    Deno.inspect(lazy.async([1]).map((x) => x).chunks(2)),
    "AsyncPipeline { an Array → map → chunks }",
  );
});

testWith(
  ["run", "read"],
  "the same holds where code may not be made from text",
  async () => {
    const { code, stdout } = await deno(
      "test",
      "--no-check",
      "--v8-flags=--disallow-code-generation-from-strings",
      "tests/lib/iterators_test.ts",
    );
    assertEquals(code, 0, stdout.slice(-3000));
  },
);

testWith(
  ["run"],
  "pipelines work where code may not be made from text",
  async () => {
    const flag = "--v8-flags=--disallow-code-generation-from-strings";
    const { code, stderr, stdout } = await runProgram(
      `
    import { lazy, range } from "mod.ts";
    const isEven = (x) => x % 2 === 0;
    const all = lazy(range(10)).filter(isEven).map((x) => x * 2);
    let closed = 0;
    function* source() { try { for (;;) yield 1; } finally { closed++; } }
    console.log(JSON.stringify([
      all.sum(), all.toArray(), [...all], all.reduce((a, b) => a + b),
      all.reduce((a, b) => a + b, 1), all.find((x) => x > 5), all.max(),
      lazy([1, 2]).flatMap((x) => [x, x]).take(3).toArray(),
      lazy(source()).take(2).toArray(), closed,
      lazy([1, 1, 2, 3]).unique().enumerate().drop(1).toArray(),
    ]));`,
      [flag],
    );
    assertEquals([code, stderr], [0, ""]);
    assertEquals(
      stdout.trim(),
      "[40,[0,4,8,12,16],[0,4,8,12,16],40,41,8,16,[1,1,2],[1,1],1,[[1,2],[2,3]]]",
    );
  },
);
