/** Puts one scenario on the service with each of the two generators and says what came of it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { quantile } from "../examples/model-host/report.ts";
import type { RunningService } from "../scripts/service.ts";
import type { LoadLimits, RawResult } from "./raw-client.ts";
import type { RawJob } from "./raw-worker.ts";
import type { Scenario } from "./scenarios.ts";
import { cpuTime } from "./server-cpu.ts";

export interface Measured {
  readonly requests_per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** the service's CPU time for one request; undefined where it cannot be read */
  readonly server_us: number | undefined;
  /** requests without a 2xx reply, and replies that were not the first one's bytes */
  readonly errors: number;
}

/** Requests before the clock starts: code is compiled and memory is warm after that. */
const WARM_UP = { connections: 1, duration_ms: 3000, requests_max: 150 };

export async function measureRaw(
  service: RunningService,
  scenario: Scenario,
  limits: LoadLimits,
): Promise<Measured> {
  await rawInWorker({ url: service.url, scenario, limits: WARM_UP });
  const cpu_ms = cpuTime(service.worker_pids);
  const result = await rawInWorker({ url: service.url, scenario, limits });
  return {
    requests_per_s: (result.requests / result.elapsed_ms) * 1000,
    p50_ms: quantile(result.latencies_ms, 0.5),
    p99_ms: quantile(result.latencies_ms, 0.99),
    server_us: cpuPerRequest(service, cpu_ms, result.requests),
    errors: result.refused + result.different,
  };
}

export async function measureAutocannon(
  service: RunningService,
  scenario: Scenario,
  limits: LoadLimits,
): Promise<Measured> {
  const cpu_ms = cpuTime(service.worker_pids);
  const result = await autocannon({
    url: service.url + scenario.path,
    method: "POST",
    headers: scenario.headers,
    body: scenario.body,
    connections: limits.connections,
    duration: limits.duration_ms / 1000,
    maxOverallRequests: limits.requests_max,
    sampleInt: 100,
  });
  const requests = result["2xx"] + result.non2xx;
  return {
    requests_per_s: requests / result.duration,
    p50_ms: result.latency.p50,
    p99_ms: result.latency.p99,
    server_us: cpuPerRequest(service, cpu_ms, requests),
    errors: result.non2xx + result.errors + result.timeouts,
  };
}

async function rawInWorker(job: RawJob): Promise<RawResult> {
  const worker = fork(fileURLToPath(new URL("./raw-worker.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: ["--import", "tsx"],
  });
  const ended = once(worker, "exit");
  worker.send(job);
  const answer = once(worker, "message").then(([result]) => result as RawResult);
  const failure = ended.then(([code]) => {
    if (code !== 0) throw new Error(`the raw generator failed on "${job.scenario.name}"`);
    return answer;
  });
  const result = await Promise.race([answer, failure]);
  await ended;
  return result;
}

function cpuPerRequest(
  service: RunningService,
  before_ms: number | undefined,
  requests: number,
): number | undefined {
  const after_ms = cpuTime(service.worker_pids);
  if (before_ms === undefined || after_ms === undefined || requests === 0) return undefined;
  return ((after_ms - before_ms) * 1000) / requests;
}
