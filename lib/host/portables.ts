/**
 * The classes of the objects that travel.
 *
 * @module
 */

import { Connection, Queue } from "../channel.ts";
import { Barrier, Lock } from "../sync.ts";
import type { Lifeline, Portable, Wire } from "./portable.ts";

/** A class whose objects travel. */
export interface PortableClass {
  /** Makes an object of what it was packed into. */
  unpack(wire: Wire): Portable;
  /** Frees what a thread held when it ended, or says that it is gone. */
  abandon?(lifeline: Lifeline, agent: number, wasBusy: boolean): void;
}

/**
 * The classes of the objects that travel.
 *
 * @returns The classes, by name. A function, because it travels as text.
 */
export function portableClasses(): Record<string, PortableClass> {
  return { Barrier, Connection, Lock, Queue };
}
