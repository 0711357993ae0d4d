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

/** A worker tells which grammar it works on; null: none. */
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
