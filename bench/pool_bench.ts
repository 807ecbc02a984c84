/**
 * Pools beside each other, each in a program of its own under the runtime that
 * it is made for; and our pool beside what it is made of.
 *
 * All take turns, several rounds of them, so that a noisy moment meets each;
 * the tables show medians. How many tasks a round has is found out first, so
 * that a slow pool does not take all day.
 *
 * @example Run it
 * ```sh
 * deno run --no-lock --allow-run --allow-read --allow-write --allow-env bench/pool_bench.ts
 * ```
 *
 * @module
 */

import { Pool, run, spawn, type Subprocess } from "../mod.ts";
import { markdownTable, measure, median } from "./measure.ts";
import {
  bareChannel,
  bareWorker,
  largeByChannels,
  largeByHand,
} from "./pools/bare.ts";
import {
  type Competitor,
  competitors,
  Installation,
} from "./pools/competitors.ts";
import { size, square, sumOfSquares } from "./pools/tasks.mjs";

const isolations = ["worker", "process"] as const;
type Isolation = typeof isolations[number];

/** What ours are called in the tables. */
const names: Record<Isolation, string> = {
  worker: "Pool",
  process: "Pool, processes",
};
const isOurs = (name: string) => name.startsWith("Pool");

const rounds = 5;
const workers = 4;

/** Something that is measured in each pool. */
interface Case {
  /** What the pools' programs call it. */
  readonly name: string;
  readonly title: string;
  /** What it is told: how many tasks, at most, or how large a task is. */
  readonly count: number;
  /** Whether the time is that of one of the tasks, of which fewer will do. */
  readonly perTask?: boolean;
  readonly rounds?: number;
  /** Whether it is measured on one processor, as pools/trip.ts explains. */
  readonly takesTurns?: boolean;
}

const cases: readonly Case[] = [
  // First, because what comes before would hide how much memory it takes.
  {
    name: "imap",
    title: "1 000 000 items through imap",
    count: 1_000_000,
    rounds: 1,
  },
  {
    name: "map",
    title: "a tiny task, by map",
    count: 100_000,
    perTask: true,
  },
  {
    name: "calls",
    title: "a tiny task, called with others",
    count: 100_000,
    perTask: true,
  },
  {
    name: "oneByOne",
    title: "a tiny task, one by one",
    count: 100_000,
    perTask: true,
    takesTurns: true,
  },
  { name: "start", title: "a pool of four, to its first result", count: 1 },
  { name: "large", title: "8 large tasks", count: 4_000_000 },
  { name: "copy", title: "10 MB, copied", count: 20, perTask: true },
  { name: "move", title: "10 MB, moved", count: 20, perTask: true },
];

/** What a pool's program says of one round. */
interface Answer {
  readonly ms?: number;
  /** How many bytes more the program took than before. */
  readonly memory?: number;
  /** Why there is nothing to measure. */
  readonly missing?: string;
}

/** A pool's program, which measures when it is told to. */
class Contestant implements AsyncDisposable {
  readonly #child: Subprocess;
  readonly #lines: AsyncGenerator<string, void, void>;
  /** How many tasks a round has, by case. */
  readonly #counts = new Map<string, number>();

  constructor(readonly competitor: Competitor, command: string[]) {
    this.#child = spawn(command, { stderr: "inherit" });
    this.#lines = this.#child.lines();
  }

  /** Measures one round; the first one only finds out how long it may be. */
  async round({ name, count, perTask }: Case): Promise<Answer> {
    if (!perTask) return await this.#ask(name, count);
    const known = this.#counts.get(name);
    if (known !== undefined) return perOne(await this.#ask(name, known), known);
    const few = Math.min(count, 1000);
    await this.#ask(name, few);
    const { ms } = await this.#ask(name, few);
    const enough = Math.ceil(roundTime / ((ms ?? 0) / few));
    this.#counts.set(name, Math.min(count, Math.max(1, enough)));
    return {};
  }

  async #ask(name: string, count: number): Promise<Answer> {
    await this.#child.stdin.write(`${JSON.stringify([name, count])}\n`);
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`${this.competitor.name} has ended`);
      if (value.startsWith("@@")) return JSON.parse(value.slice(2));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** About how long a round may take, in milliseconds. */
const roundTime = 400;

function perOne({ ms, ...rest }: Answer, count: number): Answer {
  return ms === undefined ? rest : { ...rest, ms: ms / count };
}

/** Has all the contestants measure a case in turn. */
async function compete(
  contestants: readonly Contestant[],
  item: Case,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer[]>();
  const { rounds: most = rounds } = item;
  for (let round = most > 1 ? 0 : 1; round <= most; round++) {
    for (const contestant of contestants) {
      const { name } = contestant.competitor;
      const answer = await contestant.round(item).catch((error): Answer => {
        console.error(`${name}: ${error.message}`);
        return { missing: "fails" };
      });
      if (round > 0) {
        answers.set(name, [...answers.get(name) ?? [], answer]);
      }
    }
  }
  return new Map([...answers].map(([name, all]) => [name, middle(all)]));
}

/** The medians of some rounds. */
function middle(answers: readonly Answer[]): Answer {
  const of = (key: "ms" | "memory") => {
    const numbers = answers.flatMap((answer) => answer[key] ?? []);
    return numbers.length > 0 ? { [key]: median(numbers) } : {};
  };
  return { ...answers[0], ...of("ms"), ...of("memory") };
}

/** A time in milliseconds, in the unit that suits it. */
function inWords(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toPrecision(3)} µs`;
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Our times beside those of a peer. */
interface Comparison {
  readonly title: string;
  readonly ours: string;
  readonly peer: string;
  /** Milliseconds. */
  readonly times: readonly [ours: number, peer: number];
  /** How many times as fast as the peer ours should be. */
  readonly aim?: number;
}

/** A message there and back, which pools/trip.ts measures. */
async function compareTrips(
  isolation: Isolation,
  peer: string,
): Promise<Comparison> {
  const program = import.meta.resolve("./pools/trip.ts");
  const command = [
    Deno.execPath(),
    "run",
    "--no-lock",
    "--allow-run",
    "--allow-env",
  ];
  const { stdout } = await run(
    [...onOneProcessor, ...command, program, isolation],
    { check: true },
  );
  const [ours = NaN, bare = NaN] = stdout.split(" ").map(Number);
  return {
    title: "apply, there and back",
    ours: names[isolation],
    peer,
    times: [ours / 1000, bare / 1000],
    aim: 1 / 1.2,
  };
}

/** Many calls at once, beside bare workers with one message under way in each. */
async function compareMany(
  isolation: Isolation,
  peer: string,
): Promise<Comparison> {
  const isThread = isolation === "worker";
  const bare = Array.from(
    { length: workers },
    () => isThread ? bareWorker() : bareChannel(),
  );
  const count = 5_000;
  const { times, ...rest } = await withPool(isolation, (pool) =>
    beside(
      {
        title: "a tiny task, called with others",
        ours: names[isolation],
        peer: `${workers} times ${peer}`,
      },
      () => {
        const items = Array.from({ length: count }, (_, i) => i);
        return Promise.all(items.map((x) => pool.apply(square, [x])));
      },
      () => {
        let sent = 0;
        return Promise.all(bare.map(async (echo) => {
          while (sent < count) await echo.trip(sent++);
        }));
      },
    ));
  for (const echo of bare) await echo.end();
  return { ...rest, times: [times[0] / count, times[1] / count] };
}

/** Does something with a pool that ends after it. */
async function withPool<T>(
  isolation: Isolation,
  use: (pool: Pool) => Promise<T>,
): Promise<T> {
  await using pool = new Pool({ workers, isolation });
  return await use(pool);
}

/** Our pool beside what it is made of. */
async function compareWithBare(isolation: Isolation): Promise<Comparison[]> {
  const isThread = isolation === "worker";
  const echo = isThread ? bareWorker() : bareChannel();
  using pool = new Pool({ workers: 1, isolation });
  const peer = isThread ? "bare postMessage" : "bare ipc channel";
  const bytes = new Uint8Array(10_000_000);
  const compare = (
    title: string,
    [ours, bare]: [() => Promise<unknown>, () => Promise<unknown>],
    rest: Partial<Contest>,
  ) => beside({ title, ours: names[isolation], peer, ...rest }, ours, bare);

  const comparisons = [
    await compareTrips(isolation, peer),
    await compareMany(isolation, peer),
    await compare("10 MB, copied", [
      () => pool.apply(size, [bytes]),
      () => echo.trip(bytes),
    ], { count: 5 }),
  ];
  if (isThread) {
    const fresh = () => new Uint8Array(10_000_000);
    comparisons.push(
      await compare("10 MB, made and moved", [
        () => {
          const bytes = fresh();
          return pool.apply(size, [bytes], { transfer: [bytes.buffer] });
        },
        () => {
          const bytes = fresh();
          return echo.trip(bytes, [bytes.buffer]);
        },
      ], { count: 5 }),
    );
  }
  await echo.end();
  return comparisons;
}

/** Two ways to do the same, and how to compare them. */
interface Contest {
  readonly title: string;
  readonly ours: string;
  readonly peer: string;
  /** How often a round does it. */
  readonly count?: number;
  readonly rounds?: number;
  readonly aim?: number;
}

async function beside(
  contest: Contest,
  ours: () => unknown,
  peer: () => unknown,
): Promise<Comparison> {
  const { count = 1, rounds = 9 } = contest;
  const repeat = (run: () => unknown) => async () => {
    for (let i = 0; i < count; i++) await run();
  };
  const times = await measure(
    [
      { name: contest.ours, run: repeat(ours) },
      { name: contest.peer, run: repeat(peer) },
    ],
    rounds,
  );
  const timeOf = (name: string) => times.get(name)! / count;
  return { ...contest, times: [timeOf(contest.ours), timeOf(contest.peer)] };
}

/** Eight tasks, starting the workers included. */
async function compareLarge(isolation: Isolation): Promise<Comparison[]> {
  const pooled = (n: number) => async () => {
    await using pool = new Pool({ workers, isolation });
    await pool.map(sumOfSquares, Array(8).fill(n), { chunkSize: 1 });
  };
  const inTurn = (n: number) => () => {
    for (let i = 0; i < 8; i++) sumOfSquares(n);
  };
  const ours = names[isolation];
  const isThread = isolation === "worker";
  const hand = isThread ? "workers by hand" : "processes by hand";
  const byHand = isThread ? largeByHand : largeByChannels;
  const large = 4_000_000;
  const title = "8 large tasks, start included";
  return [
    await beside(
      { title, ours, peer: hand, rounds: 15, aim: 0.95 },
      pooled(large),
      () => byHand(large, workers),
    ),
    await beside(
      { title, ours, peer: "one after another", rounds: 5 },
      pooled(large),
      inTurn(large),
    ),
    await beside(
      { title: "8 small tasks, start included", ours, peer: hand },
      pooled(2),
      () => byHand(2, workers),
    ),
  ];
}

/** Ours beside the best peer of the same kind, and beside Python. */
function compareWithPeers(
  item: Case,
  answers: ReadonlyMap<string, Answer>,
): Comparison[] {
  const kindOf = new Map(competitors.map(({ name, kind }) => [name, kind]));
  const peers = [...answers]
    .filter(([name, { ms }]) => ms !== undefined && !isOurs(name))
    .sort(([, a], [, b]) => a.ms! - b.ms!);
  const python = peers.find(([name]) => name === "Python");
  return Object.values(names).flatMap((ours) => {
    const own = answers.get(ours)?.ms;
    if (own === undefined) return [];
    const best = peers.find(([name]) =>
      name !== "Python" && kindOf.get(name) === kindOf.get(ours)
    );
    return [best, python].filter((peer) => peer !== undefined).map(
      ([peer, { ms }]): Comparison => ({
        title: item.title,
        ours,
        peer,
        times: [own, ms!],
        ...aimOf(item, peer),
      }),
    );
  });
}

/** How many times as fast as a peer ours is to be, where that is said. */
function aimOf({ name }: Case, peer: string): { aim?: number } {
  if (name === "oneByOne") return { aim: 1 };
  if (name === "map") return { aim: peer === "Python" ? 1 : 50 };
  return {};
}

/** What a pool took for a case. */
function cellOf({ ms, memory, missing }: Answer): string {
  if (ms === undefined) return missing ?? "-";
  const more = memory === undefined ? "" : `, ${inMegabytes(memory)} more`;
  return inWords(ms) + more;
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function rowOf({ title, ours, peer, times, aim }: Comparison): string[] {
  const [own, other] = times;
  return [
    title,
    ours,
    inWords(own),
    peer,
    inWords(other),
    (other / own).toFixed(2),
    aim === undefined ? "" : aim.toFixed(2),
  ];
}

/** The command that keeps a program on one processor, where there is one. */
const onOneProcessor = await run(["taskset", "-c", "0", Deno.execPath(), "-V"])
  .then(() => ["taskset", "-c", "0"], () => []);

const comparisons: Comparison[] = [];
for (const isolation of isolations) {
  comparisons.push(...await compareLarge(isolation));
  comparisons.push(...await compareWithBare(isolation));
}

await using installation = await Installation.make();
await using stack = new AsyncDisposableStack();
const present = competitors
  .filter((competitor) => installation.runtimeOf(competitor) !== undefined);
/** Starts the programs of all pools. */
const startAll = (before: readonly string[]) =>
  present.map((competitor) => {
    const command = installation.command(competitor, "bench_program", []);
    return stack.use(new Contestant(competitor, [...before, ...command]));
  });
const contestants = startAll([]);
const rows: string[][] = [];
for (const item of cases) {
  const answers = await compete(
    item.takesTurns ? startAll(onOneProcessor) : contestants,
    item,
  );
  comparisons.push(...compareWithPeers(item, answers));
  rows.push([item.title, ...[...answers.values()].map(cellOf)]);
}
console.log("What each pool took\n");
console.log(markdownTable([
  ["", ...present.map(({ name }) => name)],
  ["runs under", ...present.map((one) => installation.runtimeOf(one)!)],
  ...rows,
]));
console.log("\nHow many times as fast as a peer ours is\n");
console.log(markdownTable([
  ["case", "ours", "time", "peer", "time", "ratio", "aim"],
  ...comparisons.map(rowOf),
]));
