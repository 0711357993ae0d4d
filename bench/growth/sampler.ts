/** The cost of a library step in wasm accesses and in time, by the size of the vocabulary and of the history. */
import type { Progress, Step } from "../../evidence/progress.ts";
import { createSampler, type Sampler } from "../../src/index.ts";
import { flatRow, peakedRow } from "../../test/kernels/rows.ts";
import { countWasm } from "../counters/counting-wasm.ts";
import { stepper } from "../counters/step-counts.ts";
import { exponentOf, type Point } from "./fit.ts";
import type { Axis, Series } from "./results.ts";

const VOCAB_SIZES = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000];
const HISTORY_LENGTHS = [1_000, 4_000, 16_000, 64_000, 256_000, 1_000_000];
const HISTORY_VOCAB_SIZE = 128_256;
const CUTS = { temperature: 0.8, top_k: 40, top_p: 0.95, min_p: 0.05 };

interface Case {
  readonly axis: Axis;
  readonly name: string;
  readonly sizes: readonly number[];
  at(size: number): { readonly row: Float32Array; readonly options: Readonly<Record<string, unknown>> };
}

const CASES: readonly Case[] = [
  vocabularyCase("greedy", peakedRow, { temperature: 0 }),
  vocabularyCase("temperature, top-p, peaked row", peakedRow, { temperature: 0.8, top_p: 0.95 }),
  vocabularyCase("temperature, top-p, flat row", flatRow, { temperature: 0.8, top_p: 0.95 }),
  vocabularyCase("top-k, top-p, min-p", peakedRow, CUTS),
  historyCase("three penalties", {
    repetition_penalty: 1.1,
    presence_penalty: 0.5,
    frequency_penalty: 0.2,
  }),
  historyCase("dry", { dry_multiplier: 0.8 }),
  historyCase("no_repeat_ngram_size", { no_repeat_ngram_size: 3 }),
];

function vocabularyCase(
  name: string,
  make: (vocab_size: number, seed: number) => Float32Array,
  options: Readonly<Record<string, unknown>>,
): Case {
  return { axis: "vocab_size", name, sizes: VOCAB_SIZES, at: (size) => ({ row: make(size, 1), options }) };
}

function historyCase(name: string, own: Readonly<Record<string, unknown>>): Case {
  const row = peakedRow(HISTORY_VOCAB_SIZE, 1);
  const at = (size: number) => ({ row, options: { ...CUTS, ...own, history: historyOf(size) } });
  return { axis: "history", name, sizes: HISTORY_LENGTHS, at };
}

/** Ids that look random and are the same in every run. */
function historyOf(length: number): number[] {
  return Array.from({ length }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % HISTORY_VOCAB_SIZE);
}

/** The steps of `measureSampler`, one for each case. */
export function samplerSteps(): Step[] {
  return CASES.map(({ axis, name, sizes }) => ({
    name: `${axis}: ${name}`,
    seconds: (sizes.length * BUDGET_MS * 2) / 1000,
  }));
}

/** Accesses and times of every case, and the memory of a sampler. */
export async function measureSampler(progress: Progress): Promise<Series[]> {
  const wasm = await countWasm();
  const vocab_size_max = VOCAB_SIZES.at(-1)!;
  const counting = wasm.counted(() => createSampler({ vocab_size_max, rows_max: 1 }));
  const timed = createSampler({ vocab_size_max, rows_max: 1 });
  const accesses = (sampler: Sampler, row: Float32Array, options: Readonly<Record<string, unknown>>) => {
    const step = stepper(sampler, row, options);
    step();
    const before = wasm.counts.accesses;
    step();
    return wasm.counts.accesses - before;
  };
  const series = CASES.flatMap(({ axis, name, sizes, at }) => {
    progress.next();
    const points = sizes.map((size) => {
      const { row, options } = at(size);
      const step = stepper(timed, row, options);
      return { size, count: accesses(counting, row, options), least_us: leastTime(step) };
    });
    const counts = points.map(({ size, count }): Point => [size, count]);
    const times = points.map(({ size, least_us }): Point => [size, least_us]);
    return [
      seriesOf({ axis, name, unit: "wasm accesses a step", is_count: true }, counts, 1.05),
      seriesOf({ axis, name, unit: "µs a step", is_count: false }, times, 1.2),
    ];
  });
  const memory = VOCAB_SIZES.map((vocab_size_max): Point => {
    const before = wasm.counts.memory_bytes;
    wasm.counted(() => createSampler({ vocab_size_max, rows_max: 1 }));
    return [vocab_size_max, wasm.counts.memory_bytes - before];
  });
  wasm.uninstall();
  const kind = { axis: "vocab_size", name: "sampler with one row", unit: "bytes of wasm memory" } as const;
  return [...series, seriesOf({ ...kind, is_count: true }, memory, 1.05)];
}

export function seriesOf(
  kind: Omit<Series, "points" | "exponent" | "exponent_max">,
  points: readonly Point[],
  exponent_max: number,
): Series {
  return { ...kind, points, exponent: exponentOf(points), exponent_max };
}

const BUDGET_MS = 150;
const STEPS_MIN = 8;

/** The minimum time of as many steps as fit into the budget, microseconds. */
function leastTime(step: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  const end_ms = performance.now() + BUDGET_MS;
  for (let i = 0; i < STEPS_MIN || performance.now() < end_ms; i++) {
    const start = process.hrtime.bigint();
    step();
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1000);
  }
  return least;
}
