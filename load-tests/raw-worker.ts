/**
 * The raw generator in a process of its own: it takes jobs by message, one after the other, and answers each with its
 * result.
 */
import { type LoadLimits, type RawResult, rawLoad } from "../evidence/raw-client.ts";
import type { Scenario, StreamScenario } from "../evidence/scenarios.ts";
import { rawStreams } from "./raw-stream.ts";

export interface RawJob {
  readonly url: string;
  readonly scenario: Scenario | StreamScenario;
  readonly limits: LoadLimits;
}

/** The result, with the CPU time that the generator used. */
export interface RawWorkerResult extends RawResult {
  readonly cpu_ms: number;
}

process.on("message", async (job: RawJob) => {
  const before = process.cpuUsage();
  const result = await ("row" in job.scenario
    ? loadStreams(job, job.scenario)
    : loadRequests(job, job.scenario));
  const { user, system } = process.cpuUsage(before);
  process.send?.({ ...result, cpu_ms: (user + system) / 1000 } satisfies RawWorkerResult);
});

function loadRequests({ url, limits }: RawJob, scenario: Scenario): Promise<RawResult> {
  return rawLoad(url, { ...scenario, body: Buffer.from(scenario.body) }, limits);
}

/** One stream on each connection. An answer that is not a token ends the run. */
async function loadStreams({ url, limits }: RawJob, { row, ...load }: StreamScenario): Promise<RawResult> {
  const streams = Array.from({ length: limits.connections }, () =>
    rawStreams(url, { ...load, row: Buffer.from(row) }, limits.duration_ms),
  );
  const results = await Promise.all(streams);
  const latencies_ms = results.flatMap((each) => each.latencies_ms);
  const elapsed_ms = Math.max(...results.map((each) => each.elapsed_ms));
  return { requests: latencies_ms.length, elapsed_ms, latencies_ms, refused: 0, different: 0 };
}
