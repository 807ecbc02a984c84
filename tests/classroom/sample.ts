/**
 * Reports for the tests, made up.
 *
 * @module
 */
import type {
  LessonResult,
  RegionResult,
  Report,
  Run,
  StudentResult,
} from "../../classroom/reports/report.ts";

/** Text that would do harm if any format let it through. */
export const hostile =
  `</pre></title><script>alert("1")</script><img src=x onerror='alert(1)'>` +
  "\x1b[2J\x00\x07\u202e&amp;]]>\ud800\uffff";

/** A region with one test that passed, or failed for a reason. */
export function region(name: string, reason?: string): RegionResult {
  const solved = reason === undefined;
  return {
    name,
    task: `write ${name}`,
    solved,
    tests: [
      solved
        ? { name: `${name} works`, status: "passed" }
        : { name: `${name} works`, status: "failed", reason },
    ],
  };
}

/** What came of a lesson, after 1.5 seconds. */
export function lesson(
  number: string,
  regions: readonly RegionResult[],
  problems: readonly string[] = [],
): LessonResult {
  return { lesson: number, regions, problems, elapsed: 1500 };
}

/** A run with all that there is to say of one. */
export const run: Run = {
  date: "2026-09-01T08:30:00.000Z",
  seed: 42,
  deno: "2.9.6",
  course: "0.1.0",
  tests: "0123456789ab",
};

/** A report of some students, each with results for lessons 03 and 07. */
export function report(students: readonly StudentResult[]): Report {
  return { run, lessons: ["03", "07"], students };
}

/** A student who solved everything but the regions named. */
export function student(
  name: string,
  failed: Readonly<Record<string, string>> = {},
): StudentResult {
  const regions = (names: readonly string[]) =>
    names.map((each) => region(each, failed[each]));
  return {
    student: name,
    lessons: [
      lesson("03", regions(["runParallel"])),
      lesson("07", regions(["isIterable", "iteratorOf"])),
    ],
  };
}

/** A class in which every third student failed something. */
export function classOf(size: number): Report {
  return report(Array.from({ length: size }, (_, i) => {
    const name = `student ${String(i).padStart(3, "0")}`;
    return student(
      name,
      i % 3 === 0 ? { iteratorOf: "expected a TypeError, received 5" } : {},
    );
  }));
}
