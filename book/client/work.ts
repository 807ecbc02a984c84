/**
 * What a reader has made of a lesson. It is saved at each change, other tabs
 * see it at once, and whatever is put away can be brought back.
 *
 * @module
 */
/// <reference lib="dom" />

import type { LessonData } from "../page.ts";
import { load, onSaved, save } from "./store.ts";

/** A segment that was changed: its number, and its text before and after. */
interface Change {
  readonly n: number;
  readonly from: string;
  readonly to: string;
}

/** Work as it is saved, and as links hold it. */
interface Saved {
  readonly changes: readonly Change[];
  /** The exercises that the reader has begun. */
  readonly begun: readonly string[];
}

/** A reader's work on one lesson. */
export class Work {
  /** Called with the numbers of the segments whose texts have changed. */
  onChange: (segments: readonly number[]) => void = () => {};
  /** Called when what was saved last will not outlive the page. */
  onUnsaved: () => void = () => {};
  readonly #data: LessonData;
  readonly #texts: string[];
  #begun = new Set<string>();
  /** What was changed in texts that the lesson does not have any more. */
  #outdated: readonly Change[] = [];
  /** Whether this is what a link holds: then nothing is saved. */
  #isForeign = false;

  /** @param data The lesson. */
  constructor(data: LessonData) {
    this.#data = data;
    this.#texts = data.segments.map(({ text }) => text);
    this.#adopt(load<Saved>(data.name));
    onSaved(data.name, () => {
      if (!this.#isForeign) this.#adopt(load<Saved>(data.name));
    });
  }

  /** The texts of the segments. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** The exercises that the reader has begun. */
  get begun(): ReadonlySet<string> {
    return this.#begun;
  }

  /** What the reader wrote in an earlier edition, and has no place here. */
  get outdated(): readonly string[] {
    return this.#outdated.map(({ to }) => to);
  }

  /** Whether this is another person's work, from a link. */
  get isForeign(): boolean {
    return this.#isForeign;
  }

  /** Whether a segment is not as it was in the lesson, or any. */
  isChanged(segment?: number): boolean {
    if (segment === undefined) return this.#changes().length > 0;
    return this.#texts[segment] !== this.#data.segments[segment]!.text;
  }

  /** Whether there is something to bring back. */
  get canBringBack(): boolean {
    return this.#keptVersions().length > 0;
  }

  /** Takes over what the reader has typed. */
  write(segment: number, text: string): void {
    this.#own();
    // Another tab may have changed other segments.
    const before = this.#texts[segment];
    this.#adopt(load<Saved>(this.#data.name));
    if (before !== this.#texts[segment]) this.#keep();
    this.#texts[segment] = text;
    this.#save();
    this.onChange([segment]);
  }

  /** Begins an exercise: the reader's own text is put away before it goes. */
  begin({ segment, name }: LessonData["exercises"][number]): void {
    this.#own();
    if (this.isChanged(segment)) this.#keep();
    this.#begun.add(name);
    this.#save();
  }

  /** Goes back to the original, or from a link to the reader's own work. */
  undo(): void {
    if (this.#isForeign) {
      this.#isForeign = false;
      return this.#adopt(load<Saved>(this.#data.name));
    }
    this.#keep();
    this.#adopt(undefined);
    this.#save();
  }

  /** Brings back what was put away last; what stands there is put away first. */
  bringBack(): void {
    const [last, ...rest] = this.#keptVersions();
    if (!last) return;
    this.#isForeign = false;
    save(`${this.#data.name}:kept`, rest.length > 0 ? rest : undefined);
    // It goes to the end of the line, so that all can be reached.
    this.#keep("last");
    this.#adopt(last);
    this.#save();
  }

  /** The part of a link that holds the changes. */
  async link(): Promise<string> {
    const bytes = new TextEncoder().encode(JSON.stringify(this.#saved()));
    const packed = await through(new CompressionStream("deflate-raw"), bytes);
    const text = btoa(
      Array.from(packed, (it) => String.fromCharCode(it)).join(""),
    );
    return `#change=${text.replaceAll("+", "-").replaceAll("/", "_")}`;
  }

  /**
   * Shows what a link holds. The reader's own work stays as it is saved.
   *
   * @returns What is wrong with it, if anything is.
   */
  async open(link: string): Promise<string | undefined> {
    let saved: Saved;
    try {
      const text = decodeURIComponent(link.replace("#change=", ""))
        .replaceAll("-", "+").replaceAll("_", "/");
      const packed = Uint8Array.from(atob(text), (it) => it.charCodeAt(0));
      const stream = new DecompressionStream("deflate-raw");
      const bytes = await through(stream, packed);
      saved = JSON.parse(new TextDecoder().decode(bytes));
      if (!Array.isArray(saved.changes)) throw new TypeError("no changes");
    } catch {
      return "The link holds changes that cannot be read. It may have been cut off, or belong to another edition of this lesson.";
    }
    this.#isForeign = true;
    this.#adopt(saved);
    return this.#outdated.length > 0
      ? "The link holds changes of another edition of this lesson; not all of them could be shown."
      : undefined;
  }

  /** What a link holds becomes the reader's, whose own work is put away. */
  #own(): void {
    if (!this.#isForeign) return;
    const own = load<Saved>(this.#data.name);
    this.#isForeign = false;
    if (own && own.changes.length > 0) this.#keep("next", own);
    this.#save();
  }

  #changes(): Change[] {
    return this.#data.segments.map(({ text: from }, n) => (
      { n, from, to: this.#texts[n]! }
    )).filter(({ from, to }) => from !== to);
  }

  #saved(): Saved {
    const changes = [...this.#changes(), ...this.#outdated];
    return { changes, begun: [...this.#begun] };
  }

  #save(): void {
    const saved = this.#saved();
    const isNothing = saved.changes.length === 0 && saved.begun.length === 0;
    const isSafe = save(this.#data.name, isNothing ? undefined : saved);
    if (!isSafe) this.onUnsaved();
  }

  #keptVersions(): readonly Saved[] {
    return load<Saved[]>(`${this.#data.name}:kept`) ?? [];
  }

  /** Puts work away, as the next to bring back or as the last. */
  #keep(place: "next" | "last" = "next", work = this.#saved()): void {
    if (work.changes.length === 0) return;
    const same = JSON.stringify(work.changes);
    const all = this.#keptVersions()
      .filter(({ changes }) => JSON.stringify(changes) !== same);
    // One store is there for all lessons.
    const versions = place === "next"
      ? [work, ...all].slice(0, 30)
      : [...all, work];
    if (!save(`${this.#data.name}:kept`, versions)) this.onUnsaved();
  }

  /**
   * Makes the texts those of some work. A lesson that has a new edition takes
   * what was changed in a text that it still has.
   */
  #adopt(saved: Partial<Saved> | undefined): void {
    const { segments } = this.#data;
    const texts = segments.map(({ text }) => text);
    const outdated: Change[] = [];
    for (const change of saved?.changes ?? []) {
      const { n, from, to } = change;
      const at = segments[n]?.text === from
        ? n
        : segments.findIndex(({ text }) => text === from);
      if (segments[at]?.isCode) texts[at] = to;
      else outdated.push(change);
    }
    this.#outdated = outdated;
    this.#begun = new Set(saved?.begun);
    const changed = [...texts.keys()]
      .filter((i) => texts[i] !== this.#texts[i]);
    for (const i of changed) this.#texts[i] = texts[i]!;
    this.onChange(changed);
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
