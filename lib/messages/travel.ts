/**
 * How values travel: by structured clone, but a Connection, Queue, Lock or
 * Barrier among them as a wire, plain data that becomes a working object again
 * where it arrives.
 *
 * It also runs on the far side.
 *
 * @module
 */

import { Barrier, Lock } from "../sync.ts";
import { Connection } from "./pipe.ts";
import { Queue } from "./queue.ts";
import {
  isContainer,
  isImmutable,
  replace,
  type Sending,
  toProcess,
  walk,
  whyNotCarried,
  whyNotCloned,
} from "./value.ts";

/** Options of sending. */
export interface SendOptions {
  /** What of the value to move instead of copying. */
  readonly transfer?: readonly Transferable[];
}

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

/** A class whose objects travel. */
export interface PortableClass {
  /** Makes an object of what it was packed into. */
  unpack(wire: Wire): unknown;
  /** Frees what a thread held when it ended, or says that it is gone. */
  abandon?(lifeline: Lifeline, agent: number, wasBusy: boolean): void;
}

/** The classes of the objects that travel, by name. */
export function portableClasses(): Record<string, PortableClass> {
  return { Barrier, Connection, Lock, Queue };
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

/** What this thread knows of itself: one object for all copies of this code. */
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

/** Numbers a thread: above 0, and drawn from so many that none is drawn twice. */
export function newAgent(): number {
  return 1 + Math.floor(Math.random() * (2 ** 31 - 2));
}

/** Makes memory that all threads see that get it, or throws where there is none. */
export function sharedCells(
  caller: string,
  length: number,
): Int32Array<SharedArrayBuffer> {
  if (typeof SharedArrayBuffer === "function") {
    return new Int32Array(new SharedArrayBuffer(4 * length));
  }
  throw new Error(
    `${caller} needs memory that threads share, and there is none here: a page ` +
      `has it if its server isolates it (COOP and COEP), not from a file`,
  );
}

/**
 * Notes that packed objects have been sent to a thread, or to 0 if that is not
 * known: it may end before its own report of them is read.
 */
export function noteSent(packings: readonly Packing[], receiver: number): void {
  const held = realm().held.get(receiver);
  for (const { lifeline, sent } of packings) {
    held?.add(lifeline);
    sent(receiver);
  }
}

/** Whether there is a portable object in a value. */
export function hasPortable(value: unknown): boolean {
  let has = false;
  walk(value, (part) => {
    has ||= isPortable(part);
    return !has && isContainer(part);
  });
  return has;
}

/** Whether an object is one that packs itself. */
export function isPortable(part: object): part is Portable {
  const key = Symbol.for("side-by-side.portable");
  return (part as { [key]?: unknown })[key] === true;
}

/**
 * Packs every portable object in a value; returns a copy with wires in place of
 * the objects, or nothing if the value can be sent as it is.
 */
export function packValue(value: unknown) {
  if (!realm().hasPortables) return undefined;
  const packings = new Map<object, Packing>();
  walk(value, (part) => {
    if (!isPortable(part)) return isContainer(part);
    packings.set(part, part.pack());
    return false;
  });
  if (packings.size === 0) return undefined;
  const all = [...packings.values()];
  return {
    value: replace(value, (part) => packings.get(part)?.wire ?? part),
    packings: all as readonly Packing[],
    ports: all.flatMap(({ ports }) => ports),
  };
}

/** Copies a value that arrived, with working objects in place of the wires. */
export function unpackValue(
  value: unknown,
  classes: Readonly<Record<string, PortableClass>>,
): unknown {
  return replace(value, (part) => {
    const { portable } = part as Wire;
    const isWire = typeof portable === "string" &&
      Object.hasOwn(classes, portable);
    return isWire ? classes[portable]!.unpack(part as Wire) : part;
  });
}

/** A value that is ready to be posted, and what of it is to be moved. */
export interface Posting {
  readonly value: unknown;
  readonly moved: Transferable[];
}

/**
 * Copies the large buffers in a value, so that the copies can be moved: that
 * takes a third of the time of having them copied on their way, twice.
 */
export function copyLarge(value: unknown, moved: Transferable[]): Posting {
  const copies = new Map<unknown, ArrayBuffer>();
  // To look through much would cost more than it could save.
  let left = 300;
  walk(value, (part) => {
    const buffer = ArrayBuffer.isView(part) ? part.buffer : part;
    if (!(buffer instanceof ArrayBuffer)) {
      left -= Array.isArray(part) ? part.length : 1;
      return left > 0 && isContainer(part);
    }
    const isLarge = buffer.byteLength >= 100_000 && !buffer.resizable;
    if (isLarge && !moved.includes(buffer)) copies.set(buffer, buffer);
    return false;
  });
  if (left <= 0 || copies.size === 0) return { value, moved };
  for (const [buffer] of copies) {
    copies.set(buffer, (buffer as ArrayBuffer).slice());
  }
  const copied = replace(value, (part) => {
    if (!ArrayBuffer.isView(part)) return copies.get(part) ?? part;
    const copy = copies.get(part.buffer);
    return copy ? viewOf(copy, part) : part;
  });
  return { value: copied, moved: [...moved, ...copies.values()] };
}

/** What a view of one buffer is of another one. */
export function viewOf(buffer: ArrayBuffer, like: ArrayBufferView): object {
  const { byteOffset, byteLength } = like;
  if (like instanceof DataView) {
    return new DataView(buffer, byteOffset, byteLength);
  }
  // Of a class that extends one of the language's, structured clone makes that.
  const array = like as Uint8Array;
  const scope = globalThis as unknown as Record<string, typeof Uint8Array>;
  const Known = scope[array[Symbol.toStringTag]]!;
  return new Known(buffer, byteOffset, array.length);
}

/** Posts a value to who has the other end, with its portable objects packed. */
export function post(
  port: MessagePort,
  value: unknown,
  { transfer = [] }: SendOptions,
  receiver: number,
): void {
  // A wrapping, or a list of nothing to move, would make it a fifth slower.
  if (isImmutable(value) && transfer.length === 0) {
    return port.postMessage(value);
  }
  const packed = packValue(value);
  const moved = [...transfer, ...packed?.ports ?? []];
  const whole = packed ? packed.value : value;
  try {
    const posting = copyLarge(whole, moved);
    // What is undefined would arrive as null.
    const message = packed ? [posting.value, true] : [posting.value];
    if (posting.moved.length > 0) port.postMessage(message, posting.moved);
    else port.postMessage(message);
  } catch (error) {
    throw sendError(whole, moved, error);
  }
  if (packed) noteSent(packed.packings, receiver);
}

/** Takes a value out of a message that `post` made. */
export function receive(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  const [value, isPacked] = message as [unknown, boolean?];
  return isPacked ? unpackValue(value, portableClasses()) : value;
}

/** Copies a value as sending would. */
export function copyValue(
  value: unknown,
  { transfer = [] }: SendOptions,
): unknown {
  if (isImmutable(value) && transfer.length === 0) return value;
  const packed = packValue(value);
  const moved = [...transfer, ...packed?.ports ?? []];
  let copy;
  try {
    copy = structuredClone(packed ? packed.value : value, { transfer: moved });
  } catch (error) {
    throw sendError(packed ? packed.value : value, moved, error);
  }
  if (packed) noteSent(packed.packings, realm().agent);
  return packed ? unpackValue(copy, portableClasses()) : copy;
}

/** Names the part of a value that cannot be sent. */
export function sendError(
  value: unknown,
  moved: readonly unknown[],
  error: unknown,
  sending?: Sending,
): unknown {
  const why = whyNotCloned(value, "value", moved, sending);
  return why ? new TypeError(why) : error;
}

/** Refuses what another process cannot have, though a thread could. */
export function checkCarried(value: unknown): void {
  if (whyNotCarried(value) === undefined) return;
  const why = whyNotCloned(value, "value", [], toProcess());
  if (why) throw new TypeError(why);
}
