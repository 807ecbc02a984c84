/**
 * Starts the thread of a lesson and the workers that it asks for, and ends them.
 *
 * @module
 */

import { addressOf, compile } from "../compile.ts";
import type { LessonData } from "../page.ts";
import type { FromLesson, Job, ToLesson } from "./messages.ts";

/** So many workers at the same time are a mistake, and would stop the computer. */
const mostWorkers = 256;
/** What workers print beyond this has no reader. */
const mostLogs = 5_000;

/** The program of a lesson's thread, from runtime.js. */
declare const runtime: string;
/** What comes before the program of each worker; the build puts it in. */
declare const PRELUDE: string;

/** What a run says, and how it ends. */
export interface Listener {
  said(message: FromLesson): void;
  /** A worker has printed something. */
  log(text: string): void;
}

/** One run of a lesson, or of tests. */
export class Run {
  readonly #thread: Worker;
  readonly #workers = new Map<number, Worker>();
  readonly #listener: Listener;
  #isOver = false;
  #logs = 0;

  constructor(job: Job, listener: Listener) {
    this.#listener = listener;
    this.#thread = startThread(
      [`const job=${JSON.stringify(job)};`, runtime],
      job.path,
    );
    this.#thread.onmessage = ({ data, ports }: MessageEvent<FromLesson>) => {
      if (this.#isOver) return;
      if (data.kind === "start") this.#start(data.id, data, ports[0]!);
      else if (data.kind === "end") this.#end(data.id);
      else listener.said(data);
    };
    this.#thread.onerror = (event) => {
      event.preventDefault();
      const text = event.message ?? "the thread could not be started";
      listener.said({ kind: "failed", text, lacksSharing: false });
    };
  }

  /** Ends the thread and its workers, whatever they do. */
  stop(): void {
    this.#isOver = true;
    this.#thread.terminate();
    for (const id of this.#workers.keys()) this.#end(id);
  }

  #start(
    id: number,
    { program, name }: { program: Blob; name: string },
    port: MessagePort,
  ): void {
    if (this.#workers.size === mostWorkers) {
      const text = `more than ${mostWorkers} workers at the same time`;
      this.#listener.said({ kind: "failed", text, lacksSharing: false });
      return;
    }
    const worker = startThread([PRELUDE, "\n", program], name);
    this.#workers.set(id, worker);
    worker.onmessage = ({ data }) => {
      this.#logs += 1;
      if (this.#logs <= mostLogs) this.#listener.log(data.log);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const message: ToLesson = { worker: id, error: event.message };
      this.#thread.postMessage(message);
    };
    worker.postMessage({ port }, [port]);
  }

  #end(id: number): void {
    this.#workers.get(id)?.terminate();
    this.#workers.delete(id);
  }
}

/** A worker made of a text: a page from the disk can have no other. */
function startThread(parts: BlobPart[], name: string): Worker {
  const type = "text/javascript";
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const worker = new Worker(url, { name });
  // The worker reads it now; later, nobody asks for it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
  return worker;
}

/** The job of telling a lesson. */
export function lessonJob(
  name: string,
  source: string,
  values: Job["values"],
): Job {
  const path = `lessons/${name}.ts`;
  return { path, lesson: addressOf(compile(source, path)), values };
}

/** The job of checking an exercise of a lesson. */
export function checkJob(
  { name, tests, inputs }: Pick<LessonData, "name" | "tests" | "inputs">,
  source: string,
  exercise: { readonly name: string; readonly task: string },
): Job {
  const path = `tests/${name}_test.ts`;
  return {
    ...lessonJob(name, source, {}),
    check: {
      name: exercise.name,
      task: exercise.task,
      path,
      tests: addressOf(compile(tests, path)),
      ...inputs !== undefined && {
        inputs: addressOf(compile(inputs, path.replace("_test", "_inputs"))),
      },
      source: tests,
    },
  };
}
