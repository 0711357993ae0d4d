/**
 * Models whose steps have several rows, for the rules of `combine`: one model under two prompts, or several of its layers.
 * The sampler makes one row of them; here they only stand side by side.
 */
import type { Model, Rows, Sequence } from "./model.ts";

/** One model under two prompts: what it says after the text so far, and after `other` and the same new tokens. */
export function guidedModel(model: Model, other: readonly number[]): Model<readonly Float32Array[]> {
  return {
    ...model,
    startSequence() {
      const conditional = model.startSequence();
      const unconditional = model.startSequence();
      let has_begun = false;
      return {
        async step(token_ids) {
          // Without another prompt it is the last token of this one, as transformers has it.
          const others = other.length > 0 ? other : token_ids.slice(-1);
          const read = has_begun ? token_ids : others;
          has_begun = true;
          // The wasm backend runs one session at a time, and answers in memory that the next run may reuse.
          const row = (await conditional.step(token_ids)).slice();
          return [row, await unconditional.step(read)];
        },
      };
    },
  };
}

/** A model that tells only some of its rows: the last layer's, and one or more of the earlier. */
export function withRows(
  model: Model<readonly Float32Array[]>,
  rows: readonly number[],
): Model<readonly Float32Array[]> {
  return {
    ...model,
    startSequence() {
      const sequence = model.startSequence();
      return {
        async step(token_ids) {
          const all = await sequence.step(token_ids);
          return rows.map((row) => all[row] as Float32Array); // the model has as many layers
        },
      } satisfies Sequence<readonly Float32Array[]>;
    },
  };
}

/** The rows of a step, and what a tensor of them is called: nothing for one row, which needs no shape. */
export function listOf(rows: Rows): {
  readonly list: readonly Float32Array[];
  readonly shape?: readonly number[];
} {
  if (rows instanceof Float32Array) return { list: [rows] };
  return { list: rows, shape: [rows.length, rows[0]?.length ?? 0] };
}
