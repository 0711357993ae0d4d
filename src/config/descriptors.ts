/** How many connections a process may have open, as its limit of descriptors allows. */
import { readFileSync } from "node:fs";

/** Far more than sequences are sampled at once; as many idle connections take some 100 MiB. */
const CONNECTIONS_MAX = 8192;
/** For the process itself, the log, files of pages, regions of shared memory, and connections that are being refused. */
const RESERVE = 128;

/** Connections that a process may have open at once, at least 1. Node has raised the soft limit to the hard one. */
export function connectionsGranted(): number {
  return connectionsFor(limitOf(textOf("/proc/self/limits")));
}

/** Half the descriptors where they are few. */
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
