/**
 * Inside the sandbox: a value as text, so that two values are equal when their
 * texts are. It is what the grader compares, outside, where no submitted code
 * runs.
 *
 * @module
 */

/** How much of a value is looked at; what is beyond is cut off, visibly. */
const limits = { depth: 8, items: 200, length: 1_000 };

/**
 * Writes a value as text.
 *
 * Primitives are told apart as `Object.is` does, but for -0, which is 0 to
 * everybody who learns. Objects are compared by what they hold; errors by class
 * and message. Every part of the value is read once.
 *
 * @param value The value, from code that nobody trusts.
 * @returns Its text, at most a thousand characters of it.
 */
export function canonical(value: unknown): string {
  const text = write(value, []);
  return text.length > limits.length
    ? `${text.slice(0, limits.length)}…`
    : text;
}

/**
 * Writes what was thrown as text.
 *
 * @param thrown The thing, from code that nobody trusts.
 * @param withMessage Whether its message counts.
 * @returns The language's own class that it is of, and its message if that counts.
 */
export function canonicalError(thrown: unknown, withMessage = false): string {
  if (!(thrown instanceof Error)) return `throws ${canonical(thrown)}`;
  const text = `throws ${errorName(thrown)}`;
  return withMessage ? `${text}: ${safely(() => `${thrown.message}`)}` : text;
}

/** The language's own errors, the more special ones first. */
const errors = [
  ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ...[AggregateError, DOMException, Error],
];

/** The language's own class that an error is of: a subclass is one of it. */
function errorName(error: Error): string {
  const name = className(error);
  return errors.find((each) => error instanceof each)?.name ?? name;
}

function write(value: unknown, outer: readonly unknown[]): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "[Function]";
  if (typeof value !== "object" || value === null) {
    return Object.is(value, -0) ? "0" : String(value);
  }
  if (outer.includes(value)) return `[Circular ${outer.indexOf(value)}]`;
  if (outer.length >= limits.depth) return "[…]";
  return safely(() => writeObject(value, [...outer, value]));
}

function writeObject(object: object, outer: readonly unknown[]): string {
  const item = (value: unknown) => write(value, outer);
  if (Array.isArray(object)) return list("[", object.length, object, item, "]");
  if (ArrayBuffer.isView(object) && !(object instanceof DataView)) {
    const array = object as Uint8Array;
    return list(`${className(object)} [`, array.length, array, item, "]");
  }
  if (object instanceof Error) {
    return `${className(object)}: ${`${object.message}`}`;
  }
  // The methods of the prototypes fail on what only pretends to be one.
  if (has(() => Map.prototype.has.call(object, 0))) {
    const parts: string[] = [];
    Map.prototype.forEach.call(object, (value, key) => {
      if (parts.length < limits.items) {
        parts.push(`${item(key)} => ${item(value)}`);
      }
    });
    return `Map {${parts.join(", ")}}`;
  }
  if (has(() => Set.prototype.has.call(object, 0))) {
    const parts: string[] = [];
    Set.prototype.forEach.call(object, (value) => {
      if (parts.length < limits.items) parts.push(item(value));
    });
    return `Set {${parts.join(", ")}}`;
  }
  if (has(() => Date.prototype.getTime.call(object))) {
    return `Date ${Date.prototype.getTime.call(object)}`;
  }
  const keys = Object.keys(object).sort().slice(0, limits.items);
  const fields = keys.map((key) =>
    `${key}: ${item((object as Record<string, unknown>)[key])}`
  );
  const name = className(object);
  return `${name === "Object" ? "" : `${name} `}{${fields.join(", ")}}`;
}

function list(
  open: string,
  length: number,
  items: ArrayLike<unknown>,
  write: (value: unknown) => string,
  close: string,
): string {
  const parts: string[] = [];
  for (let i = 0; i < Math.min(length, limits.items); i++) {
    parts.push(write(items[i]));
  }
  if (length > limits.items) parts.push(`… ${length} in all`);
  return `${open}${parts.join(", ")}${close}`;
}

function has(probe: () => unknown): boolean {
  try {
    probe();
    return true;
  } catch {
    return false;
  }
}

/** The name of an object's class, as far as it can be told. */
function className(object: object): string {
  return safely(() => {
    const prototype = Object.getPrototypeOf(object);
    if (prototype === null || prototype === Object.prototype) return "Object";
    const { constructor } = prototype;
    return typeof constructor === "function" ? `${constructor.name}` : "Object";
  });
}

/** What a function gives, or that it failed: a getter or a Proxy may throw. */
function safely(fn: () => string): string {
  try {
    return fn();
  } catch {
    return "[unreadable]";
  }
}
