/**
 * What lesson 15 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Lesson,
  type Random,
  Shown,
  withoutCalling,
} from "../classroom/sandbox/inputs.ts";

type Sale = { customer: string; pieces: number; price: number };
type Sales = (random: Random) => [sales: Sale[], above: number];

const sale = (customer: string, pieces: number, price = 1): Sale => ({
  customer,
  pieces,
  price,
});

/** Sales of each kind, and a limit. */
const kinds: readonly Sales[] = [
  (random) => {
    const customers = random.list(2, 4, () => random.word());
    const sales = random.list(4, 12, () =>
      sale(
        random.of(customers),
        random.whole(0, 20),
        random.whole(1, 999),
      ));
    return [sales, random.whole(0, 3_000)];
  },
  (random) => [[], random.whole(-9, 9)],
  (random) => [[sale(random.word(), 3, random.whole(2, 9))], 0],
  // Equal totals, in another order than that of the names.
  (random) => {
    const names = random.list(4, 6, () => random.word()).sort().reverse();
    return [names.map((name) => sale(name, 5)), 1];
  },
  // A total just at the limit, one below it and one above.
  (random) => {
    const limit = random.whole(10, 99);
    const [at, below, above] = ["at", "below", "above"];
    return [[
      sale(below, limit - 1),
      sale(at, limit - 4),
      sale(above, limit + 1),
      sale(at, 4),
    ], limit];
  },
  // Totals of 0 and below.
  (random) => [[
    sale("loses", -random.whole(1, 9)),
    sale("nothing", 0),
    sale("gains", 9),
    sale("both", 4),
    sale("both", -4),
  ], -5],
  (random) => [[sale("loses", -random.whole(1, 9)), sale("nothing", 0)], 0],
  // Names that every object has.
  () => [[
    sale("constructor", 3),
    sale("__proto__", 4),
    sale("toString", 5),
    sale("__proto__", 6),
    sale("", 7),
  ], 0],
  // Names that look like numbers, and differ in case.
  () => [[sale("10", 1), sale("9", 1), sale("b", 1), sale("B", 1)], 0],
  // Fractions that have an exact sum, and numbers beyond 2 ** 32.
  (random) => [[
    sale("a", random.whole(1, 99), 0.25),
    sale("b", 2 ** 33, random.whole(2, 9)),
    sale("a", 1, 0.5),
  ], 0.5],
];

const rules: readonly ((
  random: Random,
) => [string, (sale: Sale) => number])[] = [
  () => ["it.pieces * it.price", (it) => it.pieces * it.price],
  (random) => {
    const postage = random.whole(1, 300);
    return [
      `it.pieces * it.price + ${postage}`,
      (it) => it.pieces * it.price + postage,
    ];
  },
];

/** How a rule is written in a call. */
const ruleOf = (text: string, amount: (it: Sale) => number, above: number) =>
  new Shown(`{ amount: (it) => ${text}, above: ${above} }`, { amount, above });

const totals = (name: string, read: (lesson: Lesson) => Draw) => [
  ...kinds.flatMap((kind) =>
    rules.map((rule): Draw => (lesson, random) => {
      const [sales, above] = kind(random);
      return callOf(lesson, name, [sales, ruleOf(...rule(random), above)]);
    })
  ),
  (lesson: Lesson, random: Random) => read(lesson)(lesson, random),
];

const sales = [sale("Ada", 3), sale("Bob", 2), sale("Ada", 4)];
const plain: Parameters<typeof ruleOf> = ["it.pieces", (it) => it.pieces, 2];

/** What the paradigms have of their own. */
export const apart = ["proceduralTotals", "functionalTotals", "Register"];

const ownAnswer = (name: string) =>
  withoutCalling(name, ...apart.filter((other) => other !== name));

/** What is in the table that all procedures share. */
const ledgerAfter = (name: string): Draw => (lesson) => ({
  ...callOf(
    lesson,
    name,
    [sales, ruleOf(...plain)],
    () => [...lesson.ledger.entries()].sort(),
  ),
  call: `what is in the ledger after ${name}`,
});

/** What a Register is asked to do: by which rule, and of which class. */
interface Recording {
  readonly above: number;
  readonly rule?: ReturnType<typeof rules[number]>;
  /** Made of the lesson's Register, if it is another class. */
  readonly kind?: readonly [text: string, make: (lesson: Lesson) => Lesson];
}

/** A class that computes amounts in its own way. */
const doubled: Recording["kind"] = [
  "a Register with amountOf(sale) { return 2 * sale.pieces; }",
  (lesson) =>
    class extends lesson.Register {
      amountOf({ pieces }: Sale): number {
        return 2 * pieces;
      }
    },
];
const register: Recording["kind"] = ["Register", (lesson) => lesson.Register];
const byPieces: ReturnType<typeof rules[number]> = [
  "it.pieces",
  (it) => it.pieces,
];

/** Records what may be wrong, after some sales. */
const recorded = (
  { customer, pieces, price }: Sale,
  { above, rule = byPieces, kind = register }: Recording,
): Draw =>
(lesson, random) => {
  const before = random.list(1, 3, () => sale("Ada", random.whole(1, 9)));
  const [text, amount] = rule;
  const [name, make] = kind;
  return {
    call: `new ${name}(${ruleOf(text, amount, above).text}) with ` +
      `${before.length} sales, then record() of ${pieces} × ${price} ` +
      `for ${customer}`,
    run: () => {
      const Kind = make(lesson);
      const register = new Kind({ amount, above }, before);
      let outcome = "recorded";
      try {
        register.record(sale(customer, pieces, price));
      } catch (error) {
        outcome = error instanceof RangeError ? "RangeError" : "other error";
      }
      return { outcome, totals: register.totals() };
    },
  };
};

const amounts = [-1, -0.25, -Infinity, NaN, 0, -0, 0.25, 3, 2 ** 40, Infinity];

/** Sales whose pieces look otherwise than their amounts. */
const misleading: Draw[] = [
  ...[[3, -2], [-3, -2], [-3, 0], [0, 5], [2, NaN]].map(([pieces, price]) =>
    recorded(sale("Ada", pieces!, price), {
      above: -1,
      rule: ["it.pieces * it.price", (it) => it.pieces * it.price],
    })
  ),
  recorded(sale("Ada", -3), {
    above: 0,
    rule: ["it.pieces + 10", (it) => it.pieces + 10],
  }),
  recorded(sale("Ada", 3), {
    above: 0,
    rule: ["it.pieces - 10", (it) => it.pieces - 10],
  }),
];

export const inputs: Inputs = {
  proceduralTotals: [
    ...totals("proceduralTotals", () => ledgerAfter("proceduralTotals")),
    ownAnswer("proceduralTotals"),
  ],
  functionalTotals: [
    ...totals("functionalTotals", () => (lesson, random) => {
      lesson.ledger.clear();
      lesson.ledger.set("kept", 1);
      return ledgerAfter("functionalTotals")(lesson, random);
    }),
    ownAnswer("functionalTotals"),
  ],
  record: [
    ...amounts.flatMap((pieces) => [
      recorded(sale("Ada", pieces), { above: 0 }),
      recorded(sale("Eve", pieces), { above: -1 }),
    ]),
    ...misleading,
    recorded(sale("Ada", 3), { above: 0, kind: doubled }),
    recorded(sale("Eve", -3), { above: -9, kind: doubled }),
  ],
};
