/** CPU time of other processes, from Linux's /proc; elsewhere unknown. */
import { readFileSync } from "node:fs";

/** Linux counts CPU time in ticks of 1/100 s on every common build. */
const TICK_MS = 10;

/** User and system time of all threads of some processes so far, milliseconds; undefined where /proc does not exist. */
export function cpuTime(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) * TICK_MS;
  } catch {
    return undefined;
  }
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields are counted after the command name, which is in parentheses and may contain any characters.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
