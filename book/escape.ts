/**
 * Text in HTML.
 *
 * @module
 */

/** Makes text of a page, or of an attribute in double quotes. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
