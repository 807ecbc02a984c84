/**
 * How values travel: by structured clone, but an Error, Connection, Queue, Lock
 * or Barrier among them as a wire: plain data that becomes a working object again
 * where it arrives. Wires are listed beside the value, and told from data by
 * being in that list.
 *
 * It also runs on the far side.
 *
 * @module
 */

import {
  type ErrorHead,
  headOf,
  partsOfError,
  rebuildError,
  setParts,
} from "./errors.ts";
import { realm } from "./life.ts";
import { describe } from "../describe.ts";
import {
  isCloned,
  isContainer,
  isDenos,
  namesOf,
  partsOf,
  refuseForThread,
  replacer,
  viewOf,
} from "./value.ts";

/** Options of sending. */
export interface SendOptions {
  /** What of the value to move instead of copying. */
  readonly transfer?: readonly Transferable[];
}

/** Plain data that stands for an object while it travels. */
export interface Wire {
  /** What kind of object it is, such as `Lock`. */
  readonly kind: string;
  /** What the object is made of. */
  readonly [part: string]: unknown;
}

/** What an object packs itself into. */
export interface Packing {
  readonly wire: Wire;
  /** What has to be moved along with the wire. */
  readonly ports?: readonly MessagePort[];
  /** Called once the wire has been sent, with the thread it goes to, or 0. */
  readonly sent?: (receiver: number) => void;
  /** Called if the wire could not be sent. */
  readonly dropped?: () => void;
  /** Called if the wire was sent, and can never be received. */
  readonly lost?: () => void;
}

/** An object that packs itself. */
export interface Portable {
  /** What kind of object it is, such as `Lock`. */
  readonly [Travel.key]: string;
  pack(): Packing;
  /** Told that a task that was given it has ended, and whether by an error. */
  leave?(hasFailed: boolean): void;
}

/** Where values go, or come from. */
export interface Route {
  /** Says why an object cannot be sent there; nothing if it can. */
  readonly refuse: (part: object) => string | undefined;
  readonly pack: (part: Portable) => Packing;
  readonly unpack: (wire: Wire) => unknown;
}

/** What all copies of this code in a thread have in common. */
export class Travel {
  /** Marks an object that packs itself. */
  static readonly key: unique symbol = Symbol.for("side-by-side.portable");

  /** What makes an object of a wire, by the kind of the object. */
  static get kinds(): Map<string, (wire: Wire) => unknown> {
    const key = Symbol.for("side-by-side.kinds");
    const scope = globalThis as {
      [key]?: Map<string, (wire: Wire) => unknown>;
    };
    return scope[key] ??= new Map();
  }

  /** The way to another thread. */
  static readonly toThread: Route = {
    refuse: (part) => refuseForThread(part),
    pack: (part) => part.pack(),
    unpack: (wire) => Travel.kinds.get(wire.kind)!(wire),
  };

  /** The same, of what may go on to a process. */
  static readonly toProcess: Route = {
    ...this.toThread,
    refuse: (part) => refuseForProcess(part),
  };
}

/** Tells how objects of a kind are made of wires. */
export function register(
  kind: string,
  unpack: (wire: Wire) => unknown,
): void {
  Travel.kinds.set(kind, unpack);
}

/** Whether an object is one that packs itself. */
export function isPortable(part: object): part is Portable {
  return Travel.key in part;
}

/** A value that is ready to be sent. */
export interface Parcel {
  readonly value: unknown;
  /** The wires in the value; nothing if there are none. */
  readonly wires: readonly Wire[] | undefined;
  /** What has to be moved along with the value. */
  readonly moved: Transferable[];
  /** To be called once it is sent, with the thread it goes to; 0 if unknown. */
  sent(receiver: number): void;
  /** To be called if it can never be received. */
  lost(): void;
}

/** An error, while it travels. */
interface ErrorWire extends Wire {
  readonly head: ErrorHead;
  readonly parts: readonly [name: string, part: unknown][];
}

/**
 * Makes a value ready to be sent; throws a TypeError that names the part that
 * cannot be, such as `result.items[3].f: a function cannot be sent`.
 */
export function pack(
  value: unknown,
  transfer: readonly Transferable[] = [],
  path = "value",
  route = Travel.toThread,
): Parcel {
  const packer = new Packer(path, transfer, route);
  try {
    packer.visit(value);
  } catch (error) {
    packer.drop();
    throw error;
  }
  return packer.parcel(value);
}

/** Looks for what structured clone cannot send, or would make useless. */
export class Packer {
  /** Where the visit is: each container, and which of its parts. */
  readonly #way: unknown[] = [];
  readonly #path: string;
  readonly #transfer: readonly unknown[];
  readonly #route: Route;
  readonly #seen = new Set<object>();
  /** What is sent in the place of an object. */
  readonly #made = new Map<object, unknown>();
  readonly #wires: Wire[] = [];
  readonly #copies = new Map<ArrayBuffer, ArrayBuffer>();
  readonly #packings: Packing[] = [];

  constructor(path: string, transfer: readonly unknown[], route: Route) {
    this.#path = path;
    this.#transfer = transfer;
    this.#route = route;
  }

  /** Visits a value and its parts; only looks at them, if so. */
  visit(part: unknown, looksOnly = false): void {
    if (typeof part === "function" || typeof part === "symbol") {
      this.#refuse(`a ${typeof part} cannot be sent`);
    }
    if (typeof part !== "object" || part === null) return;
    if (this.#seen.has(part) || this.#transfer.includes(part)) return;
    this.#seen.add(part);
    const above = Object.getPrototypeOf(part);
    const isPlain = above === Object.prototype || above === Array.prototype;
    if (!isPlain && this.#pack(part, looksOnly)) return;
    const parts = partsOf(part);
    for (let i = 0; i < parts.length; i++) {
      // Most lists are long, and of these.
      if (typeof parts[i] === "number" || typeof parts[i] === "string") {
        continue;
      }
      this.#way.push(part, i);
      this.visit(parts[i], looksOnly);
      this.#way.length -= 2;
    }
  }

  /** Lets go of what was packed and will not be sent. */
  drop(): void {
    for (const packing of this.#packings) packing.dropped?.();
  }

  parcel(value: unknown): Parcel {
    const all = this.#packings;
    const moved = [
      ...this.#transfer as Transferable[],
      ...this.#copies.values(),
      ...all.flatMap(({ ports = [] }) => ports),
    ];
    const sent = (receiver: number) =>
      all.forEach((packing) => packing.sent?.(receiver));
    const lost = () => all.forEach((packing) => packing.lost?.());
    const rest = { moved, sent, lost };
    if (this.#made.size === 0) return { value, wires: undefined, ...rest };
    const copy = replacer(this.#made);
    for (const { parts } of this.#wires as ErrorWire[]) {
      for (const part of parts ?? []) part[1] = copy(part[1]);
    }
    const wires = this.#wires.length > 0 ? this.#wires : undefined;
    return { value: copy(value), wires, ...rest };
  }

  /** Packs an object that is not only its parts; tells whether it is none. */
  #pack(part: object, looksOnly: boolean): boolean {
    if (part instanceof Error) {
      if (!looksOnly) this.#packError(part);
      return true;
    }
    const why = this.#route.refuse(part);
    if (why) this.#refuse(why);
    if (isPortable(part)) {
      if (looksOnly) return true;
      const packing = this.#route.pack(part);
      this.#packings.push(packing);
      this.#replace(part, packing.wire);
      return true;
    }
    if (!looksOnly && this.#copyLarge(part)) return true;
    if (isContainer(part)) return false;
    if (!isCloned(part)) this.#refuse(`${describe(part)} cannot be sent`);
    return true;
  }

  #replace(part: object, wire: Wire): void {
    this.#made.set(part, wire);
    this.#wires.push(wire);
  }

  /**
   * Copies large bytes, so that the copy can be moved: a message would copy them
   * twice. Tells whether it did.
   */
  #copyLarge(part: object): boolean {
    const buffer = ArrayBuffer.isView(part) ? part.buffer : part;
    const isLarge = buffer instanceof ArrayBuffer && !buffer.resizable &&
      buffer.byteLength > 100_000 && !this.#transfer.includes(buffer);
    if (!isLarge || this.#route !== Travel.toThread) return false;
    const copy = this.#copies.get(buffer) ?? buffer.slice();
    this.#copies.set(buffer, copy);
    const isView = ArrayBuffer.isView(part);
    this.#made.set(part, isView ? viewOf(copy, part) : copy);
    return true;
  }

  /** Packs an error; a field that cannot be sent is left out. */
  #packError(error: Error): void {
    const parts: [name: string, part: unknown][] = [];
    this.#replace(error, { kind: "Error", head: headOf(error), parts });
    for (const [name, field] of partsOfError(error)) {
      const why = refusal(field, this.#transfer, name, this.#route);
      if (!why) parts.push([name, field]);
      else if (name === "cause") parts.push([name, why]);
    }
    for (const [, part] of parts) this.visit(part);
  }

  #refuse(why: string): never {
    const names = this.#way.map((whole, i) =>
      i % 2 ? "" : namesOf(whole as object)[this.#way[i + 1] as number]
    );
    throw new TypeError(`${this.#path}${names.join("")}: ${why}`);
  }
}

/** Makes ready what was thrown: where it cannot be sent, an error that says so. */
export function packThrown(thrown: unknown, route = Travel.toThread): Parcel {
  try {
    return pack(thrown, [], "thrown", route);
  } catch (problem) {
    const { message } = problem as Error;
    const kind = typeof thrown === "object" ? "object" : typeof thrown;
    const why = /^thrown[.[]/.test(message)
      ? message
      : /^thrown:/.test(message)
      ? `a thrown ${kind} cannot be sent: ${message}`
      : `what was thrown cannot be read: ${problem}`;
    return pack(Object.assign(new TypeError(why), { stack: "" }));
  }
}

/** Why a value cannot be sent; nothing if it can. */
export function refusal(
  value: unknown,
  transfer: readonly unknown[],
  path: string,
  route = Travel.toThread,
): unknown {
  const packer = new Packer(path, transfer, route);
  try {
    packer.visit(value, true);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Makes working objects of the wires in a value that arrived. */
export function unpack(
  value: unknown,
  wires: readonly Wire[] | undefined,
  route = Travel.toThread,
): unknown {
  if (!wires) return value;
  const made = new Map<object, unknown>();
  const isError = (wire: Wire): wire is ErrorWire => wire.kind === "Error";
  for (const wire of wires) {
    made.set(
      wire,
      isError(wire) ? rebuildError(wire.head) : route.unpack(wire),
    );
  }
  const copy = replacer(made);
  for (const wire of wires.filter(isError)) {
    const parts = wire.parts.map(([name, part]) => [name, copy(part)] as const);
    setParts(made.get(wire) as Error, parts);
  }
  return copy(value);
}

/**
 * Posts a value through a port, to the thread that has its other end; tells what
 * has to be known if that is closed.
 */
export function post(
  port: MessagePort,
  value: unknown,
  { transfer = [] }: SendOptions,
  receiver: number,
): Parcel | undefined {
  // A wrapping, or a list of nothing to move, would make it a fifth slower.
  if (isImmutable(value)) {
    port.postMessage(value);
    return undefined;
  }
  const parcel = pack(value, transfer);
  // What is undefined would arrive as null.
  const message = parcel.wires ? [parcel.value, parcel.wires] : [parcel.value];
  if (parcel.moved.length > 0) port.postMessage(message, parcel.moved);
  else port.postMessage(message);
  parcel.sent(receiver);
  return parcel;
}

/** The objects in a value that pack themselves. */
export function portablesIn(value: unknown): readonly Portable[] {
  const found: Portable[] = [];
  const seen = new Set<unknown>();
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    if (isPortable(part)) found.push(part);
    else if (isContainer(part)) partsOf(part).forEach(visit);
  };
  visit(value);
  return found;
}

/** Lets go of the working objects in a value that nobody will receive. */
export function discard(value: unknown): void {
  for (const part of portablesIn(value)) part.leave?.(false);
}

/** Takes a value out of a message that `post` made. */
export function receive(message: unknown): unknown {
  if (typeof message !== "object" || message === null) return message;
  const [value, wires] = message as [unknown, Wire[]?];
  return unpack(value, wires);
}

/** Whether a value is its own copy, and quick to send. */
export function isImmutable(value: unknown): boolean {
  return ["number", "string", "boolean"].includes(typeof value);
}

/** Copies a value as sending it to a thread would; the copy is this thread's. */
export function copyValue(
  value: unknown,
  { transfer = [] }: SendOptions = {},
): unknown {
  if (isImmutable(value)) return value;
  const parcel = pack(value, transfer);
  const whole = [parcel.value, parcel.wires] as const;
  const copy = structuredClone(whole, { transfer: parcel.moved });
  parcel.sent(realm().thread);
  return unpack(...copy);
}

/** Refuses what another process cannot have, though a thread could. */
export function refuseForProcess(part: object): string | undefined {
  const bytes = ArrayBuffer.isView(part) ? part.buffer : part;
  const what = Object.prototype.toString.call(bytes);
  const kind = isPortable(part) && part[Travel.key];
  const refused = `${describe(part)} cannot be sent to a process`;
  if (
    kind === "Lock" || kind === "Barrier" ||
    what === "[object SharedArrayBuffer]"
  ) {
    return `${refused}, which shares no memory`;
  }
  // The serializer makes plain objects of what belongs to Deno.
  const isLost = what === "[object WebAssembly.Module]" || isDenos(part);
  return isLost ? refused : refuseForThread(part);
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

/** What of this runs on the far side. */
export const travelParts = [
  () => [Travel, register, isPortable, pack, Packer, packThrown],
  () => [refusal, unpack, post, portablesIn, discard, receive, isImmutable],
  () => [copyValue, refuseForProcess, sharedCells],
];
