/**
 * What a process may do, and the flags that say so to Deno.
 *
 * @module
 */

import {
  checkArray,
  checkCount,
  checkFunction,
  checkTimeout,
  describe,
} from "../describe.ts";
import type { PoolOptions, ProcessPermissions } from "../workers/options.ts";

/** The permissions that Deno knows. */
const known = "read write net env run sys ffi import".split(" ");

/** Checks the options that only a process has. */
export function checkProcessOptions(
  caller: string,
  options: PoolOptions,
): void {
  const { memory, permissions = {}, onOutput, launcher, lostAfter } = options;
  if (lostAfter !== undefined) checkTimeout(caller, lostAfter, "lostAfter");
  if (launcher !== undefined && typeof launcher !== "function") {
    checkArray(caller, "launcher", launcher);
  }
  if (memory !== undefined) checkCount(caller, "memory", memory);
  if (onOutput !== undefined) checkFunction(caller, "onOutput", onOutput);
  if (describe(permissions) !== "an Object") {
    const wanted = "permissions must be an object, such as { read: true }";
    throw new TypeError(
      `${caller}: ${wanted}: received ${describe(permissions)}`,
    );
  }
  for (const [name, allowed] of Object.entries(permissions)) {
    checkPermission(caller, name, allowed);
  }
}

function checkPermission(caller: string, name: string, allowed: unknown): void {
  if (!known.includes(name)) {
    const none = `there is no permission ${describe(name)}`;
    throw new TypeError(`${caller}: ${none}; there are ${known.join(", ")}`);
  }
  if (typeof allowed !== "boolean" && !Array.isArray(allowed)) {
    throw new TypeError(
      `${caller}: permissions.${name} must be true, false or a list: ` +
        `received ${describe(allowed)}`,
    );
  }
}

/** The flags that give a process its permissions, and no others. */
export function permissionFlags(permissions: ProcessPermissions): string[] {
  const flags = Object.entries(permissions).flatMap(([name, allowed]) => {
    if (allowed === true) return [`--allow-${name}`];
    const list: readonly (string | URL)[] = allowed || [];
    if (list.length === 0) return [];
    return [`--allow-${name}=${list.map(toText).join(",")}`];
  });
  // Where no flag speaks of permissions, node:child_process adds `-A`.
  const hasLibraries = flags.some((flag) => flag.startsWith("--allow-ffi"));
  return hasLibraries ? flags : [...flags, "--deny-ffi"];
}

/** The permissions that are not to be there, as far as nothing limits them. */
export function refusedPermissions(permissions: ProcessPermissions): string[] {
  const given = permissions as Record<string, unknown>;
  return known.filter((name) => given[name] !== true);
}

/** A path or name as it stands in a flag, where a comma separates. */
function toText(item: string | URL): string {
  const text = item instanceof URL && item.protocol === "file:"
    ? pathOf(item)
    : String(item);
  return text.replaceAll(",", ",,");
}

/** The path of a file. */
export function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
