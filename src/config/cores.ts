/**
 * The number of cores for this process: its allowed cores, or the quota of its control group when that is lower.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Whole cores, at least 1. Node counts the allowed cores; before version 22 it does not know quotas. */
export function coresGranted(): number {
  const v2 = quotaOf(textOf("/sys/fs/cgroup/cpu.max"));
  const v1 = quotaOf(
    `${textOf("/sys/fs/cgroup/cpu/cpu.cfs_quota_us")} ${textOf("/sys/fs/cgroup/cpu/cpu.cfs_period_us")}`,
  );
  return Math.max(1, Math.min(availableParallelism(), Math.floor(v2), Math.floor(v1)));
}

/**
 * The number of cores from a quota and a period in microseconds: `150000 100000` is 1.5. Infinity for `max`
 * (control groups, version 2), for −1 (version 1), and where there is no such file.
 */
export function quotaOf(text: string): number {
  const [, quota, period] = /^(\d+) (\d+)$/.exec(text.trim()) ?? [];
  return quota === undefined || Number(period) === 0
    ? Number.POSITIVE_INFINITY
    : Number(quota) / Number(period);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
