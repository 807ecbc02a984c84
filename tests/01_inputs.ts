/**
 * What lesson 1 is graded with besides its tests.
 *
 * @module
 */

import { callOf, type Draw, type Inputs } from "../classroom/sandbox/inputs.ts";
import type { ProcessDescription } from "../lessons/01_processes.ts";

const systems = ["windows", "darwin", "linux", "freebsd", "android"];

export const inputs: Inputs = {
  osName: systems.map((system): Draw => (lesson) =>
    callOf(lesson, "osName", [system])
  ),
  describeProcess: [
    (lesson) =>
      callOf(lesson, "describeProcess", [], (me: ProcessDescription) => ({
        pid: me.pid === Deno.pid,
        parentPid: me.parentPid === Deno.ppid,
        workingDirectory: me.workingDirectory === Deno.cwd(),
        system: me.system === Deno.build.os,
        osName: me.osName === (Deno.build.os === "windows" ? "nt" : "posix"),
        logicalProcessors:
          me.logicalProcessors === navigator.hardwareConcurrency,
      })),
    // What was found once is not what is true later.
    (lesson) => ({
      call: "describeProcess() before 64 MB are in use, and then",
      run: () => {
        const { memory } = lesson.describeProcess();
        const used = new Uint8Array(64_000_000).fill(1);
        const more = lesson.describeProcess().memory - memory;
        return { memoryGrows: more > used.length / 2 };
      },
    }),
  ],
  howToFind: systems.map((system): Draw => (lesson, random) =>
    callOf(lesson, "howToFind", [system, random.whole(1, 2 ** 22)])
  ),
};
