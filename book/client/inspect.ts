/**
 * Writes values as `Deno.inspect` does, in browsers. tests/book/ compares both.
 *
 * @module
 */

/** The options of `Deno.inspect` that the course uses. */
export interface InspectOptions {
  readonly depth?: number;
  /** Up to how many columns a value stands on one line. */
  readonly breakLength?: number;
  /** Whether short values stand on one line. */
  readonly compact?: boolean;
  readonly sorted?: boolean;
  readonly trailingComma?: boolean;
  readonly iterableLimit?: number;
}

const custom = Symbol.for("Deno.customInspect");
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
};

/** A text in quotes. */
function quote(text: string): string {
  const sign = ['"', "'", "`"].find((sign) => !text.includes(sign)) ?? '"';
  const escaped = text.replace(/[\\\n\r\t\b\f\v]/g, (it) => escapes[it]!);
  return sign + escaped.replaceAll(sign, `\\${sign}`) + sign;
}

/**
 * Writes a value.
 *
 * @param value The value.
 * @param options How to write it.
 * @returns The text.
 */
export function inspect(value: unknown, options: InspectOptions = {}): string {
  return new Inspector(options).inspect(value, 0, []);
}

class Inspector {
  /** The numbers of the objects that contain themselves. */
  readonly #circular = new Map<object, number>();

  constructor(readonly options: InspectOptions) {}

  inspect(value: unknown, level: number, around: object[]): string {
    if (typeof value === "string") return quote(value);
    if (typeof value === "bigint") return `${value}n`;
    if (Object.is(value, -0)) return "-0";
    if (typeof value === "function") return describeFunction(value);
    if (typeof value !== "object" || value === null) return String(value);
    if (around.includes(value)) {
      const known = this.#circular.get(value) ?? this.#circular.size + 1;
      this.#circular.set(value, known);
      return `[Circular *${known}]`;
    }
    const { [custom]: own } = value as Record<symbol, unknown>;
    if (typeof own === "function") {
      return own.call(value, inspect, this.options);
    }
    const text = this.#object(value, level, [...around, value]);
    const number = this.#circular.get(value);
    return number === undefined ? text : `<ref *${number}> ${text}`;
  }

  #object(value: object, level: number, around: object[]): string {
    const known = describeKnown(value);
    if (known !== undefined) return known;
    const name = nameOf(value);
    const isArray = Array.isArray(value);
    if (level > (this.options.depth ?? 4)) {
      return isArray ? "[Array]" : `[${name}]`;
    }
    const go = (item: unknown) => this.inspect(item, level + 1, around);
    const lay = (prefix: string, brackets: string, entries: string[]) =>
      this.#lay(prefix, brackets, entries, level);
    const properties = this.#sort(
      propertiesOf(value).map((key) => {
        const item = (value as Record<string | symbol, unknown>)[key];
        return `${keyOf(key)}: ${go(item)}`;
      }),
    );
    if (isList(value)) {
      const items = this.#items(value, go);
      const prefix = isArray ? "" : `${name}(${items.length}) `;
      return lay(prefix, "[]", [...items, ...properties]);
    }
    if (value instanceof Map) {
      const entries = [...value].map(([key, it]) => `${go(key)} => ${go(it)}`);
      return lay(`Map(${value.size}) `, "{}", this.#sort(entries));
    }
    if (value instanceof Set) {
      const items = this.#limit([...value]).map(go);
      return lay(`Set(${value.size}) `, "{}", this.#sort(items));
    }
    const tag = (value as Record<symbol, unknown>)[Symbol.toStringTag];
    const prefix = tag && tag !== name
      ? `${name} [${tag}] `
      : name === "Object"
      ? ""
      : `${name} `;
    return lay(prefix, "{}", properties);
  }

  #sort(entries: string[]): string[] {
    return this.options.sorted ? entries.sort() : entries;
  }

  /** The items of a list, holes in it too. */
  #items(list: ArrayLike<unknown>, go: (item: unknown) => string): string[] {
    const items: string[] = [];
    const { iterableLimit = 100 } = this.options;
    for (let i = 0; i < list.length && items.length < iterableLimit; i++) {
      let holes = 0;
      while (i < list.length && !(i in list)) holes++, i++;
      if (holes > 0) items.push(`<${holes} empty item${holes > 1 ? "s" : ""}>`);
      if (i < list.length) items.push(go(list[i]));
    }
    return this.#more(items, list.length);
  }

  #limit(items: unknown[]): unknown[] {
    return items.slice(0, this.options.iterableLimit ?? 100);
  }

  #more(items: string[], length: number): string[] {
    const left = length - (this.options.iterableLimit ?? 100);
    if (left > 0) items.push(`... ${left} more item${left > 1 ? "s" : ""}`);
    return items;
  }

  /** Puts entries between brackets, on one line if there is room for it. */
  #lay(
    prefix: string,
    [open, close]: string,
    entries: readonly string[],
    level: number,
  ): string {
    if (entries.length === 0) return `${prefix}${open}${close}`;
    const { breakLength = 80, compact = true, trailingComma } = this.options;
    const line = `${prefix}${open} ${entries.join(", ")} ${close}`;
    const fits = line.length + 2 * level <= breakLength && !line.includes("\n");
    if (compact && fits) return line;
    const lines = entries.map((it) => `  ${it.replaceAll("\n", "\n  ")}`);
    const comma = trailingComma ? "," : "";
    return `${prefix}${open}\n${lines.join(",\n")}${comma}\n${close}`;
  }
}

/** Objects that say themselves what they are. */
function describeKnown(value: object): string | undefined {
  if (value instanceof Error) return value.stack ?? String(value);
  if (value instanceof Date) {
    return isNaN(+value) ? "Invalid Date" : value.toISOString();
  }
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return "Promise { <pending> }";
  return value instanceof ArrayBuffer
    ? `ArrayBuffer { byteLength: ${value.byteLength} }`
    : undefined;
}

/** What an object is made by. */
function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null
    ? "[Object: null prototype]"
    : String(prototype.constructor?.name ?? "Object");
}

function isList(value: object): value is ArrayLike<unknown> & object {
  return Array.isArray(value) ||
    ArrayBuffer.isView(value) && !(value instanceof DataView);
}

/** The properties that are written; the items of a list are none of them. */
function propertiesOf(value: object): (string | symbol)[] {
  const names = Object.keys(value)
    .filter((key) => !isList(value) || !/^\d+$/.test(key));
  const symbols = Object.getOwnPropertySymbols(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
  return [...names, ...symbols];
}

/** The name of a property, in quotes where it needs them. */
function keyOf(key: string | symbol): string {
  if (typeof key === "symbol") return String(key);
  return /^[a-zA-Z_$][\w$]*$/.test(key) ? key : quote(key);
}

// deno-lint-ignore ban-types
function describeFunction(value: Function): string {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const kind = isClass ? "class" : Object.prototype.toString.call(value)
    .slice(8, -1);
  if (!value.name) return `[${kind} (anonymous)]`;
  return `[${kind}${isClass ? " " : ": "}${value.name}]`;
}

/**
 * Writes values as `console.log` does.
 *
 * @param values The values.
 * @returns One text.
 */
export function words(values: readonly unknown[]): string {
  return values.map((value) =>
    typeof value === "string" ? value : inspect(value)
  ).join(" ");
}
