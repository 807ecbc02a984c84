/**
 * The code of a page, which readers can change: a field over the highlighted
 * text of each segment.
 *
 * @module
 */

import highlighter from "npm:highlight.js@11.12.0/lib/core";
import typescript from "npm:highlight.js@11.12.0/lib/languages/typescript";
import type { LessonData } from "../page.ts";
import { load, save } from "./store.ts";

highlighter.registerLanguage("ts", typescript);

/** What a reader has changed. */
interface Changes {
  readonly version: string;
  /** The new texts, by the numbers of their segments. */
  readonly texts: Readonly<Record<string, string>>;
  /** The exercises that the reader has begun. */
  readonly begun?: readonly string[];
}

/** The text of a lesson as the reader has it. */
export class Editor {
  /** The exercises that the reader has begun. */
  readonly begun = new Set<string>();
  /** Called when the text has changed. */
  onChange: () => void = () => {};
  readonly #data: LessonData;
  readonly #texts: string[];
  readonly #fields = new Map<number, HTMLTextAreaElement>();

  constructor(data: LessonData) {
    this.#data = data;
    this.#texts = data.segments.map(({ text }) => text);
    const all = document.querySelectorAll<HTMLElement>(".code[data-segment]");
    for (const view of all) this.#addField(view);
    this.#apply(load<Changes>(data.name));
  }

  /** The texts of the segments. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Whether anything is not as it was. */
  get isChanged(): boolean {
    return this.#data.segments.some(({ text }, i) => text !== this.#texts[i]);
  }

  /** Changes a segment, as the reader does by typing, and goes there. */
  write(segment: number, text: string): void {
    this.#set(segment, text);
    this.#changed();
    const field = this.#fields.get(segment);
    field?.focus();
    field?.setSelectionRange(0, field.value.length);
  }

  /** Goes back to the original. */
  undo(): void {
    for (const [i, { text }] of this.#data.segments.entries()) {
      this.#set(i, text);
    }
    this.begun.clear();
    this.#changed();
  }

  /** The part of a link that holds the changes. */
  async link(): Promise<string> {
    const bytes = new TextEncoder().encode(JSON.stringify(this.#changes()));
    const packed = await through(new CompressionStream("deflate-raw"), bytes);
    const text = btoa(String.fromCharCode(...packed));
    return `#change=${text.replaceAll("+", "-").replaceAll("/", "_")}`;
  }

  /**
   * Takes over the changes of a link.
   *
   * @returns What is wrong with them, if anything is.
   */
  async open(link: string): Promise<string | undefined> {
    try {
      const text = decodeURIComponent(link.replace("#change=", ""))
        .replaceAll("-", "+").replaceAll("_", "/");
      const packed = Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
      const bytes = await through(
        new DecompressionStream("deflate-raw"),
        packed,
      );
      const changes = JSON.parse(new TextDecoder().decode(bytes)) as Changes;
      if (changes.version !== this.#data.version) {
        return "The link holds changes of another edition of this lesson, so they are not shown.";
      }
      for (const [i, { text }] of this.#data.segments.entries()) {
        this.#set(i, text);
      }
      this.#apply(changes);
      return undefined;
    } catch {
      return "The link holds changes that cannot be read. It may have been cut off.";
    }
  }

  #changes(): Changes {
    const { version, segments } = this.#data;
    const texts = Object.fromEntries(
      this.#texts.map((text, i) => [i, text] as const)
        .filter(([i, text]) => text !== segments[i]!.text),
    );
    return { version, texts, begun: [...this.begun] };
  }

  #apply(changes: Changes | undefined): void {
    if (changes?.version !== this.#data.version) return;
    for (const [segment, text] of Object.entries(changes.texts)) {
      if (this.#fields.has(Number(segment))) this.#set(Number(segment), text);
    }
    for (const name of changes.begun ?? []) this.begun.add(name);
  }

  #set(segment: number, text: string): void {
    this.#texts[segment] = text;
    const field = this.#fields.get(segment);
    if (!field || field.value + "\n" === text) return;
    field.value = text.replace(/\n$/, "");
    this.#paint(field, segment);
  }

  #changed(): void {
    const isAsItWas = !this.isChanged && this.begun.size === 0;
    save(this.#data.name, isAsItWas ? undefined : this.#changes());
    this.onChange();
  }

  /** Lays a field for typing over the text that a page has without scripts. */
  #addField(view: HTMLElement): void {
    const segment = Number(view.dataset["segment"]);
    const field = document.createElement("textarea");
    const text = this.#texts[segment]!.replace(/\n$/, "");
    field.value = text;
    field.rows = 1;
    field.spellcheck = false;
    field.autocapitalize = "off";
    field.autocomplete = "off";
    field.setAttribute("aria-label", `Code: ${text.trim().split("\n", 1)[0]}`);
    const edit = document.createElement("div");
    edit.className = "edit";
    view.replaceWith(edit);
    edit.append(view, field);
    view.setAttribute("aria-hidden", "true");
    this.#fields.set(segment, field);
    this.#paint(field, segment);
    field.addEventListener("input", () => {
      this.#texts[segment] = `${field.value}\n`;
      this.#paint(field, segment);
      this.#changed();
    });
    field.addEventListener("keydown", (event) => this.#key(event, field));
  }

  #paint(field: HTMLTextAreaElement, segment: number): void {
    const edit = field.parentElement!;
    const { value } = highlighter.highlight(field.value, { language: "ts" });
    // A line that is empty at the end has no height otherwise.
    edit.querySelector("code")!.innerHTML = `${value}\n`;
    const isChanged =
      this.#texts[segment] !== this.#data.segments[segment]!.text;
    edit.classList.toggle("changed", isChanged);
  }

  /** Enter keeps the indentation; arrows lead to the next field. */
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
    const all = [
      ...document.querySelectorAll<HTMLTextAreaElement>(".edit textarea"),
    ]
      .filter((it) => it.offsetParent !== null);
    const next = all[all.indexOf(field) + (isDown ? 1 : -1)];
    if (!next || next.closest(".box") !== field.closest(".box")) return;
    event.preventDefault();
    next.focus();
    const at = isDown ? 0 : next.value.length;
    next.setSelectionRange(at, at);
  }
}

/** Bytes after they went through a stream that packs or unpacks them. */
async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
