/**
 * Lesson 15: Programming paradigms
 *
 * What a paradigm is, and the same task in three of them. You will see that the
 * results are the same, what can spoil the data, and what each is good for.
 *
 * @run deno run lessons/15_paradigms.ts
 * @test deno test tests/15_paradigms_test.ts
 */
import { map, sum } from "../mod.ts";
import { code, lesson, section, show } from "../lib/lesson.ts";
import { showError, table } from "../lib/lesson.ts";

lesson(import.meta, () => {
  // A shop sold this; prices are in cents. Which customers spent more than 1000
  // cents, the largest total first?
  table(sales);

  // A Map, the ledger, holds what customers spent; all code can change it. By
  // mistake, addSale adds NaN ("not a number") for Ada, then 500. What is
  // there?
  for (const amount of [NaN, 500]) addSale("Ada", amount);
  show(() => ledger.get("Ada")); // NaN

  // Every sum with NaN is NaN, and no error said so. Two ways below are safer.

  section("Paradigms");
  // A paradigm is a way of thinking about a problem. A programming paradigm is
  // a style of writing programs: a standard approach to common problems, which
  // saves time and effort.
  //
  // Imperative code says how: exact instructions, step by step. Procedural and
  // object-oriented programs are imperative. Declarative code says what the
  // result is, without the exact steps. Functional programs are declarative.

  section("Procedural: steps");
  // A procedure is a list of steps with a name. All share the ledger. `rule`
  // says what the amount of a sale is, and above what limit a total counts.
  code(proceduralTotals);
  show(() => proceduralTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  section("Functional: functions");
  // Functions take data and return new data. Map.groupBy makes a group of sales
  // for each customer, and pairOf a pair of it: the name, and the sum of the
  // amounts. ranked keeps the totals above the limit, and sorts them.
  code(functionalTotals);
  show(() => functionalTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  // No sale can change: Object.freeze made each immutable.
  showError(() => sales[0]!.price = NaN); // TypeError: Cannot assign to read only property 'price' of object '#<Object>'

  section("Object-oriented: objects");
  // A class describes objects: data, and the code that works on it. In Python,
  // `constructor` is __init__, and `this` is self. `#totals` is private: only
  // code of the class can reach it. That is encapsulation.
  code(Register);
  showError(() => new Register(rule).record(sold("Ada", 3, NaN))); // RangeError: NaN is not 0 or more

  // A class can extend another, and inherits the methods that it does not
  // define: that is inheritance. DiscountRegister defines only amountOf, which
  // takes a tenth off. record calls the object's own amountOf: that is
  // polymorphism.
  show(() => new DiscountRegister(rule, sales).totals()[0]?.total); // 1350

  section("The same results");
  // Modular code consists of parts that can be used again, each with one
  // responsibility, and no logic is written twice. All three ways call the
  // rule, so a postage of 200 cents is added in one place.
  show(() => ways.map((way) => way(sales, withPostage)[0]?.total)); // [ 1700, 1700, 1700 ]

  section("Which paradigm for what?");
  table(paradigms);

  // This was the last lesson. In each file, `#region` begins an exercise.
}, {
  readOn: {
    "Introducing Python: concurrency, storage, networks, web":
      "Bill Lubanovic, 2nd edition, November 2019, chapters 15-18",
    "Python: multiprocessing":
      "https://docs.python.org/3/library/multiprocessing.html",
    "Python: threading":
      "https://docs.python.org/3/library/threading.html#module-threading",
    "Tutorial: multiprocessing":
      "https://www.datacamp.com/tutorial/python-multiprocessing-tutorial",
    "Python: subprocess": "https://docs.python.org/3/library/subprocess.html",
    "Python: special methods":
      "https://www.geeksforgeeks.org/python/dunder-magic-methods-python/",
    "Tutorial: iterators and generators":
      "https://www.datacamp.com/tutorial/python-iterators-generators-tutorial",
  },
});

/** Pieces sold to a customer, at so many cents each. */
export type Sale = { customer: string; pieces: number; price: number };
export type Total = { customer: string; total: number };
/** How the amount of a sale is found, and which totals are wanted. */
export type Rule = { amount: (sale: Sale) => number; above: number };
type Sales = readonly Sale[];
const sold = (customer: string, pieces: number, price: number): Sale =>
  Object.freeze({ customer, pieces, price });
const sales = [sold("Ada", 3, 500), sold("Bob", 1, 900), sold("Eve", 20, 70)];
const rule: Rule = { amount: (it) => it.pieces * it.price, above: 1000 };
const withPostage: Rule = { ...rule, amount: (it) => rule.amount(it) + 200 };
const largestFirst = (a: Total, b: Total) =>
  b.total - a.total || (a.customer < b.customer ? -1 : 1);
const ranked = (pairs: Iterable<readonly [string, number]>, above: number) =>
  Array.from(pairs, ([customer, total]) => ({ customer, total }))
    .filter(({ total }) => total > above).sort(largestFirst);

/** Procedural: the data that all procedures share. */
export const ledger: Map<string, number> = new Map();
/** Adds an amount to what a customer spent before. */
function addSale(customer: string, amount: number): void {
  ledger.set(customer, (ledger.get(customer) ?? 0) + amount);
}

/** How to find the totals, step by step. */
export function proceduralTotals(sales: Sales, rule: Rule): Total[] {
  const totals: Total[] = [];
  // #region solution: empty the ledger, add each sale, push the totals above, sort them
  ledger.clear();
  for (const sale of sales) addSale(sale.customer, rule.amount(sale));
  for (const [customer, total] of ledger) {
    if (total > rule.above) totals.push({ customer, total });
  }
  totals.sort(largestFirst);
  // #endregion solution
  return totals;
}

/** What becomes of the sales, by functions; some of them are arguments. */
export function functionalTotals(sales: Sales, rule: Rule): Total[] {
  // #region solution: group the sales by customer, make a pair of the name and the sum of each group, and rank the pairs
  const pairOf = ([name, own]: [string, Sales]) =>
    [name, sum(map(rule.amount, own))] as const;
  const groups = Map.groupBy(sales, (sale) => sale.customer);
  return ranked(map(pairOf, groups), rule.above);
  // #endregion solution
}

/** Object-oriented: data, and the only code that can change it. */
export class Register {
  readonly rule: Rule;
  readonly #totals = new Map<string, number>();
  constructor(rule: Rule, sales: Sales = []) {
    this.rule = rule;
    for (const sale of sales) this.record(sale);
  }
  record(sale: Sale): void {
    const amount = this.amountOf(sale);
    const before = this.#totals.get(sale.customer) ?? 0;
    // #region solution: throw a RangeError for an amount that is not at least 0, else add it to what was before
    if (!(amount >= 0)) throw new RangeError(`${amount} is not 0 or more`);
    this.#totals.set(sale.customer, before + amount);
    // #endregion solution
  }
  amountOf(sale: Sale): number {
    return this.rule.amount(sale);
  }
  totals(): Total[] {
    return ranked(this.#totals, this.rule.above);
  }
}

/** A Register that takes a tenth off each amount, and inherits the rest. */
export class DiscountRegister extends Register {
  override amountOf(sale: Sale): number {
    return super.amountOf(sale) * 0.9;
  }
}

/** Three ways to the same result, each under the same rule. */
export const ways: ((sales: Sales, rule: Rule) => Total[])[] = [
  proceduralTotals,
  functionalTotals,
  (sales, rule) => new Register(rule, sales).totals(),
];

const heads = ["paradigm", "traits", "advantages", "limits"];
/** What the paradigms are like. */
export const paradigms: Record<string, string>[] = [
  [
    "Procedural",
    "A sequence of steps, organised in procedures. Data that all can reach is common.",
    "Simple and intuitive, also for beginners. Procedures make code modular. Effective for tasks with clear steps.",
    "Open data is not protected. Code is harder to use again in other projects. Unsuitable where data must stay correct as programs grow.",
  ],
  [
    "Functional",
    "Functions are values. Data is immutable, and functions keep no state. A computation transforms data.",
    "Easy to reason about and to test. Suits parallel and lazy execution, and pipelines for large amounts of data.",
    "Less intuitive for beginners. Long chains are harder to debug. Not ideal for complex state.",
  ],
  [
    "Object-oriented",
    "Classes and objects, with encapsulation, inheritance and polymorphism. Data and behaviour belong together.",
    "Code can be used again and extended. Encapsulation protects data. Suits large systems that live long.",
    "More complex design, more code. Needless abstraction for a simple task. Less natural for transforming much data in parallel.",
  ],
].map((cells) => Object.fromEntries(cells.map((it, i) => [heads[i], it])));
