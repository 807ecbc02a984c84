/**
 * What can be said of a pool, its calls, and the places where tasks run.
 *
 * @module
 */

/** Where tasks run: in threads, or in processes of the operating system. */
export type Isolation = "worker" | "process";

/** What a process may do; nothing unless it is given here. */
export interface ProcessPermissions {
  /** Files and folders that it may read; all with `true`. */
  readonly read?: boolean | readonly (string | URL)[];
  /** Files and folders that it may write; all with `true`. */
  readonly write?: boolean | readonly (string | URL)[];
  /** Hosts that it may connect to, such as `"localhost:8000"`. */
  readonly net?: boolean | readonly string[];
  /** Variables of the environment that it may read and write. */
  readonly env?: boolean | readonly string[];
  /** Programs that it may run. */
  readonly run?: boolean | readonly (string | URL)[];
  /** What it may ask about the system, such as `"hostname"`. */
  readonly sys?: boolean | readonly string[];
  /** Libraries that it may call. */
  readonly ffi?: boolean | readonly (string | URL)[];
  /**
   * Hosts from which it may import code, beside npm and a few that Deno allows to
   * all programs: https://docs.deno.com/runtime/fundamentals/security/
   */
  readonly import?: boolean | readonly string[];
}

/** Options of a process in which functions run. */
export interface ProcessOptions {
  /** What it may do; nothing unless it is given here. */
  readonly permissions?: ProcessPermissions;
  /**
   * How much memory its heap may take, in megabytes of 2 ** 20 bytes. What is
   * outside the heap, such as the bytes of an ArrayBuffer, is not counted.
   */
  readonly memory?: number;
  /**
   * Told what the process prints, as it comes; without it, that goes to this
   * program's standard error.
   */
  readonly onOutput?: (text: string, stream: "stdout" | "stderr") => void;
  /**
   * The words before `deno` in the command that starts the process, such as
   * `["ssh", "ada"]` or `["docker", "run", "-i", "denoland/deno"]`: so it runs on
   * another machine, where Deno has to be installed.
   */
  readonly launcher?: readonly string[];
  /**
   * With `launcher`: how long the other machine may be silent, in milliseconds,
   * before the connection counts as lost, here and there; 30 000 unless given.
   * This program must not compute for as long without a pause.
   */
  readonly lostAfter?: number;
}

/** Which worker ran which task, from when to when. */
export interface TaskRun {
  /** The worker's number, from 1 to the pool's `workers`. */
  readonly worker: number;
  /** The task's place in the input, from 0. */
  readonly task: number;
  /** When it began, in milliseconds on the clock of `performance.now()`. */
  readonly from: number;
  /** When it ended, in milliseconds on the same clock. */
  readonly to: number;
}

/** How far a call has come. */
export interface Progress {
  /** How many tasks are done. */
  readonly done: number;
  /** How many there are, where that is known. */
  readonly total: number | undefined;
}

/**
 * Options of a Pool. `permissions`, `memory`, `onOutput`, `launcher` and
 * `lostAfter` are for processes only.
 */
export interface PoolOptions extends Omit<ProcessOptions, "launcher"> {
  /**
   * With `isolation: "process"`: the words before `deno` in the command that
   * starts a process, such as `["ssh", "ada"]`; or a function that gives them by
   * the number of the worker, from 1. So the pool's workers run on other machines.
   */
  readonly launcher?:
    | readonly string[]
    | ((worker: number) => readonly string[]);
  /** How many workers at most; the number of logical processors by default. */
  readonly workers?: number;
  /**
   * Where tasks run: `"worker"`, unless given, is a thread with a heap of its
   * own; `"process"` is a process of the operating system, for which this
   * program needs `--allow-run` for Deno.
   */
  readonly isolation?: Isolation;
  /**
   * The URL of the module that exports the tasks, `import.meta.url`: workers
   * then import it instead of receiving a task's text. A thread needs
   * `--allow-read` for that; a process needs nothing. What the module does
   * beside exporting, it does in each worker too: let `import.meta.main` guard
   * what is for main alone.
   */
  readonly module?: string;
  /** Called once in each worker before its first task. */
  // deno-lint-ignore no-explicit-any
  readonly initializer?: (...args: any[]) => unknown;
  /** What to call the initializer with; copied to each worker. */
  readonly initializerArgs?: readonly unknown[];
  /**
   * Told of each task, once it is done, where and when it ran; not of one that
   * failed. What it throws is reported as an error that nothing caught, and the
   * call goes on.
   */
  readonly onTask?: (run: TaskRun) => void;
}

/** Options of a call. */
export interface CallOptions {
  /** Ends the call: what has not begun is not begun, what runs is ended. */
  readonly signal?: AbortSignal;
  /**
   * How long a task may run, in milliseconds; also how long the initializer may
   * that it waits for. A task that takes longer fails the call with a
   * TimeoutError, and its worker is replaced.
   */
  readonly timeout?: number;
}

/** Options of `apply`. */
export interface ApplyOptions extends CallOptions {
  /** What of the arguments to move instead of copying. */
  readonly transfer?: readonly Transferable[];
}

/** Options of the calls that take many items. */
export interface MapOptions extends CallOptions {
  /**
   * How many items are sent at once. A worker runs them one after another;
   * with `timeout`, they may take that long each, on average.
   */
  readonly chunkSize?: number;
  /**
   * Told when more tasks are done. What it throws is reported as an error that
   * nothing caught, and the call goes on.
   */
  readonly onProgress?: (progress: Progress) => void;
}
