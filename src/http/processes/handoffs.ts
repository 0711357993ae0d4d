/**
 * Connections on their way from the primary to a worker. Node's cluster keeps its copy of a connection until the
 * worker says that it has it; of a worker that dies before that, the copy would stay open and the client would
 * wait for as long as the primary lives. Here such connections are closed with their worker.
 */
import type { Worker } from "node:cluster";

/** A connection that is not a socket yet, as libuv has it. */
interface Handle {
  close(): void;
}

/** What cluster's processes say to each other (lib/internal/cluster in Node 20 to 24). */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  /** of a message that wants an answer */
  readonly seq?: number;
  /** the number of the message that this answers */
  readonly ack?: number;
}

/** Call once for each worker, before it serves. */
export function closeHandoffs(worker: Worker): void {
  const child = worker.process;
  const under_way = new Map<number, Handle>();
  const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
  child.send = (message: unknown, handle?: unknown, ...rest: unknown[]) => {
    const { cmd, act, seq } = message as ClusterMessage; // texts have none of these
    if (cmd === "NODE_CLUSTER" && act === "newconn" && seq !== undefined && handle)
      under_way.set(seq, handle as Handle); // cluster sends connections with this act
    return send(message, handle, ...rest);
  };
  child.on("internalMessage", ({ ack }: ClusterMessage) => {
    if (ack !== undefined) under_way.delete(ack);
  });
  worker.on("exit", () => {
    for (const handle of under_way.values()) handle.close();
    under_way.clear();
  });
}
