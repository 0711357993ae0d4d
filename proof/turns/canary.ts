/**
 * The canary is a process of its own, so that only the service can delay it: it sends small requests one after the
 * other over one connection, and times each. Delay from other programs is subtracted: the time in which the worker or
 * the canary was ready to run but had no core, from Linux's /proc.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "../connection.ts";
import { encode } from "../message.ts";

export interface CanaryJob {
  readonly url: string;
  readonly worker_pid: number;
  /** the request that it sends; absent: the health check */
  readonly probe?: Uint8Array;
}

/** Milliseconds of every probe: as measured, and without the time taken by other processes. */
export interface Probes {
  readonly seen_ms: readonly number[];
  readonly own_ms: readonly number[];
}

const HEALTH = encode({ method: "GET", path: "/healthz" });
const PAUSE_MS = 1;
const NS_PER_MS = 1e6;

/** How long a process has waited for a core so far, in milliseconds; 0 where that cannot be read. */
function waitedMs(pid: number | "self"): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / NS_PER_MS;
  } catch {
    return 0;
  }
}

process.once("message", async ({ url, worker_pid, probe = HEALTH }: CanaryJob) => {
  const connection = new Connection(url);
  let seen_ms: number[] = [];
  let own_ms: number[] = [];
  let over = false;
  process.on("message", (what) => {
    // Sending many probes takes the pipe a while; closing the channel earlier would lose them.
    process.send?.({ seen_ms, own_ms } satisfies Probes, undefined, undefined, () => {
      over = what === "end";
    });
    seen_ms = [];
    own_ms = [];
  });
  while (!over) {
    const waited_ms = waitedMs(worker_pid) + waitedMs("self");
    const began_ms = performance.now();
    await connection.exchange(probe);
    const took_ms = performance.now() - began_ms;
    seen_ms.push(took_ms);
    own_ms.push(Math.max(0, took_ms - (waitedMs(worker_pid) + waitedMs("self") - waited_ms)));
    await sleep(PAUSE_MS);
  }
  connection.close();
  process.disconnect();
});
