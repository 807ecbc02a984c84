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
  assertThrows(
    () => iteratorOf(true),
    TypeError,
    "true (boolean) is not iterable",
  );
  // There is more than one way to write these.
  for (const value of [null, undefined, { a: 1 }, Symbol("s")]) {
    assertThrows(() => iteratorOf(value), TypeError);
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
  const next = () => {
    // Whoever says nothing of done hands out an item, and the end needs no value.
    const { value, done = false } = iterator.next();
    return done ? value ?? "done" : value;
  };
  assertEquals([next(), next(), next(), next()], [2, 1, "done", "done"]);
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
      "The second pass over the iterator found nothing, and no error said so.",
      "An iterable is a value that a `for` loop can go through, item by item: an array, a text, a Set, a Map.",
      "an iterator: an object that hands out the items one at a time.",
      "iteratorOf calls it, as the function iter() does in Python, where iter(5) raises a TypeError too.",
      "In Python, type(iter([1, 2, 3])) is list_iterator.",
      "The rules are called the iterator protocol. An iterable has a method [Symbol.iterator](), which returns an iterator. An iterator has a method next(), which returns an object with the item as its `value`.",
      "`done: true` says that no items are left.",
      "Python does this differently: next() returns the item itself, and raises the exception StopIteration when none is left. The two methods are named __iter__() and __next__(); the functions iter() and next() call them.",
      "An iterator remembers which item is next: that is its state.",
      "After one pass an iterator is used up, and stays used up. An array gives every loop a new iterator",
      "Lazy evaluation computes a value only when somebody needs it. (It is named call-by-need if the value is also kept.)",
      "every iterable has one under the key Symbol.iterator. (A symbol is a unique key that is not a string.) `value?.[key]` is what value has under the key; it is undefined if value is null or undefined. `typeof` gives the type of that.",
      "the array is an iterable, but not an iterator. An array's iterator is both",
      "In Python, a dict is iterable, and so are its items().",
      "methodsOf lists the names of an object's methods, here the first four, as dir() lists attributes in Python.",
    ]
  ) assertStringIncludes(said, sentence);
});

Deno.test("given: the lesson shows the code and the values that it speaks of", async () => {
  const said = await transcript("09_iterators");
  for (
    const line of [
      '[[...letters], [...letters]] → [ [ "x", "y" ], [ "x", "y" ] ] [[...iterator], [...iterator]] → [ [ "x", "y" ], [] ]',
      'for (const letter of "abc") items.push(letter); items → [ "a", "b", "c" ]',
      "function isIterable(value) {",
      "isIterable([1, 2, 3]) → true",
      "isIterable(5) → false",
      "function iteratorOf(value) {",
      "iteratorOf(5) → TypeError: 5 (number) is not iterable",
      'String(it) → "[object Array Iterator]"',
      "[isIterator(it), isIterator([1, 2, 3])] → [ true, false ]",
      "iteratorOf(it) === it → true",
      "const a = it.next().value; a → 1 " +
      "it.next() → { value: 2, done: false } " +
      "it.next() → { value: 3, done: false } " +
      "it.next() → { value: undefined, done: true }",
      "while (!answer.done) { items.push(answer.value); answer = iterator.next(); }",
      "computed → [] squares.next() → { value: 1, done: false } computed → [ 1 ]",
      "isIterable({ a: 1, b: 2 }) → false isIterable(Object.entries({ a: 1, b: 2 })) → true",
      'methodsOf(it).slice(0, 4) → [ "next", "reduce", "toArray", "forEach" ]',
      '[one.next().value, one.next().value] → [ "x", "y" ] other.next().value → "x"',
      "[...countdown] → [ 3, 2, 1 ]",
    ]
  ) assertStringIncludes(said, line);
});
