/**
 * What readers can play with beside a lesson. Each runs the lesson's own code,
 * as the reader has it.
 *
 * @module
 */
/// <reference lib="dom" />

import { findAll } from "./dom.ts";
import { Lanes } from "./lanes.ts";
import type { Bar } from "../said.ts";
import type { Ask } from "./messages.ts";
import { lessonJob, Run } from "./runner.ts";
import { Stepper } from "./stepper.ts";
import { SpeedUp } from "./speedup.ts";

/** A lesson as widgets see it. */
export interface Shown {
  readonly name: string;
  readonly source: string;
  /** The source as the lesson has it. */
  readonly original?: string;
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

/** How long an answer may take, in milliseconds. */
const limit = 60_000;

/**
 * Asks the code of a lesson for something, in a thread of its own.
 *
 * @param lesson The lesson.
 * @param question What to ask.
 * @param signal Gives it up.
 * @param onSpan Takes what workers have done, before the answer.
 * @returns The answer.
 * @throws {Error} If there is none; its message says why.
 */
export async function ask(
  { name, source }: Shown,
  question: Ask,
  signal: AbortSignal,
  onSpan: (span: Bar) => void = () => {},
): Promise<unknown> {
  const job = { ...lessonJob(name, source, {}), ask: question };
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const fail = (text: string) => reject(new Error(text));
  const run = new Run(job, {
    log: () => {},
    said: (message) => {
      if (message.kind === "span") onSpan(message.span);
      else if (message.kind === "answer") resolve(message.value);
      else if (message.kind === "failed") fail(message.text);
      else if (message.kind === "exit") fail("the code called Deno.exit");
    },
  });
  const tooLong = AbortSignal.timeout(limit);
  signal.addEventListener("abort", () => fail("stopped"));
  tooLong.addEventListener("abort", () => {
    fail("no answer after 60 s; is there a loop without an end?");
  });
  try {
    return await promise;
  } finally {
    run.stop();
  }
}
