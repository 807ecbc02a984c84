/**
 * What readers can play with beside a lesson. Each runs the lesson's own code,
 * as the reader has it.
 *
 * @module
 */
/// <reference lib="dom" />

import { findAll } from "./dom.ts";
import { Lanes } from "./lanes.ts";
import type { Ask, FromLesson } from "./messages.ts";
import { lessonJob, Run } from "./runner.ts";
import { Stepper } from "./stepper.ts";
import { SpeedUp } from "./speedup.ts";

/** A lesson as widgets see it. */
export interface Shown {
  readonly name: string;
  readonly source: string;
  /** Calls a function whenever the reader has changed the source. */
  onChange?(listener: () => void): void;
}

/** How a widget begins. */
export interface WidgetSettings {
  /** Whether it runs before anybody touches it. */
  readonly runsAtOnce?: boolean;
}

/** A widget: it draws itself into its place. */
type Widget = new (
  place: HTMLElement,
  lesson: Shown,
  settings: WidgetSettings,
) => unknown;

/** The widgets by the names that pages give to their places. */
const widgets: Readonly<Record<string, Widget>> = {
  speedup: SpeedUp,
  lanes: Lanes,
  stepper: Stepper,
};

/** Puts widgets into the places that a page has for them. */
export function mountWidgets(
  lesson: Shown,
  settings: WidgetSettings = {},
): void {
  for (const place of findAll("[data-widget]")) {
    const Widget = widgets[place.dataset["widget"]!];
    if (!Widget) continue;
    place.hidden = false;
    new Widget(place, lesson, settings);
  }
}

/** Asks the code of a lesson for something, in a thread of its own. */
export class Question {
  readonly #run: Run;

  /**
   * @param lesson The lesson.
   * @param ask What to ask.
   * @param hear Takes what it says, and at the end `answer` or `failed`.
   * @throws {CompileError} If the lesson cannot be compiled.
   */
  constructor(
    { name, source }: Shown,
    ask: Ask,
    hear: (message: FromLesson) => void,
  ) {
    const job = { ...lessonJob(name, source, {}), ask };
    this.#run = new Run(job, {
      log: () => {},
      said: (message) => {
        hear(message);
        if (message.kind === "answer" || message.kind === "failed") this.stop();
      },
    });
  }

  /** Ends it. */
  stop(): void {
    this.#run.stop();
  }
}
