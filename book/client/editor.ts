/**
 * The code of a page, which readers can change. It is text until somebody uses
 * it; then a field lies over it.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { highlight } from "../highlight.ts";
import type { LessonData } from "../page.ts";
import { find, findAll } from "./dom.ts";
import type { Work } from "./work.ts";

/** The fields of a page. */
export class Editor {
  readonly #data: LessonData;
  readonly #work: Work;
  readonly #views = new Map<number, HTMLElement>();
  readonly #fields = new Map<number, HTMLTextAreaElement>();

  /**
   * @param data The lesson.
   * @param work The texts.
   */
  constructor(data: LessonData, work: Work) {
    this.#data = data;
    this.#work = work;
    for (const view of findAll(".code[data-segment]")) this.#prepare(view);
    addEventListener("copy", copyAll);
  }

  /** Shows the text of a segment, as it is now. */
  show(segment: number): void {
    const view = this.#views.get(segment);
    if (!view) return;
    const text = this.#work.texts[segment]!.replace(/\n$/, "");
    // A line that is empty at the end has no height otherwise.
    find("code", view)!.innerHTML = `${highlight(text)}\n`;
    view.parentElement!.classList.toggle(
      "changed",
      this.#work.isChanged(segment),
    );
    const field = this.#fields.get(segment);
    if (field && field.value !== text) field.value = text;
  }

  /**
   * Makes a field of a segment and goes there.
   *
   * @param segment The segment.
   * @param from Where the selection begins, in the text.
   * @param to Where it ends.
   */
  open(segment: number, from = 0, to = from): void {
    const view = this.#views.get(segment);
    if (!view) return;
    const field = this.#fields.get(segment) ?? this.#makeField(segment, view);
    const fold = field.closest("details");
    if (fold) fold.open = true;
    field.focus();
    field.setSelectionRange(from, to);
  }

  /** Writes a text as a reader does, so that Ctrl+Z takes it back. */
  replace(segment: number, text: string): void {
    const all = [0, Number.MAX_SAFE_INTEGER] as const;
    this.open(segment, ...all);
    document.execCommand("insertText", false, text.replace(/\n$/, ""));
    this.open(segment, ...all);
    // The browser shows the end of what is selected; one reads from the left.
    this.#views.get(segment)!.parentElement!.scrollLeft = 0;
  }

  /** Has a text wait until it is used. */
  #prepare(view: HTMLElement): void {
    const segment = Number(view.dataset["segment"]);
    const edit = document.createElement("div");
    edit.className = "edit";
    view.replaceWith(edit);
    edit.append(view);
    this.#views.set(segment, view);
    view.tabIndex = 0;
    view.setAttribute("role", "group");
    view.setAttribute(
      "aria-label",
      `${this.#nameOf(segment)}, Enter changes it`,
    );
    view.addEventListener("click", (event) => {
      const selection = getSelection();
      if (selection?.isCollapsed === false) return;
      this.open(segment, offsetAt(view, event));
    });
    view.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.open(segment);
    });
    this.show(segment);
  }

  /** What a segment is called. */
  #nameOf(segment: number): string {
    const exercise = this.#data.exercises.find((it) => it.segment === segment);
    if (exercise) return `Your code: ${exercise.name}`;
    const text = this.#data.segments[segment]!.text.trim();
    const [line = ""] = text.split("\n");
    return /\w/.test(line) ? `Code: ${line}` : "Code: the end of what is above";
  }

  /** Lays a field over a text. */
  #makeField(segment: number, view: HTMLElement): HTMLTextAreaElement {
    const field = document.createElement("textarea");
    field.value = this.#work.texts[segment]!.replace(/\n$/, "");
    field.rows = 1;
    field.wrap = "off";
    field.spellcheck = false;
    field.autocapitalize = "off";
    field.autocomplete = "off";
    field.setAttribute("aria-label", this.#nameOf(segment));
    view.after(field);
    view.tabIndex = -1;
    view.removeAttribute("role");
    view.removeAttribute("aria-label");
    view.setAttribute("aria-hidden", "true");
    this.#fields.set(segment, field);
    field.addEventListener("input", () => {
      this.#work.write(segment, `${field.value}\n`);
    });
    field.addEventListener("keydown", (event) => this.#key(event, field));
    return field;
  }

  /** Enter keeps the indentation; arrows lead to the next piece of the box. */
  #key(event: KeyboardEvent, field: HTMLTextAreaElement): void {
    const { key, isComposing, shiftKey, ctrlKey, metaKey } = event;
    if (isComposing || shiftKey || ctrlKey || metaKey) return;
    const { value, selectionStart: start, selectionEnd: end } = field;
    if (key === "Enter") {
      const line = value.slice(value.lastIndexOf("\n", start - 1) + 1, start);
      const [indent] = /^ */.exec(line)!;
      event.preventDefault();
      // The only way to write that Ctrl+Z can take back.
      document.execCommand("insertText", false, `\n${indent}`);
    }
    if (key !== "ArrowUp" && key !== "ArrowDown") return;
    const isDown = key === "ArrowDown";
    const rest = isDown ? value.slice(end) : value.slice(0, start);
    if (rest.includes("\n")) return;
    const box = field.closest<HTMLElement>(".box")!;
    const all = [...findAll(".code[data-segment]", box)]
      .filter((it) => it.checkVisibility())
      .map((it) => Number(it.dataset["segment"]));
    const own = Number(
      (field.previousElementSibling as HTMLElement).dataset["segment"],
    );
    const next = all[all.indexOf(own) + (isDown ? 1 : -1)];
    if (next === undefined) return;
    event.preventDefault();
    this.open(next, isDown ? 0 : this.#work.texts[next]!.length - 1);
  }
}

/** Copies code with what is folded in it: without that, it is other code. */
function copyAll(event: ClipboardEvent): void {
  const selection = getSelection()!;
  if (selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const { commonAncestorContainer: all } = range;
  const element = all instanceof Element ? all : all.parentElement!;
  if (!element.closest(".code")) return;
  event.clipboardData!.setData("text/plain", String(range));
  event.preventDefault();
}

/** Where in a text a click was. */
function offsetAt(view: HTMLElement, { clientX, clientY }: MouseEvent): number {
  const at = document.caretPositionFromPoint(clientX, clientY);
  if (!at || !view.contains(at.offsetNode)) return 0;
  const before = document.createRange();
  before.setStart(view, 0);
  before.setEnd(at.offsetNode, at.offset);
  return before.toString().length;
}
