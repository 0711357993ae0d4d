/** Measures one scenario on the service with each of the two generators, and prints the results. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import type { LoadLimits } from "../evidence/raw-client.ts";
import type { Scenario, StreamScenario } from "../evidence/scenarios.ts";
import type { RunningService } from "../evidence/service.ts";
import { quantile } from "../examples/model-host/report.ts";
import type { RawJob, RawWorkerResult } from "./raw-worker.ts";
import { cpuTime } from "./server-cpu.ts";

export interface Measured {
  readonly requests_per_s: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** the service's CPU time for one request; absent where it cannot be read */
  readonly server_us?: number;
  /** requests without a 2xx reply, and replies that were not the first one's bytes */
  readonly errors: number;
}

export interface RawMeasured extends Measured {
  /** number of cores that the generator used */
  readonly generator_cores: number;
}

/** Requests before the measurement, so that code is compiled and memory is in use. */
export const WARM_UP = { connections: 2, duration_ms: 1500, requests_max: 2000 };

export async function measureRaw(
  service: RunningService,
  scenario: Scenario | StreamScenario,
  limits: LoadLimits,
): Promise<RawMeasured> {
  const generator = startGenerator();
  try {
    // The same process for warm-up and measurement, because the generator must be warm as well.
    await generator.run({ url: service.url, scenario, limits: WARM_UP });
    const cpu_ms = cpuTime(service.worker_pids);
    const result = await generator.run({ url: service.url, scenario, limits });
    return {
      requests_per_s: (result.requests / result.elapsed_ms) * 1000,
      p50_ms: quantile(result.latencies_ms, 0.5),
      p99_ms: quantile(result.latencies_ms, 0.99),
      ...cpuPerRequest(service, cpu_ms, result.requests),
      generator_cores: result.cpu_ms / result.elapsed_ms,
      errors: result.refused + result.different,
    };
  } finally {
    await generator.stop();
  }
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
    ...cpuPerRequest(service, cpu_ms, requests),
    errors: result.non2xx + result.errors + result.timeouts,
  };
}

function startGenerator() {
  const worker = fork(fileURLToPath(new URL("./raw-worker.ts", import.meta.url)), {
    serialization: "advanced",
    execArgv: ["--import", "tsx"],
  });
  const ended = once(worker, "exit");
  return {
    async run(job: RawJob): Promise<RawWorkerResult> {
      worker.send(job);
      // Each job has one answer, or the process ends without one.
      const [result] = await Promise.race([once(worker, "message"), ended.then(() => [])]);
      if (result === undefined) throw new Error(`the raw generator failed on "${job.scenario.name}"`);
      return result as RawWorkerResult;
    },
    async stop(): Promise<void> {
      if (worker.connected) worker.disconnect();
      await ended;
    },
  };
}

function cpuPerRequest(
  service: RunningService,
  before_ms: number | undefined,
  requests: number,
): Pick<Measured, "server_us"> {
  const after_ms = cpuTime(service.worker_pids);
  if (before_ms === undefined || after_ms === undefined || requests === 0) return {};
  return { server_us: ((after_ms - before_ms) * 1000) / requests };
}
