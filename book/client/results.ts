/**
 * Which result belongs to which statement, and from which run it is.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { claimsOf } from "../../lib/lesson/claims.ts";
import { draw, judge } from "../draw.ts";
import { escape } from "../escape.ts";
import type { LessonData } from "../page.ts";
import type { Said } from "../said.ts";
import { segmentsByLine } from "../segments.ts";
import { element, find, findAll } from "./dom.ts";
import type { Work } from "./work.ts";

/** The results on a page, each under its statement. */
export class Results {
  /** Called when something was written under a statement. */
  onWrite: (out: HTMLElement) => void = () => {};
  readonly #data: LessonData;
  readonly #work: Work;
  /** What was recorded, by the numbers of the segments. */
  readonly #recorded = new Map<number, string>();
  /** The texts that the results on the page are of. */
  #texts: readonly string[];
  #segmentAt: (line: number) => number;
  #claims = new Map<number, string>();
  /** The segments that have printed in this run, or cannot. */
  readonly #fresh = new Set<number>();
  readonly #unknown = new Set<number>();
  /** Where each segment prints, to be found at once: there may be thousands. */
  readonly #outs = new Map<number, HTMLElement>();
  /** How many values there were, and how many are as their comments say. */
  judged = 0;
  asSaid = 0;

  /**
   * @param data The lesson.
   * @param work The texts.
   */
  constructor(data: LessonData, work: Work) {
    this.#data = data;
    this.#work = work;
    this.#texts = data.segments.map(({ text }) => text);
    this.#segmentAt = segmentsByLine(data.segments);
    for (const out of findAll(".out.recorded")) {
      const segment = findAll("[data-segment]").findLast((code) =>
        code.compareDocumentPosition(out) & Node.DOCUMENT_POSITION_FOLLOWING
      )!;
      out.dataset["of"] = segment.dataset["segment"];
      this.#recorded.set(Number(out.dataset["of"]), out.innerHTML);
    }
  }

  /** A run begins: what stands on the page is from before. */
  begin(): void {
    this.#texts = [...this.#work.texts];
    this.#segmentAt = segmentsByLine(
      this.#data.segments.map(({ isCode }, i) => (
        { isCode, text: this.#texts[i]! }
      )),
    );
    const claims = claimsOf(this.#texts.join(""));
    this.#claims = new Map(claims.map(({ line, value }) => [line, value]));
    this.judged = this.asSaid = 0;
    this.#fresh.clear();
    this.#unknown.clear();
    for (const out of findAll(".out")) {
      const recorded = this.#recorded.get(Number(out.dataset["of"]));
      if (recorded === undefined) out.remove();
      else {
        out.className = "out recorded old";
        out.innerHTML = recorded;
      }
    }
    find("main")!.classList.remove("stale");
  }

  /** Writes what was printed under the statement that printed it. */
  write(said: Said): void {
    const segment = this.#segmentAt(said.line);
    if (said.isRecorded) return void this.#unknown.add(segment);
    const verdict = judge(said, this.#claims.get(said.line));
    if (verdict) this.judged += 1;
    if (verdict?.isSo) this.asSaid += 1;
    const out = this.#freshOut(segment);
    const last = out.lastElementChild;
    // One element for each of thousands of lines would stop the page.
    if (said.kind === "log" && last?.classList.contains("log")) {
      return last.append(`\n${said.text}`);
    }
    const place = said.kind === "row"
      ? [...out.querySelectorAll("tbody")].at(-1) ?? out
      : out;
    place.insertAdjacentHTML("beforeend", draw(said, verdict));
    this.onWrite(out);
  }

  /**
   * Writes why the lesson failed under a statement, and gives the place. An error
   * that does not know where it was thrown stands under what the reader changed.
   */
  fail(text: string, line: number | undefined, last: number): HTMLElement {
    const { segments } = this.#data;
    const from = this.#segmentAt(last);
    const changed = segments.keys().filter((i) =>
      segments[i]!.isCode && segments[i]!.text !== this.#texts[i]
    );
    const all = [...changed];
    const guess = all.find((i) => i >= from) ?? all[0] ?? from;
    const segment = line === undefined ? guess : this.#segmentAt(line);
    const out = this.#freshOut(segment);
    out.append(element(`<p class="failed">${escape(text)}</p>`));
    return out;
  }

  /** Marks the statement that runs; none without a line. */
  mark(line?: number): void {
    for (const it of findAll(".edit.running")) it.classList.remove("running");
    if (line === undefined) return;
    this.#codeOf(this.#segmentAt(line)).closest(".edit")!
      .classList.add("running");
  }

  /** A run has ended: what it did not print is from before. */
  end(): void {
    this.mark();
    for (const out of findAll(".out.old")) {
      const isUnknown = this.#unknown.has(Number(out.dataset["of"]));
      out.classList.toggle("old", !isUnknown);
      this.#label(
        out,
        isUnknown
          ? "recorded on another computer: a page cannot find it out"
          : "recorded earlier, not printed by this run",
      );
    }
    this.showChanges();
  }

  /** Says which results are not those of the code that stands there now. */
  showChanges(): void {
    const { texts } = this.#work;
    const isOther = (i: number) => texts[i] !== this.#texts[i];
    find("main")!.classList.toggle("stale", [...texts.keys()].some(isOther));
    for (const out of findAll(".out[data-of]")) {
      const isBefore = isOther(Number(out.dataset["of"]));
      out.classList.toggle("before", isBefore);
      if (isBefore) this.#label(out, "from before your change");
      else if (!out.classList.contains("old")) {
        find(".label.change", out)?.remove();
      }
    }
  }

  #label(out: HTMLElement, text: string): void {
    find(".label", out)?.remove();
    const kind = text.startsWith("from") ? " change" : "";
    out.prepend(element(`<p class="label${kind}">${text}</p>`));
  }

  /** The place for what this run prints under a statement. */
  #freshOut(segment: number): HTMLElement {
    if (this.#fresh.has(segment)) return this.#outs.get(segment)!;
    const known = find(`.out[data-of="${segment}"]`);
    const out = known ??
      element(`<div class="out" data-of="${segment}"></div>`);
    if (!known) placeOf(this.#codeOf(segment)).after(out);
    this.#fresh.add(segment);
    this.#outs.set(segment, out);
    out.className = "out";
    out.innerHTML = "";
    // A result inside of what is folded would not be seen.
    for (
      let it = out.closest("details");
      it;
      it = it.parentElement!.closest("details")
    ) {
      it.open = true;
    }
    return out;
  }

  #codeOf(segment: number): HTMLElement {
    return find(`[data-segment="${segment}"]`)!;
  }
}

/** What a result stands after: the code, or what it is folded in. */
function placeOf(code: HTMLElement): HTMLElement {
  const fold = code.closest<HTMLElement>(".plumbing, .solution");
  return fold ?? code.closest<HTMLElement>(".edit")!;
}
