/**
 * What lesson 9 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  items,
  type Random,
  Shown,
  Source,
} from "../classroom/sandbox/inputs.ts";
import { range } from "../mod.ts";

/** What asking about a value calls of it, which should be nothing. */
const called: string[] = [];

const iterator = () => {
  called.push("[Symbol.iterator]()");
  return [1].values();
};
const next = () => {
  called.push("next()");
  return { value: undefined, done: true };
};

class Inherits {
  *[Symbol.iterator]() {
    called.push("[Symbol.iterator]()");
    yield 1;
  }
}
class Steps {
  next() {
    called.push("next()");
    return { value: 1, done: true };
  }
}

/** Things to ask about iteration: how each is written, and how it is made. */
const things: readonly ((random: Random) => [string, unknown])[] = [
  (random) => {
    const list = random.numbers();
    return [`[${list}]`, list];
  },
  () => ["[]", []],
  (random) => {
    const list = random.numbers();
    return [`[${list}].values()`, list.values()];
  },
  (random) => {
    const list = random.numbers();
    return [`new Set([${list}])`, new Set(list)];
  },
  () => ["new Set().entries()", new Set().entries()],
  (random) => {
    const word = random.word();
    return [`new Map([["${word}", 1]])`, new Map([[word, 1]])];
  },
  (random) => {
    const word = random.word();
    return [`"${word}"`, word];
  },
  () => ['""', ""],
  (random) => {
    const number = random.whole(1, 9_999);
    return [`${number}`, number];
  },
  () => ["0", 0],
  () => ["-1.5", -1.5],
  () => ["NaN", NaN],
  () => ["10n", 10n],
  () => ["null", null],
  () => ["undefined", undefined],
  () => ["true", true],
  () => ["false", false],
  () => ['Symbol("s")', Symbol("s")],
  (random) => {
    const word = random.word();
    return [`{ ${word}: 1 }`, { [word]: 1 }];
  },
  () => ["{ length: 0 }", { length: 0 }],
  () => ["range(3)", range(3)],
  () => ["new Uint8Array(3)", new Uint8Array(3)],
  () => ["{ next() {} }", { next }],
  () => ['{ next: "text" }', { next: "text" }],
  () => ["{ next: {} }", { next: {} }],
  () => ["{ next: null }", { next: null }],
  () => ["new Steps()", new Steps()],
  () => ["{ [Symbol.iterator]() {} }", { [Symbol.iterator]: iterator }],
  () => ["{ [Symbol.iterator]: true }", { [Symbol.iterator]: true }],
  () => ["{ [Symbol.iterator]: null }", { [Symbol.iterator]: null }],
  () => ["{ [Symbol.iterator]: {} }", { [Symbol.iterator]: {} }],
  () => ["{ [Symbol.asyncIterator]() {} }", {
    [Symbol.asyncIterator]: iterator,
  }],
  () => ["new Inherits()", new Inherits()],
  () => [
    "Object.assign(() => 1, { [Symbol.iterator]() {} })",
    Object.assign(() => 1, { [Symbol.iterator]: iterator }),
  ],
  () => [
    "Object.assign(() => 1, { next() {} })",
    Object.assign(() => 1, { next }),
  ],
];

/** Asks about a thing; no method of it is to be called for that. */
const asks = (name: string): Draw[] =>
  things.map((make) => (lesson, random) => {
    const [text, value] = make(random);
    called.length = 0;
    return callOf(lesson, name, [new Shown(text, value)], (answer) => ({
      answer,
      ...(called.length > 0 ? { called: [...called] } : {}),
    }));
  });

/** What an iterator hands out, and what it says of it. */
const steps = (iterator: Iterator<unknown>, most: number) =>
  Array.from({ length: most }, () => {
    const { value, done } = iterator.next();
    return done ? value ?? "done" : value;
  });

const iterators: Draw[] = things.map((make) => (lesson, random) => {
  const [text, value] = make(random);
  called.length = 0;
  const arg = new Shown(text, value);
  return {
    ...callOf(lesson, "iteratorOf", [arg], (iterator: Iterator<unknown>) => ({
      items: steps(iterator, 4),
      ...(called.length > 0 ? { called: [...called] } : {}),
    })),
    // Only a number is written in one way.
    withMessage: typeof value === "number",
  };
});

const counted = (least: number, most: number): Draw => (lesson, random) => {
  const from = random.whole(least, most);
  return {
    call: `new Countdown(${from})`,
    run: () => {
      const countdown = new lesson.Countdown(from);
      return [items(countdown), items(countdown)];
    },
  };
};

export const inputs: Inputs = {
  isIterable: asks("isIterable"),
  isIterator: asks("isIterator"),
  iteratorOf: [
    ...iterators,
    (lesson, random) => {
      const source = new Source(random.numbers(3, 5));
      const text = "a source that counts";
      return callOf(lesson, "iteratorOf", [new Shown(text, source)], (it) => ({
        itself: it === source,
        asked: Source.asked(source),
        first: it.next(),
        askedThen: Source.asked(source),
      }));
    },
  ],
  Countdown: [
    counted(0, 0),
    counted(1, 1),
    counted(2, 40),
    counted(-9, -1),
    (lesson, random) => {
      const from = random.whole(2 ** 33, 2 ** 34);
      return {
        call: `the first three of new Countdown(${from})`,
        run: () => items(new lesson.Countdown(from), 3),
      };
    },
    (lesson, random) => {
      const from = random.whole(3, 9);
      return {
        call: `two iterators of new Countdown(${from}), in turn`,
        run: () => {
          const countdown = new lesson.Countdown(from);
          const one = countdown[Symbol.iterator]();
          const other = countdown[Symbol.iterator]();
          return [steps(one, 2), steps(other, 1), steps(one, 1)];
        },
      };
    },
    (lesson) => ({
      call: "an iterator of new Countdown(1), asked after its end",
      run: () => steps(new lesson.Countdown(1)[Symbol.iterator](), 4),
    }),
  ],
};
