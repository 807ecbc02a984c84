/**
 * Whose turn it is to be read from.
 *
 * On Windows, each read of a pipe that waits occupies one of the few threads
 * that Deno has for what blocks, 4 for each processor. With all of them waiting
 * for outputs, nothing could be written any more, and no program would go on.
 *
 * @module
 */

const isWindows = Deno.build.os === "windows";

/** How many more reads may wait: half of the threads, the rest is to write. */
let free = isWindows ? 2 * navigator.hardwareConcurrency : Infinity;

/** A program whose turn has not come. */
interface Waiting {
  readonly reads: number;
  readonly begin: () => void;
}

const queue: Waiting[] = [];

/**
 * Waits until so many outputs of a program may be read, or it has ended. It has
 * its turn for all of them at once, and until it ends: else each of two programs
 * might wait for the other.
 */
export function turn(reads: number, end: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = { reads, begin: resolve };
  queue.push(waiting);
  const over = () => {
    const index = queue.indexOf(waiting);
    if (index < 0) free += reads;
    else queue.splice(index, 1);
    resolve();
    advance();
  };
  end.then(over, over);
  advance();
  return promise;
}

function advance(): void {
  while (queue.length > 0 && queue[0]!.reads <= free) {
    const { reads, begin } = queue.shift()!;
    free -= reads;
    begin();
  }
}
