/**
 * What the page and the threads say to each other.
 *
 * @module
 */

import type { Bar, Said } from "../said.ts";

/** What a widget asks the code of a lesson. */
export type Ask =
  | {
    readonly about: "speedup";
    readonly workers: number;
    readonly tasks: number;
    readonly n: number;
  }
  | { readonly about: "order"; readonly items: readonly number[] };

/** What a thread of a lesson is to do; a global variable of it. */
export interface Job {
  /** The lesson's path in the project, and the address of its module. */
  readonly path: string;
  readonly lesson: string;
  /** The values of its options. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What to check, instead of telling the lesson. */
  readonly check?: {
    readonly name: string;
    readonly task: string;
    /** The path of the tests, the address of their module, and their text. */
    readonly path: string;
    readonly tests: string;
    /** The address of the module of inputs that they use, if they do. */
    readonly inputs?: string;
    readonly source: string;
  };
  /** What to ask its functions, instead. */
  readonly ask?: Ask;
}

/** What the thread of a lesson says. */
export type FromLesson =
  | { readonly kind: "at"; readonly line: number }
  | { readonly kind: "said"; readonly said: Said }
  | {
    readonly kind: "start";
    readonly id: number;
    readonly program: Blob;
    readonly name: string;
  }
  | { readonly kind: "end"; readonly id: number }
  | { readonly kind: "done" }
  | { readonly kind: "span"; readonly span: Bar }
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "testing"; readonly name: string }
  | {
    readonly kind: "checked";
    readonly lines: readonly string[];
    readonly isSolved: boolean;
  }
  | {
    readonly kind: "failed";
    readonly text: string;
    readonly line?: number | undefined;
    /** Whether it failed because threads cannot share memory here. */
    readonly lacksSharing: boolean;
  };

/** What the page says to the thread of a lesson: a worker died of an error. */
export interface ToLesson {
  readonly worker: number;
  readonly error: string;
}
