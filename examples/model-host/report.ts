/** What a run cost, in words: tokens a second, the model's part, the sampler's part. */
import type { Generated } from "./generate.ts";

/** How fast a text was written, and how much of the time was the model's. */
export function describeRun({ round_trip_us, seed, elapsed_ms, model_ms }: Generated): string {
  const steps = round_trip_us.length;
  const [all_s, model_s] = [elapsed_ms / 1000, model_ms.reduce((sum, ms) => sum + ms, 0) / 1000];
  return `${steps} steps with seed ${seed} in ${all_s.toFixed(1)} s, ${(steps / all_s).toFixed(1)} tokens/s; ${model_s.toFixed(1)} s of it are the model's.`;
}

/** What the service took of it: measured while the model keeps a core busy, or more. */
export function describeSampling({ round_trip_us, server_us }: Generated): string {
  const trip = `A round trip to the service took ${spread(round_trip_us)}, waiting for the model's core included`;
  return server_us.length === 0
    ? `${trip}.`
    : `${trip}; ${spread(server_us)} of that by the service's clock.`;
}

/** How much sooner a step's token is there on a stream than with a POST of its own. */
export function describeGain(streamed_us: number, posted_us: number): string {
  return `${streamed_us.toFixed(0)} µs a step on the stream, ${posted_us.toFixed(0)} µs as a POST (the least of each)`;
}

function spread(values_us: readonly number[]): string {
  return `${quantile(values_us, 0.5).toFixed(0)} µs (median), ${quantile(values_us, 0.99).toFixed(0)} µs (p99)`;
}

/** The smallest value that at least the share q of all values do not exceed. NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
