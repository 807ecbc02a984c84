import {
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as f from "../../mod.ts";
import { lazy, Range, range } from "../../mod.ts";

const isEven = (x: number) => x % 2 === 0;
const add = (a: number, b: number) => a + b;

Deno.test("each function gives what its name says, of none, one and many", () => {
  const cases: [unknown, unknown][] = [
    [f.map((x) => x * 2, [1, 2]), [2, 4]],
    [f.map((a: number, b: number) => a + b, f.count(), [1, 2]), [1, 3]],
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
    [f.take(Infinity, [1]), [1]],
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
    [f.groupBy(isEven, [1, 3, 2]), [[false, [1, 3]], [true, [2]]]],
    [f.take(3, f.cycle([1, 2])), [1, 2, 1]],
    [f.cycle([]), []],
    [f.repeat("x", 2), ["x", "x"]],
    [f.take(3, f.iterate((x: number) => x * 2, 1)), [1, 2, 4]],
    [f.take(3, f.count(10, 5)), [10, 15, 20]],
  ];
  for (const [actual, expected] of cases) {
    assertEquals([...actual as Iterable<unknown>], expected);
  }
});

Deno.test("functions of one value give it, of none, one and many", () => {
  assertEquals(f.reduce(add, [1, 2, 3]), 6);
  assertEquals(f.reduce(add, [1, 2, 3], 10), 16);
  assertEquals([f.reduce(add, [5]), f.reduce(add, [], 5)], [5, 5]);
  const last = (_: unknown, x: unknown) => x;
  assertEquals(f.reduce(last, [], undefined), undefined);
  assertEquals(lazy([]).reduce(last, undefined), undefined);
  assertThrows(() => f.reduce(add, []), TypeError, "no items and no initial");
  assertThrows(() => lazy<number>([]).reduce(add), TypeError, "no initial");
  assertEquals([f.sum([]), f.sum([1, 2]), f.sum([1n, 2n])], [0, 3, 3n]);
  assertEquals([lazy([1n, -1n, 2n]).sum(), lazy([0.5, 1]).sum()], [2n, 1.5]);
  assertEquals([f.min([3, 1, 2]), f.max([3, 1, 2])], [1, 3]);
  assertEquals([f.min(["b", "a"]), f.max([1n, 2n])], ["a", 2n]);
  assertEquals(
    [f.min([]), lazy([]).max(), f.first([])],
    Array(3).fill(undefined),
  );
  assertEquals(f.join(" ", ["Data", "is", "fun"]), "Data is fun");
  assertEquals(f.partition(isEven, [1, 2, 3]), [[2], [1, 3]]);
  assertEquals([f.some(isEven, [1, 2]), f.some(isEven, [])], [true, false]);
  assertEquals([f.every(isEven, [1, 2]), f.every(isEven, [])], [false, true]);
  assertEquals([f.find(isEven, [1, 2]), f.find(isEven, [1])], [2, undefined]);
});

Deno.test("Pipeline has the functions as methods", () => {
  const doubledEvens = lazy(range(10)).filter(isEven).map((x) => x * 2);
  assertEquals(doubledEvens.sum(), 40);
  assertEquals(doubledEvens.join(" "), "0 4 8 12 16");
  assertEquals(lazy([1, 2]).cycle().take(3).toArray(), [1, 2, 1]);
  assertEquals(lazy("aba").unique().enumerate(1).toArray(), [[1, "a"], [
    2,
    "b",
  ]]);
  assertEquals(lazy([1, 2]).zip("ab").toArray(), [[1, "a"], [2, "b"]]);
  const every = Object.keys(f).filter((name) =>
    /^[a-z]/.test(name) &&
    !/^(range|count|repeat|iterate|lazy|pipe|run|spawn|everyOrder)$/.test(name)
  );
  const methods = Object.getOwnPropertyNames(f.Pipeline.prototype);
  assertEquals(every.filter((name) => !methods.includes(name)), []);
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

Deno.test("Pipeline runs long inputs as it runs short ones, whatever the callbacks", () => {
  for (const n of [0, 1, 10, 3999, 4000, 5000]) {
    const array = Array.from({ length: n }, (_, i) => i);
    // The second time, callbacks of the same text do something else.
    for (const k of [2, 3]) {
      const expected = array.filter((x) => x % k === 0).map((x) => x + k);
      for (const source of [array, range(n), new Set(array)]) {
        const pipeline = lazy(source).filter((x) => x % k === 0)
          .map((x) => x + k);
        assertEquals(pipeline.toArray(), expected);
        assertEquals([...pipeline], expected);
        assertEquals(pipeline.sum(), expected.reduce(add, 0));
        assertEquals(pipeline.max(), expected.at(-1));
        assertEquals(pipeline.partition(isEven), f.partition(isEven, expected));
      }
    }
  }
});

Deno.test("Pipeline iterates an array as the array says", () => {
  const backwards = Object.assign([1, 2, 3], {
    [Symbol.iterator]: () => [3, 2, 1].values(),
  });
  assertEquals(lazy(backwards).toArray(), [3, 2, 1]);
  const growing = [1, 2];
  const grow = (x: number) => (growing.length < 4 && growing.push(x), x);
  assertEquals(lazy(growing).map(grow).toArray(), [1, 2, 1, 2]);
  assertEquals(lazy(Array<unknown>(2)).toArray(), [undefined, undefined]);
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

Deno.test("chains of hundreds of steps run: of each method, iterated and at once", () => {
  const numbers = (n: number, step: (p: f.Pipeline<number>) => typeof p) => {
    let pipeline = lazy([1, 2]);
    for (let i = 0; i < n; i++) pipeline = step(pipeline);
    return [pipeline.toArray(), [...pipeline]];
  };
  const steps: ((p: f.Pipeline<number>) => f.Pipeline<number>)[] = [
    (p) => p.map((x) => x),
    (p) => p.filter(() => true),
    (p) => p.flatMap((x) => [x]),
    (p) => p.take(9).drop(0).takeWhile(() => true).dropWhile(() => false),
    (p) => p.concat([]),
    (p) => p.unique(),
    (p) => p.accumulate((_, x) => x),
    (p) => p.zip([0, 0]).map(([x]) => x),
    (p) => p.chunks(1).flatMap((x) => x),
    (p) => p.windows(1).map(([x]) => x!),
    (p) => p.groupBy((x) => x).map(([x]) => x),
  ];
  for (const step of steps) {
    assertEquals(numbers(200, step), [[1, 2], [1, 2]], String(step));
  }
  // What a loop adds up for each of many files, say.
  let all = lazy<number>([]);
  for (let i = 0; i < 500; i++) all = all.concat([i]).map((x) => x + 1);
  assertEquals(all.first(), 500);
});

Deno.test("the number of items and of inputs does not matter", () => {
  const many = Array.from({ length: 300_000 }, (_, i) => i);
  assertEquals([f.max(many), lazy(many).max()], [299_999, 299_999]);
  const inputs = f.repeat<number[]>([], 300_000);
  assertEquals([...f.flatMap((x) => x, inputs)], []);
  assertEquals([...f.concat(...Array<number[]>(20_000).fill([]))], []);
  const rows = Array.from({ length: 20_000 }, (_, i) => [i, -i]);
  assertEquals([...f.zip(...rows)].map((column) => column.length), [
    20_000,
    20_000,
  ]);
});

// deno-lint-ignore no-explicit-any
const untyped = f as any;
// deno-lint-ignore no-explicit-any
const pipe = (source: unknown) => lazy(source as Iterable<unknown>) as any;

Deno.test("what is not iterable is named, and what to do", () => {
  const cases: [() => unknown, string][] = [
    [() => pipe(5), "5 (number) is not iterable"],
    [() => untyped.map(isEven, 5), "5 (number) is not iterable"],
    [() => untyped.sum(undefined), "undefined is not iterable"],
    [() => untyped.zip([1], {}), "an Object is not iterable"],
    [() => untyped.concat([1], 1), "1 (number)"],
    [() => pipe([1]).concat(1), "1 (number)"],
    [() => pipe([1]).zip(1), "1 (number)"],
    [() => pipe([1]).flatMap(() => 5).toArray(), "5 (number)"],
    [() => pipe(Promise.resolve()), "await it first"],
    [() => pipe((async function* () {})()), "with `for await`"],
    [() => untyped.toArray((async function* () {})()), "with `for await`"],
  ];
  for (const [call, text] of cases) assertThrows(call, TypeError, text);
});

Deno.test("wrong callbacks are named when they are given", () => {
  const names = [
    ...["map", "filter", "flatMap", "takeWhile", "dropWhile", "accumulate"],
    ...["partition", "reduce", "some", "every", "find", "forEach"],
  ];
  for (const name of names) {
    const text = `${name}: fn must be a function: received undefined`;
    assertThrows(() => untyped[name](undefined, []), TypeError, text);
    assertThrows(() => pipe([])[name](), TypeError, text);
  }
  assertThrows(() => untyped.iterate(5, 1), TypeError, "iterate: fn must be");
  assertThrows(() => untyped.groupBy(5, []), TypeError, "groupBy: key must be");
  assertThrows(() => pipe([]).groupBy(5), TypeError, "groupBy: key must be");
  assertThrows(() => untyped.unique([], 5), TypeError, "unique: key must be");
  assertThrows(() => pipe([]).unique(5), TypeError, "unique: key must be");
});

Deno.test("wrong numbers are named when they are given: NaN, fractions, texts", () => {
  for (const name of ["take", "drop", "chunks", "windows"]) {
    for (
      const call of [
        (n: unknown) => untyped[name](n, []),
        (n: unknown) => pipe([])[name](n),
      ]
    ) {
      const text = `${name}: n must be a whole number`;
      for (const n of [NaN, 1.5, -1]) {
        assertThrows(() => call(n), RangeError, text);
      }
      for (const n of ["1", null, 1n]) {
        assertThrows(() => call(n), TypeError, text);
      }
    }
  }
  assertThrows(() => f.chunks(0, []), RangeError, "at least 1: received 0");
  assertThrows(() => f.repeat("x", -1), RangeError, "repeat: times");
  assertThrows(() => f.count(NaN), RangeError, "count: start");
  assertThrows(() => untyped.count(0, "1"), TypeError, "count: step");
  assertThrows(() => f.enumerate([], NaN), RangeError, "enumerate: start");
  assertThrows(() => pipe([]).enumerate("a"), TypeError, "enumerate: start");
});

Deno.test("an async callback where an answer is needed is a TypeError, and says what to do", () => {
  const later = (x: unknown) => Promise.resolve(x);
  const asked = ["filter", "takeWhile", "dropWhile", "partition"]
    .concat("some", "every", "find");
  for (const name of asked) {
    const text = `${name}: fn(item) must not be a promise: await it in a ` +
      "`for await` loop";
    const viaMethod = (source: Iterable<number>) => pipe(source)[name](later);
    const viaFunction = (source: Iterable<number>) =>
      untyped[name](later, source);
    // A few items and many run by different loops, and so does a Set.
    for (const source of [[1], Array<number>(5000).fill(1), new Set([1])]) {
      for (const call of [viaMethod, viaFunction]) {
        assertThrows(() => [...call(source)], TypeError, text);
      }
      assertThrows(() => pipe(viaMethod(source)).toArray(), TypeError, text);
    }
  }
  for (const name of ["unique", "groupBy"]) {
    const text = `${name}: key(item) must not be a promise`;
    assertThrows(() => pipe([1])[name](later).toArray(), TypeError, text);
  }
  // Promises may be items: they are for whoever takes them.
  assertEquals(f.toArray(f.map(later, [1])).length, 1);
});

Deno.test("sum() takes numbers and bigints, and says what else there was", () => {
  const cases: [unknown[], string][] = [
    [["1", "2"], 'a number or a bigint: received "1" (string)'],
    [[1, "2"], 'received "2" (string)'],
    [[1, undefined], "received undefined"],
    [[null], "received null"],
    [[Promise.resolve(1)], "sum: an item must not be a promise"],
    [[1, 2n], "BigInt"],
    [[1n, 2], "BigInt"],
  ];
  for (const [items, text] of cases) {
    assertThrows(() => untyped.sum(items), TypeError, text);
    assertThrows(() => pipe(items).sum(), TypeError, text);
  }
  assertThrows(() => untyped.max([Promise.resolve(1)]), TypeError, "promise");
  assertThrows(() => pipe([Promise.resolve(1)]).min(), TypeError, "promise");
});

Deno.test("min() and max() of what cannot be compared is that, wherever it stands", () => {
  for (const items of [[NaN, 1, 2], [1, NaN, 2], [1, 2, NaN], [NaN]]) {
    const all = [
      f.min(items),
      f.max(items),
      lazy(items).min(),
      lazy(items).max(),
    ];
    assertEquals(all, [NaN, NaN, NaN, NaN]);
  }
  for (const items of [[undefined, 1], [1, undefined, 2]]) {
    assertEquals([f.max(items), lazy(items).min()], [undefined, undefined]);
  }
});

Deno.test("callbacks are arguments of a loop, never a part of its text", () => {
  const hostile = Object.assign((x: number) => x, {
    toString: () => "); throw new Error('from the text'); (",
  });
  const text = "`); throw 1; //";
  const many = Array<number>(5000).fill(1);
  for (const numbers of [[1, 2], many]) {
    const items = lazy(numbers).map(hostile).filter(hostile).toArray();
    assertEquals(items, numbers);
  }
  assertStrictEquals(lazy([text]).map((x) => x).first(), text);
});

Deno.test("range() goes from 0 or a start to before a stop, in steps", () => {
  assertEquals([...range(5)], [0, 1, 2, 3, 4]);
  assertEquals([...range(2, 5)], [2, 3, 4]);
  assertEquals([...range(2, 10, 3)], [2, 5, 8]);
  assertEquals([...range(5, -5, -3)], [5, 2, -1, -4]);
  for (const empty of [range(0), range(-3), range(5, 5), range(0, 5, -1)]) {
    assertEquals([[...empty], empty.length], [[], 0]);
  }
});

Deno.test("Range is iterable again and again, and no iterator", () => {
  const numbers = range(3);
  assertEquals([...numbers], [...numbers]);
  assertEquals("next" in numbers, false);
});

Deno.test("Range.at() counts from the end if below 0", () => {
  const numbers = range(2, 10, 3);
  assertEquals([0, 2, -1, -3].map((i) => numbers.at(i)), [2, 8, 8, 2]);
  assertEquals([3, -4].map((i) => numbers.at(i)), [undefined, undefined]);
});

Deno.test("Range.indexOf() and includes() find what is there", () => {
  const numbers = range(5, -5, -3);
  for (const [i, n] of [...numbers].entries()) {
    assertEquals([numbers.indexOf(n), numbers.includes(n)], [i, true]);
  }
  for (const n of [8, 4, -7, 2.5, NaN, Infinity]) {
    assertEquals([numbers.indexOf(n), numbers.includes(n)], [-1, false]);
  }
  assertEquals(range(0).indexOf(0), -1);
});

Deno.test("Range.slice() is a Range, and cuts as an array's does", () => {
  const numbers = range(2, 20, 3);
  const array = [...numbers];
  const cuts = [[], [1], [1, 3], [-2], [-4, -1], [3, 1], [0, 99], [-99, 2], [
    9,
  ]];
  for (const cut of cuts) {
    const part = numbers.slice(...cut);
    assertEquals(part instanceof Range, true);
    assertEquals([...part], array.slice(...cut), `slice(${cut})`);
  }
});

Deno.test("Range.slice() takes what an array's does for a place", () => {
  const numbers = range(5);
  const array = [...numbers];
  const places = [
    NaN,
    -0.5,
    0.5,
    1.9,
    -1.9,
    Infinity,
    -Infinity,
    null,
    "2",
    "a",
  ];
  for (const from of [undefined, ...places] as number[]) {
    for (const to of [undefined, ...places] as number[]) {
      const part = numbers.slice(from, to);
      assertEquals([...part], array.slice(from, to), `slice(${from}, ${to})`);
      assertEquals(part.length, array.slice(from, to).length);
    }
    assertEquals(numbers.at(from), array.at(from), `at(${from})`);
  }
});

Deno.test("Range.indexOf() and includes() know nothing but numbers", () => {
  const numbers = range(3) as { indexOf(value: unknown): number } & Range;
  for (const other of [1n, "1", null, undefined, Symbol.iterator, [1], {}]) {
    assertEquals(numbers.indexOf(other), -1);
    assertEquals(numbers.includes(other as number), false);
  }
});

Deno.test("Range.toReversed() is a Range, of the same numbers", () => {
  assertEquals([...range(2, 10, 3).toReversed()], [8, 5, 2]);
  assertEquals([...range(0).toReversed()], []);
  assertEquals(range(4).toReversed().toReversed(), range(4));
});

Deno.test("Ranges are equal if their numbers are", () => {
  assertEquals(range(0, 5, 2), range(0, 6, 2));
  assertEquals(range(0), range(5, 5, 3));
  assertEquals(range(3, 4), range(3, 9, 7));
  assertEquals(range(1, 5).slice(1), range(2, 5));
  assertNotEquals(range(3), range(4));
  assertNotEquals(range(0, 4, 2), range(0, 8, 4));
});

Deno.test("Range computes, and does not store or add up", () => {
  const huge = range(0, 1e15, 0.5);
  assertEquals(huge.length, 2e15);
  assertEquals([huge.at(-1), huge.indexOf(4e14)], [1e15 - 0.5, 8e14]);
  const tenths = range(0, 1, 0.1);
  assertEquals([...tenths], Array.from({ length: 10 }, (_, i) => i * 0.1));
  assertEquals([...range(1, 1.3, 0.1)].length, 3);
  assertEquals([...range(0, 0.6, 0.2)].length, 3);
});

Deno.test("range() refuses what is no finite number, and a step of 0", () => {
  const wrong = (...args: unknown[]) => () =>
    (range as (...args: unknown[]) => Range)(...args);
  assertThrows(wrong(), TypeError, "stop must be a finite number");
  assertThrows(wrong("3"), TypeError, 'received "3" (string)');
  assertThrows(wrong(3n), TypeError, "3 (bigint)");
  assertThrows(
    wrong(NaN),
    RangeError,
    "stop must be a finite number: received",
  );
  assertThrows(wrong(0, Infinity), RangeError, "Infinity");
  assertThrows(wrong(0, 1, NaN), RangeError, "step must be a finite number");
  assertThrows(wrong(0, 1, 0), RangeError, "step must not be 0");
  assertThrows(wrong(0, 1e300), RangeError, "too many to count");
});

Deno.test("Range prints as it is made", () => {
  assertEquals(Deno.inspect(range(5)), "Range(0, 5)");
  assertEquals(Deno.inspect(range(2, 8, 3)), "Range(2, 8, 3)");
});
