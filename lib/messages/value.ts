/**
 * What a value consists of, and which part of it cannot be sent.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { describe } from "../describe.ts";

/** The parts of an object, in the order of `namesOf`. */
export function partsOf(whole: object): unknown[] {
  if (ArrayBuffer.isView(whole)) return [];
  if (whole instanceof Map) return [...whole].flat();
  if (whole instanceof Set) return [...whole];
  return Object.values(whole);
}

/** What the parts of an object are called, such as `.name` or `[3]`. */
export function namesOf(whole: object): string[] {
  if (whole instanceof Map) {
    return [...whole.keys()].flatMap((key, i) => [
      `, key ${i}`,
      `.get(${typeof key === "string" ? `"${key}"` : String(key)})`,
    ]);
  }
  if (whole instanceof Set) return [...whole].map((_, i) => `, member ${i}`);
  return Object.keys(whole).map((key) => {
    if (Array.isArray(whole) && /^\d+$/.test(key)) return `[${key}]`;
    return /^[\w$]+$/.test(key) ? `.${key}` : `["${key}"]`;
  });
}

/** Whether a value is its own copy, and quick to send. */
export function isImmutable(value: unknown): boolean {
  return ["number", "string", "boolean"].includes(typeof value);
}

/** Whether an object is nothing but its parts, so that they can be replaced. */
export function isContainer(part: object): boolean {
  return Array.isArray(part) || part instanceof Map || part instanceof Set ||
    Object.prototype.toString.call(part) === "[object Object]";
}

/**
 * Calls a function with each object in a value, itself included, and goes on to
 * the parts of those for which it returns true.
 */
export function walk(value: unknown, visit: (part: object) => boolean): void {
  const seen = new Set<object>();
  const stack = [value];
  while (stack.length > 0) {
    const part = stack.pop();
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (!visit(part)) continue;
    for (const inner of partsOf(part)) {
      if (typeof inner === "object" && inner !== null) stack.push(inner);
    }
  }
}

/** Copies a value, with what a function returns in place of some objects. */
export function replace(
  value: unknown,
  change: (part: object) => unknown,
): unknown {
  const made = new Map<object, unknown>();
  const copy = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (made.has(part)) return made.get(part);
    const changed = change(part);
    const isSame = changed === part && isContainer(part);
    const whole = isSame ? emptyLike(part) : changed;
    // Before its parts, because it may be one of them.
    made.set(part, whole);
    if (isSame) fill(whole as object, part, copy);
    return whole;
  };
  return copy(value);
}

/** A container of the same kind, without parts. */
export function emptyLike(whole: object): object {
  if (whole instanceof Map) return new Map();
  if (whole instanceof Set) return new Set();
  return Array.isArray(whole) ? Array(whole.length) : {};
}

/** Fills a container with copies of the parts of another one. */
export function fill(
  target: object,
  like: object,
  copy: (part: unknown) => unknown,
): void {
  const own = { configurable: true, enumerable: true, writable: true };
  if (target instanceof Map) {
    for (const [key, value] of like as Map<unknown, unknown>) {
      target.set(copy(key), copy(value));
    }
  } else if (target instanceof Set) {
    for (const part of like as Set<unknown>) target.add(copy(part));
  } else {
    for (const [key, part] of Object.entries(like)) {
      // To assign this one would change what the object inherits from.
      if (key !== "__proto__") {
        (target as Record<string, unknown>)[key] = copy(part);
      } else Object.defineProperty(target, key, { ...own, value: copy(part) });
    }
  }
}

/** How a value is to be sent, where that is not by structured clone alone. */
export interface Sending {
  /** Whether a part can be sent. */
  readonly canSend: (part: unknown) => boolean;
  /** What follows `cannot be sent` in messages, such as ` to a process`. */
  readonly where: (part: unknown) => string;
}

/** Whether a value can be sent as it is. */
export function isCloned(value: unknown, sending?: Sending): boolean {
  try {
    if (sending && !sending.canSend(value)) return false;
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * Names the part of a value that structured clone refuses, the deepest whose own
 * parts pass, such as `result.items[3].f: a function cannot be sent`.
 */
export function whyNotCloned(
  value: unknown,
  path: string,
  moved: readonly unknown[] = [],
  sending?: Sending,
): string | undefined {
  const seen = new Set<unknown>(moved);
  const refused = (part: unknown, path: string): string | undefined => {
    if (seen.has(part) || isCloned(part, sending)) return undefined;
    seen.add(part);
    const isWhole = sending && portableName(part);
    if (typeof part === "object" && part !== null && !isWhole) {
      const parts = partsOf(part);
      const names = namesOf(part);
      for (const [i, inner] of parts.entries()) {
        const why = refused(inner, path + names[i]);
        if (why) return why;
      }
      // What is moved can only be moved: for want of that, the whole is refused.
      if (parts.some((inner) => seen.has(inner))) return undefined;
    }
    const where = sending?.where(part) ?? "";
    return `${path}: ${nameOf(part)} cannot be sent${where}`;
  };
  return refused(value, path);
}

/** What a part that cannot be sent is called. */
export function nameOf(part: unknown): string {
  const portable = portableName(part);
  if (portable) return `a ${portable}`;
  return typeof part === "object" ? describe(part) : `a ${typeof part}`;
}

/** The class of the object that a wire stands for; nothing if it is no wire. */
export function portableName(part: unknown): string | undefined {
  const { portable, cells } = (part ?? {}) as Record<string, unknown>;
  return cells !== undefined && typeof portable === "string"
    ? portable
    : undefined;
}

/**
 * Says what of a value another process cannot have, though a thread might: of
 * shared memory and objects that belong to Deno, the serializer makes copies.
 */
export function whyNotCarried(value: unknown): string | undefined {
  let why: string | undefined;
  walk(value, (part) => {
    const isPlain = Object.getPrototypeOf(part) === Object.prototype ||
      Array.isArray(part);
    if (why !== undefined) return false;
    if (isPlain) return true;
    if (isShared(part) || isDenos(part) || part instanceof WebAssembly.Module) {
      why = `${describe(part)} cannot be sent to a process`;
    }
    return true;
  });
  return why;
}

/** Whether an object belongs to Deno, which cannot be copied then. */
export function isDenos(part: object): boolean {
  return !(part instanceof DOMException) &&
    Object.getOwnPropertySymbols(part).some(({ description }) =>
      description === "[[webidl.brand]]"
    );
}

/** Whether a part is memory that threads share, or an object made of it. */
export function isShared(part: unknown): boolean {
  if (part instanceof SharedArrayBuffer) return true;
  if (ArrayBuffer.isView(part)) return part.buffer instanceof SharedArrayBuffer;
  return portableName(part) !== undefined;
}

/** How values are sent to another process. */
export function toProcess(): Sending {
  return {
    canSend: (part) => whyNotCarried(part) === undefined,
    where: (part) =>
      ` to a process${isShared(part) ? ", which shares no memory" : ""}`,
  };
}
