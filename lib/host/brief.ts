/**
 * Requests and answers in brief: most differ from the ones before in nothing
 * but the calls or the results, and short messages take half the time.
 *
 * The functions here also run on the far side, where they arrive as text: they
 * use their arguments and each other only.
 *
 * @module
 */

import type { Reply, Request } from "./host.ts";

/**
 * Abbreviates a request.
 *
 * @param request What is to be sent, without any packed object.
 * @param last The request before, if the far side has it.
 * @returns The request; or just its calls, if all else is as it was; or just the
 * argument of its only call, if that is a scalar.
 */
export function briefRequest(
  request: Request,
  last: Request | undefined,
): unknown {
  const { calls, define, task, spread, timed } = request;
  const isSame = define === undefined && task === last?.task &&
    spread === last.spread && timed === last.timed;
  if (!isSame) return request;
  if (calls.length > 1) return calls;
  // What is to be spread may be anything.
  const args = spread ? calls[0] : calls;
  const isOnly = Array.isArray(args) && args.length === 1 && isScalar(args[0]);
  return isOnly ? args[0] : calls;
}

/**
 * Restores a request that may be abbreviated.
 *
 * @param message What came.
 * @param last The request before.
 * @returns The request; nothing if the message is none in brief.
 */
export function fullRequest(
  message: unknown,
  last: Request,
): Request | undefined {
  const isOnly = isScalar(message);
  if (!isOnly && !Array.isArray(message)) return undefined;
  const only = last.spread ? [message] : message;
  const calls = isOnly ? [only] : message as unknown[];
  return { ...last, define: undefined, batch: last.batch + 1, calls };
}

/**
 * Abbreviates an answer.
 *
 * @param reply What is to be sent, without any packed object.
 * @returns The answer; or just its results, if there is nothing else to it; or
 * just its only result, if that is a scalar.
 */
export function briefReply(reply: Reply): unknown {
  if (reply.kind !== "done" || reply.times.length > 0) return reply;
  const [only] = reply.results;
  const isOnly = reply.results.length === 1 && isScalar(only);
  return isOnly ? only : reply.results;
}

/**
 * Restores an answer that may be abbreviated.
 *
 * @param message What came.
 * @returns The answer.
 */
export function fullReply<Message>(message: Message): Message | Reply {
  const isOnly = isScalar(message);
  if (!isOnly && !Array.isArray(message)) return message;
  const results = isOnly ? [message] : message as unknown[];
  return { kind: "done", results, isPacked: false, times: [] };
}

/**
 * Whether a value is one of those that Deno sends in a fraction of the time.
 *
 * @param value A value that is to be sent.
 * @returns Whether it is a number, a string or a boolean.
 */
export function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string" ||
    typeof value === "boolean";
}
