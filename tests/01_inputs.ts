/**
 * What lesson 1 is graded with besides its tests.
 *
 * @module
 */

import {
  callOf,
  type Draw,
  type Inputs,
  type Lesson,
} from "../classroom/sandbox/inputs.ts";

const systems = ["windows", "darwin", "linux", "freebsd", "android"];

export const inputs: Inputs = {
  osName: systems.map((system): Draw => (lesson) =>
    callOf(lesson, "osName", [system])
  ),
  describeProcess: [
    (lesson) =>
      callOf(lesson, "describeProcess", [], (me: Lesson) => ({
        pid: me.pid === Deno.pid,
        parentPid: me.parentPid === Deno.ppid,
        workingDirectory: me.workingDirectory === Deno.cwd(),
        system: me.system === Deno.build.os,
        osName: me.osName === (Deno.build.os === "windows" ? "nt" : "posix"),
        logicalProcessors:
          me.logicalProcessors === navigator.hardwareConcurrency,
      })),
  ],
  howToFind: systems.map((system): Draw => (lesson, random) =>
    callOf(lesson, "howToFind", [system, random.whole(1, 2 ** 22)])
  ),
};
