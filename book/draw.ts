/**
 * Draws what a lesson prints, as HTML: for the recorded results when the book is
 * built, and in the page when the lesson runs there.
 *
 * @module
 */

import { describeShare, parallelShare } from "../lib/lesson/amdahl.ts";
import { agrees } from "../lib/lesson/claims.ts";
import { duration } from "../lib/lesson/units.ts";
import { escape } from "./escape.ts";
import type { Bar, Gain, Said } from "./said.ts";

/** What a comment says of a value, and whether it is so. */
export type Verdict = { readonly claim: string; readonly isSo: boolean };

/**
 * Compares what was printed with its comment; undefined where there is none. A
 * duration differs in its unit, too, from clock to clock.
 */
export function judge(said: Said, claim?: string): Verdict | undefined {
  if (claim === undefined || !("expression" in said)) return undefined;
  const plain = (text: string) =>
    claim.startsWith("≈")
      ? text.replace(/(below )?[\d.]+ (µs|ms|s)\b/g, "1 ms")
      : text;
  return { claim, isSo: agrees(plain(claim), plain(said.text)) };
}

/**
 * Draws one thing that is printed.
 *
 * @param said What is printed; a row belongs to the table before it.
 * @param verdict Whether it is as its comment says.
 * @returns HTML.
 */
export function draw(said: Said, verdict?: Verdict): string {
  switch (said.kind) {
    case "say":
      return `<p>${escape(said.text)}</p>`;
    case "log":
      return `<pre class="log">${escape(said.text)}</pre>`;
    case "value":
    case "error":
      return drawValue(said.kind, said.expression, said.text, verdict);
    case "table": {
      const { heads, numbers } = said;
      const cells = heads.map((head, i) => drawCell("th", head, numbers[i]!));
      return `<div class="scroll" tabindex="0" role="group" aria-label="Table: ${
        escape(heads.join(", "))
      }"><table><thead><tr>${
        cells.join("")
      }</tr></thead><tbody></tbody></table></div>`;
    }
    case "row":
      return `<tr>${
        said.cells.map((cell) => drawCell("td", cell, isNumber(cell))).join("")
      }</tr>`;
    case "bars":
      return `<div class="bars">${
        said.bars.map(({ label, share, text }) =>
          `<span>${escape(label)}</span><svg height="14" aria-hidden="true">` +
          `<rect width="${percent(share)}" height="14" rx="3"/></svg>` +
          `<span>${escape(text)}</span>`
        ).join("")
      }</div>`;
    case "timeline":
      return drawTimeline(said.bars);
    case "curve":
      return drawCurve(said.points, said.cores);
  }
}

/**
 * Draws all that is printed under one line.
 *
 * @param all What is printed, in order.
 * @param judge Says whether a value is as its comment says.
 * @returns HTML.
 */
export function drawAll(
  all: readonly Said[],
  judge: (said: Said) => Verdict | undefined = () => undefined,
): string {
  return all.reduce((html, said) => {
    const drawn = draw(said, judge(said));
    if (said.kind !== "row") return html + drawn;
    const end = html.lastIndexOf("</tbody>");
    return html.slice(0, end) + drawn + html.slice(end);
  }, "");
}

function drawValue(
  kind: string,
  expression: string,
  text: string,
  verdict: Verdict | undefined,
): string {
  const sign = verdict?.isSo
    ? ' <span class="so" title="as the comment says"><span aria-hidden="true">✓' +
      '</span><span class="unseen">as the comment says</span></span>'
    : verdict
    ? `<small>the comment says ${escape(verdict.claim)}</small>`
    : "";
  const claim = verdict ? ` data-claim="${escape(verdict.claim)}"` : "";
  return `<div class="value ${kind}${
    verdict?.isSo === false ? " not-so" : ""
  }"${claim}>` +
    `<code class="expression">${escape(expression)}</code>` +
    `<samp>${escape(text)}</samp>${sign}</div>`;
}

/** Whether a cell is read as a number, as "12.5 ms" and "1.9 ×" are. */
export function isNumber(cell: string): boolean {
  return /^[-≈]? ?\d[\d .]*( ?(µs|ms|s|[kMGT]?B|%|×)( slower)?)?$/.test(cell);
}

/** Cells with more characters may take several lines. */
const longCell = 20;

function drawCell(tag: string, text: string, isNumber: boolean): string {
  const kind = isNumber ? "number" : text.length > longCell ? "long" : "";
  const attributes = (tag === "th" ? ' scope="col"' : "") +
    (kind && ` class="${kind}"`);
  return `<${tag}${attributes}>${escape(text)}</${tag}>`;
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}

/** How high the row of a worker is, and the bar in it, in pixels. */
const row = 30;
const bar = 24;

/**
 * Draws which worker ran which task when. Places along the time are given in
 * percent, so that the drawing fits a page of any width.
 */
function drawTimeline(bars: readonly Bar[]): string {
  if (bars.length === 0) return "<p>(nothing ran)</p>";
  const workers = [...new Set(bars.map(({ worker }) => worker))]
    .sort((a, b) => a - b);
  const end = Math.max(...bars.map(({ to }) => to), Number.MIN_VALUE);
  const height = workers.length * row;
  const at = (time: number) => percent(time / end);
  const names = workers.map((worker, i) =>
    `<text class="name" x="-8" y="${i * row + 17}">Worker ${worker}</text>` +
    `<line class="idle" x1="0" x2="100%" y1="${i * row + 13}" y2="${
      i * row + 13
    }"/>`
  );
  const tasks = bars.map(({ worker, task, from, to }) => {
    const y = workers.indexOf(worker) * row + 1;
    const share = (to - from) / end;
    const number = share < 0.04
      ? ""
      : `<text x="${at(from)}" dx="7" y="${y + 17}">${task}</text>`;
    return `<g class="task${task % 2 ? " odd" : ""}"><title>task ${task}: ${
      duration(to - from)
    }</title><rect x="${at(from)}" y="${y}" width="${
      percent(Math.max(share, 0.003))
    }" height="${bar}" rx="3"/>${number}</g>`;
  });
  return `<figure><svg class="timeline" role="img" height="${
    height + 22
  }" aria-label="${escape(`Timeline. ${wordsOf(bars, workers)}.`)}">${
    drawTicks(end, height)
  }${names.join("")}${tasks.join("")}</svg><figcaption>${
    captionOf(bars, workers.length, end)
  }</figcaption></figure>`;
}

/** The lines and times of a timeline. */
function drawTicks(end: number, height: number): string {
  return ticksOf(end).map((time) => {
    const x = percent(time / end);
    const text = duration(time).replace(/[\d.]+/, (it) => `${+it}`);
    return `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/>` +
      `<text class="tick" x="${x}" y="${height + 16}">${
        time === 0 ? "0" : text
      }</text>`;
  }).join("");
}

/** What a timeline shows, in one sentence. */
function captionOf(bars: readonly Bar[], workers: number, end: number): string {
  const busy = bars.reduce((sum, { from, to }) => sum + to - from, 0);
  return `${bars.length} tasks on ${workers} workers: ` +
    `${duration(busy)} of work in ${duration(end)}, ` +
    `${(busy / end).toFixed(1)} at the same time on average.`;
}

/** A timeline for those who do not see it. */
function wordsOf(bars: readonly Bar[], workers: readonly number[]): string {
  return workers.map((worker) =>
    `Worker ${worker}: ` + bars.filter((it) => it.worker === worker)
      .map(({ task, from, to }) =>
        `task ${task} from ${duration(from)} to ${duration(to)}`
      ).join(", ")
  ).join(". ");
}

/** Draws how many times as fast more workers are, beside the ideal. */
function drawCurve(points: readonly Gain[], cores: number): string {
  const most = Math.max(...points.map(({ workers }) => workers), 2);
  const top = Math.max(
    ...points.map(({ gain }) => gain),
    Math.min(most, cores),
  );
  // Room for the names of the axes stands around 300 by 150.
  const x = (workers: number) => 34 + 300 * (workers - 1) / (most - 1);
  const y = (gain: number) => 160 - 150 * gain / top;
  const path = (kind: string, gainOf: (workers: number) => number) => {
    const places = Array.from({ length: 41 }, (_, i) => 1 + i * (most - 1) / 40)
      .map((workers) =>
        `${x(workers).toFixed(1)} ${
          y(gainOf(Math.min(workers, cores))).toFixed(1)
        }`
      );
    return `<path class="${kind}" d="M${places.join("L")}"/>`;
  };
  const share = parallelShare(points, cores);
  const fit = share
    ? path("fit", (workers) => 1 / (1 - share + share / workers))
    : "";
  const ideal = path("ideal", (workers) => workers);
  return `<figure><svg class="gains" role="img" viewBox="0 0 350 184" aria-label="${
    gainsInWords(points)
  }">${drawGains(top, y)}${ideal}${fit}${
    points.map((it) => drawDot(it, x(it.workers), y(it.gain))).join("")
  }</svg><figcaption>Dots: measured, by the number of workers. Dashed: ideal.${
    fit ? " Line: the law. " : " "
  }${describeShare(share)}</figcaption></figure>`;
}

/** The lines of a curve, at most six, with the gains that they stand for. */
function drawGains(top: number, y: (gain: number) => number): string {
  const step = Math.ceil(top / 6);
  return Array.from({ length: Math.floor(top / step) }, (_, i) => {
    const gain = (i + 1) * step;
    return `<line class="grid" x1="34" x2="334" y1="${y(gain)}" y2="${
      y(gain)
    }"/><text x="28" y="${y(gain) + 4}" text-anchor="end">${gain} ×</text>`;
  }).join("");
}

function drawDot({ workers, gain }: Gain, x: number, y: number): string {
  return `<circle cx="${x}" cy="${y}" r="4"><title>${workers} workers: ${
    gain.toFixed(2)
  } ×</title></circle><text x="${x}" y="178" text-anchor="middle">${workers}</text>`;
}

function gainsInWords(points: readonly Gain[]): string {
  return points.map(({ workers, gain }) =>
    `${workers} workers: ${gain.toFixed(2)} times as fast`
  ).join(", ");
}

/** Four or so round times up to an end. */
function ticksOf(end: number): number[] {
  const power = 10 ** Math.floor(Math.log10(end / 4));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power)
    .find((step) => end / step <= 4.5)!;
  const ticks = [];
  // The last one has room for its text.
  for (let i = 0; i * step <= end * 0.97; i++) ticks.push(i * step);
  return ticks;
}
