import {
  assert,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import type { Report } from "../../classroom/reports/report.ts";
import {
  mergeReports,
  parseShard,
  seedOf,
  shardOf,
} from "../../classroom/grading/shard.ts";
import type { Submission } from "../../classroom/grading/submissions.ts";
import { classOf, report, run, shardsOf, student } from "./sample.ts";

const everyone = Array.from(
  { length: 103 },
  (_, i) => ({ student: `student ${i * 7 % 103}` }),
);

Deno.test("shardOf() puts every submission into exactly one shard", () => {
  const all = shardOf(everyone);
  assertEquals(new Set(all), new Set(everyone));
  for (const count of [1, 2, 7, 103, 200]) {
    const shards = Array.from(
      { length: count },
      (_, i) => shardOf(everyone, { index: i + 1, count }),
    );
    assertEquals(shardOf(shards.flat()), all);
    const sizes = shards.map(({ length }) => length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }
});

Deno.test("shardOf() does not depend on the order of the submissions", () => {
  const shard = { index: 3, count: 4 };
  assertEquals(
    shardOf(everyone.toReversed(), shard),
    shardOf(everyone, shard),
  );
});

Deno.test("parseShard() refuses shards that are none", () => {
  assertEquals(parseShard("2/4"), { index: 2, count: 4 });
  for (
    const text of [
      "0/4",
      "5/4",
      "2",
      "2/",
      "a/b",
      "-1/4",
      "1/0",
      "1.5/2",
      " 1/2",
    ]
  ) {
    const error = assertThrows(() => parseShard(text), RangeError);
    assert(error.message.includes(`"${text}"`));
  }
});

/** What a student submitted for lesson 9, with one helper. */
function submission(student: string, text: string, helper = ""): Submission {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const helpers = new Map(helper ? [["helpers.ts", bytes(helper)]] : []);
  return {
    student,
    files: new Map([["07", { source: bytes(text), helpers, notes: [] }]]),
    notes: [],
  };
}

Deno.test("seedOf() is the same on every machine, and another for every change", () => {
  const pair = [submission("anna", "a"), submission("bela", "b", "c")];
  const seed = seedOf(pair);
  assert(Number.isSafeInteger(seed) && seed >= 0 && seed < 2 ** 32);
  assertEquals(seedOf(pair.toReversed()), seed);
  assertEquals(seedOf(structuredClone(pair)), seed);
  const others = [
    [],
    pair.slice(1),
    [submission("anna", "a"), submission("bela", "b", "d")],
    [submission("anna", "a"), submission("bela", "bc")],
    [submission("anna", "a"), submission("bela", "bhelpers.tsc")],
    [submission("anna", "ab"), submission("bela", "", "c")],
    [submission("anna", "a"), submission("bert", "b", "c")],
    [submission("anna", "a"), { student: "bela", files: new Map(), notes: [] }],
  ];
  const seeds = new Set(others.map(seedOf));
  assertEquals(seeds.size, others.length);
  for (const other of seeds) assertNotEquals(other, seed);
});

Deno.test("mergeReports() puts a class together again", () => {
  for (const count of [1, 3, 10]) {
    assertEquals(mergeReports(shardsOf(classOf(7), count)), classOf(7));
    assertEquals(
      mergeReports(shardsOf(classOf(7), count).reverse()),
      classOf(7),
    );
  }
  assertEquals(mergeReports([classOf(7)]), classOf(7));
});

Deno.test("mergeReports() keeps what each shard could not read, once", () => {
  const [first, second] = shardsOf(classOf(4), 2);
  const merged = mergeReports([
    { ...first!, notes: ["notes.txt", "anna: class.rar"] },
    { ...second!, notes: ["notes.txt", "bela: class.rar"] },
  ]);
  const notes = ["notes.txt", "anna: class.rar", "bela: class.rar"];
  assertEquals(merged.notes, notes);
});

Deno.test("mergeReports() takes the last date, and names every Deno", () => {
  const [one, two] = shardsOf(classOf(2), 2) as [Report, Report];
  const date = "2026-09-01T09:00:00.000Z";
  const later = { ...two, run: { ...run, date, deno: "2.9.5" } };
  for (const reports of [[one, later], [later, one]]) {
    assertEquals(mergeReports(reports).run, {
      ...run,
      date,
      deno: "2.9.5, 2.9.6",
    });
  }
});

Deno.test("mergeReports() says what keeps reports from being one class", () => {
  const [one, two, three] = shardsOf(classOf(7), 3) as [Report, Report, Report];
  const cases: [Report[], string][] = [
    [[], "there is no report to merge"],
    [[one, three], "there is no report of shard 2/3"],
    [[one], "there is no report of shard 2/3"],
    [[one, two, two, three], "a shard is there twice"],
    [
      [one, two, shardsOf(classOf(7), 4)[2]!],
      "the reports differ in their numbers of shards, 3 and 4: ",
    ],
    [[classOf(1), classOf(1)], "a shard is there twice"],
    [[one, two, classOf(1)], "numbers of shards, 3 and 1: "],
    [
      [one, { ...two, lessons: ["07"] }, three],
      "the reports differ in their lessons, 03,07 and 07: ",
    ],
    [
      [one, { ...two, run: { ...run, seed: 43 } }, three],
      "the reports differ in their seeds, 42 and 43: ",
    ],
    [
      [{ ...one, run: { ...run, submissions: "other" } }, two, three],
      "the reports differ in their submissions, other and ba9876543210: ",
    ],
    [
      [one, { ...two, run: { ...run, tests: "other" } }, three],
      "the reports differ in their tests, 0123456789ab and other: ",
    ],
    [
      [one, two, { ...three, students: one.students }],
      '"student 000" is in two reports',
    ],
    [
      [report([student("a"), student("a")])],
      '"a" is in two reports',
    ],
  ];
  for (const [reports, message] of cases) {
    assertThrows(() => mergeReports(reports), TypeError, message);
  }
});
