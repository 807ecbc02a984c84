/**
 * Starts a host of the kind that is asked for.
 *
 * @module
 */

import { describe } from "../describe.ts";
import { checkProcessOptions, Child } from "./child.ts";
import type { Host, HostOptions, Isolation, ProcessOptions } from "./host.ts";
import { Thread } from "./thread.ts";

/**
 * Starts a host.
 *
 * @param isolation Its kind.
 * @param options What it is called, and how it runs.
 * @returns The host, which is about to be ready.
 */
export function startHost(isolation: Isolation, options: HostOptions): Host {
  return isolation === "process" ? new Child(options) : new Thread(options);
}

/**
 * Checks the options of hosts.
 *
 * @param caller What the messages begin with, such as `Pool`.
 * @param isolation The kind of the hosts.
 * @param options The options that only a process has.
 * @throws {TypeError | RangeError} If one is wrong, or is not for this kind.
 */
export function checkIsolation(
  caller: string,
  isolation: Isolation,
  options: ProcessOptions,
): void {
  if (isolation === "process") return checkProcessOptions(caller, options);
  if (isolation !== "worker") {
    throw new TypeError(
      `${caller}: isolation must be "worker" or "process": received ${
        describe(isolation)
      }`,
    );
  }
  for (const name of ["permissions", "memory", "onOutput"] as const) {
    if (options[name] === undefined) continue;
    throw new TypeError(
      `${caller}: ${name} is for isolation: "process"; a worker is a thread ` +
        `of this program`,
    );
  }
}
