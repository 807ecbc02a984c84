/**
 * The story of a lesson, told where it runs: each comment and each statement
 * appears just before the first result that follows it, or below its heading.
 *
 * A function's `toString()` keeps its comments, so a running program can read
 * them without a permission.
 *
 * @module
 */

import { claimOf } from "./claims.ts";
import { tidy } from "./code.ts";

/** A paragraph of a story, or a statement of its code. */
export interface Part {
  readonly kind: "prose" | "code";
  /** The paragraph's words on one line; the statement as it is written. */
  readonly text: string;
}

/** What a story calls to print something. */
const printing =
  /\b(show|showError|section|say|code|table|measure|bars|curve|timeline|pause)\(/;

/**
 * Cuts a story into its paragraphs and statements. Comments inside of a statement
 * belong to it; an empty comment line separates two paragraphs.
 */
export function partsOf(story: string): Part[] {
  const lines = story.split("\n").slice(1, -1);
  const indent = /^ */.exec(lines[0] ?? "")![0];
  const parts: { kind: Part["kind"]; lines: string[] }[] = [];
  let last: Part["kind"] | undefined;
  for (const line of lines) {
    // Deno puts a comment at the end of a block further to the left.
    const depth = /^ */.exec(line)![0].length;
    const comment = depth <= indent.length && /^ *\/\/ ?(.*)$/.exec(line);
    if (comment) {
      if (comment[1] === "") last = undefined;
      else if (last === "prose") parts.at(-1)!.lines.push(comment[1]!);
      else parts.push({ kind: last = "prose", lines: [comment[1]!] });
    } else if (depth === indent.length && !/^[\]})]/.test(line.trimStart())) {
      parts.push({ kind: last = "code", lines: [line.slice(indent.length)] });
    } else {
      parts.at(-1)?.lines.push(line.slice(indent.length));
    }
  }
  return parts.map(({ kind, lines }) => ({
    kind,
    text: lines.join(kind === "prose" ? " " : "\n"),
  }));
}

/** Tells the parts of a story, each of them once, as its results come. */
export class Narrator {
  readonly #parts: Part[];
  readonly #tell: (part: Part) => void;
  #next = 0;

  constructor(story: string, tell: (part: Part) => void) {
    this.#parts = partsOf(story);
    this.#tell = tell;
  }

  /**
   * Tells all that stands before a call that is about to print, given how its
   * first argument begins, where that is known. Gives what the comment behind
   * the call says that it prints.
   */
  before(name: string, argument = ""): string | undefined {
    // Inside of a story, code is indented differently.
    const squeeze = (text: string) => text.replace(/\s+/g, "");
    const call = squeeze(`${name}(${argument}`);
    const prints = ({ kind, text }: Part) =>
      kind === "code" && squeeze(text).includes(call);
    const at = this.#parts.findIndex((part, i) =>
      i >= this.#next && prints(part)
    );
    // A call in a loop has told what stands before it at its first turn.
    if (at < 0) return;
    this.#tellUpTo(at);
    const claim = claimOf(this.#parts[at]!.text, argument);
    const isLoop = !/^(const \w+ = )?(await )?\w+\(/.test(
      this.#parts[at]!.text,
    );
    this.#next = isLoop ? at : at + 1;
    return claim;
  }

  /** Tells the paragraphs that come next: what they explain may take long. */
  begin(): void {
    for (; this.#parts[this.#next]?.kind === "prose"; this.#next++) {
      this.#tell(this.#parts[this.#next]!);
    }
  }

  /** Tells what is left: code without a result is left out. */
  end(): void {
    const left = this.#parts.slice(this.#next);
    left.filter(({ kind }) => kind === "prose").forEach(this.#tell);
  }

  #tellUpTo(end: number): void {
    const code: string[] = [];
    const tellCode = () => {
      const text = code.splice(0).map((text) => tidy(text, 72)).join("\n");
      if (text) this.#tell({ kind: "code", text });
    };
    for (const part of this.#parts.slice(this.#next, end)) {
      if (part.kind === "prose") {
        tellCode();
        this.#tell(part);
      } else if (!printing.test(part.text)) code.push(part.text);
    }
    tellCode();
    this.#next = end;
  }
}
