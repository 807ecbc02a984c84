/**
 * Lesson 9: Iterables and iterators
 *
 * What a `for` loop asks of the thing that it loops over. You will see which
 * things can be looped over, what an iterator remembers, and why it is used up
 * after one pass. Then you can make a class of your own iterable.
 *
 * @run deno run lessons/09_iterators.ts
 * @test deno test tests/09_iterators_test.ts
 */
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

lesson(import.meta, () => {
  // letters.values() makes an iterator, which hands out the letters one at a
  // time. `[...letters]` goes through letters, and puts all items into a new
  // array. What do two passes over each of them give?
  const letters = ["x", "y"];
  const iterator = letters.values();
  show(() => [[...letters], [...letters]]); // [ [ "x", "y" ], [ "x", "y" ] ]
  show(() => [[...iterator], [...iterator]]); // [ [ "x", "y" ], [] ]

  // The second pass over the iterator found nothing, and no error said so. This
  // lesson shows why.

  section("Iterables");
  // An iterable is a value that a `for` loop can go through, item by item: an
  // array, a text, a Set, a Map.
  const items: string[] = [];
  for (const letter of "abc") items.push(letter);
  show(() => items); // [ "a", "b", "c" ]

  // isIterable says whether a value is one.
  show(() => isIterable([1, 2, 3])); // true
  show(() => isIterable(5)); // false
  show(() => isIterable({ a: 1, b: 2 })); // false
  show(() => isIterable(Object.entries({ a: 1, b: 2 }))); // true

  // A plain object is not iterable, but Object.entries makes an array of its
  // pairs, here ["a", 1] and ["b", 2]. In Python, a dict is iterable, and so
  // are its items().
  //
  // isIterable looks for a method: every iterable has one under the key
  // Symbol.iterator. (A symbol is a unique key that is not a string.)
  // `value?.[key]` is what value has under the key; it is undefined if value is
  // null or undefined. `typeof` gives the type of that.
  code(isIterable);

  section("From an iterable to an iterator");
  // The method Symbol.iterator returns an iterator: an object that hands out
  // the items one at a time. iteratorOf calls it, as the function iter() does
  // in Python, where iter(5) raises a TypeError too.
  code(iteratorOf);
  const it = iteratorOf([1, 2, 3]);
  showError(() => iteratorOf(5)); // TypeError: 5 (number) is not iterable

  // String(it) names the type of a built-in iterator. In Python, type(iter([1,
  // 2, 3])) is list_iterator.
  show(() => String(it)); // "[object Array Iterator]"

  // methodsOf lists the names of an object's methods, here the first four, as
  // dir() lists attributes in Python.
  show(() => methodsOf(it).slice(0, 4)); // [ "next", "reduce", "toArray", "forEach" ]

  // next() hands out the next item. isIterator looks for it.
  show(() => [isIterator(it), isIterator([1, 2, 3])]); // [ true, false ]

  // So the array is an iterable, but not an iterator. An array's iterator is
  // both: its method Symbol.iterator returns the iterator itself.
  show(() => iteratorOf(it) === it); // true

  section("The iterator protocol");
  // The rules are called the iterator protocol. An iterable has a method
  // [Symbol.iterator](), which returns an iterator. An iterator has a method
  // next(), which returns an object with the item as its `value`.
  const a = it.next().value;
  show(() => a); // 1
  show(() => it.next()); // { value: 2, done: false }
  show(() => it.next()); // { value: 3, done: false }
  show(() => it.next()); // { value: undefined, done: true }

  // `done: true` says that no items are left.
  //
  // Python does this differently: next() returns the item itself, and raises
  // the exception StopIteration when none is left. The two methods are named
  // __iter__() and __next__(); the functions iter() and next() call them.
  //
  // itemsOf does what a `for` loop does (`!` means "not").
  code(itemsOf);

  section("An iterator keeps its state");
  // An iterator remembers which item is next: that is its state. Here are two
  // iterators of the same array.
  const one = iteratorOf(letters);
  const other = iteratorOf(letters);
  show(() => [one.next().value, one.next().value]); // [ "x", "y" ]
  show(() => other.next().value); // "x"

  // Each has a state of its own. After one pass an iterator is used up, and
  // stays used up. An array gives every loop a new iterator: that explains the
  // beginning.

  section("Lazy evaluation");
  // Lazy evaluation computes a value only when somebody needs it. (It is named
  // call-by-need if the value is also kept.) The method map of an iterator is
  // lazy. `computed` records which numbers have been squared.
  const computed: number[] = [];
  const squares = iteratorOf([1, 2, 3]).map((x) => {
    computed.push(x);
    return x * x;
  });
  show(() => computed); // []
  show(() => squares.next()); // { value: 1, done: false }
  show(() => computed); // [ 1 ]

  // One next() squared one number.

  section("A class of your own");
  // One method makes a class iterable: Countdown's returns an iterator whose
  // state is the number that is left. The exercise is to write what stands
  // between `#region` and `#endregion` in this lesson's file.
  const countdown = new Countdown(3);
  show(() => [...countdown]); // [ 3, 2, 1 ]
}, {
  readOn: {
    "Iteration protocols":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Iteration_protocols",
    "The methods of iterators":
      "https://developer.mozilla.org/docs/Web/JavaScript/Reference/Global_Objects/Iterator",
  },
});

/** Whether a loop can go through `value`: whether it has an iterator to give. */
export function isIterable(value: unknown): value is Iterable<unknown> {
  // #region solution: say whether the value has a method Symbol.iterator; null and undefined have none
  return typeof (value as Iterable<unknown>)?.[Symbol.iterator] === "function";
  // #endregion solution
}

/** Whether `value` hands out items one at a time. */
export function isIterator(value: unknown): value is Iterator<unknown> {
  // #region solution: say whether the value has a method next; null and undefined have none
  return typeof (value as Iterator<unknown>)?.next === "function";
  // #endregion solution
}

/** The iterator of an iterable; a TypeError for what has none. */
export function iteratorOf<T>(value: readonly T[]): ArrayIterator<T>;
export function iteratorOf<T>(value: Iterable<T>): Iterator<T>;
export function iteratorOf(value: unknown): Iterator<unknown>;
export function iteratorOf(value: unknown): Iterator<unknown> {
  // #region solution: return the iterator, or throw a TypeError with a message such as: 5 (number) is not iterable
  if (!isIterable(value)) {
    const name = `${String(value)} (${typeof value})`;
    throw new TypeError(`${name} is not iterable`);
  }
  return value[Symbol.iterator]();
  // #endregion solution
}

/** The items of an iterable, taken as a `for` loop takes them. */
export function itemsOf<T>(iterable: Iterable<T>): T[] {
  const items: T[] = [];
  const iterator = iteratorOf(iterable);
  let answer = iterator.next();
  while (!answer.done) {
    items.push(answer.value);
    answer = iterator.next();
  }
  return items;
}

/** The names of the methods of an object, its own and the inherited ones. */
export function methodsOf(object: object): string[] {
  if (object === Object.prototype) return [];
  const inherited = methodsOf(Object.getPrototypeOf(object));
  return [...new Set([...Object.getOwnPropertyNames(object), ...inherited])]
    .filter((name) => name !== "constructor");
}

/** Counts from a number down to 1, in each pass anew. */
export class Countdown {
  constructor(readonly from: number) {}

  [Symbol.iterator](): Iterator<number> {
    let left = this.from;
    return {
      next() {
        // #region solution: return the number that is left, and count down; after 1, say that it is done
        if (left < 1) return { value: undefined, done: true };
        return { value: left--, done: false };
        // #endregion solution
      },
    };
  }
}
