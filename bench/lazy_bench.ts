/**
 * Pipelines and lazy functions beside a loop, plain generators, what the
 * language has, and well-known libraries.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-env bench/lazy_bench.ts
 * ```
 *
 * @module
 */

import {
  execPipe,
  filter as toolsFilter,
  flatMap as toolsFlatMap,
  map as toolsMap,
  reduce as toolsReduce,
  take as toolsTake,
} from "npm:iter-tools@7.5.4";
import * as itertools from "npm:itertools@2.7.1";
import { from as ixFrom, reduce as ixReduce } from "npm:ix@7.0.0/iterable";
import {
  filter as ixFilter,
  flatMap as ixFlatMap,
  map as ixMap,
  take as ixTake,
} from "npm:ix@7.0.0/iterable/operators";
import * as remeda from "npm:remeda@2.61.0";
import {
  chunks,
  count,
  filter,
  flatMap,
  lazy,
  map,
  range,
  reduce,
  sum,
  take,
  zip,
} from "../mod.ts";
import { measure, report, type Way } from "./measure.ts";

const million = Array.from({ length: 1_000_000 }, (_, i) => i);
const ten = million.slice(0, 10);
const isEven = (x: number) => x % 2 === 0;
const double = (x: number) => x * 2;
const add = (a: number, b: number) => a + b;
const twice = (x: number) => [x, x];

function* plainMap<T, R>(fn: (x: T) => R, items: Iterable<T>) {
  for (const item of items) yield fn(item);
}
function* plainFilter<T>(fn: (x: T) => boolean, items: Iterable<T>) {
  for (const item of items) if (fn(item)) yield item;
}
function* plainFlatMap<T, R>(fn: (x: T) => Iterable<R>, items: Iterable<T>) {
  for (const item of items) yield* fn(item);
}
function* plainTake<T>(n: number, items: Iterable<T>) {
  if (n === 0) return;
  for (const item of items) {
    yield item;
    if (--n === 0) return;
  }
}
function plainReduce(items: Iterable<number>) {
  let sum = 0;
  for (const item of items) sum = add(sum, item);
  return sum;
}

const ixSum = (items: Iterable<number>) =>
  ixReduce(items, { callback: add, seed: 0 });

/** Filter, map and reduce, each way. */
const sums = (data: number[]): Record<string, () => number> => ({
  "loop": () => {
    let sum = 0;
    for (let i = 0; i < data.length; i++) {
      if (isEven(data[i]!)) sum = add(sum, double(data[i]!));
    }
    return sum;
  },
  "lazy(…)": () => lazy(data).filter(isEven).map(double).reduce(add, 0),
  "lazy(…), iterated": () => plainReduce(lazy(data).filter(isEven).map(double)),
  "functions": () => reduce(add, map(double, filter(isEven, data)), 0),
  "plain generators": () =>
    plainReduce(plainMap(double, plainFilter(isEven, data))),
  "native helpers": () =>
    data.values().filter(isEven).map(double).reduce(add, 0),
  "array methods": () => data.filter(isEven).map(double).reduce(add, 0),
  "iter-tools": () =>
    execPipe(
      data,
      toolsFilter(isEven),
      toolsMap(double),
      toolsReduce(0, add),
    ) as number,
  "ix": () => ixSum(ixFrom(data).pipe(ixFilter(isEven), ixMap(double))),
  "itertools": () =>
    itertools.reduce(
      itertools.imap(itertools.ifilter(data, isEven), double),
      add,
      0,
    ),
  "remeda": () =>
    remeda.pipe(
      data,
      remeda.filter(isEven),
      remeda.map(double),
      remeda.reduce(add, 0),
    ),
});

const flattened: Record<string, () => number> = {
  "loop": () => {
    let sum = 0;
    for (const x of million) for (const y of twice(x)) sum = add(sum, y);
    return sum;
  },
  "lazy(…)": () => lazy(million).flatMap(twice).reduce(add, 0),
  "lazy(…), iterated": () => plainReduce(lazy(million).flatMap(twice)),
  "functions": () => reduce(add, flatMap(twice, million), 0),
  "plain generators": () => plainReduce(plainFlatMap(twice, million)),
  "native helpers": () => million.values().flatMap(twice).reduce(add, 0),
  "array methods": () => million.flatMap(twice).reduce(add, 0),
  "iter-tools": () =>
    execPipe(million, toolsFlatMap(twice), toolsReduce(0, add)) as number,
  "ix": () => ixSum(ixFrom(million).pipe(ixFlatMap(twice))),
  "itertools": () =>
    itertools.reduce(itertools.flatmap(million, twice), add, 0),
  "remeda": () =>
    remeda.pipe(million, remeda.flatMap(twice), remeda.reduce(add, 0)),
};

function* naturals() {
  for (let i = 0;; i++) yield i;
}

const taken: Record<string, () => unknown> = {
  "loop": () => {
    const items: number[] = [];
    for (const x of naturals()) {
      if (items.push(double(x)) === 10) break;
    }
    return items;
  },
  "lazy(…)": () => lazy(count()).map(double).take(10).toArray(),
  "functions": () => [...take(10, map(double, count()))],
  "plain generators": () => [...plainTake(10, plainMap(double, naturals()))],
  "native helpers": () => naturals().map(double).take(10).toArray(),
  "iter-tools": () => [
    ...execPipe(naturals(), toolsMap(double), toolsTake(10)),
  ],
  "ix": () => [...ixFrom(naturals()).pipe(ixMap(double), ixTake(10))],
  "itertools": () => [
    ...itertools.islice(itertools.imap(naturals(), double), 10),
  ],
};

const inc = (x: number) => x + 1;
const fiveMaps: Record<string, () => number> = {
  "loop": () => {
    let sum = 0;
    for (const x of million) sum = add(sum, inc(inc(inc(inc(inc(x))))));
    return sum;
  },
  "lazy(…)": () =>
    lazy(million).map(inc).map(inc).map(inc).map(inc).map(inc).reduce(add, 0),
  "lazy(…), iterated": () =>
    plainReduce(lazy(million).map(inc).map(inc).map(inc).map(inc).map(inc)),
  "functions": () =>
    reduce(add, map(inc, map(inc, map(inc, map(inc, map(inc, million))))), 0),
  "plain generators": () => {
    let items: Iterable<number> = million;
    for (let i = 0; i < 5; i++) items = plainMap(inc, items);
    return plainReduce(items);
  },
  "native helpers": () =>
    million.values().map(inc).map(inc).map(inc).map(inc).map(inc)
      .reduce(add, 0),
  "array methods": () =>
    million.map(inc).map(inc).map(inc).map(inc).map(inc).reduce(add, 0),
  "iter-tools": () =>
    execPipe(
      million,
      toolsMap(inc),
      toolsMap(inc),
      toolsMap(inc),
      toolsMap(inc),
      toolsMap(inc),
      toolsReduce(0, add),
    ) as number,
  "ix": () =>
    ixSum(
      ixFrom(million)
        .pipe(ixMap(inc), ixMap(inc), ixMap(inc), ixMap(inc), ixMap(inc)),
    ),
  "itertools": () => {
    let items: Iterable<number> = million;
    for (let i = 0; i < 5; i++) items = itertools.imap(items, inc);
    return itertools.reduce(items, add, 0);
  },
  "remeda": () =>
    remeda.pipe(
      million,
      remeda.map(inc),
      remeda.map(inc),
      remeda.map(inc),
      remeda.map(inc),
      remeda.map(inc),
      remeda.reduce(add, 0),
    ),
};

const widths = (pair: number[]) => pair.length;
const unstaged: Record<string, () => unknown> = {
  "loop": () => {
    let total = 0;
    for (let i = 0; i < 1_000_000; i++) total = add(total, i);
    return total;
  },
  "lazy(…)": () => lazy(range(1_000_000)).sum(),
  "lazy(…), iterated": () => plainReduce(lazy(range(1_000_000))),
  "functions": () => sum(range(1_000_000)),
  "array methods": () => million.reduce(add, 0),
  "native helpers": () => million.values().reduce(add, 0),
};
// Libraries that keep all the chunks are left out: whatever is measured next pays
// for their garbage.
const pairs: Record<string, () => number> = {
  "loop": () => {
    let total = 0;
    for (let i = 0; i < million.length; i += 2) {
      total = add(total, widths([million[i]!, million[i + 1]!]));
    }
    return total;
  },
  "lazy(…)": () => lazy(million).chunks(2).map(widths).sum(),
  "lazy(…), iterated": () => plainReduce(lazy(million).chunks(2).map(widths)),
  "functions": () => sum(map(widths, chunks(2, million))),
};
const zipped: Record<string, () => number> = {
  "functions": () => {
    let total = 0;
    for (const [a, b] of zip(million, million)) total = add(total, a + b);
    return total;
  },
  "itertools": () => {
    let total = 0;
    for (const [a, b] of itertools.izip(million, million)) {
      total = add(total, a + b);
    }
    return total;
  },
  "lazy(…)": () =>
    lazy(million).zip(million).map(([a, b]) => a + b).reduce(add, 0),
  "loop": () => {
    let total = 0;
    for (let i = 0; i < million.length; i++) {
      total = add(total, million[i]! + million[i]!);
    }
    return total;
  },
};

// In a real program, a library's functions have seen many callbacks before.
for (let i = 0; i < 30; i++) {
  const odd = new Function("x", `return x % ${i + 2} > 0`) as typeof isEven;
  const plus = new Function("x", `return x + ${i}`) as typeof double;
  const some = million.slice(0, 500);
  lazy(some).filter(odd).map(plus).reduce(add, 0);
  reduce(add, map(plus, filter(odd, some)), 0);
  plainReduce(plainMap(plus, plainFilter(odd, some)));
  some.values().filter(odd).map(plus).reduce(add, 0);
  some.filter(odd).map(plus).reduce(add, 0);
  execPipe(some, toolsFilter(odd), toolsMap(plus), toolsReduce(0, add));
  ixSum(ixFrom(some).pipe(ixFilter(odd), ixMap(plus)));
  itertools.reduce(itertools.imap(itertools.ifilter(some, odd), plus), add, 0);
  remeda.pipe(some, remeda.filter(odd), remeda.map(plus));
}

/** Each way, repeated so that short ones can be measured. */
function waysOf(cases: Record<string, () => unknown>, times: number): Way[] {
  return Object.entries(cases).map(([name, run]) => ({
    name,
    run: () => {
      for (let i = 0; i < times; i++) run();
    },
  }));
}

const cases: [string, Record<string, () => unknown>, number][] = [
  ["filter, map, reduce: 1 000 000 numbers", sums(million), 1],
  ["filter, map, reduce: 10 numbers, 20 000 times", sums(ten), 20_000],
  ["flatMap: 1 000 000 arrays of two", flattened, 1],
  ["take 10 of an endless source, 10 000 times", taken, 10_000],
  ["five maps in a row: 1 000 000 numbers", fiveMaps, 1],
  ["no stage: the sum of a range of 1 000 000", unstaged, 1],
  ["chunks of two, map, sum: 1 000 000 numbers", pairs, 1],
  ["zip: twice 1 000 000 numbers", zipped, 1],
];
for (const [title, ways, times] of cases) {
  report(title, await measure(waysOf(ways, times), 7), "lazy(…)");
}
