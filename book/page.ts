/**
 * The pages of the book: what a browser shows without any script.
 *
 * @module
 */

import { lessons } from "../lib/lesson.ts";
import { claimsOf } from "../lib/lesson/claims.ts";
import { drawAll, judge } from "./draw.ts";
import { escape } from "./escape.ts";
import { highlight } from "./highlight.ts";
import type { Said } from "./said.ts";
import {
  type Box,
  type Page,
  pageOf,
  type Section,
  segmentsByLine,
} from "./segments.ts";
import type { Told } from "./tell.ts";

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
  /** The file of its tests, and the one of inputs that they use. */
  readonly tests: string;
  readonly inputs?: string;
  /** Hints by the names of the exercises. */
  readonly hints: ReadonlyMap<string, readonly string[]>;
  readonly recording: Recording;
}

/** What the scripts of a lesson's page get to know. */
export interface LessonData {
  readonly name: string;
  readonly segments: Page["segments"];
  readonly exercises: readonly {
    readonly name: string;
    readonly task: string;
    readonly segment: number;
    readonly hints: readonly string[];
  }[];
  readonly options: Told["options"];
  readonly tests: string;
  readonly inputs?: string;
  /** Whether it can run in a browser. */
  readonly runs: boolean;
}

/** These lessons are about what a page in a browser may not do. */
export const outside: Readonly<Record<string, string>> = {
  "01_processes":
    "This lesson asks the operating system about its process, which a page in a browser cannot.",
  "04_child_processes":
    "This lesson starts processes, which a page in a browser cannot.",
  "14_subprocess":
    "This lesson starts programs, which a page in a browser cannot.",
};

/** What a page adds under the first code that has a text. */
const widgets: Readonly<Record<string, string>> = {
  "curve(": "speedup",
  "evaluationOrder(": "lanes",
  "function add({ counter": "stepper",
};

/**
 * What a page may load and run: its own scripts, threads made of text, and the
 * lesson. Nothing comes from elsewhere, and nothing goes there.
 */
const policy = "default-src 'none'; " +
  "script-src 'self' blob: data: 'unsafe-eval'; worker-src 'self' blob:; " +
  "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

/** The title of a lesson. */
export const titleOf = (name: string) =>
  lessons.find(([known]) => known === name)?.[1] ?? name;
/** The number of a lesson. */
export const numberOf = (name: string) => Number.parseInt(name);
/** What the address of a section ends with. */
const idOf = (title: string) =>
  title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

/** Calls, and names that no word of English looks like. */
const names =
  /(?<![\w/.#-])(?:(?:\w+\.)*[a-zA-Z]\w*\((?:[^()<&]|&#34;)*\)|[a-z]+[A-Z]\w*|[A-Z]\w+\.[a-z]\w+)(?![\w/])/g;

/** A paragraph's text, with the code in it as code. */
export function inline(text: string): string {
  return escape(text).split(/(`[^`]+`|\bhttps:\/\/[^\s)]+[\w/])/)
    .map((part) =>
      /^`.+`$/.test(part)
        ? `<code>${part.slice(1, -1)}</code>`
        : part.startsWith("https://")
        ? `<a href="${part}">${part}</a>`
        : part.replace(names, "<code>$&</code>")
    ).join("");
}

/** What a frame has besides its title and its text. */
interface FrameSettings {
  readonly current?: string;
  readonly sections?: readonly Section[];
  readonly head?: string;
  /** A line of the head of the page that says what it is about. */
  readonly about: string;
}

/** The links to the sections of a page. */
function sectionLinks(sections: readonly Section[]): string {
  return sections.filter(({ title }) => title).map(({ title }) =>
    `<li><a href="#${idOf(title)}">${escape(title)}</a></li>`
  ).join("");
}

/** A whole page around what it holds. */
export function frame(
  title: string,
  main: string,
  settings: FrameSettings,
): string {
  const { current, sections = [], head = "", about } = settings;
  const parts = sectionLinks(sections);
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
<meta name="description" content="${escape(about)}">
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
<button type="button" popovertarget="menu">Lessons</button>
<nav id="menu" popover aria-label="Lessons"><ol>
${entries}
</ol></nav>
<button type="button" id="theme" hidden>Dark</button>
</header>
${main}
</body>
</html>
`;
}

/** What scripts get to know, as an element. */
export function dataElement(id: string, data: unknown): string {
  const json = JSON.stringify(data).replaceAll("<", "\\u003c");
  return `<script type="application/json" id="${id}">${json}</script>`;
}

/** Whether code weighs memory, which no page can know. */
export function isWeighing(box: Box, segments: Page["segments"]): boolean {
  const code = box.segments.map((it) => segments[it]!.text).join("");
  return /heapInUse\(|memoryUsage\(/.test(code);
}

/** The page of a lesson. */
export function lessonPage(material: Material, head: string): string {
  const { name, recording, source } = material;
  const page = pageOf(source);
  const draws = new Drawing(material, page);
  const sections = page.sections.map((section) => draws.section(section));
  const data: LessonData = {
    name,
    segments: page.segments,
    exercises: draws.exercises.map((it) => ({
      ...it,
      hints: material.hints.get(it.name) ?? [],
    })),
    options: recording.options,
    tests: material.tests,
    ...material.inputs !== undefined && { inputs: material.inputs },
    runs: !outside[name],
  };
  const number = numberOf(name);
  const rail = sectionLinks(page.sections);
  return frame(
    `${number} ${titleOf(name)} · Side by Side`,
    `<div class="lesson">
<nav class="rail" aria-label="Sections of this lesson"><ul>${rail}</ul></nav>
<main id="main">
${introOf(material, page)}
${sections.join("\n")}
${readingOf(recording)}
<nav class="steps" aria-label="Previous and next lesson">${
      stepTo(number - 1, "Previous lesson")
    }${stepTo(number + 1, "Next lesson")}</nav>
${dataElement("lesson", data)}
</main></div>`,
    { current: name, sections: page.sections, head, about: page.intro },
  );
}

/** What stands above a lesson. */
function introOf({ name, source, recording }: Material, page: Page): string {
  const number = numberOf(name);
  const [, command = ""] = /@run (.*)/.exec(source) ?? [];
  const recorded = `${escape(recording.machine)}, on ${dateOf(recording.date)}`;
  const note = outside[name]
    ? `${
      outside[name]
    } What stands here was recorded with ${recorded}. To run it yourself: <code>${
      escape(command)
    }</code>`
    : `Results are recorded (${recorded})<span class="scripted"> until you press Run. Change any code; types are not checked here</span>.`;
  return `<div class="intro"><p class="kicker">Lesson ${number} of ${lessons.length}</p>
<h1>${escape(titleOf(name))}</h1>
<p class="lead">${inline(page.intro)}</p>
<div class="start"><p id="start" hidden><button type="button" class="go" data-run>Run</button></p>
<p class="note" id="note">${note}</p></div></div>`;
}

/** What to read on. */
function readingOf({ readOn }: Recording): string {
  const reading = Object.entries(readOn).map(([title, address]) =>
    /^https:/.test(address)
      ? `<li><a href="${escape(address)}">${escape(title)}</a></li>`
      : `<li>${escape(title)}: ${escape(address)}</li>`
  ).join("\n");
  return reading &&
    `<section aria-labelledby="read-on"><h2 id="read-on">Read on</h2>
<ul>
${reading}
</ul></section>`;
}

/** A link to the lesson with a number, if there is one. */
function stepTo(number: number, label: string): string {
  const [name, title] = lessons[number - 1] ?? [];
  if (!name) return "<span></span>";
  const isNext = label.startsWith("Next");
  const [before, after] = isNext ? ["", " →"] : ["← ", ""];
  return `<a rel="${isNext ? "next" : "prev"}" href="${name}.html">${before}` +
    `<span class="unseen">${label}: </span>${escape(title!)}${after}</a>`;
}

/** Draws the sections of one lesson. */
class Drawing {
  readonly exercises: Omit<LessonData["exercises"][number], "hints">[] = [];
  readonly #page: Page;
  /** Whether the lesson can run on its page. */
  readonly #isRunning: boolean;
  /** What was recorded, by the number of the segment that printed it. */
  readonly #said = new Map<number, Said[]>();
  readonly #claims: Map<number, string>;
  /** The widgets that are left to draw, by what they are for. */
  readonly #widgets: Map<string, string>;

  constructor({ name, source, recording }: Material, page: Page) {
    this.#page = page;
    this.#isRunning = !outside[name];
    this.#claims = new Map(
      claimsOf(source).map(({ line, value }) => [line, value]),
    );
    this.#widgets = new Map(
      Object.entries(widgets).filter(([text]) => source.includes(text)),
    );
    const segmentAt = segmentsByLine(page.segments);
    for (const said of recording.said) {
      const segment = segmentAt(said.line);
      this.#said.set(segment, [...this.#said.get(segment) ?? [], said]);
    }
  }

  section(section: Section): string {
    const { title } = section;
    const isRest = section === this.#page.sections.at(-1);
    const id = idOf(title);
    const draw = ({ prose, boxes }: Section["rows"][number]) => {
      const paragraphs = prose.map((text) => `<p>${inline(text)}</p>`);
      const codes = boxes.map((box) => this.#box(box)).join("\n");
      const alone = boxes.length === 0 ? " alone" : "";
      const left = prose.length > 0 &&
        `<div class="prose${alone}">${paragraphs.join("\n")}</div>`;
      const right = codes && `<div class="codes">${codes}</div>`;
      return `<div class="row">${left || ""}${right}</div>${
        this.#widgetsAfter(boxes)
      }`;
    };
    // What there is to solve is never folded.
    const isFolded = ({ boxes }: Section["rows"][number]) =>
      isRest && boxes.every(({ exercises }) => exercises.length === 0);
    const drawn = section.rows.filter((row) => !isFolded(row)).map(draw)
      .join("\n");
    const folded = section.rows.filter(isFolded).map(draw).join("\n");
    if (!title) return `<div class="section">${drawn}</div>`;
    const heading = `<h2 id="${id}">${
      escape(title)
    } <a class="anchor" href="#${id}" aria-label="Link to: ${
      escape(title)
    }">#</a></h2>`;
    const rest = folded &&
      `<details class="rest"><summary>Show it</summary>${folded}</details>`;
    return `<section aria-labelledby="${id}">${heading}\n${drawn}${rest}</section>`;
  }

  /** The widgets that belong under some boxes. */
  #widgetsAfter(boxes: readonly Box[]): string {
    const code = boxes.flatMap(({ segments }) => segments)
      .map((it) => this.#page.segments[it]!.text).join("");
    return [...this.#widgets].filter(([text]) => code.includes(text))
      .map(([text, widget]) => {
        this.#widgets.delete(text);
        return `<div class="widget" data-widget="${widget}" hidden></div>`;
      }).join("");
  }

  #box(box: Box): string {
    const { doc, fold, segments, exercises } = box;
    const said = doc && `<p class="doc">${inline(doc)}</p>`;
    const text = segments.map((it) => this.#page.segments[it]!.text).join("");
    // The story stands inside of a call, indented.
    const isStory = text.startsWith("  ");
    const isCard = exercises.length > 0 && this.#isRunning;
    const solutions = isCard ? exercises.map(({ segment }) => segment) : [];
    const code = `<div class="box${isStory ? " story" : ""}">${
      segments.map((segment) =>
        this.#segment(segment, solutions.includes(segment))
      ).join("")
    }</div>`;
    if (fold) {
      return `<details class="fold"><summary>${fold}</summary>${code}</details>`;
    }
    return isCard ? this.#card(box, said + code) : said + code;
  }

  /** Exercises, with the code that they are in. */
  #card(box: Box, code: string): string {
    const { exercises } = box;
    const weighs = isWeighing(box, this.#page.segments);
    if (!weighs) this.exercises.push(...exercises);
    const tasks = exercises.map(({ name, task }) =>
      `<p class="task"><span class="badge">Exercise</span> <code>${name}</code>: ${
        inline(task)
      }${
        weighs
          ? ". A page cannot weigh memory: solve it in Deno."
          : ' <span class="so solved" hidden>✓ solved</span>'
      }</p>`
    ).join("");
    const places = weighs
      ? ""
      : exercises.map(({ name }) =>
        `<div class="exercise" data-exercise="${name}" hidden></div>`
      ).join("");
    return `<div class="card">${tasks}${code}${places}</div>`;
  }

  #segment(segment: number, isSolution: boolean): string {
    const code = this.#page.segments[segment]!.text.replace(/\n$/, "");
    const said = this.#said.get(segment);
    const judged = (said: Said) => judge(said, this.#claims.get(said.line));
    const pre =
      `<pre class="code" tabindex="0" data-segment="${segment}"><code>${
        highlight(code)
      }</code></pre>`;
    const out = said
      ? `<div class="out recorded">${drawAll(said, judged)}</div>`
      : "";
    // What makes a sentence is longer than the sentence.
    const label = isSolution
      ? "our solution"
      : /^ {2}say\(/.test(code) && "code";
    if (!label) return pre + out;
    return `<details class="${
      isSolution ? "solution" : "plumbing"
    }"><summary>${label}</summary>${pre}</details>${out}`;
  }
}

function dateOf(date: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    dateStyle: "long",
    timeZone: "UTC",
  })
    .format(new Date(date));
}
