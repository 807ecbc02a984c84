/**
 * A class in parts: what all machines derive from it alike, which submissions
 * belong to a shard, and one report of the reports of all shards.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Report } from "../reports/report.ts";
import type { Submission } from "./submissions.ts";

/** One part of a class, counted from 1: shard `index` of `count`. */
export type Shard = NonNullable<Report["shard"]>;

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
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw new RangeError(
    `a shard is I/N, such as 2/4, with I from 1 to N: received "${text}"`,
  );
}

/**
 * The submissions of one shard. Sorted by their names, they are dealt out like
 * cards, so that each is in exactly one shard, the shards differ by one at most,
 * and every machine that sees the same class deals alike.
 *
 * @param submissions All of the class, in any order.
 * @param shard Which of them; all unless given.
 * @returns The submissions of the shard, sorted.
 */
export function shardOf<T extends { readonly student: string }>(
  submissions: readonly T[],
  { index, count }: Shard = { index: 1, count: 1 },
): T[] {
  return submissions.toSorted(byStudent)
    .filter((_, i) => i % count === index - 1);
}

/**
 * The seed of a class: what was submitted decides it, so that no student can
 * know it, and it is the same on every machine.
 *
 * @param submissions All of the class.
 * @returns A whole number below 2 ** 32.
 */
export function seedOf(submissions: readonly Submission[]): number {
  return parseInt(hashOf(submissions).slice(0, 8), 16);
}

/**
 * Tells one class from another.
 *
 * @param submissions All of it, in any order.
 * @returns Twelve digits, others for every change of what was submitted.
 */
export function hashOf(submissions: readonly Submission[]): string {
  const hash = createHash("sha256");
  // With its length in front, no text can be taken for the end of another.
  const add = (text: string | Uint8Array) =>
    hash.update(`${text.length} `).update(text);
  for (const { student, files } of shardOf(submissions)) {
    add(student);
    for (const [lesson, file] of files) {
      add(lesson);
      if ("problem" in file) continue;
      add(file.source);
      for (const [name, source] of file.helpers) add(name), add(source);
    }
  }
  return hash.digest("hex").slice(0, 12);
}

/**
 * One report of the reports of all shards.
 *
 * @param reports A report of each shard, in any order; or one of a whole class.
 * @returns The report of the class, students sorted by name.
 * @throws {TypeError} If they do not make up one class: other lessons, seeds,
 * tests or numbers of shards, a shard that is missing or there twice, a student
 * that is there twice.
 */
export function mergeReports(reports: readonly Report[]): Report {
  const [first] = reports;
  if (!first) throw new TypeError("there is no report to merge");
  checkShards(reports);
  for (const [what, valueOf, advice] of same) {
    const values = new Set(reports.map(valueOf));
    if (values.size === 1) continue;
    throw new TypeError(
      `the reports differ in ${what}, ${[...values].join(" and ")}: ${advice}`,
    );
  }
  const students = reports.flatMap((report) => report.students)
    .toSorted(byStudent);
  for (const [i, { student }] of students.entries()) {
    if (students[i + 1]?.student === student) {
      throw new TypeError(`${JSON.stringify(student)} is in two reports`);
    }
  }
  const runs = reports.map(({ run }) => run);
  const { shard: _, ...whole } = first;
  const run = {
    ...first.run,
    date: runs.map(({ date }) => date).sort().at(-1)!,
    deno: [...new Set(runs.map(({ deno }) => deno))].sort().join(", "),
  };
  return { ...whole, run, students };
}

/** What the reports of one class have in common, and what to do otherwise. */
const same: readonly [string, (report: Report) => string, string][] = [
  [
    "their submissions",
    ({ run }) => run.submissions,
    "grade all shards of the same folder",
  ],
  [
    "their lessons",
    ({ lessons }) => lessons.join(",") || "none",
    "grade all shards with the same --lessons",
  ],
  [
    "their seeds",
    ({ run }) => String(run.seed),
    "grade all shards with the same --seed",
  ],
  [
    "their tests",
    ({ run }) => run.tests,
    "grade all shards with the same version of the course",
  ],
];

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

/** By code units, as no locale sorts differently. */
function byStudent(
  a: { readonly student: string },
  b: { readonly student: string },
): number {
  return a.student < b.student ? -1 : a.student > b.student ? 1 : 0;
}
