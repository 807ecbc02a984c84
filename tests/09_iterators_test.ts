import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { range } from "../mod.ts";
import {
  Countdown,
  isIterable,
  isIterator,
  itemsOf,
  iteratorOf,
  methodsOf,
} from "../lessons/09_iterators.ts";
import { transcript } from "./helper.ts";

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
  const reasons: [unknown, string][] = [
    [null, "null (object) is not iterable"],
    [undefined, "undefined (undefined) is not iterable"],
    [true, "true (boolean) is not iterable"],
    [{ a: 1 }, "[object Object] (object) is not iterable"],
    [Symbol("s"), "Symbol(s) (symbol) is not iterable"],
  ];
  for (const [value, message] of reasons) {
    const error = assertThrows(() => iteratorOf(value), TypeError);
    assertEquals(error.message, message);
  }
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

Deno.test("given methodsOf: an array's iterator has next, map, filter and take", () => {
  const methods = methodsOf([1, 2, 3].values());
  for (const name of ["next", "map", "filter", "take", "drop", "reduce"]) {
    assert(methods.includes(name), `${name} is missing in ${methods}`);
  }
  assertEquals(methods.includes("constructor"), false);
  assertEquals(new Set(methods).size, methods.length);
});

Deno.test("given methodsOf: own methods come before the inherited ones", () => {
  assertEquals(methodsOf({ next: () => ({ done: true }) }), ["next"]);
  class Parent {
    shared() {}
    old() {}
  }
  class Child extends Parent {
    override shared() {}
    young() {}
  }
  assertEquals(methodsOf(new Child()), ["shared", "young", "old"]);
});

Deno.test("given itemsOf: goes through any iterable to its end", () => {
  assertEquals(itemsOf("abc"), ["a", "b", "c"]);
  assertEquals(itemsOf(new Set([1, 1, 2])), [1, 2]);
  assertEquals(itemsOf([]), []);
  assertEquals(itemsOf([undefined, false]), [undefined, false]);
});

Deno.test("given itemsOf: leaves nothing of an iterator", () => {
  const iterator = [1, 2, 3].values();
  iterator.next();
  assertEquals([itemsOf(iterator), itemsOf(iterator)], [[2, 3], []]);
});

Deno.test("Countdown: counts down to 1, in every loop anew", () => {
  const countdown = new Countdown(3);
  assertEquals([...countdown], [3, 2, 1]);
  assertEquals([...countdown], [3, 2, 1]);
  assertEquals([...new Countdown(0)], []);
});

Deno.test("Countdown: its iterator counts down to 1, and stays done", () => {
  const iterator = new Countdown(2)[Symbol.iterator]();
  assertEquals(iterator.next(), { value: 2, done: false });
  assertEquals(iterator.next(), { value: 1, done: false });
  assertEquals(iterator.next(), { value: undefined, done: true });
  assertEquals(iterator.next(), { value: undefined, done: true });
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

Deno.test("given: the lesson says what iterables, iterators and the protocol are", async () => {
  const said = await transcript("09_iterators");
  for (
    const sentence of [
      "An iterable is a value that a `for` loop can go through, item by item: an array, a text, a Set, a Map.",
      "an iterator: an object that hands out the items one at a time",
      "The rules for both are called the iterator protocol.",
      "An iterable has a method [Symbol.iterator](), which returns an iterator.",
      "An iterator has a method next(), which returns an object: `value` is the item, and `done: false` says that there was one.",
      "In Python, the two methods are named __iter__() and __next__(), and the functions iter() and next() call them.",
      "`done: true` says that no items are left.",
      "In Python, next() raises the exception StopIteration in this place.",
      "An iterator remembers which item is next: that is its state. After one pass it is used up, and it stays used up.",
      "Lazy evaluation computes a value only when somebody needs it.",
      "A plain object, such as { a: 1 }, is not iterable either",
      "A symbol is a name that is no text",
      "This is what the loop from above does, written out",
      "It also inherits the method Symbol.iterator, which is missing in the list because its name is no text. The method returns the iterator itself. So this iterator is iterable too",
      "In Python, the items() of a dict are iterable too.",
      "methodsOf lists the names of the methods of an object, its own and those that it inherits. In Python, dir() lists them, together with the other attributes.",
      "In Python, type(iter([1, 2, 3])) is list_iterator.",
      "iteratorOf refuses it with a TypeError, as iter(5) does in Python.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows the code and the values that it speaks of", async () => {
  const said = await transcript("09_iterators");
  for (
    const line of [
      'for (const letter of "abc") items.push(letter); items → [ "a", "b", "c" ]',
      "function isIterable(value) {",
      "isIterable([1, 2, 3]) → true",
      "function iteratorOf(value) {",
      "function isIterator(value) {",
      'String(iterator) → "[object Array Iterator]"',
      "const a = iterator.next().value; a → 1 " +
      "iterator.next() → { value: 2, done: false } " +
      "iterator.next() → { value: 3, done: false } " +
      "iterator.next() → { value: undefined, done: true }",
      "while (!answer.done) { items.push(answer.value); answer = iterator.next(); }",
      'methodsOf(one) → [ "next",',
      "computed → [] squares.next() → { value: 1, done: false } computed → [ 1 ]",
      "iteratorOf(5) → TypeError: 5 (number) is not iterable",
      'entries.next().value → [ "a", 1 ]',
      "class Countdown {",
      "let left = this.from;",
      "[...countdown] → [ 3, 2, 1 ]",
    ]
  ) assertStringIncludes(said, line);
});
