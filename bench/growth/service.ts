/** The cost of the built service, in CPU time and in memory, by the rows of a batch and the number of connections. */
import { readFileSync } from "node:fs";
import { cpuNs } from "../../evidence/process-cost.ts";
import type { Progress, Step } from "../../evidence/progress.ts";
import { type LoadLimits, rawLoad } from "../../evidence/raw-client.ts";
import { f32Bytes, randomRow } from "../../evidence/rows.ts";
import type { Scenario } from "../../evidence/scenarios.ts";
import { type RunningService, startService } from "../../evidence/service.ts";
import type { Point } from "./fit.ts";
import type { Axis, Series } from "./results.ts";
import { seriesOf } from "./sampler.ts";

const BATCH_ROWS = [1, 4, 16, 64, 256];
const CONNECTIONS = [1, 4, 16, 64, 256];
const VOCAB_SIZE = 8_000;
/** A row for every connection, so that none is refused. */
const ENVIRONMENT = { WORKERS: "1", LOGIT_SAMPLER_ROWS_MAX: "512", LOGIT_SAMPLER_VOCAB_SIZE_MAX: "8192" };
const OPTIONS = { temperature: 0.8, top_k: 40, top_p: 0.95, seed: "7" };
/** Connections of a measurement of batches. */
const BATCH_CONNECTIONS = 2;

/** The steps of `measureService`, one for each point. */
export function serviceSteps(seconds: number): Step[] {
  const points = (axis: Axis, sizes: readonly number[]) =>
    sizes.map((n) => ({ name: `${axis}: ${n}`, seconds }));
  return [...points("batch_rows", BATCH_ROWS), ...points("connections", CONNECTIONS)];
}

/** One service for each axis, so that memory of one measurement does not count in another. */
export async function measureService(seconds: number, progress: Progress): Promise<Series[]> {
  const batchLoad = (rows: number) => ({
    scenario: batchOf(rows),
    limits: limitsOf(BATCH_CONNECTIONS, seconds),
  });
  const batches = await along("batch_rows", BATCH_ROWS, batchLoad, progress);
  const stepLoad = (connections: number) => ({
    scenario: stepScenario(),
    limits: limitsOf(connections, seconds),
  });
  const connections = await along("connections", CONNECTIONS, stepLoad, progress);
  return [...batches, ...connections];
}

function limitsOf(connections: number, seconds: number): LoadLimits {
  return { connections, duration_ms: seconds * 1000, requests_max: 1_000_000 };
}

interface Load {
  readonly scenario: Scenario;
  readonly limits: LoadLimits;
}

async function along(
  axis: Axis,
  sizes: readonly number[],
  loadOf: (size: number) => Load,
  progress: Progress,
): Promise<Series[]> {
  const service = await startService(ENVIRONMENT);
  const cpu: Point[] = [];
  const memory: Point[] = [];
  try {
    await cpuOf(service, loadOf(sizes[0]!));
    for (const size of sizes) {
      progress.next();
      cpu.push([size, await cpuOf(service, loadOf(size))]);
      memory.push([size, residentBytes(service)]);
    }
  } finally {
    await service.stop();
  }
  const name = axis === "batch_rows" ? "batch" : "one step a request";
  return [
    seriesOf({ axis, name, unit: "server CPU µs a request", is_count: false }, cpu, 1.2),
    seriesOf({ axis, name, unit: "resident bytes", is_count: false }, memory, 1.2),
  ];
}

async function cpuOf({ url, worker_pids }: RunningService, { scenario, limits }: Load): Promise<number> {
  const before = cpuNs(worker_pids);
  const { requests, refused } = await rawLoad(url, scenario, limits);
  if (refused > 0) throw new Error(`${refused} of ${requests} requests were refused: ${scenario.name}`);
  return (cpuNs(worker_pids) - before) / 1000 / requests;
}

/** VmHWM, the peak of resident memory so far; sizes grow from one measurement to the next. */
function residentBytes({ worker_pids }: RunningService): number {
  return worker_pids.reduce((sum, pid) => {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return sum + Number(kib) * 1024;
  }, 0);
}

function batchOf(rows: number): Scenario {
  const header = Buffer.from(JSON.stringify({ dtype: "f32", shape: [rows, VOCAB_SIZE], ...OPTIONS }));
  const row = f32Bytes(randomRow(VOCAB_SIZE, 1));
  return {
    name: `batch of ${rows}`,
    path: "/v1/sample/batch",
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(header.length),
    },
    body: Buffer.concat([header, ...Array.from({ length: rows }, () => row)]),
  };
}

function stepScenario(): Scenario {
  const query = new URLSearchParams({
    dtype: "f32",
    ...OPTIONS,
    temperature: "0.8",
    top_k: "40",
    top_p: "0.95",
  });
  return {
    name: "one step",
    path: `/v1/sample?${query}`,
    headers: { "content-type": "application/octet-stream" },
    body: f32Bytes(randomRow(VOCAB_SIZE, 1)),
  };
}
