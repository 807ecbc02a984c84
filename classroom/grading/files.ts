/**
 * The files of submissions, wherever they are: on the disk or in archives.
 *
 * @module
 */

import { openArchive, UnreadableError } from "./archive.ts";

/** How deep folders in each other are looked into. */
const deepest = 10;

/** A file, on the disk or in an archive. */
export interface Found {
  /** Its path; that of a folder which cannot be read ends with a slash. */
  readonly path: string;
  /** @throws {Error} If it cannot be read, or has more than so many bytes. */
  read(most: number): Promise<Uint8Array>;
}

/** By code units, as no locale sorts differently. */
export function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The files in an archive; their paths begin with its own. */
export async function insideOf(archive: Found, most: number): Promise<Found[]> {
  const content = await archive.read(most);
  const files = await openArchive(content);
  return files.filter(({ path }) => !path.split("/").some(isSkipped)).map(
    (file) => ({
      path: `${archive.path}/${file.path}`,
      read(most) {
        checkSize(file.size, most);
        return file.read();
      },
    }),
  );
}

/** The files in a folder and those below. Links are not followed. */
export async function walk(
  path: string,
  shown: string,
  depth = 1,
): Promise<Found[]> {
  const fails = (error: unknown) => [{
    path: `${shown}/`,
    read: () => Promise.reject(error),
  }];
  if (depth > deepest) {
    return fails(new UnreadableError("is in too many other folders"));
  }
  const found: Found[] = [];
  try {
    const all = await Array.fromAsync(Deno.readDir(path));
    for (const entry of all.sort((a, b) => order(a.name, b.name))) {
      if (isSkipped(entry.name)) continue;
      const names = [
        `${path}/${entry.name}`,
        `${shown}/${entry.name}`,
      ] as const;
      if (entry.isDirectory) found.push(...await walk(...names, depth + 1));
      else found.push(onDisk(...names));
    }
  } catch (error) {
    return fails(error);
  }
  return found;
}

export function onDisk(path: string, shown: string): Found {
  return {
    path: shown,
    async read(most) {
      const { isSymlink, isFile, size } = await Deno.lstat(path);
      if (isSymlink) throw new UnreadableError("is a link, and no file");
      if (!isFile) throw new UnreadableError("is no file");
      checkSize(size, most);
      return await Deno.readFile(path);
    },
  };
}

function checkSize(size: number, most: number): void {
  if (size <= most) return;
  throw new UnreadableError(`has ${size} bytes; ${most} are allowed`);
}

/** What the system, an editor or a tool has put there. */
export function isSkipped(name: string): boolean {
  return name.startsWith(".") || ["node_modules", "__MACOSX"].includes(name);
}

export function withoutPrefix(
  files: readonly Found[],
  prefix: string,
): Found[] {
  return files.map(({ path, read }) => ({
    // What is to be said of a whole folder needs its name.
    path: path.startsWith(prefix) && path.slice(prefix.length) || path,
    read,
  }));
}

/** Why something cannot be read, in words that follow its name. */
export function reasonOf(error: unknown): string {
  if (error instanceof UnreadableError) return error.message;
  return `cannot be read: ${(error as Error).name}`;
}
