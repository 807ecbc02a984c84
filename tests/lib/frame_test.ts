import { assert, assertEquals, assertThrows } from "@std/assert";
import v8 from "node:v8";
import { codec, FrameReader, type V8 } from "../../lib/processes/frames.ts";

const serializers = v8 as unknown as V8;
const key = new Uint8Array([7, 1, 7, 2]);

/** Reads a stream that comes in the given pieces. */
function read(pieces: Iterable<Uint8Array>) {
  const { decode } = codec(serializers, key);
  const messages: unknown[] = [];
  let stray = "";
  const reader = new FrameReader(
    key,
    (payload) => messages.push(decode(payload)),
    (bytes) => stray += new TextDecoder().decode(bytes),
  );
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return { messages, stray };
}

function join(...parts: (string | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) =>
    typeof part === "string" ? new TextEncoder().encode(part) : part
  );
  return new Uint8Array(bytes.flatMap((part) => [...part]));
}

Deno.test("A frame brings back what went in, short or long, plain or not", () => {
  const { encode } = codec(serializers, key);
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const shared = { x: 1 };
  class Odd extends Array<number> {
    toJSON() {
      return "odd";
    }
  }
  const values: unknown[] = [
    undefined,
    null,
    0,
    -0,
    NaN,
    "",
    "\ud800 é 😀\n",
    [],
    [1, , 3],
    Object.assign([1], { more: 2 }),
    Object.assign(Array(1), { more: 2 }),
    { a: undefined },
    { toJSON: 1 },
    Odd.of(1),
    new (class Point {})(),
    JSON.parse('{"__proto__": 1}'),
    { deep: [{ deeper: [1, "2", true, null] }] },
    [shared, shared],
    Array.from({ length: 1_000 }, (_, i) => i),
    [NaN, -0, 0, Infinity, -Infinity, 1.5, 2 ** 53, Number.MIN_VALUE],
    [1, 2, 3, 4, 5, 6, 7, undefined],
    [1, 2, 3, 4, 5, 6, 7, , 8],
    "x".repeat(20_000),
    new Map([[1n, new Set(["a"])]]),
    new Date(0),
    Object.create(null),
  ];
  for (const value of values) {
    const { messages: [back], stray } = read([encode(value)]);
    assertEquals(back, structuredClone(value));
    assert(Object.is(back, -0) === Object.is(value, -0));
    assertEquals(stray, "");
  }
  const { messages: [twice] } = read([encode([shared, shared])]);
  assert((twice as unknown[])[0] === (twice as unknown[])[1]);
  const { messages: [ring] } = read([encode(cyclic)]);
  assert((ring as typeof cyclic).self === ring);
});

Deno.test("Frames are found between what a program prints, in any pieces", () => {
  const { encode } = codec(serializers, key);
  const stream = join(
    "printed \u0007",
    encode({ n: 1 }),
    encode([2n]),
    "\u0007\u0001 between \u0007\u0001\u0007",
    encode("three"),
    "after\u0007",
  );
  const expected = {
    messages: [{ n: 1 }, [2n], "three"],
    stray: "printed \u0007\u0007\u0001 between \u0007\u0001\u0007after\u0007",
  };
  assertEquals(read([stream]), expected);
  for (const size of [1, 2, 3, 5, 7, 11]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      pieces.push(stream.slice(at, at + size));
    }
    assertEquals(read(pieces), expected, `pieces of ${size}`);
  }
  assertEquals(read([]), { messages: [], stray: "" });
});

Deno.test("A frame is refused that holds what another process cannot have", () => {
  const { encode } = codec(serializers, key);
  const cells = new Int32Array(new SharedArrayBuffer(4));
  assertThrows(() => encode({ cells }), TypeError, "cannot be sent to a proc");
  assertThrows(
    () => encode([new Blob([])]),
    TypeError,
    "a Blob cannot be sent",
  );
  assertThrows(() => encode(() => 1));
});
