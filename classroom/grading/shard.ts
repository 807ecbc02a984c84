/**
 * A class in parts: what all machines derive from it alike, which submissions
 * belong to a shard, and one report of the reports of all shards.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Report } from "../reports/report.ts";
import { order } from "./files.ts";
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
  return submissions
    .toSorted((a, b) => order(a.student, b.student))
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
 * @throws {TypeError} If they do not make up one class: other submissions,
 * lessons, seeds, tests or numbers of shards, a shard that is missing or there
 * twice, a student that is there twice.
 */
export function mergeReports(reports: readonly Report[]): Report {
  const [first] = reports;
  if (!first) throw new TypeError("there is no report to merge");
  for (const [what, valueOf, advice] of same) {
    const values = new Set(reports.map(valueOf));
    if (values.size === 1) continue;
    throw new TypeError(
      `the reports differ in ${what}, ${[...values].join(" and ")}: ` +
        `grade all shards ${advice}`,
    );
  }
  const { count } = shardIn(first);
  const found = new Set(reports.map((report) => shardIn(report).index));
  if (found.size < reports.length) {
    throw new TypeError("the report of a shard is there twice");
  }
  for (let index = 1; index <= count; index++) {
    if (found.has(index)) continue;
    throw new TypeError(`there is no report of shard ${index}/${count}`);
  }
  const students = shardOf(reports.flatMap(({ students }) => students));
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
  const notes = [...new Set(reports.flatMap(({ notes = [] }) => notes))];
  return { ...whole, run, students, ...(notes.length > 0 ? { notes } : {}) };
}

/** A whole class is the only shard of it. */
function shardIn({ shard = { index: 1, count: 1 } }: Report): Shard {
  return shard;
}

/** What the reports of one class have in common, and what to do otherwise. */
const same: readonly [string, (report: Report) => unknown, string][] = [
  [
    "their numbers of shards",
    (report) => shardIn(report).count,
    "with the same N of --shard I/N",
  ],
  ["their submissions", ({ run }) => run.submissions, "of the same folder"],
  [
    "their lessons",
    ({ lessons }) => lessons.join(",") || "none",
    "with the same --lessons",
  ],
  ["their seeds", ({ run }) => run.seed, "with the same --seed"],
  ["their tests", ({ run }) => run.tests, "with the same course"],
];
