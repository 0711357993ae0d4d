/** The statistics of inferences, as Triton's statistics extension has them: their number, their rows, their times. */

/** Count and total time, in the protocol's units. */
interface Duration {
  count: number;
  ns: number;
}

/** Times of one inference, in milliseconds. */
export interface InferenceTimes {
  /** until the last row was sampled, without the sampling */
  readonly input_ms: number;
  readonly sampling_ms: number;
  /** writing the answer */
  readonly output_ms: number;
}

const PARTS = ["compute_input", "compute_infer", "compute_output"] as const;
type PartTimes = Record<(typeof PARTS)[number], Duration>;

export interface Statistics {
  /** milliseconds since 1970 */
  last_inference: number;
  inference_count: number;
  execution_count: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly parts: PartTimes;
  /** by the number of rows */
  readonly batches: Record<string, PartTimes>;
}

const NS_PER_MS = 1e6;

export function noStatistics(): Statistics {
  return {
    last_inference: 0,
    inference_count: 0,
    execution_count: 0,
    success: none(),
    fail: none(),
    parts: noParts(),
    batches: {},
  };
}

export function countSuccess(
  statistics: Statistics,
  row_count: number,
  { input_ms, sampling_ms, output_ms }: InferenceTimes,
): void {
  statistics.last_inference = Date.now();
  statistics.inference_count += row_count;
  statistics.execution_count += 1;
  add(statistics.success, 1, (input_ms + sampling_ms + output_ms) * NS_PER_MS);
  statistics.batches[row_count] ??= noParts();
  for (const parts of [statistics.parts, statistics.batches[row_count]]) {
    add(parts.compute_input, 1, input_ms * NS_PER_MS);
    add(parts.compute_infer, 1, sampling_ms * NS_PER_MS);
    add(parts.compute_output, 1, output_ms * NS_PER_MS);
  }
}

export function countFailure(statistics: Statistics, ms: number): void {
  statistics.last_inference = Date.now();
  add(statistics.fail, 1, ms * NS_PER_MS);
}

/** The statistics of several workers together. */
export function sumOf(all: readonly Statistics[]): Statistics {
  const sum = noStatistics();
  for (const each of all) {
    sum.last_inference = Math.max(sum.last_inference, each.last_inference);
    sum.inference_count += each.inference_count;
    sum.execution_count += each.execution_count;
    add(sum.success, each.success.count, each.success.ns);
    add(sum.fail, each.fail.count, each.fail.ns);
    addParts(sum.parts, each.parts);
    for (const [size, parts] of Object.entries(each.batches)) {
      sum.batches[size] ??= noParts();
      addParts(sum.batches[size], parts);
    }
  }
  return sum;
}

/** The statistics in the form of the extension. This service has no queue and no cache. */
export function statisticsReply(
  { name, version }: { name: string; version: string },
  statistics: Statistics,
) {
  const { last_inference, inference_count, execution_count, success, fail, parts, batches } = statistics;
  return {
    model_stats: [
      {
        name,
        version,
        last_inference,
        inference_count,
        execution_count,
        inference_stats: { success, fail, queue: none(), ...parts, cache_hit: none(), cache_miss: none() },
        batch_stats: Object.entries(batches).map(([size, times]) => ({ batch_size: Number(size), ...times })),
      },
    ],
  };
}

function none(): Duration {
  return { count: 0, ns: 0 };
}

function noParts(): PartTimes {
  return { compute_input: none(), compute_infer: none(), compute_output: none() };
}

function add(duration: Duration, count: number, ns: number): void {
  duration.count += count;
  duration.ns += Math.round(ns);
}

function addParts(sum: PartTimes, parts: PartTimes): void {
  for (const part of PARTS) add(sum[part], parts[part].count, parts[part].ns);
}
