/**
 * Lesson 13: Programming paradigms
 *
 * One task done four ways: what each customer has spent, if it is above some
 * limit, the largest first. The answers are the same; where the state lives,
 * what can run in parallel, and what a new rule changes are not.
 *
 * @run deno run lessons/13_paradigms.ts
 * @test deno test tests/13_paradigms_test.ts
 *
 * @hint functionalTotals Say what becomes of the data; change nothing that is there.
 * @hint functionalTotals map() the sales to amounts; summarize() does the rest.
 * @hint functionalTotals return summarize(sales, sales.map(…), …);
 * @hint proceduralTotals Empty the table, fill it, pick from it, sort what was picked.
 * @hint proceduralTotals Loop over the sales with addSale(), and over the ledger with push().
 * @hint proceduralTotals for (const [customer, total] of …) { if (… > rule.above) totals.push(…); }
 * @hint record Decide before anything is changed.
 * @hint record An amount that is not at least 0 is a RangeError.
 * @hint record if (…) throw new RangeError(…); this.#totals.set(…, before + …);
 */
import { Pool } from "../mod.ts";
import { flags, show, showError, table, title } from "../lib/lesson.ts";

/** Pieces sold to a customer, at so many cents each. */
export type Sale = { customer: string; pieces: number; price: number };
export type Total = { customer: string; total: number };
/** How the amount of a sale is found, and which totals are wanted. */
export type Rule = { amount: (sale: Sale) => number; above: number };
type Sales = readonly Sale[];

// Modular code: what the ways have in common is written once.
const largestFirst = (a: Total, b: Total) =>
  b.total - a.total || (a.customer < b.customer ? -1 : 1);
const ranked = (totals: Iterable<[string, number]>, above: number): Total[] =>
  Array.from(totals, ([customer, total]) => ({ customer, total }))
    .filter(({ total }) => total > above).sort(largestFirst);

// Procedural: steps, in procedures. The table is theirs, and everybody's.
export const ledger: Map<string, number> = new Map();
const addSale = (customer: string, amount: number) =>
  ledger.set(customer, (ledger.get(customer) ?? 0) + amount);

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

// Functional: a step makes new data and changes none, so it can run anywhere.
function summarize(sales: Sales, amounts: number[], above: number): Total[] {
  const sum = (own: number[]) => own.reduce((sum, i) => sum + amounts[i]!, 0);
  const groups = Map.groupBy(amounts.keys(), (i) => sales[i]!.customer);
  return ranked(groups.entries().map(([key, own]) => [key, sum(own)]), above);
}

/** What becomes of the sales, by functions; one of them is an argument. */
export function functionalTotals(sales: Sales, rule: Rule): Total[] {
  // #region solution: transform the sales into amounts, and summarize them
  return summarize(sales, sales.map((sale) => rule.amount(sale)), rule.above);
  // #endregion solution
}

/** The same, its `map` left to a Pool, which runs a pure function as it is. */
export async function parallelTotals(sales: Sales, rule: Rule) {
  using pool = new Pool({ workers: 2 });
  return summarize(sales, await pool.map(rule.amount, sales), rule.above);
}

/** Object-oriented: data, and the only code that can change it. */
export class Register {
  readonly #totals = new Map<string, number>();
  constructor(readonly rule: Rule, sales: Sales = []) {
    for (const sale of sales) this.record(sale);
  }

  /** Adds a sale. An amount below 0 is refused with a RangeError. */
  record(sale: Sale): void {
    const amount = this.rule.amount(sale);
    const before = this.#totals.get(sale.customer) ?? 0;
    // #region solution: refuse an amount that is not at least 0, else add it to what was before
    if (!(amount >= 0)) throw new RangeError(`${amount} is below 0`);
    this.#totals.set(sale.customer, before + amount);
    // #endregion solution
  }

  totals(): Total[] {
    return ranked(this.#totals, this.rule.above);
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

/** Four ways to the same answer, each under the same rule. */
export const ways: readonly ((sales: Sales, rule: Rule) => Total[])[] = [
  proceduralTotals,
  functionalTotals,
  (sales, rule) => new Register(rule, sales).totals(),
  declarativeTotals,
];

/** What the paradigms are like, and where that shows in the code above. */
export const facts: Record<string, string>[] = `
procedural | how, step by step | simple, intuitive | data open to all | ledger
procedural | procedures | modular | hardly reused elsewhere | addSale
procedural | shared, global data | effective for tasks | no integrity at scale | ledger.clear()
functional | functions as values | easy to reason about | less intuitive at first | rule.amount
functional | immutable, stateless | parallel, lazy | complex state is hard | pool.map
functional | data transformed | large-scale pipelines | chains hard to debug | groups.entries().map
object-oriented | data with behaviour | reuse, extension | more design, boilerplate | class Register
object-oriented | encapsulation, inheritance, polymorphism | data protected | needless abstraction | #totals
object-oriented | data and code coupled | large, long-lived systems | unnatural in parallel | record(sale
`.trim().split("\n").map((line) => {
  const [paradigm, is, advantage, limitation, see] = line.split(" | ");
  return { paradigm, is, advantage, limitation, see } as Record<string, string>;
});

if (import.meta.main) {
  flags(import.meta);
  title("Programming paradigms");
  // Imperative code, procedural or object-oriented, says how; declarative code,
  // functional or a query, says what. All come to the same.
  const sale = (customer: string, pieces: number, price: number) =>
    Object.freeze({ customer, pieces, price });
  const sales = [sale("Ada", 3, 500), sale("Bob", 1, 900), sale("Eve", 20, 70)];
  const rule: Rule = { amount: (it) => it.pieces * it.price, above: 1_000 };
  show(() => functionalTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]
  show(() => new Set(ways.map((way) => Deno.inspect(way(sales, rule)))).size); // 1

  // The state lives in a table that anyone can spoil; in an object that refuses
  // what would spoil it; or nowhere, in data that is never changed.
  show(() => ledger.set("Ada", NaN).get("Ada")); // NaN
  showError(() => new Register(rule).record(sale("Ada", -1, 500))); // RangeError: -500 is below 0
  show(() => sales.every(Object.isFrozen)); // true

  // Two workers find the amounts: what needs no state can run anywhere. They
  // could neither see the ledger nor be handed a Register.
  await show(() => parallelTotals(sales, rule)); // [ { customer: "Ada", total: 1500 }, { customer: "Eve", total: 1400 } ]

  // Now with postage. All four call the rule: only it changes, in one place.
  const posted: Rule = { ...rule, amount: (it) => rule.amount(it) + 200 };
  show(() => ways.map((way) => way(sales, posted).length)); // [ 3, 3, 3, 3 ]

  table(facts);
}
