/** The CPU time of processes so far, from Linux's /proc, and the median that makes rounds comparable. */
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds on a CPU so far, all threads. */
export function cpuNs(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) =>
    readdirSync(`/proc/${pid}/task`).map((tid) => `/proc/${pid}/task/${tid}`),
  );
  return threads.reduce(
    (sum, path) => sum + Number(readFileSync(`${path}/schedstat`, "utf8").split(" ", 1)[0]),
    0,
  );
}

/** Minor page faults so far. */
export function faults(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return sum + Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[7]);
  }, 0);
}

/** The middle of a list; the upper one of an even number. */
export function median(list: readonly number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
}
