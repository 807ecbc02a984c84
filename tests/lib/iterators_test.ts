/**
 * The rules of the iterator protocol, for every lazy function and every method
 * of a pipeline, over sources that keep them and sources that break them.
 *
 * @module
 */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as f from "../../mod.ts";
import { lazy, range } from "../../mod.ts";

/** How a source behaves. */
interface Manners {
  /** How many items it has; endless unless given. */
  length?: number;
  /** Makes the answer of `next()` number i. */
  step?: (i: number) => unknown;
  /** What stands in `return`. */
  close?: unknown;
  /** What `[Symbol.iterator]()` does. */
  open?: () => unknown;
}

/** A source that counts what is done with it: 0, 1, 2, … */
class Probe {
  opened = 0;
  looked = 0;
  asked = 0;
  closed = 0;
  readonly #manners: Manners;

  constructor(manners: Manners = {}) {
    this.#manners = manners;
  }

  #open(): unknown {
    this.opened += 1;
    const { length = Infinity, open, step } = this.#manners;
    if (open) return open();
    const plain = (i: number) =>
      i < length ? { done: false, value: i } : { done: true, value: undefined };
    // deno-lint-ignore no-this-alias
    const probe = this;
    return {
      get next() {
        probe.looked += 1;
        return () => {
          if (probe.asked === 100) throw new Error("asked without end");
          return (step ?? plain)(probe.asked++);
        };
      },
      get return() {
        if (!("close" in probe.#manners)) {
          return () => ({ done: true, value: void (probe.closed += 1) });
        }
        const { close } = probe.#manners;
        if (typeof close !== "function") return close;
        return () => {
          probe.closed += 1;
          return close();
        };
      },
    };
  }

  /** For functions that take what is there. */
  get items(): Iterable<number> {
    return { [Symbol.iterator]: () => this.#open() as Iterator<number> };
  }

  /** For functions that take what arrives. */
  get arriving(): AsyncIterable<number> {
    const open = () => this.#open() as AsyncIterator<number>;
    return { [Symbol.asyncIterator]: open };
  }
}

const same = <T>(x: T) => x;
const add = (a: number, b: number) => a + b;
const fail = () => {
  throw new RangeError("the callback's");
};
const failToClose = () => {
  throw new EvalError("closing's");
};

/** Items from a source, one by one or all of them. */
interface Subject {
  /** The items, one by one; makes items of a probe that has two or more. */
  // deno-lint-ignore no-explicit-any
  start: (probe: Probe) => any;
  /** Takes one more item than it gives. */
  isAhead?: boolean;
  /** May take more while it waits for results. */
  isConcurrent?: boolean;
  /** Never ends. */
  isEndless?: boolean;
  /** The same with a callback that throws. */
  failing?: (probe: Probe) => unknown;
}

const functions: Record<string, Subject> = {
  map: {
    start: (p) => f.map(same, p.items),
    failing: (p) => f.map(fail, p.items),
  },
  "map, first of two": { start: (p) => f.map(add, p.items, f.count()) },
  "map, second of two": {
    start: (p) => f.map(add, f.count(), p.items),
    failing: (p) => f.map((_x: number, _y) => fail(), f.count(), p.items),
  },
  filter: {
    start: (p) => f.filter(() => true, p.items),
    failing: (p) => f.filter(fail, p.items),
  },
  enumerate: { start: (p) => f.enumerate(p.items) },
  zip: { start: (p) => f.zip(p.items) },
  "zip, last of three": { start: (p) => f.zip(f.count(), f.count(), p.items) },
  accumulate: {
    start: (p) => f.accumulate(add, p.items),
    failing: (p) => f.accumulate(fail, p.items, 0),
  },
  flatMap: {
    start: (p) => f.flatMap((x) => [x], p.items),
    failing: (p) => f.flatMap(fail, p.items),
  },
  "flatMap, inside": { start: (p) => f.flatMap(() => p.items, [1]) },
  take: { start: (p) => f.take(99, p.items) },
  drop: { start: (p) => f.drop(0, p.items) },
  takeWhile: {
    start: (p) => f.takeWhile(() => true, p.items),
    failing: (p) => f.takeWhile(fail, p.items),
  },
  dropWhile: {
    start: (p) => f.dropWhile(() => false, p.items),
    failing: (p) => f.dropWhile(fail, p.items),
  },
  unique: {
    start: (p) => f.unique(p.items),
    failing: (p) => f.unique(p.items, fail),
  },
  chunks: { start: (p) => f.chunks(1, p.items) },
  windows: { start: (p) => f.windows(1, p.items) },
  pairwise: { start: (p) => f.pairwise(p.items), isAhead: true },
  concat: { start: (p) => f.concat(p.items) },
  "concat, second of two": { start: (p) => f.concat([], p.items) },
  groupBy: {
    start: (p) => f.groupBy(same, p.items),
    isAhead: true,
    failing: (p) => f.groupBy(fail, p.items),
  },
  cycle: { start: (p) => f.cycle(p.items), isEndless: true },
};

const iterate = (pipeline: Iterable<unknown>) => pipeline[Symbol.iterator]();

const methods: Record<string, Subject> = {
  "no stage": { start: (p) => iterate(lazy(p.items)) },
  map: {
    start: (p) => iterate(lazy(p.items).map(same)),
    failing: (p) => iterate(lazy(p.items).map(fail)),
  },
  filter: {
    start: (p) => iterate(lazy(p.items).filter(() => true)),
    failing: (p) => iterate(lazy(p.items).filter(fail)),
  },
  flatMap: {
    start: (p) => iterate(lazy(p.items).flatMap((x) => [x])),
    failing: (p) => iterate(lazy(p.items).flatMap(fail)),
  },
  "flatMap, inside": {
    start: (p) => iterate(lazy([1]).flatMap(() => p.items)),
    failing: (p) => iterate(lazy([1]).flatMap(() => p.items).map(fail)),
  },
  take: { start: (p) => iterate(lazy(p.items).take(99)) },
  drop: { start: (p) => iterate(lazy(p.items).drop(0)) },
  takeWhile: {
    start: (p) => iterate(lazy(p.items).takeWhile(() => true)),
    failing: (p) => iterate(lazy(p.items).takeWhile(fail)),
  },
  dropWhile: {
    start: (p) => iterate(lazy(p.items).dropWhile(() => false)),
    failing: (p) => iterate(lazy(p.items).dropWhile(fail)),
  },
  unique: {
    start: (p) => iterate(lazy(p.items).unique()),
    failing: (p) => iterate(lazy(p.items).unique(fail)),
  },
  enumerate: { start: (p) => iterate(lazy(p.items).enumerate()) },
  zip: { start: (p) => iterate(lazy(p.items).zip(f.count())) },
  "zip, second of two": { start: (p) => iterate(lazy(f.count()).zip(p.items)) },
  accumulate: {
    start: (p) => iterate(lazy(p.items).accumulate(add)),
    failing: (p) => iterate(lazy(p.items).accumulate(fail, 0)),
  },
  chunks: {
    start: (p) => iterate(lazy(p.items).chunks(1)),
    failing: (p) => iterate(lazy(p.items).chunks(1).map(fail)),
  },
  windows: { start: (p) => iterate(lazy(p.items).map(same).windows(1)) },
  pairwise: { start: (p) => iterate(lazy(p.items).pairwise()), isAhead: true },
  concat: { start: (p) => iterate(lazy(p.items).concat([1])) },
  "concat, last of three": {
    start: (p) => iterate(lazy<number>([]).concat([]).concat(p.items)),
  },
  cycle: { start: (p) => iterate(lazy(p.items).cycle()), isEndless: true },
  groupBy: {
    start: (p) => iterate(lazy(p.items).groupBy(same)),
    isAhead: true,
    failing: (p) => iterate(lazy(p.items).groupBy(fail)),
  },
};

/** One that answers at once, and one whose answers are promises. */
const asyncOf = (
  make: (source: f.AnyIterable<number>) => f.AsyncPipeline<unknown>,
  others: Partial<Subject> = {},
): Subject => ({
  start: (p) => make(p.arriving)[Symbol.asyncIterator](),
  ...others,
});

const asyncMethods: Record<string, Subject> = {
  "no stage": asyncOf((s) => lazy.async(s)),
  map: asyncOf((s) => lazy.async(s).map(same), {
    failing: (p) => lazy.async(p.arriving).map(fail),
  }),
  "map, several at once": asyncOf(
    (s) => lazy.async(s).map(same, { concurrency: 2 }),
    {
      isConcurrent: true,
      failing: (p) => lazy.async(p.arriving).map(fail, { concurrency: 2 }),
    },
  ),
  filter: asyncOf((s) => lazy.async(s).filter(() => true), {
    failing: (p) => lazy.async(p.arriving).filter(fail),
  }),
  flatMap: asyncOf((s) => lazy.async(s).flatMap((x) => [x]), {
    failing: (p) => lazy.async(p.arriving).flatMap(fail),
  }),
  "flatMap, inside": {
    start: (p) =>
      lazy.async([1]).flatMap(() => p.arriving)[Symbol.asyncIterator](),
  },
  take: asyncOf((s) => lazy.async(s).take(99)),
  drop: asyncOf((s) => lazy.async(s).drop(0)),
  takeWhile: asyncOf((s) => lazy.async(s).takeWhile(() => true)),
  dropWhile: asyncOf((s) => lazy.async(s).dropWhile(() => false)),
  unique: asyncOf((s) => lazy.async(s).unique(), {
    failing: (p) => lazy.async(p.arriving).unique(fail),
  }),
  enumerate: asyncOf((s) => lazy.async(s).enumerate()),
  chunks: asyncOf((s) => lazy.async(s).chunks(1)),
  windows: asyncOf((s) => lazy.async(s).windows(1)),
  pairwise: asyncOf((s) => lazy.async(s).pairwise(), { isAhead: true }),
  concat: asyncOf((s) => lazy.async(s).concat([1])),
  "concat, second of two": {
    start: (p) =>
      lazy.async<number>([]).concat(p.arriving)[Symbol.asyncIterator](),
  },
  accumulate: asyncOf((s) => lazy.async(s).map(same).accumulate(add, 0)),
  groupBy: asyncOf((s) => lazy.async(s).groupBy(same), { isAhead: true }),
};

/** Takes all items, of whatever kind. */
// deno-lint-ignore no-explicit-any
async function drain(items: any): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Takes two items, of which the second may be the last. */
async function takeTwo(items: AsyncIterator<unknown>): Promise<void> {
  for (let i = 0; i < 2; i++) assertEquals((await items.next()).done, false);
}

// A promise for all: a function that throws at once rejects, too.
const attempt = async (action: () => unknown) => await action();
const rejects = (
  action: () => unknown,
  // deno-lint-ignore no-explicit-any
  kind: new (...args: any[]) => Error,
  text = "",
) => assertRejects(() => attempt(action), kind, text);

/** Those that come before the second source have been asked, and no other. */
const isFirst = (name: string) => !/inside|second|last/.test(name);

type Rule = (subject: Subject, name: string) => Promise<void>;

/** The rules for whatever gives items one by one. */
const rules: Record<string, Rule> = {
  "a source is opened once, its next looked up once, and not called again": //
    async ({ start, isEndless }) => {
      if (isEndless) return;
      const probe = new Probe({ length: 3 });
      const items = start(probe);
      assertEquals(probe.opened, 0);
      const all = await drain(items);
      assertEquals(all.length > 1, true);
      const { opened, looked, asked, closed } = probe;
      assertEquals([opened, looked, asked, closed], [1, 1, 4, 0]);
      const end = { done: true, value: undefined };
      assertEquals([await items.next(), await items.next()], [end, end]);
      assertEquals(probe.asked, 4);
    },
  "a step that is no object is a TypeError": async ({ start }) => {
    for (const wrong of [undefined, null, 0, true, "step", Symbol.iterator]) {
      const probe = new Probe({ step: () => wrong });
      const items = start(probe);
      await rejects(() => drain(items), TypeError);
      assertEquals((await items.next()).done, true);
      assertEquals([probe.looked, probe.closed], [1, 0]);
    }
  },
  "a next that is no function, and an iterator that is no object, are TypeErrors":
    async ({ start }) => {
      for (const wrong of [{ next: 5 }, {}, 5, undefined]) {
        const probe = new Probe({ open: () => wrong });
        await rejects(() => drain(start(probe)), TypeError);
      }
    },
  "a source that fails is not closed: by next, done or value": async (
    { start },
  ) => {
    const steps = [
      fail,
      () => Object.defineProperty({}, "done", { get: fail }),
      () => Object.defineProperty({ done: false }, "value", { get: fail }),
    ];
    for (const step of steps) {
      const probe = new Probe({ step });
      const items = start(probe);
      await rejects(() => drain(items), RangeError, "the callback's");
      assertEquals((await items.next()).done, true);
      assertEquals([probe.asked, probe.closed], [1, 0]);
    }
  },
  "an error in opening arrives, and ends the iterator": async ({ start }) => {
    const probe = new Probe({ open: fail });
    const items = start(probe);
    await rejects(() => drain(items), RangeError, "the callback's");
    assertEquals((await items.next()).done, true);
    assertEquals(probe.opened, 1);
  },
  "done may be anything that counts as true, and then value is not read": //
    async ({ start, isEndless }) => {
      if (isEndless) return;
      const step = (i: number) =>
        i < 2
          ? { value: i }
          : Object.defineProperty({ done: "yes" }, "value", { get: fail });
      const probe = new Probe({ step });
      await drain(start(probe));
      assertEquals([probe.asked, probe.closed], [3, 0]);
    },
  "leaving early closes the source once, and ends the iterator": async (
    { start, isConcurrent },
    name,
  ) => {
    const probe = new Probe();
    const items = start(probe);
    await takeTwo(items);
    const end = { done: true, value: 5 };
    assertEquals([await items.return(5), probe.closed], [end, 1], name);
    assertEquals(await items.next(), { done: true, value: undefined });
    await items.return();
    assertEquals(probe.closed, 1);
    assertEquals(isConcurrent || probe.asked <= 3, true);
  },
  "leaving with an error closes the source once, and gives that error": async (
    { start },
  ) => {
    for (const close of [() => ({}), failToClose, () => 5]) {
      const probe = new Probe({ close });
      const items = start(probe);
      await takeTwo(items);
      await rejects(() => items.throw(new RangeError("mine")), RangeError);
      assertEquals((await items.next()).done, true);
      assertEquals(probe.closed, 1);
    }
  },
  "a source need not have a return": async ({ start }) => {
    for (const close of [undefined, null]) {
      const items = start(new Probe({ close }));
      await takeTwo(items);
      assertEquals(await items.return(5), { done: true, value: 5 });
      const unstarted = start(new Probe({ close }));
      assertEquals(await unstarted.return(5), { done: true, value: 5 });
    }
  },
  "an error in closing arrives, and the iterator has ended": async (
    { start },
  ) => {
    const probe = new Probe({ close: failToClose });
    const items = start(probe);
    await takeTwo(items);
    await rejects(() => items.return(), EvalError, "closing's");
    assertEquals((await items.next()).done, true);
    await items.return();
    assertEquals(probe.closed, 1);
  },
  "a return that answers with no object, or is no function, is a TypeError": //
    async ({ start }) => {
      for (const close of [() => undefined, () => 5, 5]) {
        const items = start(new Probe({ close }));
        await takeTwo(items);
        await rejects(() => items.return(), TypeError);
        assertEquals((await items.next()).done, true);
      }
    },
  "a return that answers as if it went on ends the iterator all the same": //
    async ({ start }) => {
      const probe = new Probe({ close: () => ({ done: false, value: 7 }) });
      const items = start(probe);
      await takeTwo(items);
      assertEquals(await items.return(5), { done: true, value: 5 });
      assertEquals((await items.next()).done, true);
      assertEquals(probe.closed, 1);
    },
  "leaving before the first item closes the source, and ends the iterator": //
    async ({ start }, name) => {
      const probe = new Probe();
      const items = start(probe);
      assertEquals(await items.return(5), { done: true, value: 5 });
      assertEquals((await items.next()).done, true);
      await items.return();
      const { opened, asked, closed } = probe;
      // What is inside, or comes second to what is there, has no turn.
      const has = isFirst(name) ? 1 : opened;
      assertEquals([opened, asked, closed], [has, 0, has]);
    },
  "it ends the iterator also if closing goes wrong": async (
    { start },
    name,
  ) => {
    for (const close of [failToClose, () => 5, 5]) {
      const probe = new Probe({ close });
      const items = start(probe);
      if (isFirst(name)) await rejects(() => items.return(), Error);
      else await attempt(() => items.return()).catch(() => {});
      assertEquals(await items.next(), { done: true, value: undefined });
      assertEquals(probe.asked, 0);
    }
  },
  "it ends the iterator also if opening goes wrong": async (
    { start },
    name,
  ) => {
    const probe = new Probe({ open: fail });
    const items = start(probe);
    if (isFirst(name)) await rejects(() => items.return(), RangeError);
    else await attempt(() => items.return()).catch(() => {});
    assertEquals((await items.next()).done, true);
  },
  "an error before the first item closes the source, and arrives": async (
    { start },
    name,
  ) => {
    for (const close of [() => ({}), failToClose]) {
      const probe = new Probe({ close });
      const items = start(probe);
      await rejects(() => items.throw(new RangeError("mine")), RangeError);
      assertEquals((await items.next()).done, true);
      assertEquals([probe.asked, probe.closed], [0, probe.opened]);
      assertEquals(probe.opened, isFirst(name) ? 1 : probe.opened);
    }
  },
  "a callback's error closes the source once, and arrives whatever closing does":
    async ({ failing }) => {
      if (!failing) return;
      for (const close of [() => ({}), failToClose, () => 5, 5, undefined]) {
        const probe = new Probe({ close });
        const items = await attempt(() => failing(probe));
        await rejects(() => drain(items), RangeError, "the callback's");
        assertEquals(probe.closed, typeof close === "function" ? 1 : 0);
      }
    },
};

const kinds = {
  "function": functions,
  "Pipeline": methods,
  "AsyncPipeline": asyncMethods,
};
for (const [kind, subjects] of Object.entries(kinds)) {
  for (const [rule, check] of Object.entries(rules)) {
    Deno.test(`${kind}: ${rule}`, async (t) => {
      for (const [name, subject] of Object.entries(subjects)) {
        await t.step(name, () => check(subject, name));
      }
    });
  }
}

/** Makes one value of items; may know it before they end. */
interface Ending {
  run: (probe: Probe) => unknown;
  /** Knows it after the first item. */
  early?: (probe: Probe) => unknown;
  failing?: (probe: Probe) => unknown;
}

const no = () => false;
const yes = () => true;
const pipe = (p: Probe) => lazy(p.items);
const flat = (p: Probe) => lazy([1]).flatMap(() => p.items);
const slow = (p: Probe) => lazy.async(p.arriving);

const endings: Record<string, Ending> = {
  reduce: {
    run: (p) => f.reduce(add, p.items),
    failing: (p) => f.reduce(fail, p.items, 0),
  },
  sum: { run: (p) => f.sum(p.items) },
  min: { run: (p) => f.min(p.items) },
  max: { run: (p) => f.max(p.items) },
  toArray: { run: (p) => f.toArray(p.items) },
  join: { run: (p) => f.join("", p.items) },
  partition: {
    run: (p) => f.partition(yes, p.items),
    failing: (p) => f.partition(fail, p.items),
  },
  forEach: {
    run: (p) => f.forEach(same, p.items),
    failing: (p) => f.forEach(fail, p.items),
  },
  first: {
    run: (p) => f.first(f.drop(9, p.items)),
    early: (p) => f.first(p.items),
  },
  find: {
    run: (p) => f.find(no, p.items),
    early: (p) => f.find(yes, p.items),
    failing: (p) => f.find(fail, p.items),
  },
  some: {
    run: (p) => f.some(no, p.items),
    early: (p) => f.some(yes, p.items),
    failing: (p) => f.some(fail, p.items),
  },
  every: {
    run: (p) => f.every(yes, p.items),
    early: (p) => f.every(no, p.items),
    failing: (p) => f.every(fail, p.items),
  },
  "Pipeline.reduce": {
    run: (p) => pipe(p).reduce(add),
    failing: (p) => pipe(p).reduce(fail, 0),
  },
  "Pipeline.sum": { run: (p) => pipe(p).sum() },
  "Pipeline.min": { run: (p) => pipe(p).min() },
  "Pipeline.toArray": { run: (p) => pipe(p).toArray() },
  "Pipeline.join": { run: (p) => pipe(p).join("") },
  "Pipeline.partition": {
    run: (p) => pipe(p).partition(yes),
    failing: (p) => pipe(p).partition(fail),
  },
  "Pipeline.forEach": {
    run: (p) => pipe(p).forEach(same),
    failing: (p) => pipe(p).forEach(fail),
  },
  "Pipeline.first": {
    run: (p) => pipe(p).drop(9).first(),
    early: (p) => pipe(p).first(),
  },
  "Pipeline.find": {
    run: (p) => pipe(p).find(no),
    early: (p) => pipe(p).find(yes),
    failing: (p) => pipe(p).find(fail),
  },
  "Pipeline.some": {
    run: (p) => pipe(p).some(no),
    early: (p) => pipe(p).some(yes),
    failing: (p) => pipe(p).some(fail),
  },
  "Pipeline.every": {
    run: (p) => pipe(p).every(yes),
    early: (p) => pipe(p).every(no),
    failing: (p) => pipe(p).every(fail),
  },
  "Pipeline.take": {
    run: (p) => pipe(p).take(99).toArray(),
    early: (p) => pipe(p).take(1).toArray(),
  },
  "Pipeline.takeWhile": {
    run: (p) => pipe(p).takeWhile(yes).toArray(),
    early: (p) => pipe(p).takeWhile(no).toArray(),
    failing: (p) => pipe(p).takeWhile(fail).toArray(),
  },
  "Pipeline.flatMap, inside": {
    run: (p) => flat(p).toArray(),
    early: (p) => flat(p).take(1).toArray(),
    failing: (p) => flat(p).map(fail).toArray(),
  },
  "Pipeline.flatMap, inside, find": {
    run: (p) => flat(p).find(no),
    early: (p) => flat(p).find(yes),
    failing: (p) => flat(p).find(fail),
  },
  "AsyncPipeline.reduce": {
    run: (p) => slow(p).reduce(add),
    failing: (p) => slow(p).reduce(fail, 0),
  },
  "AsyncPipeline.sum": { run: (p) => slow(p).sum() },
  "AsyncPipeline.max": { run: (p) => slow(p).max() },
  "AsyncPipeline.toArray": { run: (p) => slow(p).toArray() },
  "AsyncPipeline.partition": {
    run: (p) => slow(p).partition(yes),
    failing: (p) => slow(p).partition(fail),
  },
  "AsyncPipeline.forEach": {
    run: (p) => slow(p).forEach(same),
    failing: (p) => slow(p).forEach(fail),
  },
  "AsyncPipeline.first": {
    run: (p) => slow(p).drop(9).first(),
    early: (p) => slow(p).first(),
  },
  "AsyncPipeline.find": {
    run: (p) => slow(p).find(no),
    early: (p) => slow(p).find(yes),
    failing: (p) => slow(p).find(fail),
  },
  "AsyncPipeline.some": {
    run: (p) => slow(p).some(no),
    early: (p) => slow(p).some(yes),
  },
  "AsyncPipeline.every": {
    run: (p) => slow(p).every(yes),
    early: (p) => slow(p).every(no),
  },
  "AsyncPipeline.take": {
    run: (p) => slow(p).take(99).toArray(),
    early: (p) => slow(p).take(1).toArray(),
  },
};

/** The rules for whatever makes one value of items. */
const endingRules: Record<string, (ending: Ending) => Promise<void>> = {
  "a source that ends is not closed, and next is looked up once": async (
    { run },
  ) => {
    const probe = new Probe({ length: 3 });
    await run(probe);
    const { opened, looked, asked, closed } = probe;
    assertEquals([opened, looked, asked, closed], [1, 1, 4, 0]);
  },
  "a step that is no object is a TypeError": async ({ run }) => {
    for (const wrong of [undefined, null, 0, "step"]) {
      const probe = new Probe({ step: () => wrong });
      await rejects(() => run(probe), TypeError);
      assertEquals([probe.asked, probe.closed], [1, 0]);
    }
  },
  "a source that fails is not closed": async ({ run }) => {
    const probe = new Probe({ step: fail });
    await rejects(() => run(probe), RangeError, "the callback's");
    assertEquals([probe.asked, probe.closed], [1, 0]);
  },
  "knowing early closes the source once, and errors in closing arrive": async (
    { early },
  ) => {
    if (!early) return;
    const probe = new Probe();
    await early(probe);
    assertEquals([probe.asked, probe.closed], [1, 1]);
    await rejects(() => early(new Probe({ close: failToClose })), EvalError);
    await rejects(() => early(new Probe({ close: () => 5 })), TypeError);
    await early(new Probe({ close: undefined }));
  },
  "a callback's error closes the source once, and arrives": async (
    { failing },
  ) => {
    if (!failing) return;
    for (const close of [() => ({}), failToClose, () => 5]) {
      const probe = new Probe({ close });
      await rejects(() => failing(probe), RangeError, "the callback's");
      assertEquals([probe.asked, probe.closed], [1, 1]);
    }
  },
};
for (const [rule, check] of Object.entries(endingRules)) {
  Deno.test(`one value: ${rule}`, async (t) => {
    for (const [name, ending] of Object.entries(endings)) {
      await t.step(name, () => check(ending));
    }
  });
}

Deno.test("several sources: one that cannot be opened closes those that are", () => {
  const ways: ((a: Probe, b: Probe) => Iterable<unknown>)[] = [
    (a, b) => f.zip(a.items, b.items),
    (a, b) => f.map(add, a.items, b.items),
    (a, b) => lazy(a.items).zip(b.items),
    (a, b) => lazy(a.items).map(same).zip(b.items).map(same),
  ];
  for (const way of ways) {
    for (const close of [() => ({}), failToClose]) {
      const [a, b] = [new Probe({ close }), new Probe({ open: fail })];
      const items = way(a, b)[Symbol.iterator]();
      assertThrows(() => items.next(), RangeError, "the callback's");
      assertEquals([a.closed, items.next().done], [1, true]);
    }
  }
});

Deno.test("several sources: the first to end or to fail closes the others, last first", () => {
  const order: string[] = [];
  const named = (name: string, manners: Manners = {}) =>
    new Probe({ close: () => (order.push(name), {}), ...manners }).items;
  const ends = named("end", { length: 1 });
  assertEquals([...f.zip(named("a"), named("b"), ends, named("c"))].length, 1);
  assertEquals(order.splice(0), ["c", "b", "a"]);
  const fails = named("fail", { step: fail });
  const failing = f.zip(named("a", { close: failToClose }), fails, named("c"));
  assertThrows(() => [...failing], RangeError, "the callback's");
  assertEquals(order.splice(0), ["c"]);
  const left = f.zip(named("a"), named("b", { close: failToClose }));
  left.next();
  assertThrows(() => left.return(), EvalError, "closing's");
  assertEquals(order, ["a"]);
  assertEquals(left.next().done, true);
});

Deno.test("several sources: none of them is opened before the first item", () => {
  const [a, b] = [new Probe(), new Probe()];
  const rows = f.zip(a.items, b.items);
  assertEquals([a.opened, b.opened], [0, 0]);
  rows.return();
  assertEquals([a.asked, a.closed, b.asked, b.closed], [0, 1, 0, 1]);
});

Deno.test("an iterator that is asked from inside itself says so, and goes on", () => {
  const items: Generator<number> = f.map((x) => {
    if (x === 1) assertThrows(() => items.next(), TypeError, "running");
    return x;
  }, range(3));
  assertEquals([...items], [0, 1, 2]);
});

Deno.test("any stages give, take and close the same: fused, iterated, as functions", () => {
  let seed = 1;
  const draw = (below: number) => {
    seed = seed * 48_271 % 2_147_483_647;
    return seed % below;
  };
  const numberOf = (x: unknown): number =>
    typeof x === "number" ? x : [x].flat(9).length;
  type Make = (n: number) => [
    (p: f.Pipeline<unknown>) => f.Pipeline<unknown>,
    (items: Iterable<unknown>) => Iterable<unknown>,
  ];
  const join = (a: unknown, b: unknown) => numberOf(a) + numberOf(b);
  const kinds: Record<string, Make> = {
    map: (n) => {
      const fn = (x: unknown) => numberOf(x) + n;
      return [(p) => p.map(fn), (items) => f.map(fn, items)];
    },
    filter: (n) => {
      const fn = (x: unknown) => numberOf(x) % (n + 2) !== 0;
      return [(p) => p.filter(fn), (items) => f.filter(fn, items)];
    },
    flatMap: (n) => {
      const fn = (x: unknown) => Array(n % 3).fill(x);
      return [(p) => p.flatMap(fn), (items) => f.flatMap(fn, items)];
    },
    take: (n) => [(p) => p.take(n), (items) => f.take(n, items)],
    drop: (n) => [(p) => p.drop(n), (items) => f.drop(n, items)],
    takeWhile: (n) => {
      const fn = (x: unknown) => numberOf(x) < n * 3;
      return [(p) => p.takeWhile(fn), (items) => f.takeWhile(fn, items)];
    },
    dropWhile: (n) => {
      const fn = (x: unknown) => numberOf(x) < n;
      return [(p) => p.dropWhile(fn), (items) => f.dropWhile(fn, items)];
    },
    unique: (n) => {
      const key = (x: unknown) => numberOf(x) % (n + 5);
      return [(p) => p.unique(key), (items) => f.unique(items, key)];
    },
    enumerate: (n) => [(p) => p.enumerate(n), (items) => f.enumerate(items, n)],
    chunks: (n) => [(p) => p.chunks(n + 1), (items) => f.chunks(n + 1, items)],
    windows: (n) => [
      (p) => p.windows(n + 1),
      (items) => f.windows(n + 1, items),
    ],
    pairwise: () => [(p) => p.pairwise(), (items) => f.pairwise(items)],
    accumulate: () => [
      (p) => p.accumulate(join),
      (items) => f.accumulate(join, items),
    ],
    groupBy: (n) => {
      const key = (x: unknown) => numberOf(x) % (n + 2);
      return [(p) => p.groupBy(key), (items) => f.groupBy(key, items)];
    },
    concat: (n) => [(p) => p.concat([n]), (items) => f.concat(items, [n])],
    zip: (n) => [(p) => p.zip(range(n)), (items) => f.zip(items, range(n))],
  };
  const names = Object.keys(kinds);
  for (let round = 0; round < 3000; round++) {
    const probes = Array.from(
      { length: 4 },
      () => new Probe({ length: round % 13 }),
    );
    let pipeline: f.Pipeline<unknown> = lazy(probes[0]!.items);
    let iterated: f.Pipeline<unknown> = lazy(probes[1]!.items);
    let sought: f.Pipeline<unknown> = lazy(probes[2]!.items);
    let items: Iterable<unknown> = probes[3]!.items;
    const made: string[] = [];
    for (let i = draw(6); i >= 0; i--) {
      const [name, n] = [names[draw(names.length)]!, draw(5)];
      const [method, fn] = kinds[name]!(n);
      [pipeline, iterated, sought] = [pipeline, iterated, sought].map(
        method,
      ) as [
        typeof pipeline,
        typeof pipeline,
        typeof pipeline,
      ];
      items = fn(items);
      made.push(`${name} ${n}`);
    }
    const expected = [...items];
    const text = made.join(", ");
    assertEquals(pipeline.toArray(), expected, text);
    assertEquals([...iterated], expected, text);
    assertEquals(sought.some(() => false), false, text);
    const done = probes.map(({ asked, closed }) => [asked, closed]);
    assertEquals(done, Array(4).fill(done[3]), text);
  }
});
