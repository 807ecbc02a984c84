/**
 * Messages between processes: what Node calls an "ipc" channel, a socket of its
 * own beside the standard streams, which are the task's.
 *
 * All of it also runs on the far side.
 *
 * @module
 */

/** What is used of Node's `process`. */
export type NodeProcess = Pick<
  NodeJS.Process,
  "getBuiltinModule" | "on" | "send"
>;

/** Node's `process`; the part of Deno that is Node's is loaded by that. */
export function nodeProcess(): NodeProcess {
  return (globalThis as unknown as { process: NodeProcess }).process;
}

/** What may still be looked at. */
interface Budget {
  left: number;
  buffers: number;
}

/** Makes of messages what can be sent, and messages of what was sent. */
export class Codec {
  readonly #v8: () => typeof import("node:v8");
  readonly #isProxy: (value: unknown) => boolean;

  constructor(node: NodeProcess) {
    this.#v8 = () => node.getBuiltinModule("node:v8");
    this.#isProxy = node.getBuiltinModule("node:util").types.isProxy;
  }

  /**
   * Makes of a message what can be sent: itself, or the bytes that structured
   * clone makes of it. It throws if a part of it cannot be sent; if the channel
   * were given such a part, the program would end ("Missing promise", Deno 2.9).
   */
  encode(message: unknown): unknown {
    if (this.#isPlain(message, { left: 1_000, buffers: 1 })) return message;
    const serializer = new (this.#v8().Serializer)();
    serializer.writeHeader();
    serializer.writeValue(message);
    return serializer.releaseBuffer();
  }

  /** Makes of what was sent what `encode` was given. */
  decode(sent: unknown): unknown {
    if (!(sent instanceof Uint8Array)) return sent;
    const deserializer = new (this.#v8().Deserializer)(sent as never);
    deserializer.readHeader();
    return deserializer.readValue();
  }

  /**
   * Whether a value is of so few parts that they can be looked at, and each is
   * such that it can be sent for certain.
   */
  #isPlain(value: unknown, budget: Budget): boolean {
    if (typeof value === "function" || typeof value === "symbol") return false;
    if (typeof value !== "object" || value === null) return true;
    if (budget.left-- <= 0 || this.#isProxy(value)) return false;
    const bytes = ArrayBuffer.isView(value) ? value.buffer : value;
    if (bytes instanceof ArrayBuffer) {
      // The channel gives each view a buffer of its own, of the view's size.
      const { byteLength } = value as ArrayBuffer;
      const isWhole = byteLength === bytes.byteLength;
      const isFirst = budget.buffers-- > 0;
      return isFirst && isWhole && !bytes.detached && !bytes.resizable;
    }
    const isList = Array.isArray(value);
    const above = Object.getPrototypeOf(value);
    const usual = isList ? Array.prototype : Object.prototype;
    if (above !== usual && above !== null) return false;
    // `arguments` looks like a plain object, and cannot be sent.
    const isTagged = Symbol.toStringTag in value ||
      Object.prototype.toString.call(value) !== "[object Object]";
    if (!isList && isTagged) return false;
    if (isList && value.length > budget.left) return false;
    const keys = Object.keys(value);
    budget.left -= keys.length;
    if (isList) {
      return keys.length === value.length &&
        value.every((part) => this.#isPlain(part, budget));
    }
    for (const key of keys) {
      const own = Object.getOwnPropertyDescriptor(value, key)!;
      // A getter may throw, or give something else the next time.
      if (own.get || !this.#isPlain(own.value, budget)) return false;
    }
    return budget.left > 0;
  }
}
