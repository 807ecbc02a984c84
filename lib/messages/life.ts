/**
 * Which threads live: one table in memory that all threads of a program share.
 *
 * Deno only abandons a thread that computes or blocks, and tells nobody of one
 * that ended by itself. So whoever ends a thread, or learns that it ended, writes
 * that down first; whoever waits for a thread, and the thread itself before it
 * touches what others share, looks here.
 *
 * It also runs on the far side.
 *
 * @module
 */

/** The table: for each thread that lives, its id and the id of its parent. */
export class Life {
  /** How many threads can live at the same time. */
  static readonly slots = 1024;
  /** The last id that was given, and then the ids and the parents, by slot. */
  readonly cells: Int32Array;

  /** Takes the table that this thread was given, or makes one. */
  constructor(cells?: Int32Array) {
    // Without shared memory there is nothing that threads could wait for.
    const Memory = globalThis.SharedArrayBuffer ?? ArrayBuffer;
    this.cells = cells ??
      new Int32Array(new Memory(4 * (1 + 2 * Life.slots)));
  }

  /** Gives a thread an id that no other has had; 0 is the parent of the first. */
  begin(parent: number): number {
    for (let tries = 0; tries < Life.slots; tries++) {
      const last = Atomics.add(this.cells, 0, 1) >>> 0;
      // Locks keep two marks beside an id.
      const id = 1 + last % (2 ** 29 - 1);
      const place = this.#placeOf(id);
      const before = Atomics.load(this.cells, place);
      if (this.isAlive(before)) continue;
      const found = Atomics.compareExchange(this.cells, place, before, id);
      if (found !== before) continue;
      Atomics.store(this.cells, place + Life.slots, parent);
      return id;
    }
    throw new Error(`more than ${Life.slots} threads at the same time`);
  }

  /** The thread that has started a thread; 0 if none has. */
  parentOf(id: number): number {
    return Atomics.load(this.cells, this.#placeOf(id) + Life.slots);
  }

  /** Ends a thread, and all that it has started. */
  end(id: number): void {
    Atomics.compareExchange(this.cells, this.#placeOf(id), id, 0);
  }

  /** Whether neither a thread nor one above it was ended. */
  isAlive(id: number): boolean {
    while (id !== 0) {
      // Read first: after that, the place may be another thread's.
      const parent = this.parentOf(id);
      if (Atomics.load(this.cells, this.#placeOf(id)) !== id) return false;
      if (parent === 0) return true;
      id = parent;
    }
    return false;
  }

  #placeOf(id: number): number {
    return 1 + id % Life.slots;
  }
}

/** What a thread knows of itself, whichever copy of this code asks. */
export interface Realm {
  /** Its id. */
  thread: number;
  life: Life;
  /** Called when this thread has ended another one: who waits here looks. */
  readonly watchers: Set<() => unknown>;
  /** What the task that runs here was given, and has to be told of its end. */
  task: Set<Given> | undefined;
  /** The module whose exports run here as tasks, if any does. */
  module?: string;
}

/** What a task is given and uses only until it ends. */
export interface Given {
  /** Told that the task has ended, and whether by an error. */
  leave(hasFailed: boolean): void;
}

/** What this thread knows of itself: one object for all copies of this code. */
export function realm(): Realm {
  const key = Symbol.for("side-by-side.threads");
  const scope = globalThis as { [key]?: Realm };
  if (scope[key]) return scope[key];
  const life = new Life();
  const thread = life.begin(0);
  return scope[key] = { thread, life, watchers: new Set(), task: undefined };
}

/** Tells this thread who it is, before anything else. */
export function joinRealm(thread: number, cells: Int32Array): void {
  Object.assign(realm(), { thread, life: new Life(cells) });
}

/** Whether this thread was ended, and runs on only because Deno cannot stop it. */
export function isEnded(): boolean {
  const { life, thread } = realm();
  return !life.isAlive(thread);
}

/** What stops the code of a thread that was ended; nobody sees it. */
export function endedError(): Error {
  return new Error("this thread was ended");
}

/** Ends a thread, before it is terminated or once it has ended by itself. */
export function endThread(id: number): void {
  const { life, watchers } = realm();
  life.end(id);
  for (const look of [...watchers]) look();
}

/** Notes what a task was given, if one runs here. */
export function give(given: Given): void {
  realm().task?.add(given);
}

/** Notes that a task has no more to do with something. */
export function forget(given: Given): void {
  realm().task?.delete(given);
}

/** Begins a task: what arrives from now on is given to it. */
export function beginTask(): Set<Given> {
  return realm().task = new Set();
}

/** Ends a task: all that it was given and still has is told so. */
export function endTask(task: Set<Given>, hasFailed: boolean): void {
  if (realm().task === task) realm().task = undefined;
  for (const given of task) given.leave(hasFailed);
}

/** What of this runs on the far side. */
export const lifeParts = [
  () => [Life, realm, joinRealm, isEnded, endedError, endThread, give, forget],
  () => [beginTask, endTask],
];
