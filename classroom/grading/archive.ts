/**
 * Reads submissions that come as a .zip.
 *
 * `@std` has no reader for zip archives, and the web platform has the hard part,
 * `DecompressionStream`. What is left is to find the entries, and to believe
 * none of them: the archive comes from a stranger. Nothing is written here; the
 * format is PKWARE's APPNOTE.TXT.
 *
 * @module
 */

/** What an archive may be made to take up. */
export interface ArchiveLimits {
  /** How many entries it may list; 10 000 unless given. */
  readonly entries?: number;
  /** How many bytes one file may have, unpacked; 1 MiB unless given. */
  readonly fileSize?: number;
  /** How many bytes the wanted files may have in all; 8 MiB unless given. */
  readonly totalSize?: number;
}

/** An archive that is damaged, or asks for more than it may. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** An entry, as the archive's directory describes it. */
interface Entry {
  readonly path: string;
  readonly rawName: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** The type of file as Unix knows it, 0 if not given. */
  readonly fileType: number;
  /** Where the entry's own header begins. */
  readonly offset: number;
}

const signatures = { local: 0x04034b50, entry: 0x02014b50, end: 0x06054b50 };
const lengths = { local: 30, entry: 46, end: 22 };
/** These values say that the real ones are in a zip64 record. */
const zip64 = { short: 0xffff, long: 0xffffffff };
const encrypted = 1 << 0;
const nameIsUtf8 = 1 << 11;
const symbolicLink = 0o12;
const methods = { stored: 0, deflated: 8 };

/**
 * Unpacks some files of a zip archive into memory.
 *
 * Paths come with `/` between their parts, also if the archive was made by a
 * program that writes `\`. Folders are left out, and what is not wanted is never
 * unpacked.
 *
 * @example
 * ```ts
 * import { readArchive } from "./archive.ts";
 *
 * const bytes = await Deno.readFile("anna.zip");
 * const files = await readArchive(bytes, (path) => path.endsWith(".ts"));
 * ```
 *
 * @param bytes The archive.
 * @param wanted Whether to unpack the file of this path.
 * @param limits What it may take up.
 * @returns The files' contents by path, in the archive's order.
 * @throws {ArchiveError} If the archive is damaged or beyond the limits, if a
 * path in it would leave the folder it is unpacked to, or if a wanted file is
 * there twice, encrypted, a symbolic link, or compressed by another method than
 * deflate.
 */
export async function readArchive(
  bytes: Uint8Array,
  wanted: (path: string) => boolean,
  limits: ArchiveLimits = {},
): Promise<Map<string, Uint8Array>> {
  const { entries = 10_000, fileSize = 1 << 20, totalSize = 1 << 23 } = limits;
  const files = entriesOf(bytes, entries)
    .filter(({ path }) => !/(^|\/)$/.test(path) && wanted(path));
  checkDuplicates(files);
  let total = 0;
  for (const entry of files) {
    checkEntry(entry, fileSize);
    total += entry.size;
  }
  if (total > totalSize) {
    throw new ArchiveError(
      `its files have ${total} bytes, ${totalSize} are allowed`,
    );
  }
  const contents = new Map<string, Uint8Array>();
  for (const entry of files) {
    contents.set(entry.path, await contentOf(bytes, entry));
  }
  return contents;
}

/** The entries that the directory at the archive's end lists. */
function entriesOf(bytes: Uint8Array, most: number): Entry[] {
  const view = viewOf(bytes);
  const end = endOf(view);
  const count = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (count === zip64.short || size === zip64.long || start === zip64.long) {
    throw new ArchiveError("zip64 archives are not read");
  }
  const disks = view.getUint32(end + 4, true);
  if (disks !== 0 || view.getUint16(end + 8, true) !== count) {
    throw new ArchiveError("archives in several parts are not read");
  }
  if (count > most) {
    throw new ArchiveError(`it has ${count} entries, ${most} are allowed`);
  }
  if (start + size > end) throw damaged("its directory is cut off");
  const entries: Entry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (
      at + lengths.entry > end || view.getUint32(at, true) !== signatures.entry
    ) {
      throw damaged("its directory is cut off");
    }
    const nameEnd = at + lengths.entry + view.getUint16(at + 28, true);
    const next = nameEnd + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    if (next > end) throw damaged("its directory is cut off");
    const flags = view.getUint16(at + 8, true);
    const rawName = bytes.subarray(at + lengths.entry, nameEnd);
    entries.push({
      path: safePath(decodeName(rawName, flags)),
      rawName,
      flags,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      fileType: view.getUint32(at + 38, true) >>> 28,
      offset: view.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

/** Where the end record is: it is last, but for a comment whose length it gives. */
function endOf(view: DataView): number {
  const first = view.byteLength - lengths.end;
  for (let at = first; at >= Math.max(0, first - 0xffff); at--) {
    if (
      view.getUint32(at, true) === signatures.end &&
      view.getUint16(at + 20, true) === first - at
    ) return at;
  }
  throw new ArchiveError("it is no zip archive, or its end is missing");
}

/**
 * An entry's name. Without the flag for UTF-8 it may be in any encoding; many
 * programs write UTF-8 all the same.
 */
function decodeName(bytes: Uint8Array, flags: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    if (flags & nameIsUtf8) throw damaged("a name in it is not UTF-8");
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/**
 * A path that cannot leave the folder it is put into; that of a folder ends
 * with a slash, or is empty.
 */
function safePath(name: string): string {
  const slashed = name.replaceAll("\\", "/");
  const parts = slashed.split("/");
  const isDrive = /^[a-z]:/i.test(slashed);
  if (isDrive || parts[0] === "" || parts.includes("..") || /\0/.test(name)) {
    throw new ArchiveError(`the path ${JSON.stringify(name)} is not allowed`);
  }
  // The last part of a folder is empty, and stays.
  return parts.filter((part, i) =>
    part !== "." && (part !== "" || i === parts.length - 1)
  ).join("/");
}

/** Two paths can be one file where case or composition makes no difference. */
function checkDuplicates(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  for (const { path } of entries) {
    const file = path.normalize("NFC").toLowerCase();
    if (seen.has(file)) throw new ArchiveError(`${path} is in it twice`);
    seen.add(file);
  }
}

function checkEntry(entry: Entry, fileSize: number): void {
  const { path, flags, method, size, packedSize, offset, fileType } = entry;
  const refuse = (why: string) => new ArchiveError(`${path} ${why}`);
  if (fileType === symbolicLink) throw refuse("is a symbolic link");
  if (flags & encrypted) throw refuse("is encrypted");
  if ([size, packedSize, offset].includes(zip64.long)) {
    throw refuse("uses zip64, which is not read");
  }
  if (method !== methods.stored && method !== methods.deflated) {
    throw refuse(
      `is compressed by method ${method}: only deflate (8) and none (0) are read`,
    );
  }
  if (size > fileSize) {
    throw refuse(`has ${size} bytes, ${fileSize} are allowed`);
  }
}

/** An entry's content, checked against what the directory says of it. */
async function contentOf(bytes: Uint8Array, entry: Entry): Promise<Uint8Array> {
  const packed = packedOf(bytes, entry);
  const content = entry.method === methods.stored
    ? packed.slice()
    : await inflate(packed, entry);
  if (content.length !== entry.size || crc32(content) !== entry.crc) {
    throw damaged(`${entry.path} is not what it should be`);
  }
  return content;
}

/** An entry's bytes in the archive, behind a header of its own. */
function packedOf(bytes: Uint8Array, entry: Entry): Uint8Array {
  const { path, offset, rawName, packedSize } = entry;
  const view = viewOf(bytes);
  const nameStart = offset + lengths.local;
  if (
    nameStart > bytes.length ||
    view.getUint32(offset, true) !== signatures.local
  ) throw damaged(`${path} is not where it should be`);
  const nameEnd = nameStart + view.getUint16(offset + 26, true);
  const start = nameEnd + view.getUint16(offset + 28, true);
  if (start + packedSize > bytes.length) throw damaged(`${path} is cut off`);
  const name = bytes.subarray(nameStart, nameEnd);
  if (
    name.length !== rawName.length ||
    name.some((byte, i) => byte !== rawName[i])
  ) throw damaged(`${path} has two names`);
  return bytes.subarray(start, start + packedSize);
}

/** Unpacks, and stops as soon as there is more than the entry's size. */
async function inflate(packed: Uint8Array, entry: Entry): Promise<Uint8Array> {
  const content = new Uint8Array(entry.size);
  let length = 0;
  try {
    const stream = new Blob([packed.slice()]).stream()
      .pipeThrough(new DecompressionStream("deflate-raw"));
    for await (const chunk of stream) {
      // Throws if there is no room left for it.
      content.set(chunk, length);
      length += chunk.length;
    }
  } catch (cause) {
    throw damaged(`${entry.path} cannot be unpacked`, cause);
  }
  return content.subarray(0, length);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i;
  for (let bit = 0; bit < 8; bit++) {
    crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return crc;
});

/** The checksum that zip keeps of each file. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(what: string, cause?: unknown): ArchiveError {
  return new ArchiveError(`the archive is damaged: ${what}`, { cause });
}
