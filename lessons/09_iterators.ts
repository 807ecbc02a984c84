/**
 * Lesson 9: Iterables and iterators
 *
 * What a `for` loop asks of the thing that it loops over. You will see which
 * things can be looped over, what an iterator remembers, why it is used up after
 * one pass, and how a class of your own becomes iterable.
 *
 * @run deno run lessons/09_iterators.ts
 * @test deno test tests/09_iterators_test.ts
 */
import { code, lesson, section, show, showError } from "../lib/lesson.ts";

lesson(import.meta, () => {
  // An iterable is a value that a `for` loop can go through, item by item: an
  // array, a text, a Set, a Map. The loop is written with the word `of`; in
  // Python, it is `for letter in "abc"`.
  const items: string[] = [];
  for (const letter of "abc") items.push(letter);
  show(() => items); // [ "a", "b", "c" ]

  // An iterable has a method named Symbol.iterator, and isIterable looks for
  // it. (A symbol is a name that is no text, so that it cannot be the same as
  // another name. `?.` asks nothing of null and undefined, which have no
  // methods.)
  code(isIterable);
  show(() => isIterable([1, 2, 3])); // true
  show(() => isIterable("abc")); // true
  show(() => isIterable(new Set(["x", "y"]))); // true

  section("From an iterable to an iterator");
  // Symbol.iterator returns an iterator: an object that hands out the items one
  // at a time, whenever its method next() is called. iteratorOf asks an
  // iterable for its iterator. In Python, the function iter() does that.
  code(iteratorOf);
  const iterator = iteratorOf([1, 2, 3]);

  // As a text, an iterator says what type it has: this one goes through an
  // array. In Python, type(iter([1, 2, 3])) is list_iterator.
  show(() => String(iterator)); // "[object Array Iterator]"

  // The iterator has a method next(). The array has none: it is an iterable,
  // but no iterator.
  code(isIterator);
  show(() => isIterator(iterator)); // true
  show(() => isIterator([1, 2, 3])); // false

  section("The iterator protocol");
  // The rules for both are called the iterator protocol. An iterable has a
  // method [Symbol.iterator](), which returns an iterator. An iterator has a
  // method next(), which returns an object: `value` is the item, and
  // `done: false` says that there was one. In Python, the two methods are named
  // __iter__() and __next__(), and the functions iter() and next() call them.
  //
  // `a` is the value of the first answer. Then next() is called three times
  // more.
  const a = iterator.next().value;
  show(() => a); // 1
  show(() => iterator.next()); // { value: 2, done: false }
  show(() => iterator.next()); // { value: 3, done: false }
  show(() => iterator.next()); // { value: undefined, done: true }

  // `done: true` says that no items are left. In Python, next() raises the
  // exception StopIteration in this place. Either way, a loop ends here. This
  // is what the loop from above does, written out (`!` means "not").
  code(itemsOf);
  show(() => itemsOf("abc")); // [ "a", "b", "c" ]

  section("An iterator keeps its state");
  // An iterator remembers which item is next: that is its state. After one pass
  // it is used up, and it stays used up.
  show(() => iterator.next()); // { value: undefined, done: true }

  // The array itself is not used up. It returns a new iterator to everybody who
  // asks, and each iterator has a state of its own: `other` begins with "x",
  // although `one` is at its end.
  const letters = ["x", "y"];
  const one = iteratorOf(letters);
  const other = iteratorOf(letters);
  show(() => [one.next().value, one.next().value]); // [ "x", "y" ]
  show(() => other.next().value); // "x"

  section("What else an iterator can do");
  // methodsOf lists the names of the methods of an object, its own and those
  // that it inherits. In Python, dir() lists them, together with the other
  // attributes. `next` is what makes this object an iterator. The others are
  // inherited from Iterator, as by all iterators that JavaScript itself makes:
  // `toArray`, for example, puts all items that are left into an array.
  show(() => methodsOf(one)); // [ "next", …"toArray", …"map", "filter", "take", … ]

  // It also inherits the method Symbol.iterator, which is missing in the list
  // because its name is no text. The method returns the iterator itself. So
  // this iterator is iterable too: a `for` loop can go through what is left of
  // it. `[...other]` puts that into an array; "x" has been handed out above.
  show(() => iteratorOf(other) === other); // true
  show(() => [...other]); // [ "y" ]

  section("Lazy evaluation");
  // Lazy evaluation computes a value only when somebody needs it. The method
  // map of an iterator is lazy: it returns an iterator of squares, and squares
  // a number when next() asks for it. `computed` records which numbers have
  // been squared: none at first, and only the 1 after one next().
  const computed: number[] = [];
  const squares = iteratorOf([1, 2, 3]).map((x) => {
    computed.push(x);
    return x * x;
  });
  show(() => computed); // []
  show(() => squares.next()); // { value: 1, done: false }
  show(() => computed); // [ 1 ]

  section("What is not iterable");
  // A number has no items, so it has no method Symbol.iterator. iteratorOf
  // refuses it with a TypeError, as iter(5) does in Python.
  show(() => isIterable(5)); // false
  showError(() => iteratorOf(5)); // TypeError: 5 (number) is not iterable

  // A plain object, such as { a: 1 }, is not iterable either: JavaScript does
  // not choose between its keys, its values and both. Object.entries makes an
  // array of both, a pair for each entry, and an array is iterable. In Python,
  // the items() of a dict are iterable too.
  const object = { a: 1, b: 2 };
  show(() => isIterable(object)); // false
  show(() => Object.entries(object)); // [ [ "a", 1 ], [ "b", 2 ] ]
  show(() => isIterable(Object.entries(object))); // true
  const entries = iteratorOf(Object.entries(object));
  show(() => entries.next().value); // [ "a", 1 ]
  show(() => entries.next().value); // [ "b", 2 ]

  section("A class of your own");
  // One method makes a class iterable. Here it returns an iterator that counts
  // down to 1; the variable `left` is its state.
  code(Countdown);

  // Each pass asks for a new iterator, which begins with 3, so you can go
  // through a Countdown as often as you like.
  const countdown = new Countdown(3);
  show(() => [...countdown]); // [ 3, 2, 1 ]
  show(() => Math.max(...countdown)); // 3
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
    throw new TypeError(`${String(value)} (${typeof value}) is not iterable`);
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
