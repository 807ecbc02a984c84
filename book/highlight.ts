/**
 * Colours code, for the pages and for what a reader types into them.
 *
 * @module
 */

import highlighter from "npm:highlight.js@11.12.0/lib/core";
import typescript from "npm:highlight.js@11.12.0/lib/languages/typescript";
import { claimsOf } from "../lib/lesson/claims.ts";

highlighter.registerLanguage("ts", typescript);

/**
 * Colours a piece of a lesson. Some of it a page folds until a reader changes
 * the code: a comment that says what `show` prints is a `claim`, the page shows
 * the value instead; `export`, and what parameters are by default, is `folded`.
 *
 * @param code TypeScript.
 * @returns HTML.
 */
export function highlight(code: string): string {
  const marked = markDefaults(code);
  const { value } = highlighter.highlight(marked, { language: "ts" });
  const html = value
    .replace(/^<span class="hljs-keyword">export<\/span> /gm, folded)
    .replace(
      new RegExp(`${open}([^${close}]*)${close}`, "g"),
      (_, html) => `<span class="dots"></span>${folded(html)}`,
    );
  if (claimsOf(code).length === 0) return html;
  return html.replace(
    /(\);) <span class="hljs-comment">(\/\/ .*?)<\/span>/g,
    '$1<span class="claim hljs-comment"> $2</span>',
  );
}

/** Signs that no code has, around what is to be folded. */
const [open, close] = ["\ue000", "\ue001"];

function folded(html: string): string {
  return `<span class="folded">${html}</span>`;
}

/** Puts signs around the types and values of parameters that have a default. */
function markDefaults(code: string): string {
  const header = /^export (?:async )?function\b[^]*?\{$/gm;
  const onLine = /^( {2}\w+)((?::.*)? = .*)(?=,$)/gm;
  const amongOthers = /([(,] ?\w+)((?:: \w+)? = [^,(){}]+)(?=[,)])/g;
  const marked = `$1${open}$2${close}`;
  return code.replace(
    header,
    (text) => text.replace(onLine, marked).replace(amongOthers, marked),
  );
}
