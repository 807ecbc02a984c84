/**
 * The report as a page to read.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type {
  RegionResult,
  Report,
  SimilarPair,
  StudentResult,
} from "./report.ts";
import {
  counted,
  describePair,
  describeRun,
  describeSimilar,
  labelled,
  lessonOf,
  reasonOfTest,
  type RegionTally,
  type Score,
  scoreOf,
  talliesOf,
} from "./tally.ts";
import { escape, oneLine } from "./text.ts";

/** Both colour schemes keep a contrast of at least 4.5 to 1 (WCAG 2, AA). */
const style = `
:root { color-scheme: light dark; --text: #1b1b1f; --page: #fff; --box: #f3f3f6;
  --line: #c4c4cc; --good: #136c2e; --bad: #b3261e; --part: #7a5200; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6ea; --page: #16161a; --box: #232329;
    --line: #4b4b55; --good: #7fd894; --bad: #ffb4ab; --part: #f2c14e; --link: #a8c7fa; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--text);
  background: var(--page); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2rem; }
summary > :is(h2, h3, h4) { display: inline; font-size: 1.05rem; }
.region, .stretch { font-size: 1rem; margin: 1rem 0 .25rem; }
a { color: var(--link); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: .25rem 0; }
th, td { padding: .25rem .4rem; text-align: left; vertical-align: top; }
tr { border-bottom: 1px solid var(--line); }
tbody th { min-width: 8rem; } thead th { overflow-wrap: normal; } span { white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .5rem .75rem; }
details details { background: var(--box); }
/* A link to what is in a box opens it; the box's own line stays in view. */
details > div { scroll-margin-top: 6rem; }
summary { cursor: pointer; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
ul { padding-left: 1.2rem; }
pre { background: var(--box); border-left: .25rem solid var(--line); margin: .25rem 0 .5rem;
  padding: .5rem; white-space: pre-wrap; font-size: .9rem; }
details details pre { background: var(--page); }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 0 .5rem; }
.sides > div { min-width: 0; }
.all { color: var(--good); } .none { color: var(--bad); } .some { color: var(--part); }
@media (max-width: 60rem) {
  /* A row becomes a paragraph, in which each score has its head beside it. */
  table, tbody, tr, caption { display: block; }
  thead { display: none; }
  tr { padding: .25rem 0; }
  tbody th, td { display: inline-block; padding: 0 .75rem 0 0; min-width: 0; }
  tbody th { display: block; }
  td:not([data-head="Task"])::before { content: attr(data-head) " "; }
}
@media (max-width: 40rem) { .sides { grid-template-columns: 1fr; } }
@media print {
  :root { color-scheme: light; --text: #000; --page: #fff; --box: #fff; --line: #888;
    --good: #000; --bad: #000; --part: #000; --link: #000; }
  body { max-width: none; padding: 0; }
  details::details-content { content-visibility: visible; block-size: auto; }
  tr, .region { break-inside: avoid; } .region, .stretch { break-after: avoid; }
}
`;

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
 * @returns The document.
 */
export function formatHtml(report: Report): string {
  const tallies = talliesOf(report);
  const all = [...tallies.values()].flat();
  const { students, lessons, shard, similar, notes = [] } = report;
  const parts = [
    counted(students.length, "student"),
    counted(lessons.length, "lesson"),
    counted(all.length, "region"),
  ];
  const sections = students.map((student, i) =>
    `<details>
<summary><h3>${named(student)}: ${
      scored(scoreOf(student, tallies))
    }</h3></summary>
<div id="student-${i + 1}">
${lessonSections(report, student, tallies, 4)}
</div>
</details>`
  );
  const where = shard ? `, shard ${shard.index} of ${shard.count}` : "";
  return page(
    "Grading report",
    `<h1>Grading report</h1>
<p>${parts.join(", ")}${where}. Scores are regions solved of regions set.</p>
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
<h2>Students</h2>
${sections.join("\n")}
<h2>Code in common</h2>
<p>${escape(describeSimilar(similar))}</p>
${similar.map(pairSection).join("\n")}`,
  );
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
<p>Score: ${
      scored(scoreOf(student, tallies))
    }, regions solved of regions set.</p>
${lessonSections(report, student, tallies, 2)}
<p>${escape(oneLine(describeRun(report)))}</p>`,
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
    "Each student's score in each lesson",
    ["Student", ...report.lessons, "Total"],
    report.students.map((student, i) => [
      `<a href="#student-${i + 1}">${named(student)}</a>`,
      ...report.lessons.map((lesson) =>
        scored(scoreOf(student, tallies, [lesson]))
      ),
      scored(scoreOf(student, tallies)),
    ]),
  );
}

function regionTable(tallies: readonly RegionTally[], of: number): string {
  return table(
    "How many students solved each region, fewest first",
    ["Region", "Solved by", "Task"],
    tallies.toSorted((a, b) => a.solved - b.solved).map((
      { lesson, label, solved, task },
    ) => [
      escape(oneLine(`${lesson} ${label}`)),
      scored({ solved, set: of }),
      escape(oneLine(task)),
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

/** What came of a student's lessons, under headings of a level. */
function lessonSections(
  report: Report,
  student: StudentResult,
  tallies: Tallies,
  level: number,
): string {
  return report.lessons.map((lesson) => {
    const { problems, regions } = lessonOf(student, lesson) ??
      { problems: ["was not graded"], regions: [] };
    const score = scoreOf(student, tallies, [lesson]);
    // What went well can stay closed; on paper everything is open.
    const isOpen = score.solved < score.set || problems.length > 0;
    return `<details${isOpen ? " open" : ""}>
<summary><h${level}>Lesson ${escape(lesson)}: ${
      scored(score)
    }</h${level}></summary>
${problems.map((problem) => `<pre>${escape(problem)}</pre>`).join("\n")}
${
      [...labelled(regions)].map(([label, region]) =>
        regionSection(label, region, level + 1)
      ).join("\n")
    }
</details>`;
  }).join("\n");
}

function regionSection(
  label: string,
  region: RegionResult,
  level: number,
): string {
  const { solved, task, tests } = region;
  const words = solved
    ? '<span class="all">✓ solved</span>'
    : '<span class="none">✗ not solved</span>';
  const passed = tests.filter(({ status }) => status === "passed").length;
  const failures = tests.filter(({ status }) => status !== "passed")
    .map((test) =>
      `<li>${escape(oneLine(test.name))} (${test.status})` +
      `<pre>${escape(reasonOfTest(test))}</pre></li>`
    );
  return `<h${level} class="region">${
    escape(oneLine(label))
  }: ${words}</h${level}>
<p>${escape(oneLine(task))} (${passed} of ${
    counted(tests.length, "test")
  } passed)</p>
${failures.length > 0 ? `<ul>\n${failures.join("\n")}\n</ul>` : ""}`;
}

/** What two students share, side by side. */
function pairSection(pair: SimilarPair): string {
  const names = pair.students.map((student) => named({ student }));
  const stretches = pair.stretches.map(({ tokens, others, sides }) => {
    const who = others === 0
      ? "nobody else has it"
      : `${counted(others, "other")} ${others === 1 ? "has" : "have"} it too`;
    const codes = sides.map(({ file, line, text }, i) =>
      `<div>${names[i]}, ${escape(file)}, line ${line}` +
      `<pre>${escape(text)}</pre></div>`
    );
    return `<h4 class="stretch">${tokens} tokens; ${who}</h4>
<div class="sides">${codes.join("")}</div>`;
  });
  return `<details>
<summary><h3>${names.join(" and ")}: ${describePair(pair)}</h3></summary>
${stretches.join("\n")}
</details>`;
}

function scored(score: Score): string {
  const { solved, set } = score;
  const kind = solved === set ? "all" : solved === 0 ? "none" : "some";
  return `<span class="${kind}">${solved}/${set}</span>`;
}

/** A student's name; whatever its direction, the text around it keeps its own. */
function named({ student }: { readonly student: string }): string {
  return `<bdi>${escape(oneLine(student) || "(no name)")}</bdi>`;
}
