/**
 * The same faults in our pool and in the well-known ones, as a table: what the
 * caller saw, each cell observed by a program of its own in this run.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-run --allow-read --allow-write --allow-env bench/faults.ts
 * ```
 *
 * `--only exits` takes only the rows with that in their name in the list below,
 * `--pool piscina` only the pools; `--jobs 4` observes so many cells at a time;
 * `--verbose` prints what each program said. With LAUNCHER in the environment,
 * such as `LAUNCHER="ssh ada"`, there is a column of our pool on that machine.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { lazy, range, run } from "../mod.ts";
import { competitors, Installation } from "./pools/competitors.ts";
import { runGroup } from "./pools/program.ts";
import { markdownTable } from "./measure.ts";

/** The faults, in the order of the table. */
const faults: Record<string, string> = {
  throwsSubclass: "a task throws a subclass with fields",
  throwsAggregate: "throws an AggregateError",
  throwsDOMException: "throws a DOMException",
  throwsNull: "throws null",
  throwsUndefined: "throws undefined",
  throwsString: "throws a string",
  returnsFunction: "returns what cannot be cloned",
  throwsFunction: "throws what cannot be cloned",
  exits: "the worker exits",
  closesItself: "closes itself",
  isKilled: "is killed by SIGKILL",
  throwsLater: "throws later, from a timer",
  rejectsUnhandled: "rejects a promise nobody handles",
  usesUpMemory: "uses up its memory",
  recurses: "endless recursion",
  loops: "endless loop, timeout of 500 ms",
  inputThrows: "the input iterable throws",
  endlessInput: "the input never ends",
  terminates: "10 000 calls wait, terminate",
  poolInside: "a task opens a pool",
  killedIdle: "the program is killed, tasks wait",
  killedBusy: "the program is killed, tasks compute",
};

/** What a fault's program may tell, line by line. */
interface Facts {
  /** That there is a pool. */
  opened?: boolean;
  /** What the caller saw. */
  saw?: string;
  /** What became of the pool. */
  then?: string;
  /** How ending the pool went. */
  end?: string;
  /** The processes of the workers, which may outlive the program. */
  pids?: number[];
  /** What became of them. */
  left?: string;
}

/** How long one cell may take, in milliseconds. */
const deadline = 12_000;

/** Observes one fault in one pool, and says it in a few words. */
async function observe(command: string[], isEnded: boolean): Promise<string> {
  const facts: Facts = {};
  const onLine = async (line: string, pid: number) => {
    if (!line.startsWith("@@")) return;
    const fact: Facts = JSON.parse(line.slice(2));
    Object.assign(facts, fact);
    if (fact.pids) facts.left = await killAndLook(pid, fact.pids);
  };
  const { inTime, stderr } = await runGroup(command, deadline, onLine);
  if (verbose) console.error(command.join(" "), facts, inTime, stderr);
  if (facts.left) return facts.left;
  if (!facts.opened) {
    console.error(`${command.join(" ")} has not started:\n${stderr}`);
    return "has not started";
  }
  if (facts.saw === undefined) {
    return inTime ? "ends the program" : "the program stands still";
  }
  const words = [facts.saw];
  if (facts.then === undefined && !isEnded) {
    words.push(inTime ? "then ends the program" : "then blocks");
  } else if (facts.then !== undefined && facts.then !== "goes on") {
    words.push(facts.then);
  }
  if (!inTime) words.push("program cannot end");
  return words.join(", ");
}

/** Kills a program, and looks what becomes of its workers. */
async function killAndLook(pid: number, workers: number[]): Promise<string> {
  Deno.kill(pid, "SIGKILL");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const left: number[] = [];
  for (const worker of workers) if (await isAlive(worker)) left.push(worker);
  for (const worker of left) Deno.kill(worker, "SIGKILL");
  return left.length === 0 ? "none survives" : `${left.length} survive`;
}

/** Whether a process runs; one that only waits to be reaped does not. */
async function isAlive(pid: number): Promise<boolean> {
  if (Deno.build.os === "windows") {
    const { stdout } = await run(["tasklist", "/NH", "/FI", `PID eq ${pid}`]);
    return stdout.includes(String(pid));
  }
  const { stdout } = await run(["ps", "-o", "stat=", "-p", String(pid)]);
  return stdout !== "" && !stdout.startsWith("Z");
}

const options: Record<string, unknown> = parseArgs(Deno.args, {
  string: ["only", "pool", "jobs"],
  boolean: ["verbose"],
});
const { only = "", pool = "", verbose } = options;
const jobs = Number(options.jobs ?? navigator.hardwareConcurrency);
await using installation = await Installation.make();
const pools = competitors.filter((competitor) =>
  competitor.name.includes(String(pool)) &&
  installation.runtimeOf(competitor) !== undefined
);
const rows = Object.keys(faults).filter((fault) =>
  fault.includes(String(only))
);
const cells: string[] = [];
const places = lazy(rows)
  .flatMap((fault) => pools.map((competitor) => ({ fault, competitor })))
  .enumerate()[Symbol.iterator]();
// Each of them takes the next place when it has filled one.
await Promise.all(
  lazy(range(jobs)).map(async () => {
    for (const [i, { fault, competitor }] of places) {
      cells[i] = await observe(
        installation.command(
          competitor,
          "fault_program",
          [fault],
          fault === "usesUpMemory" ? 512 : undefined,
        ),
        fault === "terminates",
      );
    }
  }),
);
console.log(markdownTable([
  ["", ...pools.map(({ name }) => name)],
  ["runs under", ...pools.map((pool) => installation.runtimeOf(pool)!)],
  ...rows.map((fault, i) => [
    faults[fault]!,
    ...cells.slice(i * pools.length, (i + 1) * pools.length),
  ]),
]));
console.log(
  "\nUnless a cell says otherwise, the pool goes on with all its workers.",
);
