/**
 * Reads what comes in archives: .zip, .tar.gz, .tgz and .tar. Nothing is
 * written, and nothing is believed: an archive comes from a stranger.
 *
 * zip.js and modern-tar were chosen because both are maintained, depend on
 * nothing, and check what an archive says of itself. fflate is smaller, but
 * leaves checksums, links, passwords and duplicates to its user; nanotar does
 * not look at checksums. Only grading imports them: to run a lesson downloads
 * neither.
 *
 * @module
 */

import {
  type FileEntry,
  Uint8ArrayReader,
  ZipReader,
} from "npm:@zip.js/zip.js@2.24.0";
import { unpackTar } from "npm:modern-tar@0.8.6";

/** What an archive may be made to take up. */
export interface ArchiveLimits {
  /** How many entries it may list; 100 000 unless given. */
  readonly entries?: number;
  /** How many bytes one file may have, unpacked; 16 MiB unless given. */
  readonly fileSize?: number;
  /** How many bytes a .tar may have, unpacked; 256 MiB unless given. */
  readonly totalSize?: number;
}

/**
 * An archive or a file in it that is damaged, or asks for more than it may. The
 * message says so without its name: "is encrypted".
 */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
}

/** A file in an archive. */
export interface ArchivedFile {
  /** Its path, with `/` between the parts, which stays in its folder. */
  readonly path: string;
  /** How many bytes it says that it has. */
  readonly size: number;
  /**
   * Unpacks it.
   *
   * @throws {UnreadableError} If it is damaged, too large, encrypted, a link, there
   * twice, or compressed by a method that is not read.
   */
  read(): Promise<Uint8Array>;
}

/** What the names of archives end with. */
const endings = /\.(zip|tar\.gz|tgz|tar)$/i;

/** Whether a file is an archive that can be read, by its name. */
export function isArchive(name: string): boolean {
  return endings.test(name);
}

/** An archive's name without its ending. */
export function withoutEnding(name: string): string {
  return name.replace(endings, "");
}

/**
 * Lists the files of an archive; what nobody reads is never unpacked.
 *
 * @example
 * ```ts
 * import { openArchive } from "./archive.ts";
 *
 * const bytes = await Deno.readFile("anna.zip");
 * for (const file of await openArchive("anna.zip", bytes)) {
 *   if (file.path.endsWith(".ts")) await file.read();
 * }
 * ```
 *
 * @param name The archive's name: its ending says what it is.
 * @param bytes The archive.
 * @param limits What it may take up.
 * @returns Its files, in the archive's order.
 * @throws {UnreadableError} If it is damaged or beyond the limits, or if a path in
 * it would leave the folder it is unpacked to.
 */
export async function openArchive(
  name: string,
  bytes: Uint8Array,
  limits: ArchiveLimits = {},
): Promise<ArchivedFile[]> {
  const open = /\.zip$/i.test(name) ? openZip : openTar;
  const files = await open(bytes, {
    entries: 100_000,
    fileSize: 1 << 24,
    totalSize: 1 << 28,
    ...limits,
  });
  // Two paths can be one file where case or composition makes no difference.
  const same = Map.groupBy(
    files,
    ({ path }) => path.normalize("NFC").toLowerCase(),
  );
  return [...same.values()].map(([file, other]) =>
    other === undefined ? file! : { ...file!, read: refusing("is in it twice") }
  );
}

async function openZip(
  bytes: Uint8Array,
  { entries: most, fileSize }: Required<ArchiveLimits>,
): Promise<ArchivedFile[]> {
  const zip = new ZipReader(new Uint8ArrayReader(bytes), {
    useWebWorkers: false,
    checkCrc32: true,
    checkOverlappingEntry: true,
    checkLocalFilename: true,
    filenameValidation: "tolerant",
  });
  const files: ArchivedFile[] = [];
  let count = 0;
  try {
    for await (const entry of zip.getEntriesGenerator()) {
      checkCount(count += 1, most);
      const path = safePath(entry.filename);
      if (entry.directory || path === "" || path.endsWith("/")) continue;
      const size = entry.uncompressedSize;
      const read = () => readEntry(entry, fileSize);
      files.push({ path, size, read });
    }
  } catch (error) {
    throw damaged(error);
  }
  return files;
}

async function readEntry(
  entry: FileEntry,
  most: number,
): Promise<Uint8Array> {
  const { symlink, encrypted, uncompressedSize } = entry;
  if (symlink) throw new UnreadableError("is a link, and no file");
  if (encrypted) throw new UnreadableError("is encrypted");
  checkSize(uncompressedSize, most);
  const content = new Uint8Array(uncompressedSize);
  let length = 0;
  try {
    // What is longer than it says throws, as there is no room left for it.
    await entry.getData(
      new WritableStream({
        write(chunk) {
          content.set(chunk, length);
          length += chunk.length;
        },
      }),
    );
  } catch (error) {
    throw damaged(error);
  }
  return content;
}

async function openTar(
  bytes: Uint8Array,
  { entries, fileSize, totalSize }: Required<ArchiveLimits>,
): Promise<ArchivedFile[]> {
  const files: ArchivedFile[] = [];
  let count = 0;
  try {
    const unpacked = await unpackTar(unzipped(bytes, totalSize), {
      strict: true,
      filter({ name, size, type = "file" }) {
        checkCount(count += 1, entries);
        const path = safePath(name);
        if (path === "" || path.endsWith("/") || type === "directory") {
          return false;
        }
        if (type === "file" && size <= fileSize) return true;
        const read = refusing(
          type === "file" ? tooLarge(size, fileSize) : "is a link, and no file",
        );
        files.push({ path, size, read });
        return false;
      },
    });
    for (
      const { header: { name, size }, data = new Uint8Array() } of unpacked
    ) {
      const read = () => Promise.resolve(data);
      files.push({ path: safePath(name), size, read });
    }
  } catch (error) {
    throw damaged(error);
  }
  return files;
}

/** What a .tar.gz holds, or a .tar is, up to so many bytes. */
function unzipped(
  bytes: Uint8Array,
  most: number,
): ReadableStream<Uint8Array> {
  const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  let length = 0;
  return (isPacked ? blob.pipeThrough(new DecompressionStream("gzip")) : blob)
    .pipeThrough(
      new TransformStream({
        transform(chunk, controller) {
          checkSize(length += chunk.length, most);
          controller.enqueue(chunk);
        },
      }),
    );
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
    throw new UnreadableError(`has a forbidden path: ${JSON.stringify(name)}`);
  }
  // The last part of a folder is empty, and stays.
  return parts.filter((part, i) =>
    part !== "." && (part !== "" || i === parts.length - 1)
  ).join("/");
}

function checkCount(count: number, most: number): void {
  if (count <= most) return;
  throw new UnreadableError(`has more than ${most} entries`);
}

function checkSize(size: number, most: number): void {
  if (size > most) throw new UnreadableError(tooLarge(size, most));
}

function tooLarge(size: number, most: number): string {
  return `has ${size} bytes, ${most} are allowed`;
}

/** Reads nothing, and says why. */
function refusing(why: string): ArchivedFile["read"] {
  return () => Promise.reject(new UnreadableError(why));
}

function damaged(cause: unknown): UnreadableError {
  if (cause instanceof UnreadableError) return cause;
  const why = (cause as Error).message;
  return new UnreadableError(`cannot be unpacked: ${why}`, { cause });
}
