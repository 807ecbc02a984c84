/**
 * The report for CI: JUnit XML.
 *
 * @module
 */

import type { LessonResult, Report, TestResult } from "./report.ts";
import { labelled, reasonOfTest } from "./tally.ts";
import { visible } from "./text.ts";

/** A test case as XML, and how it ended. */
interface Case {
  readonly status: TestResult["status"];
  readonly xml: string;
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
  const properties = [
    "    <properties>",
    ...Object.entries({ ...report.run, lessons: report.lessons.join(",") })
      .map(([name, value]) =>
        `      <property name="${name}" value="${escape(String(value))}"/>`
      ),
    "    </properties>",
  ];
  const suites = report.students.flatMap(({ student, lessons }) =>
    lessons.map((lesson) => suiteOf(student, lesson, properties))
  );
  const cases = suites.flatMap((suite) => suite.cases);
  const elapsed = suites.reduce((sum, suite) => sum + suite.elapsed, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="grading"${counts(cases, elapsed)}>`,
    ...suites.map(({ xml }) => xml),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteOf(
  student: string,
  result: LessonResult,
  properties: readonly string[],
) {
  const { lesson, problems, elapsed } = result;
  const cases = [...labelled(result.regions)].flatMap(([label, { tests }]) =>
    tests.map((test) => caseOf(`${student}.${lesson}.${label}`, test))
  );
  if (cases.length === 0) {
    const reason = problems.join("\n") || "no test was reported";
    const name = `lesson ${lesson}`;
    cases.push(
      caseOf(`${student}.${lesson}`, { name, status: "missing", reason }),
    );
  }
  const name = escape(`${student} ${lesson}`);
  const xml = [
    `  <testsuite name="${name}"${counts(cases, elapsed)}>`,
    ...properties,
    ...cases.map((each) => each.xml),
    ...problems.length > 0
      ? [`    <system-err>${escape(problems.join("\n"))}</system-err>`]
      : [],
    "  </testsuite>",
  ].join("\n");
  return { cases, elapsed, xml };
}

function caseOf(className: string, test: TestResult): Case {
  const start = `    <testcase classname="${escape(className)}" name="${
    escape(test.name)
  }"`;
  if (test.status === "passed") {
    return { status: test.status, xml: `${start}/>` };
  }
  const element = test.status === "failed" ? "failure" : "error";
  const reason = reasonOfTest(test);
  const message = escape(visible(reason).split("\n", 1)[0]!);
  const xml = `${start}>\n` +
    `      <${element} message="${message}">${escape(reason)}</${element}>\n` +
    "    </testcase>";
  return { status: test.status, xml };
}

function counts(cases: readonly Case[], elapsed: number): string {
  const count = (status: TestResult["status"]) =>
    cases.filter((each) => each.status === status).length;
  return ` tests="${cases.length}" failures="${count("failed")}"` +
    ` errors="${count("missing")}" time="${(elapsed / 1000).toFixed(3)}"`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\t": "&#9;",
  "\n": "&#10;",
};

/**
 * Text for an element or an attribute. XML 1.0 cannot hold control characters
 * at all, not even escaped; `visible` has replaced them. U+FFFE and U+FFFF are
 * the two others.
 */
function escape(text: string): string {
  return visible(text).replace(/[\uFFFE\uFFFF]/g, "\uFFFD")
    .replace(/[&<>"'\t\n]/g, (character) => entities[character]!);
}
