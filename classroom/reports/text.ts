/**
 * Text that students control, made fit to be shown.
 *
 * @module
 */

import { stripAnsiCode } from "@std/fmt/colors";

/**
 * Shows what would otherwise act: colours are dropped; control characters and
 * marks that turn the direction of reading become visible, so that a name can
 * neither clear a terminal nor read as another name.
 *
 * @param text Any text.
 * @returns The same without anything invisible but newlines and tabs.
 */
export function visible(text: string): string {
  return stripAnsiCode(text.toWellFormed()).replaceAll("\r\n", "\n").replace(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => {
      if (character === "\n" || character === "\t") return character;
      const code = character.codePointAt(0)!;
      // Unicode has a picture for each of the first 32: ␀ ␁ ␂ …
      if (code < 0x20) return String.fromCodePoint(0x2400 + code);
      return `\\u{${code.toString(16)}}`;
    },
  );
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text for an element of HTML or XML, or an attribute in quotes.
 *
 * @param text Any text.
 * @returns The same, visible, with nothing that is markup.
 */
export function escape(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => entities[character]!);
}

/**
 * Text on one line.
 *
 * @param text Any text.
 * @returns The same, visible, each run of white space a single space.
 */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, " ").trim();
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** What a terminal shows over two columns. */
const wide =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;

/**
 * How many columns of a terminal a text takes.
 *
 * @param text Text on one line.
 * @returns Its width in columns.
 */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += wide.test(segment) ? 2 : 1;
  }
  return width;
}

/**
 * Text cut to a width; `…` at its end says that it was cut.
 *
 * @param text Text on one line.
 * @param width How many columns it may take, at least 1.
 * @returns The text, or its beginning.
 */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = "";
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    result += segment;
  }
  return `${result.trimEnd()}…`;
}

/**
 * Text broken into lines between words; words that are too long are cut, and so
 * is the last line if there is more.
 *
 * @param text Text on one line.
 * @param width How many columns a line may take.
 * @param most How many lines there may be.
 * @returns The lines, at least one.
 */
export function wrap(text: string, width: number, most: number): string[] {
  const words = text.split(" ");
  const lines: string[] = [];
  while (words.length > 0 && lines.length < most - 1) {
    let line = words.shift()!;
    while (words.length > 0) {
      const longer = `${line} ${words[0]}`;
      if (widthOf(longer) > width) break;
      line = longer;
      words.shift();
    }
    lines.push(cut(line, width));
  }
  if (words.length > 0) lines.push(cut(words.join(" "), width));
  return lines;
}

/**
 * Text filled up with spaces on its right.
 *
 * @param text Text on one line.
 * @param width How many columns to fill.
 * @returns The text, longer if it was shorter than that.
 */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}
