/**
 * Counts the loads and stores of the cases in wasm memory. The counts are the same on every machine, so CI can check
 * their order of magnitude.
 */
import { createSampler, type Row } from "../../src/index.ts";
import { watermarkKeys } from "../../src/sampling/draw/watermark/keys.ts";
import { flatRow } from "../../test/kernels/rows.ts";
import { countWasm } from "../counters/counting-wasm.ts";
import { costCases, KEY_ID, ROWS_MAX } from "./cases.ts";

const VOCAB_SIZE = 32_000;

/**
 * Loads and stores for each four logits of a step's rows, all flat, by kind and name. No other code may create wasm
 * instances meanwhile.
 */
export async function countAccesses(): Promise<Record<string, number>> {
  const wasm = await countWasm();
  try {
    const keys = watermarkKeys({ [KEY_ID]: 7n });
    const limits = { vocab_size_max: VOCAB_SIZE, rows_max: ROWS_MAX };
    const sampler = wasm.counted(() => createSampler(limits, undefined, { keys }));
    const rows = Array.from({ length: ROWS_MAX }, (_, i) => {
      const row = sampler.leaseRow() as Row; // there are as many
      row.load(flatRow(VOCAB_SIZE, i + 1));
      row.finish();
      return row;
    });
    return Object.fromEntries(
      costCases(sampler, rows).map(({ kind, name, rows: count, take }) => {
        take();
        const before = wasm.counts.accesses;
        take();
        const spent = (wasm.counts.accesses - before) / (VOCAB_SIZE / 4) / count;
        return [`${kind} ${name}`, Number(spent.toFixed(2))];
      }),
    );
  } finally {
    wasm.uninstall();
  }
}
