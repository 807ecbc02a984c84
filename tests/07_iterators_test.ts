import { assert, assertEquals, assertThrows } from "@std/assert";
import { range } from "../mod.ts";
import {
  Countdown,
  isIterable,
  isIterator,
  iteratorOf,
  methodsOf,
} from "../lessons/07_iterators.ts";

Deno.test("isIterable: arrays, strings, maps, sets and entries can be looped over", () => {
  const entries = Object.entries({ a: 1 });
  for (const value of [[], "abc", "", new Map(), new Set(), entries]) {
    assertEquals(isIterable(value), true, Deno.inspect(value));
  }
});

Deno.test("isIterable: numbers, plain objects, functions and nothing cannot be looped over", () => {
  for (const value of [5, 0, {}, null, undefined, true, () => [1]]) {
    assertEquals(isIterable(value), false, Deno.inspect(value));
  }
  assertEquals(isIterable({ [Symbol.iterator]: "no method" }), false);
});

Deno.test("isIterator: an array is none, its iterator is one", () => {
  assertEquals(isIterator([1, 2, 3]), false);
  assertEquals(isIterator([1, 2, 3][Symbol.iterator]()), true);
});

Deno.test("isIterator: next has to be a method, and there need be nothing else", () => {
  assertEquals(isIterator({ next: () => ({ done: true }) }), true);
  for (const value of [{ next: 1 }, "next", 5, null, undefined]) {
    assertEquals(isIterator(value), false, Deno.inspect(value));
  }
});

Deno.test("isIterable: an array's iterator can be looped over too", () => {
  assertEquals(isIterable([1].values()), true);
});

Deno.test("iteratorOf: gives 1, then 2, then 3, then says that it is done, as often as asked", () => {
  const iterator = iteratorOf([1, 2, 3]);
  const a = iterator.next().value;
  assertEquals([a, iterator.next().value], [1, 2]);
  assertEquals(iterator.next(), { value: 3, done: false });
  assertEquals(iterator.next(), { value: undefined, done: true });
  assertEquals(iterator.next(), { value: undefined, done: true });
});

Deno.test("iteratorOf: iterators over one array remember places of their own", () => {
  const letters = ["x", "y"];
  const [one, other] = [iteratorOf(letters), iteratorOf(letters)];
  assertEquals([one.next().value, one.next().value], ["x", "y"]);
  assertEquals(other.next().value, "x");
});

Deno.test("iteratorOf: an iterator gives itself", () => {
  const iterator = [1, 2].values();
  assert(iteratorOf(iterator) === iterator);
});

Deno.test("iteratorOf: an object's entries come as pairs of key and value", () => {
  const iterator = iteratorOf(Object.entries({ a: 1, b: 2, c: 3 }));
  assertEquals(iterator.next().value, ["a", 1]);
  assertEquals(iterator.next().value, ["b", 2]);
});

Deno.test("iteratorOf: the type's name tells what it iterates over", () => {
  assertEquals(String(iteratorOf([1])), "[object Array Iterator]");
  assertEquals(String(iteratorOf(new Set())), "[object Set Iterator]");
});

Deno.test("iteratorOf: 5 is not iterable", () => {
  assertEquals(iteratorOf([5]).next().value, 5);
  assertThrows(() => iteratorOf(5), TypeError, "5 (number) is not iterable");
  assertThrows(() => iteratorOf(null), TypeError, "is not iterable");
});

Deno.test("iteratorOf: nothing is read before it is asked for", () => {
  const asked: string[] = [];
  const source = {
    *[Symbol.iterator]() {
      asked.push("first");
      yield 1;
      asked.push("second");
      yield 2;
    },
  };
  const iterator = iteratorOf(source);
  assertEquals(asked, []);
  iterator.next();
  assertEquals(asked, ["first"]);
});

Deno.test("methodsOf: an array's iterator has next, map, filter and take", () => {
  const methods = methodsOf([1, 2, 3].values());
  for (const name of ["next", "map", "filter", "take", "drop", "reduce"]) {
    assert(methods.includes(name), `${name} is missing in ${methods}`);
  }
  assertEquals(methods.includes("constructor"), false);
  assertEquals(new Set(methods).size, methods.length);
});

Deno.test("methodsOf: a method of an object's own is named too", () => {
  assertEquals(methodsOf({ next: () => ({ done: true }) }), ["next"]);
});

Deno.test("Countdown: counts down to 1, in every loop anew", () => {
  const countdown = new Countdown(3);
  assertEquals([...countdown], [3, 2, 1]);
  assertEquals([...countdown], [3, 2, 1]);
  assertEquals([...new Countdown(0)], []);
});

Deno.test("Countdown: is iterable and no iterator, as an array and a range", () => {
  for (const value of [new Countdown(3), [3, 2, 1], range(1, 4)]) {
    assertEquals([Symbol.iterator in value, "next" in value], [true, false]);
    assertEquals([...value].length, 3);
  }
});

Deno.test("Countdown: two loops at a time do not disturb each other", () => {
  const countdown = new Countdown(2);
  const pairs = [...countdown].flatMap((a) =>
    [...countdown].map((b) => [a, b])
  );
  assertEquals(pairs, [[2, 2], [2, 1], [1, 2], [1, 1]]);
});
