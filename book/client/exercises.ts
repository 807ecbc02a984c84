/**
 * Exercises on a page: a card each, with what is asked and how it went.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { escape } from "../escape.ts";
import { highlight } from "../highlight.ts";
import type { LessonData } from "../page.ts";
import { element, find, findAll } from "./dom.ts";
import type { Editor } from "./editor.ts";
import { noteSolved, onSaved, solvedIn } from "./store.ts";
import type { Work } from "./work.ts";

/** Something to solve. */
export type Exercise = LessonData["exercises"][number];

/** What the cards need of the page. */
export interface Host {
  readonly data: LessonData;
  readonly work: Work;
  readonly editor: Editor;
  /** Runs the tests of an exercise; the card is told how they went. */
  check(exercise: Exercise, card: Card): void;
  say(text: string): void;
}

/** Makes the cards of a page. */
export function makeCards(host: Host): readonly Card[] {
  const cards = host.data.exercises.map((it) => new Card(host, it));
  const showSolved = () => {
    const solved = solvedIn(host.data.name);
    for (const card of cards) card.showSolved(solved);
    for (const link of findAll(".rail a")) {
      const section = find(link.getAttribute("href")!)?.parentElement;
      const own = findAll(".exercise", section ?? document.createElement("p"));
      const isDone = own.length > 0 &&
        own.every((it) => solved.includes(it.dataset["exercise"]!));
      link.classList.toggle("done", isDone);
    }
  };
  showSolved();
  onSaved("solved", showSolved);
  for (const card of cards) card.onSolved = showSolved;
  return cards;
}

/** One exercise. */
export class Card {
  onSolved: () => void = () => {};
  readonly #host: Host;
  readonly #exercise: Exercise;
  readonly #place: HTMLElement;
  readonly #report: HTMLElement;

  constructor(host: Host, exercise: Exercise) {
    this.#host = host;
    this.#exercise = exercise;
    const { name } = exercise;
    this.#place = find(`[data-exercise="${name}"]`)!;
    this.#place.hidden = false;
    this.#place.setAttribute("role", "group");
    this.#place.setAttribute("aria-label", `Exercise: ${name}`);
    this.#place.innerHTML = `<p class="begin">
<button type="button">Solve it yourself</button></p>
<div class="work"><p><button type="button" class="go">Check</button>
<button type="button">Hint</button></p><ol class="hints"></ol></div>
<div class="report" hidden></div>`;
    this.#report = find(".report", this.#place)!;
    const [begin, check, hint] = findAll("button", this.#place);
    begin!.addEventListener("click", () => this.#begin());
    check!.addEventListener("click", () => host.check(exercise, this));
    hint!.addEventListener("click", () => this.#hint());
  }

  /** Whether what stands there is the reader's. */
  show(): void {
    const { work } = this.#host;
    const isBegun = work.begun.has(this.#exercise.name);
    find(".begin", this.#place)!.hidden = isBegun;
    find(".work", this.#place)!.hidden = !isBegun;
    if (!isBegun) this.#report.hidden = true;
    const fold = find<HTMLDetailsElement>(
      `.solution:has([data-segment="${this.#exercise.segment}"])`,
    )!;
    fold.classList.toggle("begun", isBegun);
    if (isBegun) fold.open = true;
    else if (!work.isChanged(this.#exercise.segment)) fold.open = false;
  }

  /** Marks it if it is solved. */
  showSolved(solved: readonly string[]): void {
    const { name } = this.#exercise;
    const tasks = findAll(".task", this.#place.closest(".card")!);
    const own = tasks.find((it) => find("code", it)!.textContent === name)!;
    find(".solved", own)!.hidden = !solved.includes(name);
  }

  /**
   * Says how the tests went.
   *
   * @param lines What `deno task exercise` would print.
   * @param isSolved Whether all of them pass.
   */
  report(lines: readonly string[], isSolved: boolean): void {
    this.#report.hidden = false;
    this.#report.className = `report ${isSolved ? "right" : "wrong"}`;
    if (isSolved) {
      noteSolved(this.#host.data.name, this.#exercise.name);
      this.onSolved();
      this.#report.innerHTML = `<p class="verdict">✓ Solved</p>${this.#next()}
${this.#ours("Compare with ours")}`;
    } else this.#report.innerHTML = drawReport(lines);
  }

  /** The solution of the lesson, folded. */
  #ours(summary: string): string {
    const { text } = this.#host.data.segments[this.#exercise.segment]!;
    return `<details><summary>${summary}</summary><pre class="code"><code>${
      highlight(text)
    }</code></pre></details>`;
  }

  /** What there is to do next. */
  #next(): string {
    const { exercises, name } = this.#host.data;
    const solved = solvedIn(name);
    const left = exercises.find((it) => !solved.includes(it.name));
    if (left) {
      const card = find(`[data-exercise="${left.name}"]`)!.closest(".card")!;
      card.id = `exercise-${left.name}`;
      return `<p>Next: <a href="#${card.id}">${left.name}</a></p>`;
    }
    const next = find<HTMLAnchorElement>(".steps [rel=next]");
    return `<p>All exercises of this lesson are solved.${
      next
        ? ` Next: <a href="${next.getAttribute("href")}">${
          escape(next.lastChild!.textContent!.replace(" →", ""))
        }</a>`
        : ""
    }</p>`;
  }

  #begin(): void {
    const { work, editor, data } = this.#host;
    const { segment, name } = this.#exercise;
    work.begin(this.#exercise);
    editor.replace(segment, data.segments[segment]!.todo!);
    this.show();
    this.#host.say(`${name}: write your own, then Check`);
  }

  /** Gives the next hint; the last one is the solution. */
  #hint(): void {
    const { hints } = this.#exercise;
    const list = find(".hints", this.#place)!;
    const given = list.childElementCount;
    const next = hints[given];
    if (given <= hints.length) {
      const html = next ? escape(next) : this.#ours("Our solution");
      list.append(element(`<li>${html}</li>`));
    }
    this.#host.say(
      next
        ? `hint ${given + 1} of ${hints.length}: ${next}`
        : "there are no more hints; our solution is below",
    );
  }
}

/** What went wrong: what was asked, and both answers, below each other. */
function drawReport(lines: readonly string[]): string {
  const at = lines.findIndex((line) => line.startsWith("The first test"));
  const [title = "", ...rest] = at < 0 ? lines : lines.slice(at);
  const parts = rest.map((line) => {
    const [, label, text] =
      /^ {2}(it asked|with|your code gave|it should give|it found|your code threw|nothing is written yet): (.*)$/
        .exec(line) ?? [];
    if (!label) return `<dd class="more">${escape(line.trim())}</dd>`;
    const kind = /gave|found|threw/.test(label)
      ? "yours"
      : /give/.test(label)
      ? "expected"
      : "asked";
    return `<dt>${label}</dt><dd class="${kind}"><code>${
      escape(text!)
    }</code></dd>`;
  });
  return `<p class="verdict">✗ Not solved yet</p><p>${escape(title)}</p><dl>${
    parts.join("")
  }</dl>`;
}
