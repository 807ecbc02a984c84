/**
 * What grading found, as data: the table, the gradebook files and the page are
 * made of it, and the reports of shards are merged from it. The schemas say what
 * a report is; the types follow from them.
 *
 * @module
 */

// Valibot needs no other package, and a sixth of the download that Zod takes.
import * as v from "npm:valibot@1.5.0";

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const lessonNumber = v.pipe(
  v.string(),
  v.regex(/^\d\d$/, 'a lesson\'s number was expected, such as "07"'),
);

/** How one test of a submission ended. */
const test = v.object({
  name: v.string(),
  /** `missing`: it was never reported, because the run ended before it. */
  status: v.picklist(["passed", "failed", "missing"]),
  /** What went wrong, in words, with the input and both values if known. */
  reason: v.exactOptional(v.string()),
});

/** What came of one region: the body of one function or method. */
const region = v.object({
  /** The function, or the class whose method it is. */
  name: v.string(),
  /** What the student was asked to do. */
  task: v.string(),
  /** Whether every test that grades it passed. */
  solved: v.boolean(),
  /** The tests that grade it, fresh inputs among them. */
  tests: v.array(test),
});

/** What came of one lesson of a submission. */
const lesson = v.object({
  /** The lesson's number, two digits, such as `07`. */
  lesson: lessonNumber,
  regions: v.array(region),
  /** What concerns the whole file, in words: it does not parse, is missing, … */
  problems: v.array(v.string()),
  /** A hash of the file and of how it was run: where it is the same, so is this. */
  submitted: v.exactOptional(v.string()),
  /** How long it ran, in milliseconds. */
  elapsed: v.pipe(v.number(), v.finite(), v.minValue(0)),
});

/** What came of one submission. */
const student = v.object({
  /** The name of the submission's folder or archive. */
  student: v.string(),
  lessons: unique(v.array(lesson), ({ lesson }) => lesson),
});

/** What decided the results, besides the submissions. */
const run = v.object({
  /** When grading ended, as ISO 8601 has it, in UTC. */
  date: v.pipe(v.string(), v.isoTimestamp()),
  /** A hash of all that the class submitted. */
  submissions: v.string(),
  /** What the fresh inputs were drawn with. */
  seed: number,
  /** The version of Deno. */
  deno: v.string(),
  /** The version of the course. */
  course: v.string(),
  /** A hash of the tests, the library and the sandbox. */
  tests: v.string(),
});

/** A stretch of code that two students share, as one of them wrote it. */
const side = v.object({ file: v.string(), line: number, text: v.string() });

/** Two students who share code that few others have. */
const similarPair = v.object({
  students: v.tuple([v.string(), v.string()]),
  /** How many tokens the stretches have that both share. */
  tokens: number,
  /** The rarest of them. */
  stretches: v.array(v.object({
    tokens: number,
    /** How many others have the rarest part of it too. */
    others: number,
    sides: v.tuple([side, side]),
  })),
});

const report = v.pipe(
  v.object({
    version: v.literal(
      2,
      ({ received }) => `version 2 was expected: received ${received}`,
    ),
    run,
    /** The numbers of the graded lessons, such as `["03", "07"]`. */
    lessons: unique(v.array(lessonNumber), (lesson) => lesson),
    /** Which part of the class this is, if it is not all of it. */
    shard: v.exactOptional(v.pipe(
      v.object({ index: number, count: number }),
      v.check(
        ({ index, count }) => index >= 1 && index <= count,
        "an index from 1 to count was expected",
      ),
    )),
    students: unique(v.array(student), ({ student }) => student),
    /** What could not be read or graded, in words. */
    notes: v.exactOptional(v.array(v.string())),
    /** The pairs of the whole class that share the rarest code. */
    similar: v.array(similarPair),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { lessons, students } = dataset.value;
    for (const { student, lessons: results } of students) {
      const other = results.find(({ lesson }) => !lessons.includes(lesson));
      if (!other) continue;
      const name = JSON.stringify(student);
      const graded = lessons.join(", ") || "none";
      addIssue({
        message: `it grades lessons ${graded}: ${name} has ${other.lesson}`,
      });
    }
  }),
);

/** An array in which no two items have the same key. */
function unique<T>(
  items: v.GenericSchema<unknown, T[]>,
  keyOf: (item: T) => string,
): v.GenericSchema<unknown, T[]> {
  const twiceIn = (values: T[]) => {
    const keys = values.map(keyOf);
    return keys.find((key, i) => keys.indexOf(key) < i);
  };
  return v.pipe(
    items,
    v.check(
      (values) => twiceIn(values) === undefined,
      ({ input }) => `${JSON.stringify(twiceIn(input))} is there twice`,
    ),
  );
}

type Immutable<T> = T extends object
  ? { readonly [Key in keyof T]: Immutable<T[Key]> }
  : T;

/** How one test of a submission ended. */
export type TestResult = Immutable<v.InferOutput<typeof test>>;

/** What came of one region: the body of one function or method. */
export type RegionResult = Immutable<v.InferOutput<typeof region>>;

/** What came of one lesson of a submission. */
export type LessonResult = Immutable<v.InferOutput<typeof lesson>>;

/** What came of one submission. */
export type StudentResult = Immutable<v.InferOutput<typeof student>>;

/** What decided the results, besides the submissions. */
export type Run = Immutable<v.InferOutput<typeof run>>;

/** Two students who share code that few others have. */
export type SimilarPair = Immutable<v.InferOutput<typeof similarPair>>;

/** What came of a class, or of one shard of it. */
export type Report = Immutable<v.InferOutput<typeof report>>;

/**
 * The report as JSON: what shards are merged from.
 *
 * @param report What grading found.
 * @returns JSON, indented, with a newline at its end.
 */
export function formatJson(report: Report): string {
  return JSON.stringify(report, null, 2) + "\n";
}

/**
 * Reads a report back. Nothing of it is taken on trust, and what does not belong
 * to a report is dropped.
 *
 * @param text JSON, as {@linkcode formatJson} writes it.
 * @returns The report.
 * @throws {SyntaxError} If the text is no JSON.
 * @throws {TypeError} If it is something else than a report; the message names
 * the field.
 */
export function parseReport(text: string): Report {
  let value: unknown;
  try {
    // Editors on Windows may put a byte order mark in front.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`not JSON: ${(error as Error).message}`);
  }
  const { success, output, issues } = v.safeParse(report, value, {
    abortEarly: true,
  });
  if (success) return output;
  const [issue] = issues;
  const path = v.getDotPath(issue)?.replace(/\.(\d+)/g, "[$1]");
  const message = issue.message.slice(0, 200);
  throw new TypeError(`no report: ${path ? `${path}: ` : ""}${message}`);
}
