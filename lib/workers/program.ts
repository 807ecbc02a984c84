/**
 * The far side's program: the text of all that runs there.
 *
 * A bundler may rename what it bundles, and take a class's name out of its text.
 * So a part is listed as a function that returns it: what that says is the name
 * by which the other parts call it.
 *
 * @module
 */

import {
  checkArray,
  checkCount,
  checkFunction,
  checkNumberAs,
  checkOptions,
  checkSignal,
  checkTimeout,
  checkTransfer,
  describe,
} from "../describe.ts";
import { Fifo } from "../fifo.ts";
import {
  baseOf,
  emptyError,
  headOf,
  hiddenParts,
  knownClass,
  partsOfError,
  rebuildError,
  setHidden,
  setParts,
  stackOf,
} from "../messages/errors.ts";
import { FarQueue, serveQueue } from "../messages/far_queue.ts";
import {
  beginTask,
  endedError,
  endTask,
  endThread,
  forget,
  give,
  isEnded,
  joinRealm,
  Life,
  realm,
} from "../messages/life.ts";
import {
  ChannelClosedError,
  Connection,
  otherClosed,
  pipe,
  thisClosed,
} from "../messages/pipe.ts";
import {
  Numbered,
  Queue,
  queueClosed,
  Room,
  Store,
} from "../messages/queue.ts";
import { Relay } from "../messages/relay.ts";
import {
  checkForProcess,
  copyValue,
  discard,
  hasPortable,
  isImmutable,
  isPortable,
  pack,
  Packer,
  packThrown,
  post,
  receive,
  refusal,
  refuseForProcess,
  register,
  rulesOf,
  sharedCells,
  Travel,
  unpack,
} from "../messages/travel.ts";
import {
  emptyLike,
  fill,
  isContainer,
  isDenos,
  isSharedMemory,
  namesOf,
  partsOf,
  refuseForThread,
  replacer,
  uncloned,
  walk,
  whyNotSent,
} from "../messages/value.ts";
import {
  after,
  block,
  checkBlocking,
  checkWait,
  iterate,
  lookAgain,
  timeoutError,
  waitFor,
  waitForChange,
  waitUntil,
  Watch,
} from "../messages/wait.ts";
import {
  Barrier,
  BrokenBarrierError,
  Line,
  Lock,
  LockAbandonedError,
  LockGuard,
} from "../sync.ts";
import { FarSide, startThread } from "./far_side.ts";
import { textOf } from "./task.ts";
import { threadChannel } from "./thread_channel.ts";

/** A function or class that runs on the far side. */
export type Part = () => unknown;

/** What runs on every far side; tests/lib/far_side_test.ts finds what is missing. */
const parts: readonly Part[] = [
  // describe.ts
  () => describe,
  () => checkOptions,
  () => checkArray,
  () => checkSignal,
  () => checkTransfer,
  () => checkNumberAs,
  () => checkCount,
  () => checkTimeout,
  () => checkFunction,
  // messages/errors.ts
  () => hiddenParts,
  () => headOf,
  () => partsOfError,
  () => baseOf,
  () => knownClass,
  () => stackOf,
  () => rebuildError,
  () => emptyError,
  () => setParts,
  () => setHidden,
  // messages/life.ts
  () => Life,
  () => realm,
  () => joinRealm,
  () => isEnded,
  () => endedError,
  () => endThread,
  () => give,
  () => forget,
  () => beginTask,
  () => endTask,
  // messages/value.ts
  () => partsOf,
  () => namesOf,
  () => isContainer,
  () => walk,
  () => replacer,
  () => emptyLike,
  () => fill,
  () => whyNotSent,
  () => uncloned,
  () => refuseForThread,
  () => isDenos,
  () => isSharedMemory,
  // messages/travel.ts
  () => Travel,
  () => register,
  () => isPortable,
  () => hasPortable,
  () => pack,
  () => rulesOf,
  () => Packer,
  () => packThrown,
  () => refusal,
  () => unpack,
  () => post,
  () => discard,
  () => receive,
  () => isImmutable,
  () => copyValue,
  () => refuseForProcess,
  () => checkForProcess,
  () => sharedCells,
  // messages/wait.ts
  () => waitFor,
  () => checkWait,
  () => after,
  () => lookAgain,
  () => waitForChange,
  () => waitUntil,
  () => block,
  () => Watch,
  () => checkBlocking,
  () => timeoutError,
  () => iterate,
  // messages/pipe.ts
  () => ChannelClosedError,
  () => pipe,
  () => Connection,
  () => thisClosed,
  () => otherClosed,
  // messages/queue.ts
  () => Room,
  () => Numbered,
  () => Store,
  () => Queue,
  () => queueClosed,
  // messages/far_queue.ts
  () => FarQueue,
  () => serveQueue,
  // messages/relay.ts
  () => Relay,
  // sync.ts
  () => LockAbandonedError,
  () => BrokenBarrierError,
  () => Line,
  () => Lock,
  () => LockGuard,
  () => Barrier,
  // the far side itself
  () => Fifo,
  () => FarSide,
  () => threadChannel,
  () => startThread,
];

/** The program of a thread. */
export function threadProgram(): string {
  return `${textOfParts([])}\n${nameOf(() => startThread)}();`;
}

/** The text that defines all parts of a far side, these included. */
export function textOfParts(more: readonly Part[]): string {
  return definitionsOf([...parts, ...more]);
}

/** The text that defines parts. */
export function definitionsOf(all: readonly Part[]): string {
  const isClass = (part: Part) => /^class\b/.test(String(part()));
  // Functions first, because classes may call them at once.
  const sorted = [
    ...all.filter((part) => !isClass(part)),
    ...all.filter(isClass),
  ];
  const define = (part: Part) => `const ${nameOf(part)} = ${textOf(part())};`;
  return `"use strict";\n${sorted.map(define).join("\n")}`;
}

/** What a part is called here, and so in the texts of the others. */
export function nameOf(part: Part): string {
  return /([\w$]+)[\s;}]*$/.exec(String(part))![1]!;
}
