/**
 * What leads from one thread to another. It also runs on the far side.
 *
 * @module
 */

import { Travel } from "../messages/travel.ts";
import type { Channel } from "./protocol.ts";

/** What a thread is told first. */
export interface Greeting {
  /** What leads to who started it. */
  readonly port: MessagePort;
  /** The number by which shared memory knows the thread. */
  readonly thread: number;
  /** Which threads are alive. */
  readonly life: Int32Array;
}

/** A channel to another thread, which has this number. */
export function threadChannel(port: MessagePort, receiver: number): Channel {
  // Kept, because a task may replace it.
  const send = port.postMessage.bind(port);
  return {
    route: Travel.toThread,
    receiver,
    post(message, moved = []) {
      // A list of nothing to move would make a message slower.
      if (moved.length > 0) send(message, moved);
      else send(message);
    },
  };
}
