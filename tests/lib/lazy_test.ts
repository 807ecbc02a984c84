import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as f from "../../mod.ts";
import { lazy, range } from "../../mod.ts";
import { runProgram, testWith } from "../helper.ts";

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
  for (let i = 0; i < 20_000; i++) slow = slow.map((x) => x + 1);
  assertEquals(await slow.toArray(), [20_000, 20_001]);
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
