/**
 * Closes connections that are lost between the primary and a worker. Node's cluster keeps its copy of a connection, and gives
 * the worker no other one, until the worker acknowledges it. A worker that dies first sends nothing. A worker without a free
 * descriptor sends nothing either: Node drops the connection there and reports only that it did not arrive. Here such
 * connections are closed, and a worker without descriptors is given the next one.
 */
import type { Worker } from "node:cluster";

/** A connection that is not a socket yet, as libuv has it. */
interface Handle {
  close(): void;
}

/** Messages between the processes of Node's cluster (lib/internal/cluster, child_process in Node 20 to 24). */
interface InternalMessage {
  readonly cmd?: string;
  readonly act?: string;
  /** of a message that wants an answer */
  readonly seq?: number;
  /** the number of the message that this answers */
  readonly ack?: number;
}

/** Call once for each worker, before it serves. `lost` is called for each connection that the worker could not take. */
export function closeHandoffs(worker: Worker, lost: () => void): void {
  const child = worker.process;
  const under_way = new Map<number, Handle>();
  /** connections sent and not yet acknowledged by the worker's process, in this order */
  const sent: number[] = [];
  const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
  child.send = (message: unknown, handle?: unknown, ...rest: unknown[]) => {
    const { cmd, act, seq } = message as InternalMessage; // texts have none of these
    if (cmd === "NODE_CLUSTER" && act === "newconn" && seq !== undefined && handle) {
      under_way.set(seq, handle as Handle); // cluster sends connections with this act
      sent.push(seq);
    }
    return send(message, handle, ...rest);
  };
  child.on("internalMessage", ({ cmd, ack }: InternalMessage) => {
    if (ack !== undefined) under_way.delete(ack);
    if (cmd === "NODE_HANDLE_ACK") sent.shift();
    if (cmd !== "NODE_HANDLE_NACK") return;
    const seq = sent.shift();
    if (seq === undefined) return;
    // Acknowledged in the worker's name: cluster closes its copy, and hands the worker the next connection.
    child.emit("internalMessage", { cmd: "NODE_CLUSTER", ack: seq, accepted: true });
    lost();
  });
  worker.on("exit", () => {
    for (const handle of under_way.values()) handle.close();
    under_way.clear();
  });
}
