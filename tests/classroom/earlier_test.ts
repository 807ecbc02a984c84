import { assertEquals, assertStrictEquals } from "@std/assert";
import { earlierIn, fingerprintOf } from "../../classroom/grading/earlier.ts";
import type { SubmittedFile } from "../../classroom/grading/submissions.ts";
import { report, run, student } from "./sample.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const how = {
  limits: { time: 60_000, memory: 1_024, output: 10 },
  trusted: false,
};

function file(
  text: string,
  helpers: Readonly<Record<string, string>> = {},
  notes: readonly string[] = [],
): SubmittedFile {
  const all = Object.entries(helpers);
  return {
    source: bytes(text),
    helpers: new Map(all.map(([name, text]) => [name, bytes(text)])),
    notes,
  };
}

Deno.test("fingerprintOf() is another for every change that could matter", () => {
  const { limits } = how;
  const prints = [
    fingerprintOf(file("a"), how),
    fingerprintOf(file("b"), how),
    fingerprintOf(file("a", { "b.ts": "c" }), how),
    fingerprintOf(file("a", { "b.ts": "d" }), how),
    fingerprintOf(file("ab", { ".ts": "c" }), how),
    fingerprintOf(file("a", {}, ["there are two copies"]), how),
    fingerprintOf({ problem: "a" }, how),
    fingerprintOf(file("a"), { ...how, trusted: true }),
    fingerprintOf(file("a"), { ...how, limits: { ...limits, time: 5 } }),
  ];
  assertEquals(new Set(prints).size, prints.length);
  assertEquals(fingerprintOf(file("a"), how), prints[0]);
});

Deno.test("earlierIn() finds what is the same, in a run that is the same", () => {
  const anna = student("anna");
  const [third, seventh] = anna.lessons;
  const result = { ...third!, submitted: "aa" };
  const earlier = report([{ ...anna, lessons: [result, seventh!] }]);
  const find = earlierIn(earlier, { ...run, date: "2030-01-01T00:00:00.000Z" });
  assertStrictEquals(find("anna", "03", "aa"), result);
  assertEquals(find("anna", "03", "bb"), undefined);
  assertEquals(find("bela", "03", "aa"), undefined);
  assertEquals(find("anna", "07", "aa"), undefined);
  const others = [{ seed: 43 }, { tests: "x" }, { deno: "3" }, { course: "1" }];
  for (const other of others) {
    const find = earlierIn(earlier, { ...run, ...other });
    assertEquals(find("anna", "03", "aa"), undefined);
  }
  assertEquals(earlierIn(undefined, run)("anna", "03", "aa"), undefined);
});
