/** Counts one step of the sampler: wasm calls, wasm accesses, and bytes that it leaves to the garbage collector. */
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parseStepOptions, type Row, type Sampler } from "../../src/index.ts";
import { optionsOf, type Rules } from "../rivals/chains.ts";
import type { WasmCounts } from "./counting-wasm.ts";

/** Counts the second step over a row: the row is written, scanned, sampled and released. */
export function countStep(
  sampler: Sampler,
  counts: WasmCounts,
  values: Float32Array,
  rules: Rules,
): Pick<WasmCounts, "calls" | "accesses"> {
  const step = stepper(sampler, values, optionsOf(rules));
  step();
  const before = { ...counts };
  step();
  return { calls: counts.calls - before.calls, accesses: counts.accesses - before.accesses };
}

const WARM_UP_STEPS = 2000;
const STEPS = 100;
const REPEATS = 10;

/** Bytes of JavaScript's heap that a step takes when its code is compiled: the minimum of several averages. */
export function allocatedBytes(sampler: Sampler, values: Float32Array, rules: Rules): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void; // what the flag exposes
  const step = stepper(sampler, values, optionsOf(rules));
  for (let i = 0; i < WARM_UP_STEPS; i++) step();
  const averages = Array.from({ length: REPEATS }, () => {
    collect();
    const before = getHeapStatistics().used_heap_size;
    for (let i = 0; i < STEPS; i++) step();
    return (getHeapStatistics().used_heap_size - before) / STEPS;
  });
  // A garbage collection in between makes a difference too small or negative, so such averages are dropped.
  return Math.min(...averages.filter((bytes) => bytes > 0));
}

/** Runs steps over the same row, which is written again before each step. */
export function stepper(
  sampler: Sampler,
  values: Float32Array,
  asked: Readonly<Record<string, unknown>>,
): () => void {
  const options = parseStepOptions({ ...asked, seed: 1 });
  let step = 0;
  return () => {
    const row = sampler.leaseRow() as Row; // the only lease
    row.load(values);
    row.finish();
    sampler.sample(row, { ...options, step: step++ });
    sampler.returnRow(row);
  };
}
