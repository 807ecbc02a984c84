/**
 * The far side's program: the text of all that runs there.
 *
 * A bundler may rename what it bundles, and take a class's name out of its text.
 * So parts are listed as functions that return them: what such a function says
 * are the names by which the parts call each other.
 *
 * @module
 */

import { describeParts } from "../describe.ts";
import { fifoParts } from "../fifo.ts";
import { errorParts } from "../messages/errors.ts";
import { farQueueParts } from "../messages/far_queue.ts";
import { lifeParts } from "../messages/life.ts";
import { pipeParts } from "../messages/pipe.ts";
import { queueParts } from "../messages/queue.ts";
import { relayParts } from "../messages/relay.ts";
import { travelParts } from "../messages/travel.ts";
import { valueParts } from "../messages/value.ts";
import { waitParts } from "../messages/wait.ts";
import { syncParts } from "../sync.ts";
import { FarSide, startThread } from "./far_side.ts";
import { textOf } from "./task.ts";
import { threadChannel } from "./protocol.ts";

/** Returns functions and classes that run on the far side, and names them. */
export type Parts = () => readonly unknown[];

/** What runs on every far side; classes in the order in which they need others. */
const parts: readonly Parts[] = [
  ...[...describeParts, ...fifoParts, ...errorParts, ...lifeParts],
  ...[...valueParts, ...waitParts, ...travelParts, ...pipeParts],
  ...[...queueParts, ...farQueueParts, ...relayParts, ...syncParts],
  () => [FarSide, threadChannel, startThread],
];

/** The program of a thread. */
export function threadProgram(): string {
  return `${textOfParts([])}\n${namesOf(() => [startThread])[0]}();`;
}

/** The text that defines all parts of a far side, these included. */
export function textOfParts(more: readonly Parts[]): string {
  return definitionsOf([...parts, ...more]);
}

/** The text that defines parts. */
export function definitionsOf(parts: readonly Parts[]): string {
  const all = parts.flatMap((part) => {
    const names = namesOf(part);
    return part().map((value, i) => ({ name: names[i], text: textOf(value) }));
  });
  // Functions first, because classes may call them at once.
  const isClass = ({ text }: { text: string }) => /^class\b/.test(text);
  const sorted = all.sort((a, b) => Number(isClass(a)) - Number(isClass(b)));
  const defined = sorted.map(({ name, text }) => `const ${name} = ${text};`);
  return `"use strict";\n${defined.join("\n")}`;
}

/** What parts are called here, and so in the texts of the others. */
export function namesOf(parts: Parts): string[] {
  return String(parts).split("[")[1]!.match(/[\w$]+/g)!;
}
