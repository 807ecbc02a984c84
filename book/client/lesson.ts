/**
 * The page of a lesson that can run.
 *
 * @module
 */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

import { duration } from "../../lib/lesson/units.ts";
import type { CompileError } from "../compile.ts";
import type { LessonData } from "../page.ts";
import { Bar } from "./bar.ts";
import { element, find, findAll } from "./dom.ts";
import { Editor } from "./editor.ts";
import { type Card, type Exercise, makeCards } from "./exercises.ts";
import type { FromLesson, Job } from "./messages.ts";
import { Predict } from "./predict.ts";
import { Results } from "./results.ts";
import { checkJob, lessonJob, Run } from "./runner.ts";
import { isLosing } from "./store.ts";
import { Work } from "./work.ts";

const howToShare = "In a page that was opened from the disk, threads cannot " +
  "share memory. Open the book with deno task book --serve, or over http from " +
  "a server that isolates it, and this runs too.";

/** How long the tests of an exercise may take, in milliseconds. */
const testLimit = 60_000;

/** The page of a lesson. */
export class LessonPage {
  readonly #data: LessonData;
  readonly #work: Work;
  readonly #editor: Editor;
  readonly #results: Results;
  readonly #predict: Predict;
  readonly #bar: Bar;
  readonly #cards: readonly Card[];
  readonly #listeners: (() => void)[] = [];
  #run: Run | undefined;
  #tooLong: ReturnType<typeof setTimeout> | undefined;

  /** @param data The lesson. */
  constructor(data: LessonData) {
    this.#data = data;
    this.#work = new Work(data);
    this.#results = new Results(data, this.#work);
    this.#editor = new Editor(data, this.#work);
    this.#bar = new Bar(data.options, {
      run: () => this.run(),
      stop: () => this.#halt(),
      predict: () => this.#togglePredict(),
      undo: () => this.#undo(),
      back: () => this.#bringBack(),
      link: () => void this.#copyLink(),
    });
    this.#predict = new Predict((text) => this.#tell(text));
    this.#results.onWrite = (out) => void this.#predict.hide(out);
    this.#cards = makeCards({
      data,
      work: this.#work,
      editor: this.#editor,
      check: (exercise, card) => this.#check(exercise, card),
      say: (text) => this.#tell(text),
    });
    this.#listen();
    this.#show([]);
    void this.#openLink();
    const isWhole = typeof SharedArrayBuffer !== "undefined";
    this.#bar.say(isWhole ? "ready" : "ready, without shared memory");
    this.#showOutdated();
  }

  /** The name of the lesson. */
  get name(): string {
    return this.#data.name;
  }

  /** Calls a function whenever the code has changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The code of the lesson, as the reader has it. */
  get source(): string {
    return this.#work.texts.join("");
  }

  /** The code of the lesson as it was. */
  get original(): string {
    return this.#data.segments.map(({ text }) => text).join("");
  }

  #listen(): void {
    this.#work.onChange = (segments) => this.#show(segments);
    this.#work.onUnsaved = () =>
      this.#tell(
        "not saved: this browser keeps nothing more. Link to my changes holds them",
      );
    for (const button of findAll("[data-run]")) {
      button.addEventListener("click", () => this.run());
    }
    find("#start")!.hidden = false;
    addEventListener("pagehide", () => this.#halt());
    addEventListener("beforeunload", (event) => {
      if (isLosing()) event.preventDefault();
    });
    addEventListener("hashchange", () => void this.#openLink());
    addEventListener("keydown", (event) => {
      const isCommand = event.ctrlKey || event.metaKey;
      if (!isCommand) return;
      const isTyping = /^(TEXTAREA|INPUT)$/.test(
        document.activeElement!.tagName,
      );
      if (event.key === "Enter") this.run();
      else if (event.key === "z" && !isTyping && this.#work.canBringBack) {
        this.#bringBack();
      } else return;
      event.preventDefault();
    });
  }

  /** Shows what has changed. */
  #show(segments: readonly number[]): void {
    for (const segment of segments) this.#editor.show(segment);
    const { isForeign } = this.#work;
    if (!isForeign && segments.length > 0) {
      find("#foreign")?.remove();
      if (location.hash.startsWith("#change=")) clearHash();
    }
    const isChanged = this.#work.isChanged();
    this.#bar.show({
      undo: isChanged || this.#work.begun.size > 0,
      link: isChanged,
      back: this.#work.canBringBack,
    });
    for (const card of this.#cards) card.show();
    this.#results.showChanges();
    for (const listener of this.#listeners) listener();
  }

  /** Tells the lesson, in a new thread. */
  run(): void {
    const values = this.#bar.values();
    if (!values) return;
    this.#stop();
    this.#results.begin();
    let job: Job;
    try {
      job = lessonJob(this.#data.name, this.source, values);
    } catch (error) {
      const { message, line } = error as CompileError;
      return this.#fail(`SyntaxError: ${message}`, line, 1);
    }
    const start = this.#bar.begin("running");
    let line = 1;
    this.#run = new Run(job, {
      log: (text) => this.#results.write({ kind: "log", text, line }),
      said: (message: FromLesson) => {
        if (message.kind === "at") this.#results.mark(line = message.line);
        else if (message.kind === "said") this.#results.write(message.said);
        else if (message.kind === "failed") {
          const { text, lacksSharing } = message;
          this.#fail(lacksSharing ? howToShare : text, message.line, line);
        } else if (message.kind === "exit") {
          this.#end("done");
          this.#bar.say(`the lesson called Deno.exit(${message.code})`);
        } else if (message.kind === "done") this.#done(start);
      },
    });
  }

  #done(start: number): void {
    const { asSaid, judged } = this.#results;
    this.#end(asSaid === judged ? "done" : "differs");
    const took = duration(performance.now() - start);
    const values = judged ? `, ${asSaid} of ${judged} as the comments say` : "";
    this.#bar.say(`done in ${took}${values}`, find(".out .not-so"));
  }

  #fail(text: string, line: number | undefined, last: number): void {
    const out = this.#results.fail(text, line, last);
    this.#end("failed");
    this.#bar.say(`failed: ${text.split("\n", 1)[0]}`, out);
  }

  /** Runs the tests of an exercise. */
  #check(exercise: Exercise, card: Card): void {
    this.#end("");
    const say = (lines: readonly string[], isSolved = false) => {
      this.#stop(isSolved ? "done" : "failed");
      card.report(lines, isSolved);
      this.#bar.say(`${exercise.name}: ${lines[0]!.replace(/^\W+/, "")}`);
    };
    let job: Job;
    try {
      job = checkJob(this.#data, this.source, exercise);
    } catch (error) {
      const { message, line } = error as CompileError;
      return say(["the lesson does not run:", `  ${message} (line ${line})`]);
    }
    this.#bar.begin("checking");
    let testing = "";
    this.#tooLong = setTimeout(() => {
      say([
        "the tests have not ended after 60 s; is there a loop without an end?",
        `  It was in the test: ${testing}`,
      ]);
    }, testLimit);
    this.#run = new Run(job, {
      log: () => {},
      said: (message) => {
        if (message.kind === "testing") testing = message.name;
        else if (message.kind === "checked") {
          say(message.lines, message.isSolved);
        } else if (message.kind === "failed") {
          const why = message.lacksSharing ? howToShare : message.text;
          say(["the lesson does not run:", `  ${why}`]);
        } else if (message.kind === "exit") {
          say([
            "your code ended the program with Deno.exit:",
            `  It was in the test: ${testing}`,
          ]);
        }
      },
    });
  }

  /** Ends what goes on. */
  #stop(state = ""): void {
    this.#run?.stop();
    this.#run = undefined;
    clearTimeout(this.#tooLong);
    this.#bar.end(state);
    this.#results.mark();
  }

  /** A run is over: what it did not print is from before. */
  #end(state: string): void {
    this.#stop(state);
    this.#results.end();
    this.#predict.hide();
  }

  /** Ends what goes on because the reader wants it, or leaves. */
  #halt(): void {
    if (!this.#run) return;
    this.#end("stopped");
    this.#bar.say("stopped");
  }

  /** Says something that is not about a run. */
  #tell(text: string): void {
    if (!this.#run) this.#bar.end("");
    this.#bar.say(text);
  }

  #togglePredict(): void {
    this.#predict.toggle();
    this.#bar.showPredict(this.#predict.isOn);
  }

  #undo(): void {
    const { isForeign } = this.#work;
    this.#work.undo();
    clearHash();
    find("#foreign")?.remove();
    this.#show([]);
    this.#tell(
      isForeign
        ? "this is your own version"
        : "undone: this is the original. Bring back, or Ctrl+Z, brings your changes back",
    );
    find("#run")!.focus();
  }

  #bringBack(): void {
    this.#work.bringBack();
    this.#show([]);
    this.#tell("brought back: these are your changes from before");
  }

  async #copyLink(): Promise<void> {
    const link = await this.#work.link();
    // A reload of this page shows what is saved, and not the link.
    history.replaceState({ isOwn: true }, "", link);
    try {
      await navigator.clipboard.writeText(location.href);
      this.#tell("the link is copied: whoever opens it sees your changes");
    } catch {
      this.#tell(
        "the link is in the address bar: whoever opens it sees your changes",
      );
    }
  }

  /** Shows the changes that the address holds; nothing runs. */
  async #openLink(): Promise<void> {
    if (!location.hash.startsWith("#change=")) return;
    if (history.state?.isOwn) return clearHash();
    const wrong = await this.#work.open(location.hash);
    find("#foreign")?.remove();
    find(".intro")!.append(
      element(
        `<p class="note foreign" id="foreign" role="note">${
          wrong ?? "The code on this page was changed by another person. " +
              "Read it before you press Run. Your own version is kept; " +
              "Undo my changes goes back to it."
        }</p>`,
      ),
    );
    this.#show([]);
  }

  /** What was written in an edition of the lesson that had other code. */
  #showOutdated(): void {
    const { outdated } = this.#work;
    if (outdated.length === 0) return;
    const place = element(
      `<details class="note foreign"><summary>Your work on an earlier edition of this lesson</summary></details>`,
    );
    for (const text of outdated) {
      const code = element('<pre class="code" tabindex="0"></pre>');
      code.textContent = text;
      place.append(code);
    }
    find(".intro")!.append(place);
  }
}

function clearHash(): void {
  history.replaceState(null, "", location.pathname + location.search);
}
