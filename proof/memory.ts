/** Resident memory of processes, from Linux's /proc; elsewhere unknown. */
import { readFileSync } from "node:fs";

const KIB_PER_MIB = 1024;

/** MiB of all of them together; 0 where it cannot be read. */
export function residentMiB(pids: readonly number[]): number {
  let kib = 0;
  for (const pid of pids) {
    try {
      kib += Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    } catch {
      // The process has ended, or there is no /proc.
    }
  }
  return kib / KIB_PER_MIB;
}

/** Measures again and again while `work` runs; returns its result and the largest measurement. */
export async function peakWhile<T>(
  pids: readonly number[],
  work: Promise<T>,
): Promise<{ result: T; peak_mib: number }> {
  let peak_mib = residentMiB(pids);
  const timer = setInterval(() => {
    peak_mib = Math.max(peak_mib, residentMiB(pids));
  }, 100);
  try {
    return { result: await work, peak_mib };
  } finally {
    clearInterval(timer);
  }
}
