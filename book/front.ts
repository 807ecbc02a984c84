/**
 * The front page of the book.
 *
 * @module
 */

import { drawAll } from "./draw.ts";
import { escape } from "./escape.ts";
import {
  dataElement,
  frame,
  inline,
  isWeighing,
  type Material,
  numberOf,
  outside,
  titleOf,
} from "./page.ts";
import type { Said } from "./said.ts";
import { type Box, pageOf } from "./segments.ts";

/** The lessons as the front page has them. */
const groups: readonly (readonly [title: string, numbers: number[]])[] = [
  ["Processes and workers", [1, 2, 3, 4]],
  ["Parallel and concurrent", [5, 6, 7, 8]],
  ["Functional programming, and two appendices", [9, 10, 11, 12, 13, 14, 15]],
];

/** The front page. */
export function frontPage(
  materials: readonly Material[],
  head: string,
): string {
  const about = "Parallelism and functional programming in TypeScript, in " +
    "lessons that run in the browser, on your own processors.";
  const shown = materials.find(({ source }) => /runParallel\(/.test(source));
  const list = groups.map(([title, numbers], i) => {
    const own = materials.filter(({ name }) =>
      numbers.includes(numberOf(name))
    );
    return `<section aria-labelledby="group-${i}"><h2 id="group-${i}">${title}</h2>
<ul class="lessons">
${own.map(lessonEntry).join("\n")}
</ul></section>`;
  }).join("\n");
  return frame(
    "Side by Side",
    `<main id="main" class="front">
<div class="hero">
<div class="intro"><h1>Code that runs side by side</h1>
<p class="lead">${about} Change the code, press Run, and see each value under
the line that printed it.</p>
<p class="start"><a class="go" href="${
      materials[0]!.name
    }.html">Start with lesson 1</a>
<a href="#group-0">All ${materials.length} lessons</a></p>
<p class="note">Nothing is installed, and nothing is sent anywhere. Each lesson
is one file, which also runs with <a href="https://deno.com">Deno</a>.</p></div>
${shown ? heroOf(shown) : ""}
</div>
${list}
</main>`,
    { head, about },
  );
}

/** A lesson that runs on the front page, and what was recorded of it. */
function heroOf({ name, source, recording }: Material): string {
  const timeline = recording.said.find(({ kind }) => kind === "timeline");
  return `<section class="widget" data-widget="speedup" aria-labelledby="cores">
<h2 id="cores">Eight tasks on your processors</h2>
<div class="drawing">${drawAll(timeline ? [timeline] : [])}
<p class="label">recorded with ${recording.machine}</p></div>
</section>
${dataElement("shown", { name, source })}`;
}

/** What can be solved on a page: not in a lesson that cannot run there. */
function solvableIn({ name, source }: Material): Box[] {
  if (outside[name]) return [];
  const { sections, segments } = pageOf(source);
  return sections.flatMap(({ rows }) => rows).flatMap(({ boxes }) => boxes)
    .filter((box) => box.exercises.length > 0 && !isWeighing(box, segments));
}

/** A lesson on the front page. */
function lessonEntry(material: Material): string {
  const { name, source, recording } = material;
  const { intro } = pageOf(source);
  const exercises = solvableIn(material).flatMap((it) => it.exercises).length;
  const state = outside[name]
    ? "to read: it needs more than a browser"
    : `${exercises} exercise${exercises === 1 ? "" : "s"}`;
  return `<li><h3><a href="${name}.html"><span class="nr">${
    numberOf(name)
  }</span> ${escape(titleOf(name))}</a></h3>
<div class="picture" aria-hidden="true" inert>${pictureOf(recording.said)}</div>
<p>${inline(intro.split(/(?<=\.) /)[0]!)}</p>
<p class="progress" data-progress="${name}" data-exercises="${exercises}">${state}</p></li>`;
}

/** A small picture of what a lesson prints: the first of what is best to see. */
function pictureOf(said: readonly Said[]): string {
  for (const kind of ["timeline", "bars", "table", "value", "error"]) {
    const at = said.findIndex((it) => it.kind === kind);
    if (at < 0) continue;
    if (kind === "value" || kind === "error") {
      return drawAll(said.filter((it) => "expression" in it).slice(0, 3));
    }
    if (kind !== "table") return drawAll([said[at]!]);
    const end = said.findIndex((it, i) => i > at && it.kind !== "row");
    const few = said.slice(at, end < 0 ? undefined : end).slice(0, 5).map((
      it,
    ) => ({
      ...it,
      ..."cells" in it && { cells: it.cells.slice(0, 4) },
      ..."heads" in it && { heads: it.heads.slice(0, 4) },
    }));
    return drawAll(few as Said[]);
  }
  return "";
}
