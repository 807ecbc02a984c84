/**
 * How much faster more workers can make a program.
 *
 * @module
 */

/** How many times as fast a program is with some workers. */
export interface Gain {
  readonly workers: number;
  /** The time of one after another, divided by the time with the workers. */
  readonly gain: number;
}

/**
 * The share of the work that ran in parallel, from 0 to 1, that fits best to
 * what was measured. With a share p and n workers, Amdahl's law gives a gain of
 * 1 / ((1 - p) + p / n); more workers than processors count as so many. It is
 * undefined where never more than one was at work.
 *
 * Source: G. M. Amdahl, Validity of the single processor approach to achieving
 * large scale computing capabilities, AFIPS 1967.
 */
export function parallelShare(
  gains: readonly Gain[],
  cores: number,
): number | undefined {
  // 1 - 1 / gain = p (1 - 1 / n): a line through 0, by least squares.
  let [above, below] = [0, 0];
  for (const { workers, gain } of gains) {
    const x = 1 - 1 / Math.min(workers, cores);
    if (x === 0) continue;
    above += x * (1 - 1 / gain);
    below += x * x;
  }
  return below === 0 ? undefined : Math.min(1, Math.max(0, above / below));
}

/** What a share means, in a sentence. */
export function describeShare(share: number | undefined): string {
  if (share === undefined) {
    return "One processor, or one worker, runs one task at a time.";
  }
  const percent = Math.round(share * 100);
  if (percent === 0) {
    return "More workers gained nothing: the tasks are too small, or other " +
      "programs keep the processors busy.";
  }
  const most = share < 0.995
    ? `: unless other programs kept processors busy, it cannot be more than ${
      (1 / (1 - share)).toFixed(1)
    } × as fast, however many there are`
    : "";
  return `By Amdahl's law, ${percent} % of the work ran in parallel${most}.`;
}
