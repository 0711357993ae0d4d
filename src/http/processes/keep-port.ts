/**
 * Keeps the port open while no worker shares it, as long as one is being loaded. Node's cluster closes a port when the
 * last worker that listens there ends, and clients are refused until the next is loaded. Here a share without a worker
 * keeps the port open: the primary continues to accept connections, and hands them to the next worker that listens.
 *
 * Cluster has no call for that. When the first worker listens, the message with which it requested its share is sent
 * again under an id that no worker has (lib/internal/cluster/primary.js, round_robin_handle.js in Node 20 to 24). A
 * port that is taken never gets that far: cluster cannot report its error to two shares.
 */
import cluster, { type Worker } from "node:cluster";

/** Messages about a port between a worker and cluster. */
interface PortMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  /** the name of the port */
  readonly key?: string;
}

/** Cluster counts its workers from 1. */
const NO_WORKER = -1;

export class KeptPort {
  #key: string | undefined;
  #is_kept = false;
  /** while cluster takes the share: makes the worker's id its own again */
  #restore: (() => void) | undefined;

  /** Whether the port stays open without workers. */
  get is_kept(): boolean {
    return this.#is_kept;
  }

  /** Call once for each worker, before it serves. */
  watch(worker: Worker): void {
    const child = worker.process;
    const send = child.send.bind(child) as (...parts: unknown[]) => boolean;
    child.send = (message: unknown, ...rest: unknown[]) => {
      const { cmd, act, key } = message as PortMessage; // texts have none of these
      if (cmd === "NODE_CLUSTER" && act === undefined && key !== undefined) this.#key = key;
      // Behind its answer, cluster records which worker can accept a connection: that is the worker itself.
      this.#restore?.();
      return send(message, ...rest);
    };
    let query: PortMessage | undefined;
    child.on("internalMessage", (message: PortMessage) => {
      if (message.act === "queryServer") query ??= message;
      if (message.act === "listening" && query !== undefined) this.#take(worker, query);
    });
    // Cluster treats an open port without any process as its own error.
    for (const event of ["exit", "disconnect"])
      child.prependOnceListener(event, () => {
        if (Object.keys(cluster.workers ?? {}).length <= 1) this.release(worker);
      });
  }

  #take(worker: Worker, query: PortMessage): void {
    if (this.#is_kept || !worker.isConnected()) return;
    this.#is_kept = true;
    const { id } = worker;
    this.#restore = () => {
      worker.id = id;
    };
    say(worker, { ...query, seq: undefined });
    this.#restore = undefined;
  }

  /** Gives the share up: the port closes with its last worker. `worker` is any that lives. */
  release(worker: Worker | undefined): void {
    if (!this.#is_kept || this.#key === undefined || worker === undefined) return;
    this.#is_kept = false;
    say(worker, { cmd: "NODE_CLUSTER", act: "close", key: this.#key });
  }
}

/** Sends cluster a message under an id that no worker has. */
function say(worker: Worker, message: object): void {
  const { id } = worker;
  worker.id = NO_WORKER;
  try {
    worker.process.emit("internalMessage", message);
  } finally {
    worker.id = id;
  }
}
