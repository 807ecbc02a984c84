import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Report } from "../../classroom/reports/report.ts";
import {
  mergeReports,
  parseShard,
  shardOf,
} from "../../classroom/grading/shard.ts";
import { classOf, report, student } from "./sample.ts";

const names = Array.from({ length: 103 }, (_, i) => `student ${i * 7 % 103}`);

Deno.test("shardOf() puts every submission into exactly one shard", () => {
  for (const count of [1, 2, 7, 103, 200]) {
    const shards = Array.from(
      { length: count },
      (_, i) => shardOf(names, i + 1, count),
    );
    assertEquals(shards.flat().toSorted(), names.toSorted());
    const sizes = shards.map(({ length }) => length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }
});

Deno.test("shardOf() does not depend on the order of the names", () => {
  assertEquals(
    shardOf(names.toReversed(), 3, 4),
    shardOf(names, 3, 4),
  );
  assertEquals(shardOf([], 1, 1), []);
});

Deno.test("shardOf() and parseShard() refuse shards that are none", () => {
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
  for (const [index, count] of [[0, 4], [5, 4], [1.5, 2], [1, Infinity]]) {
    assertThrows(() => shardOf(names, index!, count!), RangeError);
  }
});

/** A class of seven, graded in `count` shards. */
function shards(count: number): Report[] {
  const whole = classOf(7);
  return Array.from({ length: count }, (_, i) => ({
    ...whole,
    shard: { index: i + 1, count },
    students: whole.students.filter((_, j) => j % count === i),
  }));
}

Deno.test("mergeReports() puts a class together again", () => {
  for (const count of [1, 3, 10]) {
    assertEquals(mergeReports(shards(count)), classOf(7));
    assertEquals(mergeReports(shards(count).reverse()), classOf(7));
  }
  assertEquals(mergeReports([classOf(7)]), classOf(7));
});

Deno.test("mergeReports() says what keeps reports from being one class", () => {
  const [one, two, three] = shards(3) as [Report, Report, Report];
  const cases: [Report[], string][] = [
    [[], "there is no report to merge"],
    [[one, three], "no report of shard 2/3"],
    [[one], "no report of shard 2/3, 3/3"],
    [[one, two, two, three], "shard 2/3 is there twice"],
    [
      [one, two, shards(4)[2]!],
      "one report is of 3 shards, another is shard 3/4",
    ],
    [[classOf(1), classOf(1)], "a report is of no shard"],
    [[one, two, classOf(1)], "a report is of no shard"],
    [
      [one, { ...two, lessons: ["07"] }, three],
      "one report grades lessons 03, 07, another lessons 07",
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
