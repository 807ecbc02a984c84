/**
 * Lesson 15: Programming paradigms
 *
 * What a paradigm is, and the same task in four of them: how much did each
 * customer spend? You will see that the results are the same, where each way
 * keeps its data, which can run in parallel, and what each is good for.
 *
 * @run deno run lessons/15_paradigms.ts
 * @test deno test tests/15_paradigms_test.ts
 */
import { Pool } from "../mod.ts";
import { code, lesson, section, show } from "../lib/lesson.ts";
import { showError, table } from "../lib/lesson.ts";

lesson(import.meta, async () => {
  // A program is a set of written instructions that tell a computer what to do.
  // A paradigm is a way of thinking about a problem. So a programming paradigm
  // is a style of writing programs: a standard approach to common problems,
  // which saves time and effort. Different tasks call for different ones.
  //
  // Imperative code says how: exact instructions, step by step. Procedural and
  // object-oriented programs are imperative. Declarative code says what the
  // result is, without the exact steps. Functional programs are declarative,
  // and so are queries of a database.

  section("The task");
  // Three customers bought some pieces, at a price in cents for each piece. The
  // rule says how much a sale is worth, and that only customers who spent more
  // than 1000 cents in total are wanted, the largest total first.
  const sales = [
    Object.freeze({ customer: "Ada", pieces: 3, price: 500 }),
    Object.freeze({ customer: "Bob", pieces: 1, price: 900 }),
    Object.freeze({ customer: "Eve", pieces: 20, price: 70 }),
  ];
  const amount = ({ pieces, price }: Sale) => pieces * price;
  const rule = { amount, above: 1000 };

  section("Procedural: steps");
  // Procedures are steps with a name. They share data that is open to the whole
  // program: here the ledger, a Map from customer to total. largestFirst is the
  // order that the result should have.
  code(addSale);
  code(proceduralTotals);
  show(() => proceduralTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  section("Functional: functions");
  // Functions take data and return new data. They change nothing: the code says
  // what becomes of the sales. `map` makes an amount of each sale. summarize
  // groups the amounts by customer, adds up each group, keeps the totals above
  // the limit, and sorts them.
  code(functionalTotals);
  code(summarize);
  show(() => functionalTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  section("Object-oriented: objects");
  // An object holds data together with the code that changes it. The class
  // describes such objects. `#totals` is private: no code outside of the class
  // can reach it. That is encapsulation. ranked keeps the totals above the
  // limit and sorts them.
  code(Register);
  show(() => new Register(rule, sales).totals()); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  // A class can extend another: it inherits all that it does not define itself.
  // That is inheritance. The loop below has two objects record the same sale.
  // record calls amountOf, and each object does that in the way of its own
  // class. That is polymorphism.
  code(DiscountRegister);
  const registers = [new Register(rule), new DiscountRegister(rule)];
  for (const register of registers) register.record(sales[0]!);
  show(() => registers.map((it) => it.totals()[0])); // [ { customer: "Ada", total: 1500 }, { customer: "Ada", total: 1350 } ]

  section("Declarative: a query");
  // The query names the wanted result: amounts by customer, added up, above the
  // limit. How they are found is left to `query`, as a database does it for
  // SELECT customer, SUM(amount) … GROUP BY customer HAVING SUM(amount) > 1000.
  code(declarativeTotals);
  show(() => declarativeTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  section("The same results");
  // All four ways agree: the totals in cents of those above the limit.
  table(sideBySide(sales, rule));
  // Modular code consists of parts that can be used again, each with one
  // responsibility, and no logic is written twice. Here all four ways call the
  // rule, so a new rule (200 cents of postage for each sale) changes one place.
  const posted = { ...rule, amount: (it: Sale) => amount(it) + 200 };
  table(sideBySide(sales, posted));

  section("Where the data is");
  // Procedural: the ledger is open data, so any code can spoil it. NaN means
  // "not a number", and every sum with it is NaN too.
  ledger.set("Ada", NaN);
  addSale("Ada", 500);
  show(() => ledger.get("Ada")); // NaN
  // Object-oriented: the data is protected. A Register refuses what would spoil
  // it, here a negative number of pieces.
  const wrong = { customer: "Ada", pieces: -1, price: 500 };
  showError(() => new Register(rule).record(wrong)); // RangeError: -500 is below 0
  // Functional: there is nothing to spoil, because no data changes. Each sale
  // is immutable: Object.freeze made every change of it an error.
  showError(() => Object.assign(sales[0]!, { pieces: -1 })); // TypeError: Cannot assign to read only property 'pieces' of object '#<Object>'
  // Without shared data, work can run anywhere. Two workers compute the
  // amounts. They could not see the ledger, because a worker has a memory of
  // its own.
  code(parallelTotals);
  await show(() => parallelTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  section("Which paradigm for what?");
  table(paradigms);
}, {
  // The notes' reading list.
  readOn: {
    "Introducing Python, 2nd edition, chapters 15 to 18":
      "Bill Lubanovic, O'Reilly Media, November 2019",
    "multiprocessing: processes and pools in Python":
      "https://docs.python.org/3/library/multiprocessing.html",
    "threading: threads in Python":
      "https://docs.python.org/3/library/threading.html#module-threading",
    "A tutorial on multiprocessing":
      "https://www.datacamp.com/tutorial/python-multiprocessing-tutorial",
    "subprocess: other programs from Python":
      "https://docs.python.org/3/library/subprocess.html",
    "Methods with a special meaning in Python":
      "https://www.geeksforgeeks.org/python/dunder-magic-methods-python/",
    "A tutorial on iterators and generators":
      "https://www.datacamp.com/tutorial/python-iterators-generators-tutorial",
  },
});

/** Pieces sold to a customer, at so many cents each. */
export type Sale = { customer: string; pieces: number; price: number };
export type Total = { customer: string; total: number };
/** How the amount of a sale is found, and which totals are wanted. */
export type Rule = { amount: (sale: Sale) => number; above: number };
type Sales = readonly Sale[];

// What the ways have in common is written once.
const largestFirst = (a: Total, b: Total) =>
  b.total - a.total || (a.customer < b.customer ? -1 : 1);
const ranked = (totals: Iterable<[string, number]>, above: number): Total[] =>
  Array.from(totals, ([customer, total]) => ({ customer, total }))
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

/** Functional: the total of each customer that is above a limit. */
function summarize(amounts: Amount[], limit: number): Total[] {
  const groups = Map.groupBy(amounts, ({ customer }) => customer);
  const totals = Array.from(groups, ([customer, own]) => {
    return { customer, total: sumOf(own) };
  });
  const above = totals.filter(({ total }) => total > limit);
  return above.toSorted(largestFirst);
}

/** A customer and the amount of one sale. */
type Amount = { customer: string; amount: number };

const sumOf = (amounts: Amount[]) =>
  amounts.reduce((sum, { amount }) => sum + amount, 0);

/** What becomes of the sales, by functions; one of them is an argument. */
export function functionalTotals(sales: Sales, rule: Rule): Total[] {
  // #region solution: make { customer, amount } of each sale, and summarize them
  const amounts = sales.map((sale) => {
    return { customer: sale.customer, amount: rule.amount(sale) };
  });
  return summarize(amounts, rule.above);
  // #endregion solution
}

/** The same, its `map` left to a Pool, which runs a pure function as it is. */
export async function parallelTotals(sales: Sales, rule: Rule) {
  using pool = new Pool({ workers: 2 });
  const found = await pool.map(rule.amount, sales);
  const amounts = sales.map(({ customer }, i) => {
    return { customer, amount: found[i]! };
  });
  return summarize(amounts, rule.above);
}

/** Object-oriented: data, and the only code that can change it. */
export class Register {
  readonly #totals = new Map<string, number>();
  constructor(readonly rule: Rule, sales: Sales = []) {
    for (const sale of sales) this.record(sale);
  }

  record(sale: Sale): void {
    const amount = this.amountOf(sale);
    const before = this.#totals.get(sale.customer) ?? 0;
    // #region solution: throw a RangeError for an amount that is not at least 0, else add it to what was before
    if (!(amount >= 0)) throw new RangeError(`${amount} is below 0`);
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

/** Declarative: what is wanted. How that is found is for `query` to know. */
export function declarativeTotals(sales: Sales, { amount, above }: Rule) {
  return query(sales, { by: "customer", amount, above });
}
function query(sales: Sales, q: Rule & { by: "customer" }): Total[] {
  const sum = (own: Sales) => own.reduce((n, sale) => n + q.amount(sale), 0);
  const groups = [...Map.groupBy(sales, (sale) => sale[q.by])];
  return ranked(groups.map(([name, own]) => [name, sum(own)]), q.above);
}

/** Four ways to the same result, each under the same rule. */
export const ways: Record<string, (sales: Sales, rule: Rule) => Total[]> = {
  procedural: proceduralTotals,
  functional: functionalTotals,
  objects: (sales, rule) => new Register(rule, sales).totals(),
  declarative: declarativeTotals,
};

/** The totals of each customer, a column for each way. */
function sideBySide(sales: Sales, rule: Rule) {
  const found = Object.entries(ways).map(([name, way]) => {
    const totals = way(sales, rule).map((it) => [it.customer, it.total]);
    return [name, Object.fromEntries(totals)] as const;
  });
  return Object.keys(found[0]![1]).map((customer) => ({
    customer,
    ...Object.fromEntries(found.map(([name, its]) => [name, its[customer]])),
  }));
}

/** What the paradigms are like. */
export const paradigms: Record<string, string>[] = [
  {
    paradigm: "Procedural",
    "what it is":
      "The program is a sequence of steps, organised in procedures. Data that all of them can reach is common.",
    advantages:
      "It is simple and easy to understand, for beginners too. Procedures make the code of a program modular. It is effective for practical tasks with clear steps.",
    limits:
      "Open data is not protected. Code is seldom used again in other projects. It suits badly where data must stay correct while the program grows.",
  },
  {
    paradigm: "Functional",
    "what it is":
      "Functions are values. Data is immutable and no state changes. A computation is a transformation of data.",
    advantages:
      "It is easy to reason about and to test. It suits parallel and lazy execution. It suits pipelines for large amounts of data.",
    limits:
      "Beginners find it less intuitive. A long chain of transformations is harder to debug. It is not ideal where complex state has to be managed.",
  },
  {
    paradigm: "Object-oriented",
    "what it is":
      "Classes and objects structure the code, by encapsulation, inheritance and polymorphism. Data and behaviour belong together.",
    advantages:
      "Classes can be used again and extended. Encapsulation protects data. It suits large systems that live long.",
    limits:
      "The design is more complex and needs more code. For a simple task it adds needless abstraction. Work on much data in parallel is less natural.",
  },
];
