/**
 * What the benchmarks share: measuring several ways to do the same thing in
 * turn, so that a noisy moment meets all of them, and a table of ratios.
 *
 * @module
 */

import { run } from "../mod.ts";

/** A way to do something. */
export interface Way {
  readonly name: string;
  readonly run: () => unknown;
}

/**
 * Measures ways in turn, several rounds of them.
 *
 * @param ways What to measure.
 * @param rounds How often each is run; one more round before warms them up.
 * @param choose Which of the times of the rounds counts; the median by default.
 * @returns That time of each, in milliseconds, by name.
 */
export async function measure(
  ways: readonly Way[],
  rounds = 9,
  choose = median,
): Promise<Map<string, number>> {
  const times = new Map<string, number[]>(ways.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of ways) {
      const start = performance.now();
      await run();
      if (round > 0) times.get(name)!.push(performance.now() - start);
    }
  }
  return new Map([...times].map(([name, all]) => [name, choose(all)]));
}

/**
 * The middle one of some numbers.
 *
 * @param numbers At least one number.
 * @returns The median.
 */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

/**
 * What few of some numbers are below: what something takes when nothing gets in
 * its way.
 *
 * @param numbers At least one number.
 * @returns The tenth percentile.
 */
export function least(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 10)]!;
}

/**
 * Prints the times of a case, and how many times as long as ours each took.
 *
 * @param title What was measured.
 * @param times The median times, in milliseconds, by name.
 * @param ours The name of the way that the others are compared with.
 */
export function report(
  title: string,
  times: ReadonlyMap<string, number>,
  ours: string,
): void {
  const own = times.get(ours)!;
  console.log(`\n${title}`);
  for (const [name, time] of [...times].sort(([, a], [, b]) => a - b)) {
    const ratio = (time / own).toFixed(2).padStart(9);
    console.log(`${ratio} ×  ${time.toFixed(3).padStart(12)} ms  ${name}`);
  }
}

/**
 * What a command begins with that is to be kept on one processor.
 *
 * @returns Nothing where that cannot be done.
 */
export async function onOneProcessor(): Promise<string[]> {
  const pinned = ["taskset", "-c", "0"];
  return await run([...pinned, Deno.execPath(), "-V"])
    .then(() => pinned, () => []);
}

/**
 * Writes a table as Markdown.
 *
 * @param rows The rows, of the same length; the first one is the head.
 * @returns The table as Markdown, its columns padded.
 */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) =>
    Math.max(...rows.map((row) => row[column]!.length))
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...body] = rows;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [line(head!), rule, ...body.map(line)].join("\n");
}
