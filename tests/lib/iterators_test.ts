/**
 * What is done with a source: the rules for the lazy functions, and that
 * pipelines do the same in every combination.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import * as f from "../../mod.ts";
import { lazy, range } from "../../mod.ts";

/** How a source behaves. */
interface Manners {
  /** How many items it has; endless unless given. */
  length?: number;
  /** At which item it fails. */
  failsAt?: number;
  /** Whether it cannot be opened. */
  failsToOpen?: boolean;
  /** Whether closing it fails. */
  failsToClose?: boolean;
}

/** A source of 0, 1, 2, … that writes down what is done with it. */
class Probe implements Iterable<number> {
  readonly events: string[] = [];
  readonly #manners: Manners;

  constructor(manners: Manners = {}) {
    this.#manners = manners;
  }

  [Symbol.iterator](): Iterator<number> {
    const { length = 100, failsAt, failsToOpen, failsToClose } = this.#manners;
    this.events.push("open");
    if (failsToOpen) throw new RangeError("opening");
    let i = 0;
    return {
      next: () => {
        this.events.push("ask");
        if (i === failsAt) throw new RangeError("the source's");
        return i < length
          ? { done: false, value: i++ }
          : { done: true, value: undefined };
      },
      return: () => {
        this.events.push("close");
        if (failsToClose) throw new EvalError("closing");
        return { done: true, value: undefined };
      },
    };
  }

  /** How often something was done. */
  times(event: string): number {
    return this.events.filter((each) => each === event).length;
  }
}

type Callback = (x: unknown) => unknown;
type Items = Iterable<unknown>;
type Line = f.Pipeline<unknown>;

/** A step as a method, and as a function. */
interface Step {
  method: (pipeline: Line) => Line;
  run: (items: Items) => Generator<unknown, unknown>;
}

/** The number in an item, or its length. */
const numberOf = (x: unknown): number =>
  typeof x === "number" ? x : [x].flat(9).length;

/** Steps with a number from 0 to 4; a callback is called with the items. */
const steps: Record<string, (n: number, call: Callback) => Step> = {
  map: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) + n);
    return { method: (p) => p.map(fn), run: (items) => f.map(fn, items) };
  },
  filter: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) % (n + 2));
    return { method: (p) => p.filter(fn), run: (items) => f.filter(fn, items) };
  },
  flatMap: (n, call) => {
    const fn = function* (x: unknown) {
      try {
        for (let i = 0; i < n % 3; i++) yield (call(x), x);
      } finally {
        call("left");
      }
    };
    return {
      method: (p) => p.flatMap(fn),
      run: (items) => f.flatMap(fn, items),
    };
  },
  take: (n) => ({ method: (p) => p.take(n), run: (items) => f.take(n, items) }),
  drop: (n) => ({ method: (p) => p.drop(n), run: (items) => f.drop(n, items) }),
  takeWhile: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) < n * 3);
    return {
      method: (p) => p.takeWhile(fn),
      run: (items) => f.takeWhile(fn, items),
    };
  },
  dropWhile: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) < n);
    return {
      method: (p) => p.dropWhile(fn),
      run: (items) => f.dropWhile(fn, items),
    };
  },
  enumerate: (n) => ({
    method: (p) => p.enumerate(n),
    run: (items) => f.enumerate(items, n),
  }),
  unique: (n, call) => {
    const key = (x: unknown) => (call(x), numberOf(x) % (n + 5));
    return {
      method: (p) => p.unique(key),
      run: (items) => f.unique(items, key),
    };
  },
  chunks: (n) => ({
    method: (p) => p.chunks(n + 1),
    run: (items) => f.chunks(n + 1, items),
  }),
  windows: (n) => ({
    method: (p) => p.windows(n + 1),
    run: (items) => f.windows(n + 1, items),
  }),
  pairwise: () => ({ method: (p) => p.pairwise(), run: f.pairwise }),
  accumulate: (_, call) => {
    const fn = (a: unknown, b: unknown) => (call(b), numberOf(a) + numberOf(b));
    return {
      method: (p) => p.accumulate(fn),
      run: (items) => f.accumulate(fn, items),
    };
  },
  "accumulate, initial": (n, call) => {
    const fn = (a: unknown, b: unknown) => (call(b), numberOf(a) + numberOf(b));
    return {
      method: (p) => p.accumulate(fn, n),
      run: (items) => f.accumulate(fn, items, n as unknown),
    };
  },
  groupBy: (n, call) => {
    const key = (x: unknown) => (call(x), numberOf(x) % (n + 2));
    return {
      method: (p) => p.groupBy(key),
      run: (items) => f.groupBy(key, items),
    };
  },
  concat: (n) => ({
    method: (p) => p.concat([n]),
    run: (items) => f.concat<unknown>(items, [n]),
  }),
  zip: (n) => ({
    method: (p) => p.zip(range(n * 9)),
    run: (items) => f.zip(items, range(n * 9)),
  }),
};

/** Makes one value, by a method and by a function. */
interface Ending {
  method: (pipeline: Line) => unknown;
  run: (items: Items) => unknown;
}

/** Endings with a number from 0 to 4. */
const endings: Record<string, (n: number, call: Callback) => Ending> = {
  toArray: () => ({ method: (p) => p.toArray(), run: f.toArray }),
  iterated: () => ({ method: (p) => [...p], run: (items) => [...items] }),
  "iterated in part": (n) => {
    const run = (items: Items) => {
      const [iterator, seen] = [items[Symbol.iterator](), [] as unknown[]];
      for (let i = 0; i < n; i++) seen.push(iterator.next());
      seen.push(iterator.return!(5), iterator.next());
      return seen;
    };
    return { method: run, run };
  },
  reduce: (_, call) => {
    const fn = (a: unknown, b: unknown) => (call(b), numberOf(a) - numberOf(b));
    return { method: (p) => p.reduce(fn), run: (items) => f.reduce(fn, items) };
  },
  "reduce, initial": (n, call) => {
    const fn = (a: unknown, b: unknown) => (call(b), numberOf(a) - numberOf(b));
    return {
      method: (p) => p.reduce(fn, n as unknown),
      run: (items) => f.reduce(fn, items, n as unknown),
    };
  },
  sum: () => ({
    method: (p) => p.map(numberOf).sum(),
    run: (items) => f.sum(f.map(numberOf, items)),
  }),
  min: () => ({ method: (p) => p.min(), run: f.min }),
  max: () => ({ method: (p) => p.max(), run: f.max }),
  join: () => ({ method: (p) => p.join("-"), run: (i) => f.join("-", i) }),
  first: () => ({ method: (p) => p.first(), run: f.first }),
  find: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) === n);
    return { method: (p) => p.find(fn), run: (items) => f.find(fn, items) };
  },
  some: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) === n);
    return { method: (p) => p.some(fn), run: (items) => f.some(fn, items) };
  },
  every: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) !== n);
    return { method: (p) => p.every(fn), run: (items) => f.every(fn, items) };
  },
  forEach: (_, call) => ({
    method: (p) => p.forEach(call),
    run: (items) => f.forEach(call, items),
  }),
  partition: (n, call) => {
    const fn = (x: unknown) => (call(x), numberOf(x) < n);
    return {
      method: (p) => p.partition(fn),
      run: (items) => f.partition(fn, items),
    };
  },
};

/** Takes items until the source has been asked for one. */
function begin(items: Iterator<unknown>, probe: Probe): void {
  while (probe.times("ask") === 0) items.next();
}

/** The rules for each step. */
const rules: Record<string, (make: (call?: Callback) => Step) => void> = {
  "a source is opened at the first item, and not closed when it has ended": (
    make,
  ) => {
    const probe = new Probe({ length: 3 });
    const items = make().run(probe);
    assertEquals(probe.events, []);
    for (const _ of items);
    assertEquals(probe.events, ["open", "ask", "ask", "ask", "ask"]);
    assertEquals(items.next(), { done: true, value: undefined });
    assertEquals(probe.times("ask"), 4);
  },
  "leaving early closes the source once": (make) => {
    const probe = new Probe();
    const items = make().run(probe);
    begin(items, probe);
    assertEquals(items.return(5), { done: true, value: 5 });
    items.return(5);
    assertEquals(items.next(), { done: true, value: undefined });
    assertEquals([probe.times("open"), probe.times("close")], [1, 1]);
  },
  "leaving with an error closes it once, and gives that error": (make) => {
    const probe = new Probe();
    const items = make().run(probe);
    begin(items, probe);
    assertThrows(() => items.throw(new TypeError("mine")), TypeError, "mine");
    assertEquals([items.next().done, probe.times("close")], [true, 1]);
  },
  "leaving before the first item neither opens nor closes it": (make) => {
    const probe = new Probe();
    const items = make().run(probe);
    assertEquals(items.return(5), { done: true, value: 5 });
    assertEquals(items.next(), { done: true, value: undefined });
    assertEquals(probe.events, []);
  },
  "an error in closing arrives, and the iterator has ended": (make) => {
    const probe = new Probe({ failsToClose: true });
    const items = make().run(probe);
    begin(items, probe);
    assertThrows(() => items.return(5), EvalError, "closing");
    assertEquals([items.next().done, probe.times("close")], [true, 1]);
  },
  "a source that fails is not closed, and its error arrives": (make) => {
    const probe = new Probe({ failsAt: 1 });
    const items = make().run(probe);
    assertThrows(() => [...items], RangeError, "the source's");
    assertEquals([items.next().done, probe.times("close")], [true, 0]);
    const shut = new Probe({ failsToOpen: true });
    assertThrows(() => [...make().run(shut)], RangeError, "opening");
  },
};

for (const [rule, check] of Object.entries(rules)) {
  Deno.test(`each step: ${rule}`, async (t) => {
    for (const [name, make] of Object.entries(steps)) {
      await t.step(name, () => check((call = () => {}) => make(4, call)));
    }
  });
}

Deno.test("a callback's error closes the source once, and arrives whatever closing does", () => {
  for (const make of [...Object.values(steps), ...Object.values(endings)]) {
    if (make.length < 2) continue; // it has no callback
    for (const failsToClose of [false, true]) {
      const probe = new Probe({ failsToClose });
      const { run } = make(4, () => {
        throw new RangeError("the callback's");
      });
      const all = () => [...run(probe) as Items];
      assertThrows(all, RangeError, "the callback's", String(make));
      assertEquals(probe.times("close"), 1, String(make));
    }
  }
});

Deno.test("take(n) asks for exactly n, and closes; take(0) does nothing", () => {
  for (const n of [1, 3]) {
    for (const take of [f.take, (n: number, s: Probe) => lazy(s).take(n)]) {
      const probe = new Probe();
      assertEquals([...take(n, probe)], [...range(n)]);
      const asked = Array<string>(n).fill("ask");
      assertEquals(probe.events, ["open", ...asked, "close"]);
    }
  }
  const probe = new Probe();
  assertEquals([[...f.take(0, probe)], lazy(probe).take(0).toArray()], [
    [],
    [],
  ]);
  assertEquals(probe.events, []);
});

Deno.test("find, some, every and first close the source when they know", () => {
  const ways: ((source: Probe) => unknown)[] = [
    (s) => f.find((x) => x === 2, s),
    (s) => f.some((x) => x === 2, s),
    (s) => f.every((x) => x < 2, s),
    (s) => f.first(f.drop(2, s)),
    (s) => lazy(s).flatMap((x) => [x]).find((x) => x === 2),
  ];
  for (const way of ways) {
    const probe = new Probe();
    way(probe);
    assertEquals(probe.events, ["open", "ask", "ask", "ask", "close"]);
  }
});

Deno.test("several sources: the first to end or to fail closes the others, last first", () => {
  const order: string[] = [];
  const named = (name: string, manners: Manners = {}) => {
    const probe = new Probe(manners);
    const push = probe.events.push.bind(probe.events);
    probe.events.push = (event) => {
      if (event === "close") order.push(name);
      return push(event);
    };
    return probe;
  };
  const rows = f.zip(named("a"), named("b"), named("end", { length: 1 }));
  assertEquals([...rows], [[0, 0, 0]]);
  assertEquals(order.splice(0), ["b", "a"]);
  const failing = f.zip(named("a"), named("b", { failsAt: 1 }), named("c"));
  assertThrows(() => [...failing], RangeError, "the source's");
  assertEquals(order.splice(0), ["c", "a"]);
  const shut = f.zip(named("a"), named("b", { failsToOpen: true }));
  assertThrows(() => [...shut], RangeError, "opening");
  assertEquals(order.splice(0), ["a"]);
  const left = f.zip(named("a"), named("b", { failsToClose: true }));
  left.next();
  assertThrows(() => left.return(), EvalError, "closing");
  assertEquals(order, ["b", "a"]);
  assertEquals(left.next().done, true);
});

Deno.test("several sources: the first error arrives, whatever closing the others does", () => {
  const stubborn = () => new Probe({ failsToClose: true });
  const failing = f.zip(stubborn(), new Probe({ failsAt: 1 }), stubborn());
  assertThrows(() => [...failing], RangeError, "the source's");
  const calling = f.map(
    (a: number, b: number) => {
      throw new RangeError(`the callback's: ${a}, ${b}`);
    },
    stubborn(),
    stubborn(),
  );
  assertThrows(() => [...calling], RangeError, "the callback's");
});

Deno.test("an iterator that is asked from inside itself says so, and goes on", () => {
  const items: Generator<number, void> = f.map((x) => {
    if (x === 1) assertThrows(() => items.next(), TypeError, "running");
    return x;
  }, range(3));
  assertEquals([...items], [0, 1, 2]);
});

/** Whole numbers that look random, and are the same in each run. */
function draws(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state * 48_271 % 2_147_483_647;
    return state % below;
  };
}

/** Runs a pipeline and the same functions; gives what either did. */
function runBoth(draw: (below: number) => number): [unknown, unknown, string] {
  const one = <T>(all: Record<string, T>): [string, T] =>
    Object.entries(all)[draw(Object.keys(all).length)]!;
  const chosen = Array.from(
    { length: draw(6) },
    () => [...one(steps), draw(5)] as const,
  );
  const [endingName, ending] = one(endings);
  const [n, kind, length, failing] = [draw(5), draw(5), draw(13), draw(60)];
  const failsToClose = draw(8) === 0;
  const manners = draw(8) > 0 ? { length } : { length, failsAt: draw(9) };
  const run = (isMethod: boolean) => {
    const probe = new Probe({ ...manners, failsToClose });
    const source: Iterable<number> = kind === 0
      ? range(length)
      : kind === 1
      ? Array.from({ length }, (_, i) => i)
      : probe;
    let calls = 0;
    const call = (x: unknown) => {
      probe.events.push(`call ${Deno.inspect(x)}`);
      if (calls++ === failing) throw new RangeError("the callback's");
    };
    let pipeline: Line = lazy<unknown>(source);
    let items: Items = f.concat(source);
    for (const [, make, n] of chosen) {
      const { method, run } = make(n, call);
      pipeline = method(pipeline);
      items = run(items);
    }
    const { method, run: end } = ending(n, call);
    try {
      const value = isMethod ? method(pipeline) : end(items);
      return { value, events: probe.events };
    } catch (error) {
      return { error: String(error), events: probe.events };
    }
  };
  const text = `${chosen.map(([name, , n]) => `${name} ${n}`)} → ${endingName}`;
  return [run(true), run(false), text];
}

Deno.test("a pipeline gives, takes, calls, closes and fails as the functions do", () => {
  for (let round = 0; round < 2000; round++) {
    const [pipeline, functions, text] = runBoth(draws(1 + round * 7919));
    assertEquals(pipeline, functions, `${round}: ${text}`);
  }
});
