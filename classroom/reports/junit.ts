/**
 * The report for CI: JUnit XML.
 *
 * @module
 */

import type { LessonResult, Report, TestResult } from "./report.ts";
import { labelled, reasonOfTest } from "./tally.ts";
import { escape, visible } from "./text.ts";

/** What came of a lesson of one student, as a test suite. */
interface Suite extends LessonResult {
  readonly student: string;
  readonly cases: readonly (TestResult & { readonly className: string })[];
}

/**
 * The report as JUnit XML: a test suite for each lesson of each student, a test
 * case for each test. A test that failed is a failure; one that was never
 * reported is an error, and so is a lesson with no test at all.
 *
 * @param report What grading found.
 * @returns The document.
 */
export function formatJunit(report: Report): string {
  const suites = report.students.flatMap(({ student, lessons }) =>
    lessons.map((result) => suiteOf(student, result))
  );
  const run = { ...report.run, lessons: report.lessons.join(",") };
  const properties = Object.entries(run).map(([name, value]) =>
    `      <property name="${name}" value="${xml(String(value))}"/>`
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="grading"${counts(suites)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${xml(`${suite.student} ${suite.lesson}`)}"` +
      `${counts([suite])}>`,
      "    <properties>",
      ...properties,
      "    </properties>",
      ...suite.cases.map(caseXml),
      ...suite.problems.length > 0
        ? [`    <system-err>${xml(suite.problems.join("\n"))}</system-err>`]
        : [],
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteOf(student: string, result: LessonResult): Suite {
  const { lesson, problems } = result;
  const cases = [...labelled(result.regions)].flatMap(([label, { tests }]) =>
    tests.map((test) => ({
      ...test,
      className: `${student}.${lesson}.${label}`,
    }))
  );
  const none = {
    className: `${student}.${lesson}`,
    name: `lesson ${lesson}`,
    status: "missing" as const,
    reason: problems.join("\n") || "no test was reported",
  };
  return { ...result, student, cases: cases.length > 0 ? cases : [none] };
}

function caseXml(test: Suite["cases"][number]): string {
  const { className, name, status } = test;
  const start = `    <testcase classname="${xml(className)}" name="${
    xml(name)
  }"`;
  if (status === "passed") return `${start}/>`;
  const element = status === "failed" ? "failure" : "error";
  const reason = reasonOfTest(test);
  const message = xml(visible(reason).split("\n", 1)[0]!);
  return `${start}>
      <${element} message="${message}">${xml(reason)}</${element}>
    </testcase>`;
}

function counts(suites: readonly Suite[]): string {
  const cases = suites.flatMap((suite) => suite.cases);
  const count = (wanted: TestResult["status"]) =>
    cases.filter(({ status }) => status === wanted).length;
  const elapsed = suites.reduce((sum, suite) => sum + suite.elapsed, 0);
  return ` tests="${cases.length}" failures="${count("failed")}"` +
    ` errors="${count("missing")}" time="${(elapsed / 1000).toFixed(3)}"`;
}

/**
 * Text for an element or an attribute. XML 1.0 cannot hold control characters
 * at all, not even escaped; they have been made visible. U+FFFE and U+FFFF are
 * the two others. Line ends in an attribute would be read as spaces.
 */
function xml(text: string): string {
  return escape(text).replace(/[\uFFFE\uFFFF]/g, "\uFFFD")
    .replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}
