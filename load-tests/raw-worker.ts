/** The raw generator in a process of its own: takes one job by message, answers its result, and ends. */
import { type LoadLimits, rawLoad } from "./raw-client.ts";
import type { Scenario } from "./scenarios.ts";

export interface RawJob {
  readonly url: string;
  readonly scenario: Scenario;
  readonly limits: LoadLimits;
}

process.once("message", async (job: RawJob) => {
  const result = await rawLoad(
    job.url,
    { ...job.scenario, body: Buffer.from(job.scenario.body) },
    job.limits,
  );
  process.send?.(result, () => process.disconnect());
});
