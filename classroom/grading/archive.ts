/**
 * Reads what comes in a .zip. Nothing is written, and nothing is believed: an
 * archive comes from a stranger.
 *
 * zip.js was chosen because it is maintained, depends on nothing, and checks what
 * an archive says of itself. fflate is smaller, but leaves checksums, links,
 * passwords and duplicates to its user. Only grading imports it: to run a lesson
 * does not download it.
 *
 * @module
 */

import {
  type FileEntry,
  Uint8ArrayReader,
  ZipReader,
} from "npm:@zip.js/zip.js@2.24.0";

/** What an archive may be made to take up. */
export interface ArchiveLimits {
  /** How many entries it may list; 100 000 unless given. */
  readonly entries?: number;
  /** How many bytes one file may have, unpacked; 16 MiB unless given. */
  readonly fileSize?: number;
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
const ending = /\.zip$/i;

/** Whether a file is an archive that can be read, by its name. */
export function isArchive(name: string): boolean {
  return ending.test(name);
}

/** An archive's name without its ending. */
export function withoutEnding(name: string): string {
  return name.replace(ending, "");
}

/**
 * Lists the files of an archive; what nobody reads is never unpacked.
 *
 * @example
 * ```ts
 * import { openArchive } from "./archive.ts";
 *
 * const bytes = await Deno.readFile("anna.zip");
 * for (const file of await openArchive(bytes)) {
 *   if (file.path.endsWith(".ts")) await file.read();
 * }
 * ```
 *
 * @param bytes The archive.
 * @param limits What it may take up.
 * @returns Its files, in the archive's order.
 * @throws {UnreadableError} If it is damaged or beyond the limits, or if a path in
 * it would leave the folder it is unpacked to.
 */
export async function openArchive(
  bytes: Uint8Array,
  { entries = 100_000, fileSize = 1 << 24 }: ArchiveLimits = {},
): Promise<ArchivedFile[]> {
  const files = await filesIn(bytes, entries, fileSize);
  // Two paths can be one file where case or composition makes no difference.
  const same = Map.groupBy(
    files,
    ({ path }) => path.normalize("NFC").toLowerCase(),
  );
  return [...same.values()].map(([file, other]) =>
    other === undefined ? file! : { ...file!, read: isTwice }
  );
}

async function filesIn(
  bytes: Uint8Array,
  most: number,
  fileSize: number,
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
      if (++count > most) {
        throw new UnreadableError(`has more than ${most} entries`);
      }
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
  if (uncompressedSize > most) {
    const sizes = `has ${uncompressedSize} bytes, ${most} are allowed`;
    throw new UnreadableError(sizes);
  }
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

function isTwice(): Promise<never> {
  return Promise.reject(new UnreadableError("is in it twice"));
}

function damaged(cause: unknown): UnreadableError {
  if (cause instanceof UnreadableError) return cause;
  const why = (cause as Error).message;
  return new UnreadableError(`cannot be unpacked: ${why}`, { cause });
}
