/**
 * The report as a page to read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import css from "./report.css" with { type: "text" };
import type {
  RegionResult,
  Report,
  StudentResult,
  TestResult,
} from "./report.ts";
import { isBlank, type MistakeGroup } from "../grading/mistakes.ts";
import {
  counted,
  describeRun,
  fractionOf,
  lessonOf,
  pointsOf,
  type RegionTally,
  sayingsOf,
  type Score,
  scoreOf,
  talliesOf,
} from "./tally.ts";
import { escape, oneLine } from "./text.ts";

// The hash is that of what a browser reads, whose lines end with LF.
const style = css.replaceAll("\r\n", "\n");

/**
 * Nothing is loaded and no script runs, whatever text a student managed to put
 * into the page; only this one style sheet is applied.
 */
const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; " +
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`;

/**
 * The report as one HTML file that needs nothing else: no script, no font, no
 * network. It can be read on a telephone, in the dark, by a screen reader, and
 * on paper.
 *
 * @param report What grading found.
 * @param mistakes The mistakes that were made.
 * @returns The document.
 */
export function formatHtml(
  report: Report,
  mistakes: readonly MistakeGroup[] = [],
): string {
  const tallies = talliesOf(report);
  const all = [...tallies.values()].flat();
  const { students, lessons, notes = [] } = report;
  const parts = [
    counted(students.length, "student"),
    counted(lessons.length, "lesson"),
    counted(all.length, "function"),
  ];
  const sections = students.map((student, i) =>
    studentSection(report, student, i, tallies)
  );
  return page(
    "Grading report",
    `<h1>Grading report</h1>
<p>${parts.join(", ")}. Scores are points of those that there are.</p>
<p>${escape(oneLine(describeRun(report)))}</p>
${
      notes.length === 0 ? "" : `<h2>Not read or not graded</h2>
<ul>${notes.map((it) => `<li>${escape(oneLine(it))}</li>`).join("")}</ul>`
    }
${students.length === 0 ? "<p>No submissions.</p>" : ""}
<h2>The class</h2>
${classTable(report, tallies)}
<h2>What to teach again</h2>
${regionTable(all, students.length)}
<h2>Mistakes</h2>
${mistakeTable(mistakes)}
<h2>Students</h2>
${sections.join("\n")}`,
  );
}

function studentSection(
  report: Report,
  student: StudentResult,
  place: number,
  tallies: Tallies,
): string {
  return `<details>
<summary><h3>${named(student)}: ${
    scored(scoreOf(student, tallies))
  }</h3></summary>
<div id="student-${place + 1}">
${aboutStudent(student)}
${lessonSections(report, student, tallies, 4)}
</div>
</details>`;
}

/**
 * What came of one student's submission, as a page to hand back: the same of
 * nobody else is in it.
 *
 * @param report What grading found.
 * @param student Whose page it is.
 * @returns The document, made as {@linkcode formatHtml} makes its own.
 */
export function formatFeedback(report: Report, student: StudentResult): string {
  const tallies = talliesOf(report);
  return page(
    `Feedback for ${oneLine(student.student)}`,
    `<h1>Feedback for ${named(student)}</h1>
<p>You have ${scored(scoreOf(student, tallies))} points.</p>
${aboutStudent(student)}
${lessonSections(report, student, tallies, 2)}
<footer>${escape(oneLine(describeRun(report)))}</footer>`,
  );
}

/** A document with nothing that acts. */
function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

type Tallies = ReadonlyMap<string, readonly RegionTally[]>;

function classTable(report: Report, tallies: Tallies): string {
  return table(
    "Each student's points in each lesson",
    ["Student", ...report.lessons, "Total"],
    report.students.map((student, i) => [
      `<a href="#student-${i + 1}">${named(student)}</a>${
        student.late ? " (late)" : ""
      }`,
      ...report.lessons.map((lesson) =>
        scored(scoreOf(student, tallies, [lesson]))
      ),
      scored(scoreOf(student, tallies)),
    ]),
  );
}

function regionTable(tallies: readonly RegionTally[], of: number): string {
  return table(
    "How many students solved each function, fewest first",
    ["Function", "Solved by", "Task"],
    tallies.toSorted((a, b) => a.solved - b.solved).map((
      { lesson, name, solved, task },
    ) => [
      escape(oneLine(`${lesson} ${name}`)),
      scored({ points: solved, of }),
      escape(oneLine(task)),
    ]),
  );
}

/** What went wrong, for whom; comments on it are written in a file. */
function mistakeTable(mistakes: readonly MistakeGroup[]): string {
  if (mistakes.length === 0) return "<p>None.</p>";
  return table(
    "Mistakes that were made, each with a place for a comment in comments.md",
    ["Function", "Mistake", "Students"],
    mistakes.map(({ lesson, region, name, example, students }) => [
      escape(oneLine(`${lesson} ${region}`)),
      (name === undefined ? "" : `<b>${escape(oneLine(name))}</b>`) +
      saidList(example),
      `${students.length}: ${
        students.slice(0, 10).map((student) => named({ student })).join(", ")
      }${students.length > 10 ? ", …" : ""}`,
    ]),
  );
}

/** A table, the first of whose columns says what each row is. */
function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const head = heads.map((each) => `<th scope="col">${escape(each)}</th>`);
  const body = rows.map(([first, ...cells]) => {
    const data = cells.map((cell, i) =>
      `<td data-head="${escape(heads[i + 1]!)}">${cell}</td>`
    );
    return `<tr><th scope="row">${first}</th>${data.join("")}</tr>`;
  });
  return `<table>
<caption>${caption}</caption>
<thead><tr>${head.join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table>`;
}

/** What concerns all that a student handed in. */
function aboutStudent({ late, added = [], comment }: StudentResult): string {
  const points = added.map(({ points, why }) =>
    `<li>${points > 0 ? "+" : ""}${points}: ${escape(oneLine(why))}</li>`
  );
  return [
    ...(late ? ["<p>Handed in late.</p>"] : []),
    ...(comment ? [commentBox(comment)] : []),
    ...(points.length > 0 ? [`<ul>${points.join("")}</ul>`] : []),
  ].join("\n");
}

function commentBox(comment: string): string {
  return `<blockquote class="comment">${escape(comment)}</blockquote>`;
}

/** What came of a student's lessons, under headings of a level. */
function lessonSections(
  { lessons, titles = {} }: Report,
  student: StudentResult,
  tallies: Tallies,
  level: number,
): string {
  return lessons.map((lesson) => {
    const { problems, regions } = lessonOf(student, lesson) ??
      { problems: ["was not graded"], regions: [] };
    const score = scoreOf(student, tallies, [lesson]);
    const isSolved = ({ solved, byHand }: RegionResult) => solved && !byHand;
    // What went well can stay closed; on paper everything is open.
    const isOpen = score.points < score.of || problems.length > 0;
    const title = titles[lesson] ? ` ${escape(titles[lesson])}` : "";
    const solved = regions.filter(isSolved)
      .map(({ name }) => escape(oneLine(name)));
    const wasRun = regions.some(({ tests }) =>
      tests.some(({ status }) => status !== "missing")
    );
    return `<details${isOpen ? " open" : ""}>
<summary><h${level}>Lesson ${escape(lesson)}${title}: ${
      scored(score)
    }</h${level}></summary>
${problems.map((problem) => `<pre>${escape(problem)}</pre>`).join("\n")}
${
      solved.length === 0
        ? ""
        : `<p><span class="all">✓ solved</span> ${solved.join(", ")}</p>`
    }
${
      regions.filter((region) => !isSolved(region) && (wasRun || region.byHand))
        .map((region) => regionSection(region, level + 1))
        .join("\n")
    }
</details>`;
  }).join("\n");
}

/** What came of a function that is not solved, or that the teacher decided. */
function regionSection(region: RegionResult, level: number): string {
  const { solved, task, tests, mistake, byHand, worth = 1 } = region;
  const name = escape(oneLine(region.name));
  const failed = tests.filter(({ status }) => status !== "passed");
  const points = `${pointsOf(region)} of ${counted(worth, "point")}`;
  if (byHand) {
    return `<h${level} class="region">${name}: <span class="${
      solved ? "all" : "some"
    }">${points}, your teacher decided</span></h${level}>`;
  }
  if (isBlank(region)) {
    return `<p><span class="none">✗ not begun</span> <b>${name}</b>: ${
      escape(oneLine(task))
    }</p>`;
  }
  const [first, ...others] = failed;
  return `<h${level} class="region">${name}: <span class="none">✗ wrong</span>${
    worth === 1 ? "" : ` (${points})`
  }</h${level}>
<p>${escape(oneLine(task))}</p>
${first ? saidList(first) : ""}
${moreThatFail(others)}
${mistake?.name ? `<p>A known mistake: ${escape(mistake.name)}</p>` : ""}
${mistake?.comment ? commentBox(mistake.comment) : ""}
${
    region.code
      ? `<pre class="code" tabindex="0">${escape(region.code)}</pre>`
      : ""
  }`;
}

/** The names of tests that do not pass either. */
function moreThatFail(tests: readonly TestResult[]): string {
  if (tests.length === 0) return "";
  const names = tests.slice(0, 5).map(({ name }) => escape(oneLine(name)));
  const fail = tests.length === 1 ? "fails" : "fail";
  return `<p>${counted(tests.length, "more test")} ${fail}: ${
    names.join("; ")
  }${tests.length > 5 ? "; …" : ""}</p>`;
}

/** What there is to say of a test that did not pass. */
function saidList(test: TestResult): string {
  const kinds = { wrong: "none", right: "all" };
  const said = sayingsOf(test).map(({ label, text, kind }) => {
    const shown = kind === undefined
      ? escape(text)
      : `<b class="${kinds[kind]}">${escape(text)}</b>`;
    return label === undefined
      ? `<dd class="alone">${shown}</dd>`
      : `<dt>${escape(label)}</dt><dd>${shown}</dd>`;
  });
  // What was asked tells more than the test's name.
  const name = test.said?.some(({ label }) => label === "it asked")
    ? ""
    : `<dt>test</dt><dd class="name">${escape(oneLine(test.name))}</dd>`;
  return `<dl class="said">${name}${said.join("")}</dl>`;
}

function scored(score: Score): string {
  const { points, of } = score;
  const kind = points >= of ? "all" : points <= 0 ? "none" : "some";
  return `<span class="${kind}">${fractionOf(score)}</span>`;
}

/** A student's name; whatever its direction, the text around it keeps its own. */
function named({ student }: { readonly student: string }): string {
  return `<bdi>${escape(oneLine(student) || "(no name)")}</bdi>`;
}
