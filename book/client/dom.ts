/**
 * What the scripts of the pages do again and again.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** The first element that a selector finds. */
export function find<E extends HTMLElement>(
  selector: string,
  within: ParentNode = document,
): E | null {
  return within.querySelector<E>(selector);
}

/** All elements that a selector finds. */
export function findAll<E extends HTMLElement>(
  selector: string,
  within: ParentNode = document,
): E[] {
  return [...within.querySelectorAll<E>(selector)];
}

/** Makes an element of HTML. */
export function element<E extends HTMLElement>(html: string): E {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild as E;
}
