/** Archives, byte by byte: what they say of themselves may be a lie. */

import { crc32 } from "node:zlib";

/** What an archive says of an entry; all of it may be a lie. */
export interface Made {
  path: string;
  data?: Uint8Array;
  method?: number;
  flags?: number;
  mode?: number;
  size?: number;
  packedSize?: number;
  crc?: number;
  localPath?: string;
  offset?: number;
}

/** An archive with these entries, byte by byte. */
export function archiveOf(
  entries: readonly Made[],
  changes: Ends = {},
): Uint8Array {
  const locals: number[] = [];
  const directory: number[] = [];
  for (const entry of entries) {
    const { path, data = new Uint8Array(), method = 0, flags = 0 } = entry;
    const { size = data.length, packedSize = data.length, mode = 0o100644 } =
      entry;
    const name = bytesOf(path);
    const localName = bytesOf(entry.localPath ?? path);
    const offset = entry.offset ?? locals.length;
    const common = [
      ...[...u16(20), ...u16(flags), ...u16(method), ...u32(0)],
      ...[...u32(entry.crc ?? crc32(data)), ...u32(packedSize), ...u32(size)],
    ];
    locals.push(...u32(0x04034b50), ...common, ...u16(localName.length));
    locals.push(...u16(0), ...localName, ...data);
    directory.push(...u32(0x02014b50), ...u16(0x314), ...common);
    directory.push(...u16(name.length), ...u16(0), ...u16(0), ...u16(0));
    directory.push(...u16(0), ...u32(mode * 2 ** 16), ...u32(offset), ...name);
  }
  const { count = entries.length, start = locals.length, disk = 0 } = changes;
  const end = [...u32(0x06054b50), ...u16(disk), ...u16(disk), ...u16(count)];
  end.push(...u16(count), ...u32(directory.length), ...u32(start), ...u16(0));
  return new Uint8Array([...locals, ...directory, ...end]);
}

/** What it says of itself at its end. */
export interface Ends {
  count?: number;
  start?: number;
  disk?: number;
}

const u16 = (n: number) => [n & 0xff, (n >>> 8) & 0xff];
const u32 = (n: number) => [...u16(n & 0xffff), ...u16(n / 2 ** 16)];
/** A text as UTF-8. */
export const bytesOf = (text: string) => new TextEncoder().encode(text);
