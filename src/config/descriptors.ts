/** The maximum number of open connections of a process, from its limit of descriptors. */
import { readFileSync } from "node:fs";

/** Far more than the number of sequences sampled at once; as many idle connections take some 100 MiB. */
const CONNECTIONS_MAX = 8192;
/**
 * Descriptors for the process itself, the log, files of pages, shared memory, and connections that are being refused.
 */
const RESERVE = 128;

/**
 * Maximum number of open connections of this process, at least 1. Node has raised the soft limit to the hard one.
 */
export function connectionsGranted(): number {
  return connectionsFor(limitOf(textOf("/proc/self/limits")));
}

/** With few descriptors, half of them. */
export function connectionsFor(descriptors: number): number {
  const left = Math.max(descriptors - RESERVE, Math.floor(descriptors / 2));
  return Math.max(1, Math.min(CONNECTIONS_MAX, left));
}

/** Descriptors in the text of /proc/…/limits; Infinity where it does not tell. */
export function limitOf(text: string): number {
  const [, soft] = /^Max open files +(\d+)/m.exec(text) ?? [];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
