/**
 * A class in parts: which submissions belong to a shard, and one report of the
 * reports of all shards.
 *
 * @module
 */

import type { Report, StudentResult } from "../reports/report.ts";

/** One part of a class, counted from 1: shard `index` of `count`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/**
 * Reads a shard as a command line names it.
 *
 * @param text Such as `2/4`.
 * @returns The shard.
 * @throws {RangeError} If it is not of that form, or no such shard exists.
 */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (isShard(shard)) return shard;
  throw new RangeError(
    `a shard is I/N, such as 2/4, with I from 1 to N: received "${text}"`,
  );
}

function isShard({ index, count }: Shard): boolean {
  return Number.isSafeInteger(index) && Number.isSafeInteger(count) &&
    index >= 1 && index <= count;
}

/**
 * The submissions of one shard. Sorted, they are dealt out like cards, so that
 * every submission is in exactly one shard, the shards differ by one at most,
 * and every machine that sees the same folder deals alike.
 *
 * @example
 * ```ts
 * import { shardOf } from "./shard.ts";
 *
 * shardOf(["cem", "anna", "bela"], 1, 2); // ["anna", "cem"]
 * shardOf(["cem", "anna", "bela"], 2, 2); // ["bela"]
 * ```
 *
 * @param names The names of all submissions, in any order.
 * @param index Which shard, from 1.
 * @param count How many shards there are.
 * @returns The names of the shard, sorted.
 * @throws {RangeError} If there is no such shard.
 */
export function shardOf(
  names: readonly string[],
  index: number,
  count: number,
): string[] {
  if (!isShard({ index, count })) {
    throw new RangeError(
      `a shard's index is from 1 to its count: received ${index} of ${count}`,
    );
  }
  // By code units, as no locale sorts differently.
  return names.toSorted().filter((_, i) => i % count === index - 1);
}

/**
 * One report of the reports of all shards.
 *
 * @param reports A report of each shard, in any order; or one of a whole class.
 * @returns The report of the class, students sorted by name.
 * @throws {TypeError} If they do not make up one class: another number of
 * shards or other lessons, a shard that is missing or there twice, a student
 * that is there twice.
 */
export function mergeReports(reports: readonly Report[]): Report {
  const [first, ...others] = reports;
  if (!first) throw new TypeError("there is no report to merge");
  for (const other of others) checkLessons(first, other);
  checkShards(reports);
  const students = reports.flatMap((report) => report.students)
    .toSorted(byName);
  for (const [i, { student }] of students.entries()) {
    if (students[i + 1]?.student === student) {
      throw new TypeError(`${quoted(student)} is in two reports`);
    }
  }
  return { version: 1, lessons: first.lessons, students };
}

function checkLessons(first: Report, other: Report): void {
  if (other.lessons.join() === first.lessons.join()) return;
  throw new TypeError(
    `one report grades ${lessonsOf(first)}, another ${lessonsOf(other)}: ` +
      "grade every shard with the same --lessons",
  );
}

function lessonsOf({ lessons }: Report): string {
  return lessons.length > 0 ? `lessons ${lessons.join(", ")}` : "no lesson";
}

function checkShards(reports: readonly Report[]): void {
  const shards = reports.flatMap(({ shard }) => shard ? [shard] : []);
  // A report of a whole class, alone, is complete.
  if (shards.length === 0 && reports.length === 1) return;
  if (shards.length < reports.length) {
    throw new TypeError(
      "a report is of no shard: only reports made with --shard can be merged",
    );
  }
  const { count } = shards[0]!;
  const seen = new Set<number>();
  for (const shard of shards) {
    const name = `shard ${shard.index}/${shard.count}`;
    if (!isShard(shard)) throw new TypeError(`there is no ${name}`);
    if (shard.count !== count) {
      throw new TypeError(
        `one report is of ${count} shards, another is ${name}`,
      );
    }
    if (seen.has(shard.index)) throw new TypeError(`${name} is there twice`);
    seen.add(shard.index);
  }
  const missing = [];
  for (let i = 1; i <= count && missing.length < 10; i++) {
    if (!seen.has(i)) missing.push(`${i}/${count}`);
  }
  if (missing.length > 0) {
    throw new TypeError(`no report of shard ${missing.join(", ")}`);
  }
}

function byName(a: StudentResult, b: StudentResult): number {
  return a.student < b.student ? -1 : a.student > b.student ? 1 : 0;
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
