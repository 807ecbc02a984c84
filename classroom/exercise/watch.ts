/**
 * Looks at a lesson whenever it is saved, and does what keys ask for.
 *
 * @module
 */

import { dim } from "@std/fmt/colors";
import type { Look } from "./decide.ts";
import type { Exercises, Step } from "./graded.ts";
import { giveHint, lookAt, lookAtAll, root, stateOf } from "./look.ts";

/** The lessons there are, and how to look at them. */
export interface Watched {
  readonly exercises: readonly (readonly [string, Exercises[string]])[];
  /** The place of the lesson to begin with. */
  readonly first: number;
  /** How long one test may compute, or wait without computing, in seconds. */
  readonly timeout: number;
  readonly hint: boolean;
}

/** How often a file is looked at, in milliseconds. */
const interval = 300;

/** What happens while a lesson is watched: it was saved, or a key was pressed. */
type Happening = "saved" | string;

/** What the keys do. */
const keys = "n next lesson · h hint · l list · r run again · q quit";

/**
 * Tells what happens, one thing after another. A file is read again and again,
 * because not every file system tells of changes, or keeps the time of the last
 * one exactly.
 */
class Happenings implements Disposable {
  readonly hasKeys = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  readonly #happened: Happening[] = [];
  #tell: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    if (!this.hasKeys) return;
    Deno.stdin.setRaw(true);
    this.#readKeys();
  }

  /** Looks from now on whether a file is saved. */
  async watch(path: string): Promise<void> {
    clearTimeout(this.#timer);
    let state = await stateOf(path);
    const look = async () => {
      const now = await stateOf(path);
      // While an editor replaces the file, there is none.
      if (now !== undefined && now !== state) {
        state = now;
        this.#add("saved");
      }
      this.#timer = setTimeout(look, interval);
    };
    this.#timer = setTimeout(look, interval);
  }

  /** Waits until something has happened. */
  async arrival(): Promise<"happened"> {
    while (this.#happened.length === 0) {
      await new Promise<void>((resolve) => this.#tell = resolve);
    }
    return "happened";
  }

  /** Takes what happened first. */
  take(): Happening {
    return this.#happened.shift()!;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    if (this.hasKeys) Deno.stdin.setRaw(false);
  }

  async #readKeys(): Promise<void> {
    const bytes = new Uint8Array(64);
    for (let size; (size = await Deno.stdin.read(bytes)) !== null;) {
      for (const key of new TextDecoder().decode(bytes.subarray(0, size))) {
        // Ctrl-C is a key like others, as the terminal is raw.
        this.#add(key === "\x03" ? "q" : key.toLowerCase());
      }
    }
    this.#add("q");
  }

  #add(happening: Happening): void {
    this.#happened.push(happening);
    this.#tell?.();
  }
}

/** What ends a look: what else happens waits until it is over. */
const ending = ["saved", "r", "n", "q"];

/**
 * Looks at a lesson whenever it is saved. Without a terminal, that ends when all
 * is solved.
 *
 * @param watched The lessons, and how to look at them.
 * @returns Whether all of the last lesson was solved.
 */
export async function watch(watched: Watched): Promise<boolean> {
  const { exercises, first } = watched;
  using happenings = new Happenings();
  for (let place = first, hint = watched.hint;; hint = false) {
    await happenings.watch(exercises[place]![1].path);
    const { isSolved, ended } = await stay(
      { ...watched, hint },
      place,
      happenings,
    );
    if (ended !== "n") return isSolved;
    place = (place + 1) % exercises.length;
  }
}

/** Stays with a lesson until another one is asked for, or the end. */
async function stay(
  { exercises, timeout, hint }: Watched,
  place: number,
  happenings: Happenings,
): Promise<{ isSolved: boolean; ended?: Happening }> {
  const [number, exercise] = exercises[place]!;
  for (let wantsHint = hint;; wantsHint = false) {
    const look = { root, number, exercise, timeout };
    const { next, isSolved, ended } = await lookOnce(look, happenings);
    if (wantsHint && next) await giveHint(number, next);
    if (isSolved && !happenings.hasKeys) return { isSolved };
    if (ended === undefined) {
      const waiting = `Waiting for ${exercise.path} to be saved (Ctrl+C ends)`;
      console.log(dim(happenings.hasKeys ? `\n${keys}` : waiting));
    }
    let happened = ended;
    while (happened === undefined || !ending.includes(happened)) {
      await happenings.arrival();
      happened = happenings.take();
      if (happened === "h" && next) await giveHint(number, next);
      if (happened === "l") await lookAtAll(exercises, timeout);
    }
    if (happened === "n" || happened === "q") {
      return { isSolved, ended: happened };
    }
  }
}

/** What came of one look: what is next, or what ended it. */
interface Looked {
  readonly isSolved: boolean;
  readonly next?: Step | undefined;
  readonly ended?: Happening;
}

/** Looks once, until something happens that ends it. */
async function lookOnce(
  look: Omit<Look, "signal">,
  happenings: Happenings,
): Promise<Looked> {
  if (Deno.stdout.isTerminal()) console.clear();
  console.log(dim(`Checking ${look.exercise.path} …`));
  const stopping = new AbortController();
  const { signal } = stopping;
  const looking = lookAt({ ...look, signal }).then(
    (next): Looked => ({ next, isSolved: next === undefined }),
    (error): Looked => {
      if (!signal.aborted) console.error((error as Error).message);
      return { isSolved: false };
    },
  );
  for (;;) {
    const first = await Promise.race([looking, happenings.arrival()]);
    if (first !== "happened") return first;
    const happened = happenings.take();
    if (!ending.includes(happened)) continue;
    stopping.abort();
    await looking;
    return { isSolved: false, ended: happened };
  }
}
