import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import {
  type ArchiveLimits,
  openArchive,
  UnreadableError,
} from "../../classroom/grading/archive.ts";
import { crc32 } from "node:zlib";
import { archiveOf, bytesOf, type Ends, type Made } from "./zips.ts";

const source = "export const answer = 42;\n".repeat(20);

/** Made by Python's zipfile: a folder, two files, a symbolic link, a comment. */
const byPython = Uint8Array.fromBase64(`
UEsDBBQAAAAAAAAAIVgAAAAAAAAAAAAAAAAFAAAAYW5uYS9QSwMEFAAAAAgAAAAhWJYZLachAAAA
CAIAABwAAABhbm5hL2xlc3NvbnMvMDdfaXRlcmF0b3JzLnRzS60oyC8qUUjOzysuUUjMKy5PLVKw
VTAxsuZKHZUZQTIAUEsDBBQAAAgAAAAAIViqm2QnDAAAAAwAAAAPAAAAYW5uYS/DnGJ1bmcudHh0
Z3LDvMOfIEdvdHQKUEsDBBQAAAAAAAAAIVgKuR8pCwAAAAsAAAAMAAAAYW5uYS9saW5rLnRzL2V0
Yy9wYXNzd2RQSwECFAMUAAAAAAAAACFYAAAAAAAAAAAAAAAABQAAAAAAAAAAABAA7UEAAAAAYW5u
YS9QSwECFAMUAAAACAAAACFYlhktpyEAAAAIAgAAHAAAAAAAAAAAAAAApIEjAAAAYW5uYS9sZXNz
b25zLzA3X2l0ZXJhdG9ycy50c1BLAQIUAxQAAAgAAAAAIViqm2QnDAAAAAwAAAAPAAAAAAAAAAAA
AACkgX4AAABhbm5hL8OcYnVuZy50eHRQSwECFAMUAAAAAAAAACFYCrkfKQsAAAALAAAADAAAAAAA
AAAAAAAA/6G3AAAAYW5uYS9saW5rLnRzUEsFBgAAAAAEAAQA9AAAAOwAAAAOAG1hZGUgYnkgUHl0
aG9u`);

/** Made by Info-ZIP's `zip -r`: a folder in a folder, two files. */
const byZip = Uint8Array.fromBase64(`
UEsDBAoAAAAAAAAAIVgAAAAAAAAAAAAAAAAFABwAYmVsYS9VVAkAA4AAkmVjBQRrdXgLAAEEAAAA
AAQAAAAAUEsDBAoAAAAAAAAAIVgAAAAAAAAAAAAAAAANABwAYmVsYS9sZXNzb25zL1VUCQADgACS
ZWMFBGt1eAsAAQQAAAAABAAAAABQSwMEFAAAAAgAAAAhWJYZLachAAAACAIAABwAHABiZWxhL2xl
c3NvbnMvMDdfaXRlcmF0b3JzLnRzVVQJAAOAAJJlgACSZXV4CwABBAAAAAAEAAAAAEutKMgvKlFI
zs8rLlFIzCsuTy1SsFUwMbLmSh2VGUEyAFBLAwQKAAAAAAAAACFY6vqonQQAAAAEAAAAHQAcAGJl
bGEvbGVzc29ucy8wOF9nZW5lcmF0b3JzLnRzVVQJAAOAAJJlgACSZXV4CwABBAAAAAAEAAAAAHll
cwpQSwECHgMKAAAAAAAAACFYAAAAAAAAAAAAAAAABQAYAAAAAAAAABAA7UEAAAAAYmVsYS9VVAUA
A4AAkmV1eAsAAQQAAAAABAAAAABQSwECHgMKAAAAAAAAACFYAAAAAAAAAAAAAAAADQAYAAAAAAAA
ABAA7UE/AAAAYmVsYS9sZXNzb25zL1VUBQADgACSZXV4CwABBAAAAAAEAAAAAFBLAQIeAxQAAAAI
AAAAIViWGS2nIQAAAAgCAAAcABgAAAAAAAEAAACkgYYAAABiZWxhL2xlc3NvbnMvMDdfaXRlcmF0
b3JzLnRzVVQFAAOAAJJldXgLAAEEAAAAAAQAAAAAUEsBAh4DCgAAAAAAAAAhWOr6qJ0EAAAABAAA
AB0AGAAAAAAAAQAAAKSB/QAAAGJlbGEvbGVzc29ucy8wOF9nZW5lcmF0b3JzLnRzVVQFAAOAAJJl
dXgLAAEEAAAAAAQAAAAAUEsFBgAAAAAEAAQAYwEAAFgBAAAAAA==`);

/** The same from a pipe: sizes stand behind the data, not before it. */
const streamed = Uint8Array.fromBase64(`
UEsDBC0AAAAIAJJKd12WGS2n//////////8BABQALQEAEAAIAgAAAAAAACEAAAAAAAAAS60oyC8q
UUjOzysuUUjMKy5PLVKwVTAxsuZKHZUZQTIAUEsBAh4DLQAAAAgAkkp3XZYZLachAAAACAIAAAEA
AAAAAAAAAQAAAIARAAAAAC1QSwYGLAAAAAAAAAAeAy0AAAAAAAAAAAABAAAAAAAAAAEAAAAAAAAA
LwAAAAAAAABUAAAAAAAAAFBLBgcAAAAAgwAAAAAAAAABAAAAUEsFBgAAAAABAAEALwAAAFQAAAAA
AA==`);

/** The same with a password. */
const encrypted = Uint8Array.fromBase64(`
UEsDBAoACQAAAAAAIVjq+qidEAAAAAQAAAAdABwAYmVsYS9sZXNzb25zLzA4X2dlbmVyYXRvcnMu
dHNVVAkAA4AAkmVjBQRrdXgLAAEEAAAAAAQAAAAAIx0C3xTA/44auEUT2FcUI1BLBwjq+qidEAAA
AAQAAABQSwECHgMKAAkAAAAAACFY6vqonRAAAAAEAAAAHQAYAAAAAAABAAAApIEAAAAAYmVsYS9s
ZXNzb25zLzA4X2dlbmVyYXRvcnMudHNVVAUAA4AAkmV1eAsAAQQAAAAABAAAAABQSwUGAAAAAAEA
AQBjAAAAdwAAAAAA`);

/** Made by Python's zipfile with bzip2. */
const bzip2 = Uint8Array.fromBase64(`
UEsDBC4AAAAMAAAAIViWGS2nVAAAAAgCAAAEAAAAYS50c0JaaDkxQVkmU1mWxzRgAACB2YAAEEAA
FAoqAdzAIABwUNNMAAUqkYRhoZk0JyTAmxNSbEyKuyfidE3JwTBPCYJoTsTwmCZEzJ6LuSKcKEhL
Y5owAFBLAQIuAy4AAAAMAAAAIViWGS2nVAAAAAgCAAAEAAAAAAAAAAAAAACkgQAAAABhLnRzUEsF
BgAAAAABAAEAMgAAAHYAAAAAAA==`);

const everything = () => true;

/** Unpacks some files of a zip archive. */
async function readArchive(
  bytes: Uint8Array,
  wanted: (path: string) => boolean,
  limits?: ArchiveLimits,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const file of await openArchive(bytes, limits)) {
    if (wanted(file.path)) files.set(file.path, await file.read());
  }
  return files;
}

/** The files of an archive as text. */
async function textsOf(
  bytes: Uint8Array,
  wanted: (path: string) => boolean,
): Promise<[string, string][]> {
  const files = await readArchive(bytes, wanted);
  return [...files].map(([path, content]) => [
    path,
    new TextDecoder().decode(content),
  ]);
}

async function assertRefused(
  bytes: Uint8Array,
  message: string,
  ...rest: [((path: string) => boolean)?, { fileSize?: number }?]
): Promise<void> {
  const [wanted = everything, limits] = rest;
  await assertRejects(
    () => readArchive(bytes, wanted, limits),
    UnreadableError,
    message,
  );
}

/** An entry that holds `size` zeros, packed into a thousandth of that. */
async function bomb(path: string, size: number): Promise<Made> {
  const zeros = new Uint8Array(size);
  const stream = new Blob([zeros]).stream()
    .pipeThrough(new CompressionStream("deflate-raw"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  return { path, data, method: 8, size, crc: crc32(zeros) };
}

Deno.test("openArchive() reads what common programs write", async () => {
  assertEquals(
    await textsOf(byPython, (path) => !path.endsWith("link.ts")),
    [
      ["anna/lessons/07_iterators.ts", source],
      ["anna/Übung.txt", "grüß Gott\n"],
    ],
  );
  assertEquals(
    new Map(await textsOf(byZip, everything)),
    new Map([
      ["bela/lessons/07_iterators.ts", source],
      ["bela/lessons/08_generators.ts", "yes\n"],
    ]),
  );
  assertEquals(await textsOf(streamed, everything), [["-", source]]);
  assertEquals(await textsOf(archiveOf([]), everything), []);
});

Deno.test("openArchive() takes part of a larger buffer", async () => {
  const larger = new Uint8Array(byZip.length + 100);
  larger.set(byZip, 50);
  const part = larger.subarray(50, 50 + byZip.length);
  assertEquals((await readArchive(part, everything)).size, 2);
});

Deno.test("openArchive() asks for files alone, and reads the wanted ones", async () => {
  const asked: string[] = [];
  const files = await readArchive(byPython, (path) => {
    asked.push(path);
    return path.endsWith("07_iterators.ts");
  });
  assertEquals([...files.keys()], ["anna/lessons/07_iterators.ts"]);
  assertEquals(asked, [
    "anna/lessons/07_iterators.ts",
    "anna/Übung.txt",
    "anna/link.ts",
  ]);
  // What is not wanted may be unreadable.
  assertEquals((await readArchive(encrypted, () => false)).size, 0);
});

Deno.test("openArchive() gives paths with slashes, without dots", async () => {
  const data = bytesOf("x");
  const bytes = archiveOf([
    { path: "./lessons/07.ts", data },
    { path: "lessons\\08.ts", data },
    { path: "lessons//09.ts", data },
    { path: "lessons\\" },
    { path: "./" },
  ]);
  assertEquals([...(await readArchive(bytes, everything)).keys()], [
    "lessons/07.ts",
    "lessons/08.ts",
    "lessons/09.ts",
  ]);
});

Deno.test("openArchive() refuses paths that leave the folder", async () => {
  const paths = [
    "../a.ts",
    "a/../../b.ts",
    "a/..",
    "..",
    "/etc/passwd",
    "\\\\server\\share\\a.ts",
    "..\\a.ts",
    "C:\\a.ts",
    "c:a.ts",
    "a\0.ts",
    "",
  ];
  for (const path of paths) {
    const bytes = archiveOf([{ path: "good.ts" }, { path }]);
    const message = `has a forbidden path: ${JSON.stringify(path)}`;
    await assertRefused(bytes, message);
    await assertRefused(bytes, message, (each) => each === "good.ts");
  }
});

Deno.test("openArchive() refuses what it cannot read, and says why", async () => {
  await assertRefused(byPython, "is a link, and no file");
  await assertRefused(encrypted, "is encrypted");
  await assertRefused(
    bzip2,
    "cannot be unpacked: Compression method not supported",
  );
  for (const text of ["", "not a zip", "PK\x05\x06", "x".repeat(70_000)]) {
    await assertRefused(bytesOf(text), "cannot be unpacked: ");
  }
});

Deno.test("openArchive() refuses a file that is there twice", async () => {
  for (const other of ["a.ts", "A.TS", "./a.ts"]) {
    const bytes = archiveOf([{ path: "a.ts" }, { path: other }]);
    await assertRefused(bytes, "is in it twice");
    const both = await readArchive(bytes, (path) => path === "b.ts");
    assertEquals(both.size, 0);
  }
  // Ä as one character and as two.
  await assertRefused(
    archiveOf([{ path: "\u00c4.ts" }, { path: "A\u0308.ts" }]),
    "is in it twice",
  );
});

Deno.test("openArchive() unpacks no more than is allowed", async () => {
  const large = await bomb("bomb.ts", 30_000_000);
  assert(large.data!.length < 100_000);
  await assertRefused(
    archiveOf([large]),
    "has 30000000 bytes, 16777216 are allowed",
  );
  assertEquals((await readArchive(archiveOf([large]), () => false)).size, 0);
  await assertRejects(
    () => openArchive(byZip, { entries: 3 }),
    UnreadableError,
    "has more than 3 entries",
  );
});

Deno.test("openArchive() believes no size, name or place", async () => {
  const data = bytesOf("x");
  const lies: [Made, string][] = [
    // It claims to be small, and is not.
    [{ ...await bomb("a.ts", 3_000_000), size: 10 }, "uncompressed size"],
    [{ ...await bomb("a.ts", 1000), size: 2000 }, "Invalid CRC32"],
    [{ path: "a.ts", data, size: 2 }, "uncompressed size"],
    [{ path: "a.ts", data, packedSize: 5000 }, "out of bounds"],
    [{ path: "a.ts", data, localPath: "b.ts" }, "Ambiguous archive"],
    [{ path: "a.ts", data, offset: 3 }, "Local file header not found"],
    [{ path: "a.ts", data, offset: 1e9 }, "Local file header not found"],
    [{ path: "a.ts", data, crc: 1 }, "Invalid CRC32"],
    // No compressed data at all.
    [{ path: "a.ts", data, method: 8 }, "cannot be unpacked"],
  ];
  for (const [entry, message] of lies) {
    const bytes = archiveOf([entry]);
    await assertRefused(bytes, "cannot be unpacked: ");
    await assertRefused(bytes, message);
  }
  const damages: Ends[] = [{ count: 3 }, { disk: 1 }];
  for (const damage of damages) {
    const bytes = archiveOf([{ path: "a.ts", data }, { path: "b.ts" }], damage);
    await assertRefused(bytes, "cannot be unpacked: ");
  }
});

Deno.test("openArchive() refuses an archive cut off anywhere", async () => {
  for (const whole of [byPython, byZip, streamed]) {
    for (let length = 0; length < whole.length; length++) {
      await assertRefused(whole.subarray(0, length), "");
    }
  }
});

Deno.test("openArchive() gives the right bytes or an error for any damage", async () => {
  const wanted = (path: string) => path.endsWith("07_iterators.ts");
  let refused = 0;
  for (let at = 0; at < byZip.length; at++) {
    const bytes = byZip.slice();
    bytes[at]! ^= 1 << (at % 8);
    try {
      for (const [, text] of await textsOf(bytes, wanted)) {
        assertEquals(text, source);
      }
    } catch (error) {
      assertInstanceOf(error, UnreadableError);
      refused += 1;
    }
  }
  assert(refused > 100);
});
