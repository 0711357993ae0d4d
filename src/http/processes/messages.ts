/** The messages between the primary and its workers, besides those of the bus. */
import type { WorkerCounts } from "../observe/metrics.ts";

/** A worker is loaded. */
export const READY = "ready";
/** A worker has read everything that arrived before DRAIN. */
export const DRAINING = "draining";
/** A defect ends a worker: another should serve in its place. */
export const GOING = "going";
/** The answer to a Ping. */
export const PONG = "pong";

/** The primary tells a worker to serve at a port. */
export interface Serve {
  readonly serve_port: number;
}

/** The primary asks a worker whether it is alive, and sends the counts of all workers. */
export interface Ping {
  readonly ping: WorkerCounts;
}

/** At the end the primary tells a worker to report that it is not ready; then to finish its requests and end. */
export const DRAIN = "drain";
export const CLOSE = "close";

/** A worker reports the grammar that it works on; null for none. */
export interface WorksOn {
  readonly works_on: string | null;
}

/** The primary tells the workers which grammars are refused. */
export interface Refuse {
  readonly refused_grammars: readonly string[];
}

export function isWorksOn(message: unknown): message is WorksOn {
  return typeof message === "object" && message !== null && "works_on" in message;
}

export function isRefuse(message: unknown): message is Refuse {
  return typeof message === "object" && message !== null && "refused_grammars" in message;
}

export function isServe(message: unknown): message is Serve {
  return typeof message === "object" && message !== null && "serve_port" in message;
}

export function isPing(message: unknown): message is Ping {
  return typeof message === "object" && message !== null && "ping" in message;
}
