/**
 * How a process becomes a far side. It is sent there as text.
 *
 * @module
 */

import { Relay, type RelayMessage } from "../messages/relay.ts";
import { FarSide, type Link } from "../workers/far_side.ts";
import type { Request } from "../workers/protocol.ts";
import { Codec, type NodeProcess } from "./ipc.ts";

/** What a process is started with. */
export interface Start {
  readonly node: NodeProcess;
  /** Imports the module that exports the tasks. */
  readonly load: (() => Promise<Record<string, unknown>>) | undefined;
  /** The permissions that it must not have. */
  readonly refused: readonly Deno.PermissionName[];
}

/** What a process is sent beside what every far side is. */
export type ProcessRequest =
  | Request
  | { readonly kind: "exit"; readonly code: number }
  | RelayMessage;

/** Makes this process a far side. */
export function startProcess({ node, load, refused }: Start): void {
  // Kept, because a task may replace them.
  const { exit } = Deno;
  const codec = new Codec(node);
  const send = node.send!.bind(node);
  delete node.send;
  let written = Promise.resolve();
  const post = (message: unknown) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    send(codec.encode(message), () => resolve());
    written = promise;
  };
  const relay = new Relay(post, 1);
  const link: Link = {
    route: relay.route,
    flush: () => relay.isIdle ? undefined : relay.flush(),
    receiver: 0,
    post,
    onMessage: () => {},
    onUnload: () => {},
    close: (code) => void written.then(() => exit(code)),
    exit,
    load: () => load!(),
  };
  new FarSide(link);
  for (const name of refused) {
    if (Deno.permissions.querySync({ name }).state !== "granted") continue;
    link.post({ kind: "died", how: `may ${name}, which was not asked for` });
    return link.close(1);
  }
  // Whoever started this process is gone.
  node.on("disconnect", () => exit(0));
  node.on("message", (sent) => {
    const request = codec.decode(sent) as ProcessRequest;
    if (request.kind === "exit") exit(request.code);
    else if (request.kind === "relay") relay.receive(request);
    else link.onMessage(request);
  });
  link.post({ kind: "ready" });
}
