/** Rows of logits of the demo model, from texts that it wrote itself at temperature 1. */

import type { Seeded } from "../../evidence/seeded.ts";
import { loadModel, MODEL_FOLDER } from "../../examples/model-host/model.ts";
import type { Bank } from "./marked.ts";

/** Steps of one text, before the next one begins. */
const TEXT_STEPS = 64;

export async function demoRows(count: number, seeded: Seeded): Promise<Bank> {
  const model = await loadModel(MODEL_FOLDER);
  try {
    const rows: Float32Array[] = [];
    while (rows.length < count) {
      const sequence = model.startSequence();
      let token_id = 1 + seeded.below(model.vocab_size - 1);
      for (let step = 0; step < TEXT_STEPS && rows.length < count; step++) {
        const row = await sequence.step([token_id]);
        rows.push(Float32Array.from(row));
        token_id = drawn(row, seeded.unit());
      }
    }
    return rows;
  } finally {
    await model.close();
  }
}

function drawn(row: Float32Array, u: number): number {
  const max = row.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  const total = row.reduce((sum, x) => sum + Math.exp(x - max), 0);
  let rest = u * total;
  for (const [id, x] of row.entries()) {
    rest -= Math.exp(x - max);
    if (rest < 0) return id;
  }
  return 0;
}
