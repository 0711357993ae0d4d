/**
 * The built service with a counter of garbage collections, and the counts of its work for a number of requests. Linux
 * only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { faults } from "../../evidence/process-cost.ts";
import { rawLoad } from "../../evidence/raw-client.ts";
import type { Scenario } from "../../evidence/scenarios.ts";
import { type RunningService, startService } from "../../evidence/service.ts";

/** The service's counts for one request. */
export interface RequestCounts {
  /** page faults: pages that were not in memory, so that the system mapped them again */
  readonly page_faults: number;
  /** collections of the old generation, mark-compact, for each 1,000 requests */
  readonly major_collections: number;
  /** collections of the young generation, for each 1,000 requests */
  readonly minor_collections: number;
}

export interface CountedService {
  /** of the worker */
  readonly pid: number;
  /** Sends the request `requests` times and returns the counts. */
  count(scenario: Scenario, requests: number): Promise<RequestCounts>;
  stop(): Promise<void>;
}

const CONNECTIONS = 2;

/** One worker and no spare, so that only the serving worker's work is counted. */
export async function startCountedService(): Promise<CountedService> {
  const folder = mkdtempSync(join(tmpdir(), "gc-counts-"));
  const preload = new URL("./gc-counter.mjs", import.meta.url).href;
  const service = await startService({
    SPARE_WORKERS: "0",
    NODE_OPTIONS: `--import=${preload}`,
    GC_COUNTS: folder,
  });
  const collections = collectionsReader(service, folder);
  return {
    pid: service.worker_pids[0]!, // one worker was asked for
    async count(scenario, requests) {
      const before = { ...(await collections()), faults: faults(service.worker_pids) };
      const limits = { connections: CONNECTIONS, duration_ms: 120_000, requests_max: requests };
      const result = await rawLoad(service.url, scenario, limits);
      if (result.refused + result.different > 0) throw new Error(`${scenario.name} was not answered alike`);
      const { minor, major } = await collections();
      return {
        page_faults: (faults(service.worker_pids) - before.faults) / result.requests,
        major_collections: ((major - before.major) * 1000) / result.requests,
        minor_collections: ((minor - before.minor) * 1000) / result.requests,
      };
    },
    async stop() {
      await service.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

interface Collections {
  readonly minor: number;
  readonly major: number;
}

function collectionsReader({ worker_pids }: RunningService, folder: string): () => Promise<Collections> {
  const pid = worker_pids[0]!; // one worker was asked for
  let asked = 0;
  return async () => {
    const path = `${folder}/${pid}-${++asked}.json`;
    process.kill(pid, "SIGWINCH");
    while (!existsSync(path)) await after(2);
    return JSON.parse(readFileSync(path, "utf8")) as Collections; // as gc-counter.mjs writes it
  };
}
