/**
 * Lesson 7: Iterators
 *
 * What a `for` loop asks of the thing it loops over. Which things can be asked,
 * what an iterator remembers, why it serves for one pass only, and how a class
 * of one's own learns to be looped over.
 *
 * @run deno run lessons/07_iterators.ts
 * @test deno test tests/07_iterators_test.ts
 *
 * @hint isIterable What can be looped over has a method that gives an iterator.
 * @hint isIterable The method's name is Symbol.iterator; null and undefined have no properties to look at.
 * @hint isIterable return typeof (value as …)?.[Symbol.…] === …;
 * @hint isIterator An iterator is asked for its next item.
 * @hint isIterator Look whether the value has a method `next`.
 * @hint isIterator return typeof (value as …)?.… === "function";
 * @hint iteratorOf Only an iterable has an iterator to give; refuse the rest.
 * @hint iteratorOf Throw a TypeError whose message is the value, its type in parentheses, and "is not iterable".
 * @hint iteratorOf if (!isIterable(value)) throw new TypeError(`${…} (${…}) is not iterable`); return value[…]();
 * @hint Countdown Each call of the method gives a new iterator, which begins at `from`.
 * @hint Countdown A generator method (the star) gives an iterator, and `yield` one item.
 * @hint Countdown for (let left = …; …; left--) yield …;
 */
import { flags, section, show, showError, title } from "../lib/lesson.ts";

/** Whether `value` can be looped over: it gives an iterator when asked. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  // #region solution: look for the method that gives an iterator
  const found = value as Partial<Iterable<unknown>> | null | undefined;
  return typeof found?.[Symbol.iterator] === "function";
  // #endregion solution
}

/** Whether `value` gives items one at a time, when asked for the next. */
export function isIterator(value: unknown): value is Iterator<unknown> {
  // #region solution: look for the method that gives the next item
  const found = value as Partial<Iterator<unknown>> | null | undefined;
  return typeof found?.next === "function";
  // #endregion solution
}

/** The iterator of an iterable; a TypeError for what has none. */
export function iteratorOf<T>(value: Iterable<T>): Iterator<T>;
export function iteratorOf(value: unknown): Iterator<unknown>;
export function iteratorOf(value: unknown): Iterator<unknown> {
  // #region solution: refuse what is not iterable, or ask for its iterator
  if (!isIterable(value)) {
    throw new TypeError(`${String(value)} (${typeof value}) is not iterable`);
  }
  return value[Symbol.iterator]();
  // #endregion solution
}

/** The names of the methods of an iterator, its own and the inherited ones. */
export function methodsOf(iterator: object): string[] {
  const names = new Set<string>();
  let holder: object | null = iterator;
  while (holder && holder !== Object.prototype) {
    for (const name of Object.getOwnPropertyNames(holder)) names.add(name);
    holder = Object.getPrototypeOf(holder);
  }
  names.delete("constructor");
  return [...names];
}

/** Counts from a number down to 1, as often as one loops over it. */
export class Countdown {
  constructor(readonly from: number) {}
  *[Symbol.iterator](): Generator<number, void, void> {
    // #region solution: give the numbers from `from` down to 1
    for (let left = this.from; left > 0; left--) yield left;
    // #endregion solution
  }
}

if (import.meta.main) {
  flags(import.meta);
  title("Iterators");

  // An iterable is what can be looped over: an array, a string, a Map, a Set.
  // It has a method named Symbol.iterator; a number has none.
  show(() => isIterable([1, 2, 3])); // true
  show(() => isIterable("abc")); // true
  show(() => isIterable(5)); // false

  // That method gives an iterator: an object that hands out one item at a time.
  // The array holds the items; the iterator knows which one is next.
  const iterator = iteratorOf([1, 2, 3]);
  show(() => String(iterator)); // "[object Array Iterator]"
  show(() => isIterator(iterator)); // true
  show(() => isIterator([1, 2, 3])); // false

  section("The protocol");

  // next() gives the next item. Nothing is computed or read before somebody asks:
  // that is lazy evaluation. After the last item, Python raises StopIteration;
  // JavaScript answers that it is done.
  const a = iterator.next().value;
  show(() => a); // 1
  show(() => iterator.next()); // { value: 2, done: false }
  show(() => iterator.next()); // { value: 3, done: false }
  show(() => iterator.next()); // { value: undefined, done: true }

  // This one is spent, and stays so. The array gives a new one to all who ask,
  // and they are independent: each remembers a place of its own.
  show(() => iterator.next()); // { value: undefined, done: true }
  const letters = ["x", "y"];
  const [one, other] = [iteratorOf(letters), iteratorOf(letters)];
  show(() => [one.next().value, one.next().value]); // [ "x", "y" ]
  show(() => other.next().value); // "x"

  section("What an iterator can do");

  // Python's dir(it) lists what an object has. An iterator of JavaScript has
  // next(), and on top of it map, filter, take and others. It is iterable too:
  // asked for an iterator, it gives itself.
  show(() => methodsOf(iterator).slice(0, 3)); // ≈ [ "next", "map", "filter" ]
  show(() => methodsOf(iterator).includes("take")); // true
  const values = letters.values();
  show(() => iteratorOf(values) === values); // true

  // An object is not iterable, but lists of its keys, values or entries are.
  show(() => isIterable({ a: 1, b: 2 })); // false
  const entries = iteratorOf(Object.entries({ a: 1, b: 2 }));
  show(() => entries.next().value); // [ "a", 1 ]

  // What is not iterable has no iterator to give.
  showError(() => iteratorOf(5)); // TypeError: 5 (number) is not iterable

  section("A class of one's own");

  // Countdown becomes iterable by one method. Each loop asks for an iterator,
  // so one can go over it twice.
  const countdown = new Countdown(3);
  show(() => [...countdown]); // [ 3, 2, 1 ]
  show(() => Math.max(...countdown)); // 3
}
