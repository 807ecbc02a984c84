/**
 * The pages of the book: what a browser shows without any script.
 *
 * @module
 */

import highlighter from "npm:highlight.js@11.12.0/lib/core";
import typescript from "npm:highlight.js@11.12.0/lib/languages/typescript";
import { lessons } from "../lib/lesson.ts";
import { agrees, claimsOf } from "../lib/lesson/claims.ts";
import { drawAll, escape, type Verdict } from "./draw.ts";
import type { Said } from "./said.ts";
import {
  type Box,
  type Page,
  pageOf,
  type Section,
  segmentsByLine,
} from "./segments.ts";
import type { Told } from "./tell.ts";

highlighter.registerLanguage("ts", typescript);

/** What is recorded of a lesson. */
export interface Recording extends Told {
  readonly said: readonly Said[];
  /** Where: Deno's version, the system and the processors. */
  readonly machine: string;
  /** The date, such as `2026-11-24`. */
  readonly date: string;
}

/** A lesson, and all that its page is made of. */
export interface Material {
  readonly name: string;
  readonly source: string;
  /** The file of its tests. */
  readonly tests: string;
  /** Hints by the names of the exercises. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  readonly recording: Recording;
}

/** What the scripts of a lesson's page get to know. */
export interface LessonData {
  readonly name: string;
  /** Changes with the lesson: what a reader has saved belongs to one version. */
  readonly version: string;
  readonly segments: Page["segments"];
  readonly exercises: readonly {
    readonly name: string;
    readonly task: string;
    readonly segment: number;
    readonly hints: readonly string[];
  }[];
  readonly options: Told["options"];
  readonly tests: string;
  /** Whether it can run in a browser. */
  readonly runs: boolean;
}

/** These lessons are about what a page in a browser may not do. */
const outside: Readonly<Record<string, string>> = {
  "01_processes":
    "This lesson asks the operating system about its process. A page in a browser cannot, so this one shows what the lesson printed in Deno.",
  "14_subprocess":
    "This lesson starts programs. A page in a browser cannot, so this one shows what the lesson printed in Deno.",
};

/**
 * What a page may load and run: its own scripts, threads made of text, and the
 * lesson. Nothing comes from elsewhere, and nothing goes there.
 */
const policy = "default-src 'none'; " +
  "script-src 'self' blob: data: 'unsafe-eval'; worker-src 'self' blob:; " +
  "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

const titleOf = (name: string) =>
  lessons.find(([known]) => known === name)?.[1] ?? name;
const numberOf = (name: string) => Number.parseInt(name);
/** What the address of a section ends with. */
const idOf = (title: string) =>
  title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

/** A paragraph's text, with the code in it as code. */
function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, "<code>$1</code>")
    .replace(/\bhttps:\/\/[^\s)]+[\w/]/g, '<a href="$&">$&</a>');
}

/** A whole page around what it holds. */
function frame(
  title: string,
  main: string,
  about: { current?: string; sections?: readonly Section[]; head?: string } =
    {},
): string {
  const { current, sections = [], head = "" } = about;
  const parts = sections.filter(({ title }) => title).map(({ title }) =>
    `<li><a href="#${idOf(title)}">${escape(title)}</a></li>`
  ).join("");
  const entries = lessons.map(([name, title]) =>
    `<li><a href="${name}.html"${
      name === current ? ' aria-current="page"' : ""
    }>${escape(title)}</a>${
      name === current && parts ? `<ul>${parts}</ul>` : ""
    }</li>`
  ).join("\n");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="book.css">
${head}<script src="runtime.js" defer></script>
<script src="book.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the text</a>
<header class="top">
<a class="brand" href="index.html">Side by Side</a>
<details class="menu"><summary>Lessons</summary>
<nav aria-label="Lessons"><ol>
${entries}
</ol></nav></details>
<button type="button" id="theme" hidden>Dark</button>
</header>
<main id="main">
${main}
</main>
</body>
</html>
`;
}

/** The front page. */
export function frontPage(
  materials: readonly Material[],
  head: string,
): string {
  const entries = materials.map(({ name, source }) => {
    const { intro, sections } = pageOf(source);
    const exercises = sections.flatMap(({ rows }) => rows)
      .flatMap(({ boxes }) => boxes).flatMap(({ exercises }) => exercises);
    const solvable = outside[name] ? 0 : exercises.length;
    return `<li><h2><a href="${name}.html">${escape(titleOf(name))}</a></h2>
<p>${inline(intro)}</p>
<p class="progress" data-progress="${name}" data-exercises="${solvable}">${
      outside[name]
        ? "to read: it needs more than a browser"
        : `${exercises.length} exercise${exercises.length === 1 ? "" : "s"}`
    }</p></li>`;
  }).join("\n");
  return frame(
    "Side by Side",
    `<div class="intro"><h1>Side by Side</h1>
<p class="lead">Parallelism and functional programming in TypeScript, in
lessons that run here, on your own processors: change the code, press Run, and
see each value under the line that printed it.</p>
<p>Nothing is installed and nothing is sent anywhere: the lessons run in this
browser. Each lesson is one file, which also runs with
<a href="https://deno.com">Deno</a> on your computer.</p></div>
<ol class="lessons">
${entries}
</ol>`,
    { head },
  );
}

/** The page of a lesson. */
export function lessonPage(material: Material, head: string): string {
  const { name, recording } = material;
  const page = pageOf(material.source);
  const title = titleOf(name);
  const number = numberOf(name);
  const draws = new Drawing(material, page);
  const about = outside[name];
  const command = /@run (.*)/.exec(material.source)?.[1] ?? "";
  const sections = page.sections.map((section) => draws.section(section));
  const reading = Object.entries(recording.readOn).map(([title, address]) =>
    /^https:/.test(address)
      ? `<li><a href="${escape(address)}">${escape(title)}</a></li>`
      : `<li>${escape(title)}: ${escape(address)}</li>`
  ).join("\n");
  const step = (by: number, label: string) => {
    const [name, title] = lessons[number - 1 + by] ?? [];
    return name
      ? `<a rel="${by < 0 ? "prev" : "next"}" href="${name}.html">${
        by < 0 ? "← " : ""
      }<span class="unseen">${label}: </span>${escape(title!)}${
        by > 0 ? " →" : ""
      }</a>`
      : "<span></span>";
  };
  const data: LessonData = {
    name,
    version: versionOf(material.source),
    segments: page.segments,
    exercises: draws.exercises.map((it) => ({
      ...it,
      hints: material.hints.get(it.name) ?? [],
    })),
    options: recording.options,
    tests: material.tests,
    runs: !about,
  };
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return frame(
    `${number} ${title} · Side by Side`,
    `<div class="intro"><p class="kicker">Lesson ${number} of ${lessons.length}</p>
<h1>${escape(title)}</h1>
<p class="lead">${inline(page.intro)}</p>
<p class="note" id="note">${
      about
        ? `${about} To run it yourself: <code>${escape(command)}</code>`
        : "Change the code if you like, and press Run to get your own results."
    } ${
      about ? "Recorded" : "Until then, they are those recorded"
    } with ${recording.machine}, on ${dateOf(recording.date)}.</p></div>
${sections.join("\n")}
${
      reading
        ? `<section aria-labelledby="read-on"><h2 id="read-on">Read on</h2>
<ul>
${reading}
</ul></section>`
        : ""
    }
<nav class="steps" aria-label="Previous and next lesson">${
      step(-1, "Previous lesson")
    }${step(1, "Next lesson")}</nav>
<script type="application/json" id="lesson">${json}</script>`,
    { current: name, sections: page.sections, head },
  );
}

/** Draws the sections of one lesson. */
class Drawing {
  readonly exercises: Omit<LessonData["exercises"][number], "hints">[] = [];
  readonly #page: Page;
  /** What was recorded, by the number of the segment that printed it. */
  readonly #said = new Map<number, Said[]>();
  readonly #claims: Map<number, string>;

  constructor({ source, recording }: Material, page: Page) {
    this.#page = page;
    this.#claims = new Map(
      claimsOf(source).map(({ line, value }) => [line, value]),
    );
    const segmentAt = segmentsByLine(page.segments.map(({ text }) => text));
    for (const said of recording.said) {
      const segment = segmentAt(said.line);
      this.#said.set(segment, [...this.#said.get(segment) ?? [], said]);
    }
  }

  section({ title, rows }: Section): string {
    const id = idOf(title);
    const heading = title &&
      `<h2 id="${id}">${
        escape(title)
      } <a class="anchor" href="#${id}" aria-label="Link to: ${
        escape(title)
      }">#</a></h2>\n`;
    const label = title ? ` aria-labelledby="${id}"` : "";
    const drawn = rows.map(({ prose, boxes }) => {
      const left = prose.map((text) => `<p>${inline(text)}</p>`).join("\n");
      const right = boxes.map((box) => this.#box(box)).join("\n");
      return `<div class="row">${left && `<div class="prose">${left}</div>`}${
        right && `<div class="codes">${right}</div>`
      }</div>`;
    });
    const tag = title ? "section" : "div";
    return `<${tag}${label}>${heading}${drawn.join("\n")}</${tag}>`;
  }

  #box({ doc, fold, segments, exercises }: Box): string {
    const said = doc && `<p class="doc">${inline(doc)}</p>`;
    // The story stands inside of a call, indented.
    const isStory = this.#page.segments[segments[0]!]!.text.startsWith("  ");
    const code = `<div class="box${isStory ? " story" : ""}">${
      segments.map((segment) => this.#segment(segment)).join("")
    }</div>`;
    if (fold) {
      return `<details class="fold"><summary>${fold}</summary>${code}</details>`;
    }
    this.exercises.push(...exercises);
    const solve = exercises.map(({ name }) =>
      `<div class="exercise" data-exercise="${name}" hidden></div>`
    );
    return `${said}${code}${solve.join("")}`;
  }

  #segment(segment: number): string {
    const code = this.#page.segments[segment]!.text.replace(/\n$/, "");
    const { value } = highlighter.highlight(code, { language: "ts" });
    const said = this.#said.get(segment);
    const judge = (said: Said): Verdict | undefined => {
      const claim = this.#claims.get(said.line);
      if (claim === undefined || !("expression" in said)) return undefined;
      return { claim, isSo: agrees(claim, said.text) };
    };
    return `<pre class="code" data-segment="${segment}"><code>${value}</code></pre>${
      said ? `<div class="out recorded">${drawAll(said, judge)}</div>` : ""
    }`;
  }
}

/** A short text that changes with the source. */
function versionOf(source: string): string {
  let hash = 5381;
  for (const sign of source) hash = (hash * 33 ^ sign.codePointAt(0)!) >>> 0;
  return hash.toString(36);
}

function dateOf(date: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    dateStyle: "long",
    timeZone: "UTC",
  })
    .format(new Date(date));
}
