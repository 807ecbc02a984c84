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

import { type ErrorHead, headOf, partsOfError } from "./errors.ts";
import { rebuildError, setParts } from "./errors.ts";
import { realm } from "./life.ts";
import { describe } from "../describe.ts";
import {
  isContainer,
  isDenos,
  isSharedMemory,
  partsOf,
  refuseForThread,
  replacer,
  type Rules,
  walk,
  whyNotSent,
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
  readonly refuse: Rules["refuse"];
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

/** Whether there is an object that packs itself in a value. */
export function hasPortable(value: unknown): boolean {
  let has = false;
  walk(value, (part) => {
    has ||= isPortable(part);
    return !has && isContainer(part) ? partsOf(part) : [];
  });
  return has;
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
  /** To be called if it cannot be sent; gives the error that says why. */
  refused(error: unknown, path: string): unknown;
}

/** An error, while it travels. */
interface ErrorWire extends Wire {
  readonly head: ErrorHead;
  readonly parts: readonly [name: string, part: unknown][];
}

/**
 * Makes a value ready to be sent. It throws a TypeError that names what cannot be
 * sent, if it finds that; the rest is found when the value is posted.
 */
export function pack(
  value: unknown,
  transfer: readonly Transferable[] = [],
  path = "value",
  route = Travel.toThread,
): Parcel {
  const packer = new Packer(value, transfer, route);
  try {
    packer.look();
  } catch (error) {
    throw packer.refused(error, path);
  }
  return packer.parcel();
}

/** What may be sent somewhere; what is moved in any case. */
export function rulesOf(
  { refuse }: Pick<Route, "refuse">,
  transfer: readonly unknown[] = [],
): Rules {
  const passes = (part: object) =>
    transfer.includes(part) || part instanceof Error ||
    isPortable(part) && !refuse(part);
  return { passes, refuse };
}

/** Looks for what structured clone cannot send, or would make useless. */
export class Packer {
  readonly #value: unknown;
  readonly #transfer: readonly unknown[];
  readonly #route: Route;
  readonly #wires = new Map<object, unknown>();
  readonly #packings: Packing[] = [];

  constructor(value: unknown, transfer: readonly unknown[], route: Route) {
    this.#value = value;
    this.#transfer = transfer;
    this.#route = route;
  }

  look(): void {
    walk(this.#value, (part) => {
      const above = Object.getPrototypeOf(part);
      const isPlain = above === Object.prototype || above === Array.prototype;
      return isPlain ? partsOf(part) : this.#lookAt(part);
    });
  }

  parcel(): Parcel {
    const all = this.#packings;
    const moved = [
      ...this.#transfer as Transferable[],
      ...all.flatMap(({ ports = [] }) => ports),
    ];
    const refused = (error: unknown, path: string) => this.refused(error, path);
    const sent = (receiver: number) =>
      all.forEach((packing) => packing.sent?.(receiver));
    const lost = () => all.forEach((packing) => packing.lost?.());
    const rest = { moved, sent, lost, refused };
    if (this.#wires.size === 0) {
      return { value: this.#value, wires: undefined, ...rest };
    }
    const wires = [...this.#wires.values()] as Wire[];
    const copy = replacer(this.#wires);
    for (const { parts } of wires as ErrorWire[]) {
      for (const part of parts ?? []) part[1] = copy(part[1]);
    }
    return { value: copy(this.#value), wires, ...rest };
  }

  refused(error: unknown, path: string): unknown {
    for (const packing of this.#packings) packing.dropped?.();
    const why = whyNotSent(this.#value, path, this.#rules);
    return why === undefined ? error : new TypeError(why);
  }

  get #rules(): Rules {
    return rulesOf(this.#route, this.#transfer);
  }

  #lookAt(part: object): readonly unknown[] {
    if (this.#transfer.includes(part)) return [];
    if (part instanceof Error) {
      const wire = this.#wireOf(part);
      this.#wires.set(part, wire);
      return wire.parts.map(([_name, inner]) => inner);
    }
    if (this.#route.refuse(part)) throw new TypeError("cannot be sent");
    if (isPortable(part)) {
      const packing = this.#route.pack(part);
      this.#packings.push(packing);
      this.#wires.set(part, packing.wire);
      return [];
    }
    return isContainer(part) ? partsOf(part) : [];
  }

  /** What an error becomes; a field that cannot be sent is left out. */
  #wireOf(error: Error): ErrorWire {
    const wire = { kind: "Error", head: headOf(error) };
    try {
      const parts = partsOfError(error).flatMap(([name, part]) => {
        const why = whyNotSent(part, name, this.#rules);
        if (!why) return [[name, part] as [string, unknown]];
        const isCause = name === "cause";
        return isCause ? [[name, new TypeError(why)] as [string, unknown]] : [];
      });
      return { ...wire, parts };
    } catch {
      // A getter threw.
      return { ...wire, parts: [] };
    }
  }
}

/** Makes ready what was thrown: where it cannot be sent, an error that says so. */
export function packThrown(thrown: unknown, route = Travel.toThread): Parcel {
  try {
    const why = whyNotSent(thrown, "thrown", rulesOf(route));
    if (!why) return pack(thrown, [], "thrown", route);
    const isWhole = why.startsWith("thrown:");
    const kind = typeof thrown === "object" ? "object" : typeof thrown;
    const text = `a thrown ${kind} cannot be sent: ${String(thrown)}`;
    return pack(new TypeError(isWhole ? text : why), [], "thrown", route);
  } catch (problem) {
    // A getter that throws, a revoked Proxy.
    const message = `what was thrown cannot be read: ${problem}`;
    return pack(Object.assign(new Error(message), { stack: "" }));
  }
}

/** Why a value cannot be sent; nothing if it can. */
export function refusal(
  value: unknown,
  transfer: readonly Transferable[],
  path: string,
  route = Travel.toThread,
): unknown {
  try {
    return pack(value, transfer, path, route).refused(undefined, path);
  } catch (error) {
    // It says so itself, or a getter threw.
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
  for (const wire of wires) {
    const isError = wire.kind === "Error";
    made.set(
      wire,
      isError ? rebuildError((wire as ErrorWire).head) : route.unpack(wire),
    );
  }
  const copy = replacer(made);
  for (const wire of wires as readonly ErrorWire[]) {
    if (wire.kind === "Error") {
      setParts(
        made.get(wire) as Error,
        wire.parts.map(([name, part]) => [name, copy(part)]),
      );
    }
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
  try {
    if (parcel.moved.length > 0) port.postMessage(message, parcel.moved);
    else port.postMessage(message);
  } catch (error) {
    throw parcel.refused(error, "value");
  }
  parcel.sent(receiver);
  return parcel;
}

/** Lets go of the working objects in a value that nobody will receive. */
export function discard(value: unknown): void {
  walk(value, (part) => {
    if (!isPortable(part)) return isContainer(part) ? partsOf(part) : [];
    part.leave?.(false);
    return [];
  });
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
  let copy;
  try {
    const whole = [parcel.value, parcel.wires];
    copy = structuredClone(whole, { transfer: parcel.moved });
  } catch (error) {
    throw parcel.refused(error, "value");
  }
  parcel.sent(realm().thread);
  return unpack(copy[0], copy[1] as Wire[] | undefined);
}

/** Refuses what another process cannot have, though a thread could. */
export function refuseForProcess(part: object): string | undefined {
  const what = Object.prototype.toString.call(part);
  const buffer = ArrayBuffer.isView(part) ? part.buffer : part;
  const kind = isPortable(part) && part[Travel.key];
  if (kind === "Lock" || kind === "Barrier" || isSharedMemory(buffer)) {
    const name = describe(part);
    return `${name} cannot be sent to a process, which shares no memory`;
  }
  // The serializer makes plain objects of what belongs to Deno.
  if (what === "[object WebAssembly.Module]" || isDenos(part)) {
    return `${describe(part)} cannot be sent to a process`;
  }
  return refuseForThread(part);
}

/** Checks that a value can be sent to another process. */
export function checkForProcess(value: unknown): void {
  const why = whyNotSent(value, "value", rulesOf({ refuse: refuseForProcess }));
  if (why) throw new TypeError(why);
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
