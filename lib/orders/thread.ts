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

/** How many cells a desk has. */
export const deskSize = 507;

/** Something that the task shares, and where it is in memory. */
export interface Thing {
  readonly name: string;
  readonly kind: "array" | "lock" | "barrier";
  readonly at: number;
  /** How many cells the array has, or how many have to meet at the barrier. */
  readonly size: number;
}

/** What a thread is to run. */
export interface Performance {
  /** The cells of arrays; of a lock, who holds it; of a barrier, who came. */
  readonly memory: Int32Array;
  /** The text of the task. */
  readonly source: string;
  readonly things: readonly Thing[];
  /** The number of the worker, from 1. */
  readonly worker: number;
  /** Whether it tells in which line of the task a step is; that takes time. */
  readonly tellsLines: boolean;
}

/** What a thread is given. */
export interface ThreadSetting extends Performance {
  /**
   * What main and the thread tell each other: the signal and the answer; verb,
   * cell, argument and line of what is asked; the length of what the task threw,
   * and its characters.
   */
  readonly desk: Int32Array;
  readonly verbs: readonly string[];
  readonly signals: typeof signals;
}

type Task = (shared: Record<string, unknown>, worker: number) => unknown;
/** An operation of Atomics. */
type Operation = (array: unknown, i: number, ...rest: number[]) => unknown;

/** Runs a task whenever it is told to, step by step. */
export class SteppedThread {
  readonly #setting: ThreadSetting;
  readonly #memory: Int32Array;
  readonly #pause: () => void;
  /** The language's own, which the task does not see. */
  readonly #atomics = Atomics;
  readonly #arrays = new Map<unknown, Thing>();
  readonly #orderHasEnded = new Error("the order has ended");
  #failed = Promise.withResolvers<never>();

  /** Makes one; `pause` replaces how it waits for its turn once it has asked. */
  constructor(setting: ThreadSetting, pause?: () => void) {
    this.#setting = setting;
    this.#memory = setting.memory;
    this.#pause = pause ?? (() => this.#waitForMain());
  }

  /** Runs the task once for each order, until it is stopped. */
  async run(): Promise<void> {
    const { desk, source, things, worker, signals } = this.#setting;
    const shared = things.map((thing) => [thing.name, this.#share(thing)]);
    globalThis.Atomics = this.#steppedAtomics();
    let task: Task | undefined;
    for (let text = "";;) {
      this.#ask("has ended", 0, 0, text);
      if (desk[0] === signals.stop) return;
      text = "";
      try {
        task ??= this.#compile(source);
        const { promise } = this.#failed = Promise.withResolvers<never>();
        const result = task(Object.fromEntries(shared), worker);
        await Promise.race([result, promise]);
      } catch (error) {
        if (desk[0] !== signals.goOn) continue;
        text = error instanceof Error
          ? `${error.name}: ${error.message}`
          : `Error: ${error}`;
      }
    }
  }

  /** Fails with what a promise was rejected with that nobody waits for. */
  fail(reason: unknown): void {
    const { desk, signals } = this.#setting;
    const isLate = reason === this.#orderHasEnded && desk[0] === signals.goOn;
    if (!isLate) this.#failed.reject(reason);
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

  /** Says what is about to be done, waits until it may be; gives an answer. */
  #ask(verb: string, cell: number, argument = 0, text = ""): number {
    const { desk, signals, verbs, tellsLines } = this.#setting;
    const hasEnded = verb === "has ended";
    const goesOn = () => desk[0] === signals.goOn;
    if (goesOn() || hasEnded && desk[0] === signals.giveUp) {
      const line = tellsLines && /\btask:(\d+)/.exec(new Error().stack!)?.[1];
      const codes = text.slice(0, desk.length - 7).split("")
        .map((sign) => sign.charCodeAt(0));
      const asked = [verbs.indexOf(verb), cell, argument, Number(line ?? 0)];
      desk.set([...asked, codes.length, ...codes], 2);
      this.#pause();
    }
    if (hasEnded || goesOn()) return desk[1]!;
    throw this.#orderHasEnded;
  }

  #waitForMain(): void {
    const { desk, signals: { asks } } = this.#setting;
    this.#atomics.store(desk, 0, asks);
    this.#atomics.notify(desk, 0);
    while (this.#atomics.load(desk, 0) === asks) {
      this.#atomics.wait(desk, 0, asks);
    }
  }

  // ---- What the task shares

  #share(thing: Thing): unknown {
    if (thing.kind === "lock") return this.#lock(thing.at);
    if (thing.kind === "barrier") return this.#barrier(thing);
    const array = this.#array(thing);
    this.#arrays.set(array, thing);
    return array;
  }

  /** An Int32Array, each access of which is a step. */
  #array({ at, size }: Thing): Int32Array {
    const memory = this.#memory;
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
          throw new Error(`${key}: steps in it would not be seen`);
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
    return array;
  }

  /** A lock as `Lock` is one; its cell says who holds it. */
  #lock(cell: number): object {
    const memory = this.#memory;
    const { worker } = this.#setting;
    const look = () => this.#ask("reads", cell);
    const release = () => {
      this.#ask("releases", cell);
      const who = memory[cell] === 0 ? "nobody" : "another thread";
      if (memory[cell] === worker) memory[cell] = 0;
      else throw new Error(`Lock.release: ${who} holds the lock`);
    };
    const take = () => {
      this.#ask("acquires", cell);
      memory[cell] = worker;
      let isHeld = true;
      const free = () => {
        if (isHeld) release();
        isHeld = false;
      };
      return { release: free, [Symbol.dispose]: free };
    };
    return {
      get isLocked() {
        look();
        return memory[cell] !== 0;
      },
      acquire() {
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
    const steps = {
      ...{ load: "reads", store: "writes", add: "adds", sub: "subtracts" },
      ...{ and: "ands", or: "ors", xor: "xors", exchange: "exchanges" },
      compareExchange: "compares and exchanges",
      ...{ wait: "waits", notify: "notifies" },
    } as const;
    const stepped = Object.entries(steps).map(([name, verb]) => {
      const real = this.#atomics[name as keyof typeof steps] as Operation;
      const operate: Operation = (array, i, ...rest) => {
        const thing = this.#arrays.get(array);
        if (!thing) return real(array, i, ...rest);
        const isThere = i >= 0 && i < thing.size;
        if (!isThere) throw new RangeError("Invalid atomic access index");
        return this.#operate(real, verb, thing.at + i, rest);
      };
      return [name, operate];
    });
    return Object.setPrototypeOf(Object.fromEntries(stepped), this.#atomics);
  }

  /** Takes the step that an operation is. */
  #operate(
    real: Operation,
    verb: string,
    cell: number,
    rest: readonly number[],
  ): unknown {
    const [first = Infinity, timeout = Infinity] = rest;
    const isCount = verb === "notifies";
    const argument = isCount ? Math.min(first, 2 ** 31 - 1) : first | 0;
    const answer = this.#ask(verb, cell, argument);
    if (isCount) return answer;
    if (verb !== "waits") return real(this.#memory, cell, ...rest);
    if (this.#memory[cell] !== first) return "not-equal";
    // A timeout is for when nobody can go on.
    const hasTimeout = Number(timeout < Infinity);
    return this.#ask("sleeps", cell, hasTimeout) === 1 ? "timed-out" : "ok";
  }
}
