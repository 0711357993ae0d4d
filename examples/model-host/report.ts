/** What a run cost, in words: tokens a second, the model's part, the sampler's part. */
import type { Generated } from "./generate.ts";

export function describeRun(run: Generated): string {
  const steps = run.round_trip_us.length;
  const lines = [
    `${steps} steps with seed ${run.seed} in ${(run.elapsed_ms / 1000).toFixed(1)} s: ${(steps / (run.elapsed_ms / 1000)).toFixed(1)} tokens/s`,
    `model    ${quantile(run.model_ms, 0.5).toFixed(1)} ms a token (median)`,
    `sampler  ${spread(run.round_trip_us)} for the round trip over HTTP`,
  ];
  if (run.server_us.length > 0) lines.push(`service  ${spread(run.server_us)} of that, by its own clock`);
  return lines.join("\n");
}

/** How much sooner a step's token is there on a stream than with a POST of its own. */
export function describeGain(streamed_us: number, posted_us: number): string {
  return `${streamed_us.toFixed(0)} µs a step (median) against ${posted_us.toFixed(0)} µs for a POST: ${(posted_us / streamed_us).toFixed(1)} times as fast`;
}

function spread(values_us: readonly number[]): string {
  return `${quantile(values_us, 0.5).toFixed(0)} µs (median), ${quantile(values_us, 0.99).toFixed(0)} µs (p99)`;
}

/** The smallest value that at least the share q of all values do not exceed. NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
