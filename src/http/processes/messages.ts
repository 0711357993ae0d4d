/** What the primary and its workers say to each other besides what goes over the bus. */
import type { WorkerCounts } from "../observe/metrics.ts";

/** A worker is loaded. */
export const READY = "ready";
/** A worker has read what came before it was told to drain. */
export const DRAINING = "draining";
/** A defect ends a worker: another should serve in its place. */
export const GOING = "going";
/** A worker hears. */
export const PONG = "pong";

/** The primary tells a worker to serve at a port. */
export interface Serve {
  readonly serve_port: number;
}

/** It asks a worker whether it hears, and tells what it knows of all. */
export interface Ping {
  readonly ping: WorkerCounts;
}

/** At the end it tells a worker to say that it is not ready; to finish what it has, and end. */
export const DRAIN = "drain";
export const CLOSE = "close";

export function isServe(message: unknown): message is Serve {
  return typeof message === "object" && message !== null && "serve_port" in message;
}

export function isPing(message: unknown): message is Ping {
  return typeof message === "object" && message !== null && "ping" in message;
}
