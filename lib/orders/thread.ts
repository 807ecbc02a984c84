/**
 * A thread that runs a task step by step: before each step it says what it is
 * about to do, and waits until it may.
 *
 * The class travels to its thread as text: it uses nothing but what it is given,
 * and the globals.
 *
 * @module
 */

/** What a thread may ask for: from "reads" on, these are steps. */
export const verbs = [
  ...["has ended", "meets", "sleeps"],
  ...["reads", "writes", "acquires", "releases", "arrives", "waits"],
  ...["notifies", "adds", "subtracts", "ands", "ors", "xors", "exchanges"],
  ...["compares and exchanges"],
] as const;

/** What main tells a thread; it goes on first, until it asks. */
export const signals = { goOn: 0, asks: 1, giveUp: 2, stop: 3 } as const;

/** Something that the task shares, and where it is in memory. */
export interface Thing {
  readonly name: string;
  readonly kind: "array" | "lock" | "barrier";
  readonly at: number;
  /** How many cells the array has, or how many have to meet at the barrier. */
  readonly size: number;
}

/** What a thread is given. */
export interface ThreadSetting {
  /** The cells of arrays; of a lock, who holds it; of a barrier, who came. */
  readonly memory: Int32Array;
  /** The signal; verb, cell, argument and line of what is asked; the answer. */
  readonly line: Int32Array;
  /** What the task threw: the length of the text, and its characters. */
  readonly thrown: Uint16Array;
  /** The text of the task. */
  readonly source: string;
  readonly things: readonly Thing[];
  /** The number of the worker, from 1. */
  readonly worker: number;
  /** Whether it tells in which line of the task a step is; that takes time. */
  readonly tellsLines: boolean;
  readonly verbs: readonly string[];
  readonly signals: typeof signals;
}

/** Says what is about to be done, waits until it may be; gives an answer. */
type Ask = (verb: string, cell?: number, argument?: number) => number;

type Task = (shared: Record<string, unknown>, worker: number) => unknown;

/** Runs a task whenever it is told to, step by step. */
export class SteppedThread {
  readonly #setting: ThreadSetting;
  readonly #memory: Int32Array;
  readonly #ask: Ask;
  /** The language's own, which the task does not see. */
  readonly #atomics = Atomics;
  readonly #arrays = new Map<unknown, Thing>();

  /** Makes one; `ask` replaces how it asks for its turn. */
  constructor(setting: ThreadSetting, ask?: Ask) {
    this.#setting = setting;
    this.#memory = setting.memory;
    this.#ask = ask ?? this.#askMain.bind(this);
  }

  /** Runs the task once for each order, until it is stopped. */
  async run(): Promise<void> {
    const { line, thrown, source, things, worker, signals } = this.#setting;
    const shared = things.map((thing) => [thing.name, this.#share(thing)]);
    globalThis.Atomics = this.#steppedAtomics();
    let task: Task | undefined;
    for (;;) {
      this.#ask("has ended");
      if (line[0] === signals.stop) return;
      thrown[0] = 0;
      try {
        task ??= this.#compile(source);
        const result = task(Object.fromEntries(shared), worker);
        if (typeof (result as Promise<void>)?.then === "function") await result;
      } catch (error) {
        if (line[0] === signals.goOn) this.#report(error);
      }
    }
  }

  #compile(source: string): Task {
    // Indirect eval sees no variables of this class.
    const evaluate = (text: string) =>
      (0, eval)(`"use strict";(${text})\n//# sourceURL=task`);
    try {
      return evaluate(source);
    } catch {
      // The text of a method is one only inside of an object.
      return Object.values<Task>(evaluate(`{${source}}`))[0]!;
    }
  }

  #report(error: unknown): void {
    const { thrown } = this.#setting;
    const text = error instanceof Error
      ? `${error.name}: ${error.message}`
      : `Error: ${String(error)}`;
    const codes = [...text.slice(0, thrown.length - 1)]
      .map((sign) => sign.charCodeAt(0));
    thrown.set([codes.length, ...codes]);
  }

  /** Waits until main says something. */
  #wait(): void {
    const { line, signals } = this.#setting;
    while (this.#atomics.load(line, 0) === signals.asks) {
      this.#atomics.wait(line, 0, signals.asks);
    }
  }

  /** Says it to main, which gives this thread its turn. */
  #askMain(verb: string, cell = 0, argument = 0): number {
    const { line, signals, verbs } = this.#setting;
    const hasEnded = verb === "has ended";
    const maySay = line[0] === signals.goOn ||
      hasEnded && line[0] === signals.giveUp;
    if (maySay) {
      line.set([verbs.indexOf(verb), cell, argument, this.lineNow()], 1);
      this.#atomics.store(line, 0, signals.asks);
      this.#atomics.notify(line, 0);
      this.#wait();
    }
    if (hasEnded || line[0] === signals.goOn) return line[5]!;
    throw new Error("the order has ended");
  }

  /** The line of the task that is running, from 1. */
  lineNow(): number {
    if (!this.#setting.tellsLines) return 0;
    return Number(/\btask:(\d+)/.exec(new Error().stack!)?.[1] ?? 0);
  }

  // ---- What the task shares

  #share(thing: Thing): unknown {
    if (thing.kind === "lock") return this.#lock(thing.at);
    if (thing.kind === "barrier") return this.#barrier(thing);
    return this.#array(thing);
  }

  /** An Int32Array, each access of which is a step. */
  #array(thing: Thing): Int32Array {
    const memory = this.#memory;
    const { at, size } = thing;
    const cellOf = (key: PropertyKey) =>
      typeof key === "string" && /^\d+$/.test(key) ? at + Number(key) : -1;
    const array = new Proxy(memory.subarray(at, at + size), {
      get: (cells, key) => {
        const cell = cellOf(key);
        if (cell >= at + size) return undefined;
        if (cell >= 0) this.#ask("reads", cell);
        if (cell >= 0) return memory[cell];
        if (key === "set") return set;
        if (key === "buffer" || key === "subarray") {
          throw new Error(`${String(key)}: steps in it would not be seen`);
        }
        // The methods of an Array ask for one element after another.
        const isMethod = typeof Reflect.get(cells, key, cells) === "function";
        return Reflect.get(isMethod ? Array.prototype : cells, key, cells);
      },
      set: (_, key, value) => {
        const cell = cellOf(key);
        if (cell < 0 || cell >= at + size) return true;
        this.#ask("writes", cell, value | 0);
        memory[cell] = value;
        return true;
      },
    });
    const set = (values: ArrayLike<number>, from = 0) =>
      Array.from(values).forEach((value, i) => array[from + i] = value);
    this.#arrays.set(array, thing);
    return array;
  }

  /** A lock as `Lock` is one; its cell says who holds it. */
  #lock(cell: number): object {
    const memory = this.#memory;
    const { worker } = this.#setting;
    const release = () => {
      this.#ask("releases", cell);
      const who = memory[cell] === 0 ? "nobody" : "another thread";
      if (memory[cell] === worker) memory[cell] = 0;
      else throw new Error(`Lock.release: ${who} holds the lock`);
    };
    const take = () => {
      this.#ask("acquires", cell);
      memory[cell] = worker;
      let free = () => {
        free = () => {};
        release();
      };
      return { release: () => free(), [Symbol.dispose]: () => free() };
    };
    const isLocked = () => {
      this.#ask("reads", cell);
      return memory[cell] !== 0;
    };
    return {
      get isLocked() {
        return isLocked();
      },
      acquire: () => {
        if (memory[cell] !== worker) return take();
        throw new Error("Lock.acquire: this thread holds the lock already");
      },
      acquireAsync: async () => await take(),
      release,
    };
  }

  /** A barrier as `Barrier` is one; its cell counts who has arrived. */
  #barrier({ at, size: parties }: Thing): object {
    const wait = () => {
      this.#ask("arrives", at);
      const place = this.#memory[at]!++;
      const all = (Math.floor(place / parties) + 1) * parties;
      if (place + 1 < all) this.#ask("meets", at, all);
      return place % parties;
    };
    const waitAsync = async () => await wait();
    return { parties, isBroken: false, wait, waitAsync };
  }

  /** Atomics, which take steps on what is shared here. */
  #steppedAtomics(): typeof Atomics {
    const atomics = this.#atomics;
    const stepped = (name: keyof typeof steps, verb: string) => {
      const real = atomics[name] as (...args: unknown[]) => unknown;
      return (array: unknown, i: number, ...rest: number[]) => {
        const thing = this.#arrays.get(array);
        if (!thing) return real(array, i, ...rest);
        if (!(i >= 0 && i < thing.size)) {
          throw new RangeError("Invalid atomic access index");
        }
        const cell = thing.at + i;
        const answer = this.#ask(verb, cell, this.#argumentOf(verb, rest));
        if (verb === "notifies") return answer;
        if (verb === "waits") return this.#sleep(cell, rest[0]!, rest[1]);
        return real(this.#memory, cell, ...rest);
      };
    };
    const steps = {
      ...{ load: "reads", store: "writes", add: "adds", sub: "subtracts" },
      ...{ and: "ands", or: "ors", xor: "xors", exchange: "exchanges" },
      compareExchange: "compares and exchanges",
      ...{ wait: "waits", notify: "notifies" },
    } as const;
    const all = Object.entries(steps).map(([name, verb]) => [
      name,
      stepped(name as keyof typeof steps, verb),
    ]);
    return Object.setPrototypeOf(Object.fromEntries(all), atomics);
  }

  /** The number that a step works with, as it is stored. */
  #argumentOf(verb: string, [first]: readonly number[]): number {
    const isAll = verb === "notifies" && (first === undefined || first > 1e9);
    return isAll ? 2 ** 31 - 1 : first! | 0;
  }

  /** Waits as Atomics.wait does; a timeout is for when nobody can go on. */
  #sleep(cell: number, value: number, timeout = Infinity): string {
    if (this.#memory[cell] !== value) return "not-equal";
    const hasTimeout = timeout < Infinity ? 1 : 0;
    return this.#ask("sleeps", cell, hasTimeout) === 1 ? "timed-out" : "ok";
  }
}
