/**
 * How a Connection, Queue, Lock or Barrier travels among the values that are
 * sent: as a wire, plain data that structured clone accepts, which becomes a
 * working object again where it arrives.
 *
 * These functions also run on the far side, where they arrive as text: they
 * use their arguments, globals and each other only.
 *
 * @module
 */

/** What must be known of an object for when its holder dies. */
export interface Lifeline {
  /** The name of the object's class. */
  readonly portable: string;
  /** Memory that says how the object is. */
  readonly cells: Int32Array<SharedArrayBuffer>;
  /** Which of two ends the object is, where it has two. */
  readonly side?: number;
}

/** Plain data that stands for an object while it travels. */
export interface Wire extends Lifeline {
  /** The rest of what the object is made of. */
  readonly [part: string]: unknown;
}

/** What an object packs itself into. */
export interface Packing {
  readonly wire: Wire;
  /** What has to be moved along with the wire. */
  readonly ports: MessagePort[];
  readonly lifeline: Lifeline;
  /** Called once the wire has been sent, with the thread it goes to, or 0. */
  readonly sent: (receiver: number) => void;
}

/** An object that packs itself. */
export interface Portable {
  pack(): Packing;
}

/** A value in which every portable object has been packed. */
export interface PackedValue {
  readonly value: unknown;
  readonly packings: readonly Packing[];
  readonly ports: MessagePort[];
}

/** What a thread knows of itself, whichever copy of this code asks. */
export interface Realm {
  /** A number that no other thread has. */
  agent: number;
  /** Whether a portable object was ever here: if not, none need be looked for. */
  hasPortables: boolean;
  /** Told of each object that comes to this thread. */
  onArrival: (lifeline: Lifeline) => void;
  /** What the threads that were started here hold, by thread. */
  readonly held: Map<number, Set<Lifeline>>;
}

/**
 * What this thread knows of itself.
 *
 * @returns One object for all copies of this code in the thread.
 */
export function realm(): Realm {
  const key = Symbol.for("side-by-side.realm");
  const scope = globalThis as { [key]?: Realm };
  return scope[key] ??= {
    agent: newAgent(),
    hasPortables: false,
    onArrival: () => {},
    held: new Map(),
  };
}

/**
 * Notes that packed objects have been sent to a thread.
 *
 * The thread reports them itself when they arrive; but were it ended before its
 * report is read, nobody would know what it held.
 *
 * @param packings The objects.
 * @param receiver The thread, or 0 if that is not known.
 */
export function noteSent(packings: readonly Packing[], receiver: number): void {
  const held = realm().held.get(receiver);
  for (const { lifeline, sent } of packings) {
    held?.add(lifeline);
    sent(receiver);
  }
}

/**
 * Numbers a thread.
 *
 * @returns A number above 0 that, as it is drawn from 2 ** 31, no other thread
 * has.
 */
export function newAgent(): number {
  return 1 + Math.floor(Math.random() * (2 ** 31 - 2));
}

/**
 * Packs every portable object in a value.
 *
 * @param value What is to be sent.
 * @returns A copy of the value with wires in place of the objects; nothing if
 * there are none, and the value can be sent as it is.
 */
export function packValue(value: unknown): PackedValue | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!realm().hasPortables) return undefined;
  const packings = new Map<object, Packing>();
  const copies = new Map<object, unknown>();

  const isPlain = (part: object) =>
    Object.prototype.toString.call(part) === "[object Object]";
  const isPortable = (part: object): part is Portable =>
    (part as { [key: symbol]: unknown })[
      Symbol.for("side-by-side.portable")
    ] ===
      true;
  const find = (part: unknown): void => {
    if (typeof part !== "object" || part === null || copies.has(part)) return;
    copies.set(part, part);
    if (isPortable(part)) packings.set(part, part.pack());
    else if (part instanceof Set) part.forEach(find);
    else if (part instanceof Map) {
      part.forEach((item, key) => (find(key), find(item)));
    } else if (Array.isArray(part) || isPlain(part)) {
      Object.values(part).forEach(find);
    }
  };
  const copy = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const packing = packings.get(part);
    if (packing) return packing.wire;
    if (copies.has(part)) return copies.get(part);
    const remember = <T>(made: T): T => (copies.set(part, made), made);
    if (part instanceof Set) {
      const made = remember(new Set());
      for (const item of part) made.add(copy(item));
      return made;
    }
    if (part instanceof Map) {
      const made = remember(new Map());
      for (const [key, item] of part) made.set(copy(key), copy(item));
      return made;
    }
    if (!Array.isArray(part) && !isPlain(part)) return part;
    // No prototype: a key may be called __proto__.
    const made = remember<object>(
      Array.isArray(part) ? Array(part.length) : Object.create(null),
    ) as Record<string, unknown>;
    for (const [key, item] of Object.entries(part)) made[key] = copy(item);
    return made;
  };

  find(value);
  if (packings.size === 0) return undefined;
  copies.clear();
  const all = [...packings.values()];
  return {
    value: copy(value),
    packings: all,
    ports: all.flatMap(({ ports }) => ports),
  };
}

/**
 * Makes working objects of the wires in a value that arrived.
 *
 * @param value What arrived; it is changed in place.
 * @param classes The classes of the objects, by name.
 * @returns The value.
 */
export function unpackValue(
  value: unknown,
  classes: Readonly<Record<string, { unpack(wire: Wire): unknown }>>,
): unknown {
  const isPlain = (part: object) =>
    Object.prototype.toString.call(part) === "[object Object]";
  const made = new Map<object, unknown>();
  const unpack = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (made.has(part)) return made.get(part);
    const { portable } = part as Wire;
    if (typeof portable === "string" && Object.hasOwn(classes, portable)) {
      const wire = part as Wire;
      const object = classes[portable]!.unpack(wire);
      made.set(part, object);
      return object;
    }
    made.set(part, part);
    if (part instanceof Map) {
      const entries = [...part];
      part.clear();
      for (const [key, item] of entries) part.set(unpack(key), unpack(item));
    } else if (part instanceof Set) {
      const items = [...part];
      part.clear();
      for (const item of items) part.add(unpack(item));
    } else if (Array.isArray(part) || isPlain(part)) {
      const slots = part as Record<string, unknown>;
      for (const key of Object.keys(slots)) slots[key] = unpack(slots[key]);
    }
    return part;
  };
  return unpack(value);
}
