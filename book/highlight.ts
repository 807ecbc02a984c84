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
 * Colours a piece of a lesson. A comment that says what `show` prints is a
 * `claim`: a page shows the value instead.
 *
 * @param code TypeScript.
 * @returns HTML.
 */
export function highlight(code: string): string {
  const { value } = highlighter.highlight(code, { language: "ts" });
  if (claimsOf(code).length === 0) return value;
  return value.replace(
    /(\);) <span class="hljs-comment">(\/\/ .*?)<\/span>/g,
    '$1<span class="claim hljs-comment"> $2</span>',
  );
}
