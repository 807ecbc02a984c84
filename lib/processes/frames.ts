/**
 * Messages over the standard streams of a process: each a frame, a header and
 * what structured clone makes of the message.
 *
 * All of it also runs on the far side.
 *
 * @module
 */

import { whyNotCarried } from "../messages/value.ts";

/** What of `node:v8` is used. Its structured clone is that of Deno's messages. */
export interface V8 {
  readonly Serializer: new () => {
    writeRawBytes(bytes: Uint8Array): void;
    writeHeader(): void;
    writeValue(value: unknown): void;
    releaseBuffer(): Uint8Array<ArrayBuffer>;
  };
  readonly Deserializer: new (bytes: Uint8Array) => {
    readHeader(): void;
    readValue(): unknown;
  };
}

/** Makes frames of messages, and messages of what is in frames. */
export interface Codec {
  /** Makes a frame; throws a TypeError if a part of it cannot be sent. */
  encode(message: unknown): Uint8Array<ArrayBuffer>;
  /** Makes a message of what a frame holds. */
  decode(payload: Uint8Array): unknown;
}

/**
 * Makes frames of messages, and messages of frames. Each frame begins with a
 * key: what a program prints gets between them, and a random key tells it apart.
 */
export function codec(v8: V8, key: Uint8Array): Codec {
  const header = new Uint8Array(key.length + 4);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const short = (mark: number[], bytes: Uint8Array) => {
    const start = header.length + mark.length;
    const frame = new Uint8Array(start + bytes.length);
    frame.set(mark, header.length);
    frame.set(bytes, start);
    return seal(frame);
  };
  const seal = (frame: Uint8Array<ArrayBuffer>) => {
    frame.set(key);
    const view = new DataView(frame.buffer, frame.byteOffset);
    view.setUint32(key.length, frame.length - header.length);
    return frame;
  };
  return {
    encode(message) {
      if (isNumbers(message)) {
        const bytes = new Uint8Array(new Float64Array(message).buffer);
        return short([0xfe], bytes);
      }
      if (isJson(message, new Set())) {
        // What the serializer takes from the system is only given back when
        // garbage is collected: half a gigabyte over a million short messages.
        return short([], encoder.encode(JSON.stringify(message)));
      }
      const why = whyNotCarried(message);
      if (why) throw new TypeError(why);
      const serializer = new v8.Serializer();
      // Room for the header in the same buffer: a large message is not copied
      // once more to put it in front.
      serializer.writeRawBytes(header);
      serializer.writeHeader();
      serializer.writeValue(message);
      return seal(serializer.releaseBuffer());
    },
    decode(payload) {
      if (payload[0] === 0xfe) return toNumbers(payload.slice(1));
      // What the serializer makes begins with this byte, which is in no text.
      if (payload[0] !== 0xff) return JSON.parse(decoder.decode(payload));
      const deserializer = new v8.Deserializer(payload);
      deserializer.readHeader();
      return deserializer.readValue();
    },
  };
}

/**
 * Whether a message is nothing but numbers, of which the bytes can be sent in a
 * tenth of the time. It is a list of arguments or results, and so has no other
 * properties.
 */
export function isNumbers(message: unknown): message is number[] {
  if (!Array.isArray(message) || message.length < 8) return false;
  for (let i = 0; i < message.length; i++) {
    if (typeof message[i] !== "number") return false;
  }
  return true;
}

/** The numbers that bytes are; to spread them would take twenty times as long. */
export function toNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  const all = new Float64Array(bytes.buffer);
  for (let i = 0; i < all.length; i++) numbers.push(all[i]!);
  return numbers;
}

/**
 * Whether JSON gives back a value exactly as structured clone would, and the
 * value is short: the serializer is quicker with long ones. Of the objects that
 * were seen before, one that is there twice is more than JSON can say.
 */
export function isJson(value: unknown, seen: Set<object>): boolean {
  if (value === null || typeof value === "boolean") return true;
  if (typeof value === "string") return value.length < 10_000;
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0);
  }
  if (typeof value !== "object") return false;
  if (seen.size > 300 || seen.has(value)) return false;
  seen.add(value);
  const isPlain = Array.isArray(value) ||
    Object.getPrototypeOf(value) === Object.prototype;
  // That may also be a method of all objects, or of a kind of array.
  if (!isPlain || "toJSON" in value) return false;
  if ((value as unknown[]).length > 300) return false;
  const keys = Object.keys(value);
  if (Array.isArray(value)) {
    // An array may have holes, and other properties than its items. The keys of
    // items come first: if the last one is where it should be, so are all.
    const { length } = value;
    if (keys.length !== length) return false;
    if (length > 0 && keys[length - 1] !== `${length - 1}`) return false;
  }
  return keys.length <= 300 &&
    keys.every((key) =>
      key !== "__proto__" &&
      isJson((value as Record<string, unknown>)[key], seen)
    );
}

/** Finds the frames in a stream of bytes. */
export class FrameReader {
  /** What has come and is not a whole frame yet, with room for the rest. */
  #buffer = new Uint8Array();
  #filled = 0;
  /** How long the first frame of the buffer is, as far as that is known. */
  #needed = 0;

  /**
   * What `onFrame` is called with, the inside of a frame, is only valid during
   * the call; `onStray` is given what is between frames.
   */
  constructor(
    readonly key: Uint8Array,
    readonly onFrame: (payload: Uint8Array) => void,
    readonly onStray: (bytes: Uint8Array) => void,
  ) {}

  /** Whether the rest of a frame is still to come. */
  get isInside(): boolean {
    return this.#filled > 0;
  }

  /** Takes the next bytes of the stream. */
  push(bytes: Uint8Array): void {
    const all = this.#filled > 0 ? this.#join(bytes) : bytes;
    let start = 0;
    for (let read = 1; read > 0; start += read) {
      read = this.#read(all.subarray(start));
    }
    if (start === all.length) this.#drop();
    else if (start > 0 || !this.isInside) this.#keep(all.subarray(start));
  }

  /** Gives up what looked like the beginning of a frame. */
  end(): void {
    if (this.isInside) this.onStray(this.#buffer.subarray(0, this.#filled));
    this.#drop();
  }

  #drop(): void {
    if (this.isInside) this.#buffer = new Uint8Array();
    this.#filled = 0;
  }

  /** Puts bytes behind those that are kept; returns all of them. */
  #join(bytes: Uint8Array): Uint8Array {
    const length = this.#filled + bytes.length;
    if (length > this.#buffer.length) {
      this.#needed = Math.max(this.#needed, length);
      this.#keep(this.#buffer.subarray(0, this.#filled));
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled = length;
    return this.#buffer.subarray(0, length);
  }

  /** Keeps bytes, in a buffer with room for the whole frame. */
  #keep(bytes: Uint8Array): void {
    this.#filled = bytes.length;
    this.#buffer = new Uint8Array(Math.max(this.#needed, bytes.length));
    this.#buffer.set(bytes);
  }

  /** Takes a frame, or what is before one; returns how many bytes that was. */
  #read(bytes: Uint8Array): number {
    const start = this.#find(bytes);
    if (start > 0) {
      this.onStray(bytes.subarray(0, start));
      return start;
    }
    const size = this.key.length + 4;
    this.#needed = size;
    if (bytes.length < size) return 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    this.#needed += view.getUint32(this.key.length);
    if (bytes.length < this.#needed) return 0;
    this.onFrame(bytes.subarray(size, this.#needed));
    return this.#needed;
  }

  /** Where the key begins, or could begin; the end if nowhere. */
  #find(bytes: Uint8Array): number {
    const { key } = this;
    if (key.length === 0) return 0;
    let start = bytes.indexOf(key[0]!);
    const isKey = () =>
      key.every((byte, i) =>
        start + i >= bytes.length || bytes[start + i] === byte
      );
    while (start >= 0 && !isKey()) start = bytes.indexOf(key[0]!, start + 1);
    return start < 0 ? bytes.length : start;
  }
}

/** The standard streams of a process, as it sees them. */
export interface Stdio {
  /** Called with each further message. */
  onMessage: (message: unknown) => void;
  /** Writes a message, and waits until it is written. */
  write(message: unknown): void;
  /** Ends the process, whatever a task has made of `Deno.exit`. */
  exit(code: number): never;
  /** Imports the module that exports the tasks. */
  readonly load: ((() => Promise<Record<string, unknown>>)) | undefined;
}

/** A task that reads its input finds it empty, and takes no message away. */
export function emptyInput(): void {
  Object.assign(Deno.stdin, {
    read: () => Promise.resolve(null),
    readSync: () => null,
    close: () => {},
  });
  const readable = { get: () => new Blob().stream() };
  Object.defineProperty(Deno.stdin, "readable", readable);
}

/** The first message that a process gets. */
export interface FirstMessage {
  /** What its frames are to begin with. */
  readonly key: Uint8Array;
  /** The rest of its program: a function that takes its streams. */
  readonly program: string;
}

/**
 * Reads messages from the standard input. The first one brings the rest of the
 * program: a command line is too short for it on some systems.
 */
export async function openStdio(v8: V8, load: Stdio["load"]): Promise<void> {
  // Kept, because a task may replace them.
  const { stdin, stdout, exit } = Deno;
  const read = stdin.read.bind(stdin);
  const readSync = stdin.readSync.bind(stdin);
  const writeSync = stdout.writeSync.bind(stdout);
  emptyInput();
  let stdio: Stdio | undefined;

  const open = (first: FirstMessage) => {
    const { encode } = codec(v8, first.key);
    stdio = {
      load,
      onMessage: () => {},
      write(message) {
        let frame: Uint8Array = encode(message);
        try {
          while (frame.length > 0) frame = frame.subarray(writeSync(frame));
        } catch {
          // Nobody can be told anything any more.
          exit(1);
        }
      },
      exit,
    };
    (0, eval)(`(${first.program})`)(stdio);
  };

  const { decode } = codec(v8, new Uint8Array());
  const reader = new FrameReader(new Uint8Array(), (payload) => {
    const message = decode(payload);
    if (stdio) stdio.onMessage(message);
    else open(message as FirstMessage);
  }, () => {});
  const buffer = new Uint8Array(65_536);
  for (;;) {
    let count = await read(buffer);
    for (;;) {
      // Whoever started this process is gone.
      if (count === null) return exit(0);
      reader.push(buffer.subarray(0, count));
      if (!reader.isInside) break;
      // The rest of a frame is under way: to wait for it here is quicker.
      count = readSync(buffer);
    }
  }
}
