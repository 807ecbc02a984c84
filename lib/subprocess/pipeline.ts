/**
 * Internal: programs joined output to input.
 *
 * @module
 */

import { describe } from "../describe.ts";
import { checkCommand, type Command, type RunOptions } from "./command.ts";
import { type Bytes, concat, type Output } from "./output.ts";
import { Program } from "./program.ts";
import {
  CalledProcessError,
  type CompletedProcess,
  type Decoded,
  type Encoding,
} from "./result.ts";

/**
 * Programs joined output to input that have all ended.
 *
 * @typeParam E How outputs are given.
 */
export interface CompletedPipeline<E extends Encoding = "utf-8"> {
  /** Each of the programs, in order. */
  readonly stages: readonly CompletedProcess<E>[];
  /** The exit code of the last program that failed; 0 if none did. */
  readonly code: number;
  /** Whether none of them failed. */
  readonly success: boolean;
  /** The standard output of the last program. */
  readonly stdout: Decoded<E>;
  /** The standard errors of them all, in the order of the programs. */
  readonly stderr: Decoded<E>;
  /** From start to end, in milliseconds. */
  readonly elapsed: number;
}

/**
 * Runs programs side by side, the output of each being the input of the next,
 * as a shell does for `sort | uniq -c`.
 *
 * What goes from one to the next passes through this program a buffer at a
 * time, so no size of it can fill the memory. A program whose output is cut off
 * because the next has ended (`yes | head`) has not failed, whatever its exit
 * code.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pipeline } from "./pipeline.ts";
 *
 * const program = (code: string) => [Deno.execPath(), "eval", code];
 * const { stdout } = await pipeline([
 *   program("console.log('one'); console.log('two')"),
 *   program("console.log((await new Response(Deno.stdin.readable).text()).toUpperCase())"),
 * ]);
 * assertEquals(stdout, "ONE\nTWO\n\n");
 * ```
 *
 * @typeParam E How outputs are given.
 * @param commands The programs, each a list of words.
 * @param options How to run them: `input` is that of the first, `stdout` that
 * of the last, everything else is for each of them.
 * @returns How they ended, and what the last one printed.
 * @throws {CalledProcessError} With `check`, if any has failed; it has them all.
 * @throws What `run()` throws, of the program that it happened to.
 */
export async function pipeline<E extends Encoding = "utf-8">(
  commands: readonly Command[],
  options: RunOptions<E> = {},
): Promise<CompletedPipeline<E>> {
  checkCommands(commands);
  const started = performance.now();
  const programs: Program<E>[] = [];
  const cut = new Set<Program<E>>();
  try {
    for (const command of commands) {
      const place = {
        first: programs.length === 0,
        last: programs.length === commands.length - 1,
      };
      programs.push(start(command, place, options));
    }
    programs[0]!.feed(options.input);
    for (const [i, program] of programs.slice(0, -1).entries()) {
      join(program, programs[i + 1]!, () => cut.add(program));
    }
    await Promise.all(programs.map((program) => program.finish()));
  } finally {
    const { killAfter = 0 } = options;
    await Promise.all(programs.map((program) => program.release(killAfter)));
  }

  const stages = programs.map((program) => program.completed());
  const failed = stages.filter((stage, i) =>
    !stage.success && !cut.has(programs[i]!)
  );
  if (options.check && failed.length > 0) {
    throw new CalledProcessError("pipeline", failed);
  }
  return {
    stages,
    code: failed.at(-1)?.code ?? 0,
    success: failed.length === 0,
    stdout: stages.at(-1)!.stdout,
    stderr: together(stages.map((stage) => stage.stderr)),
    elapsed: performance.now() - started,
  };
}

/** Checks them all before the first is started. */
function checkCommands(commands: unknown): void {
  if (!Array.isArray(commands) || commands.length === 0) {
    throw new TypeError(
      `pipeline: the commands must be a list with at least one: received ${
        describe(commands)
      }`,
    );
  }
  for (const command of commands) checkCommand("pipeline", command);
}

function start<E extends Encoding>(
  command: Command,
  place: { first: boolean; last: boolean },
  options: RunOptions<E>,
): Program<E> {
  const { input, stdin = "null", stdout = "piped" } = options;
  return new Program<E>(
    "pipeline",
    command,
    { ...options, stdout: place.last ? stdout : "piped" },
    place.first && input === undefined ? stdin : "piped",
  );
}

/** Writes what one program prints to the next. */
function join<E extends Encoding>(
  from: Program<E>,
  to: Program<E>,
  onCut: () => void,
): void {
  const output = from.giveAway("stdout");
  // Whoever writes for a program that has ended gets a broken pipe, as it would
  // if the system had joined the two.
  const cutOff = async () => {
    if (output.ended) return;
    onCut();
    await output.close();
  };
  to.feed(chunksOf(from, output, cutOff));
  to.status.then(cutOff).catch(() => {});
}

async function* chunksOf<E extends Encoding>(
  program: Program<E>,
  output: Output,
  cutOff: () => Promise<void>,
): AsyncGenerator<Bytes> {
  try {
    for (let more = true; more || output.size > 0;) {
      if (output.size === 0) more = await program.more(output);
      if (output.size > 0) yield output.take();
    }
  } finally {
    await cutOff();
  }
}

function together<E extends Encoding>(outputs: Decoded<E>[]): Decoded<E> {
  const texts = outputs.filter((output) => typeof output === "string");
  if (texts.length > 0) return texts.join("") as Decoded<E>;
  return concat(outputs as Bytes[]) as Decoded<E>;
}
