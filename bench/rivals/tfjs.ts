/**
 * TensorFlow.js on its wasm backend, with SIMD: softmax, topk, cumsum and multinomial, as a user composes them. Every
 * step copies the row into a tensor, because TensorFlow.js needs that.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import type { Edits, Rules } from "./chains.ts";
import type { Rival, Runner } from "./rival.ts";

export async function createTfjs(): Promise<Rival> {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  const listeners = process.listeners("uncaughtException");
  if (!(await tf.setBackend("wasm"))) throw new Error("tfjs has no wasm backend here");
  // Its runtime rethrows every error after printing a page of its own source, so errors are reported here.
  for (const listener of process.listeners("uncaughtException"))
    if (!listeners.includes(listener)) process.off("uncaughtException", listener);
  return { name: "tfjs-wasm", version: tf.version_core, prepare };
}

/** The ids by rank, if the row was sorted, and the logits; −∞ for removed tokens. */
interface Left {
  readonly logits: tf.Tensor1D;
  readonly token_ids?: tf.Tensor1D;
}

function prepare(rules: Rules): Runner {
  const places = rules.edits && placesOf(rules.edits);
  const left = (row: Float32Array) => cut(edited(tf.tensor1d(row), rules.edits, places), rules);
  const leftOf = (row: Float32Array): [number[], number[]] => {
    if (rules.temperature === 0) return [[argmax(row)], [1]];
    const { logits, token_ids } = left(row);
    const all = tf.softmax(logits).dataSync();
    const ids = token_ids?.dataSync() ?? Int32Array.from(all.keys());
    const ranks = Array.from(all.keys()).filter((rank) => all[rank]! > 0);
    return [ranks.map((rank) => ids[rank]!), ranks.map((rank) => all[rank]!)];
  };
  return {
    rules,
    step: (row) =>
      tf.tidy(() => {
        if (rules.temperature === 0) return argmax(row);
        const { logits, token_ids } = left(row);
        const drawn = tf.multinomial(logits, 1).dataSync()[0]!;
        if (rules.top_logprobs !== undefined) topLogprobs(row, rules.top_logprobs);
        return token_ids === undefined ? drawn : token_ids.dataSync()[drawn]!;
      }),
    kept(row) {
      const [token_ids, probabilities] = tf.tidy(() => leftOf(row));
      const logprobs = rules.top_logprobs && topLogprobs(row, rules.top_logprobs);
      return { token_ids, probabilities, ...(logprobs && { logprobs }) };
    },
  };
}

function argmax(row: Float32Array): number {
  return tf.argMax(tf.tensor1d(row)).dataSync()[0]!;
}

function cut(row: tf.Tensor1D, { temperature, top_k, top_p, min_p }: Rules): Left {
  const scaled = tf.div<tf.Tensor1D>(row, temperature);
  if (top_p === undefined) return { logits: scaled };
  const { values, indices } = tf.topk(scaled, top_k ?? row.size);
  const probabilities = tf.softmax(values);
  let keep: tf.Tensor = tf.less(tf.cumsum(probabilities, 0, true), top_p);
  if (min_p !== undefined) {
    const least = tf.mul(tf.slice(probabilities, 0, 1), min_p);
    keep = tf.logicalAnd(keep, tf.greaterEqual(probabilities, least));
  }
  const dropped = tf.fill(values.shape, Number.NEGATIVE_INFINITY);
  return { logits: tf.where(keep, values, dropped) as tf.Tensor1D, token_ids: indices as tf.Tensor1D };
}

/** The tokens that occurred, and their counts; a real user counts them as they are drawn. */
interface Places {
  readonly seen: Int32Array;
  readonly counts: Float32Array;
}

function placesOf({ history }: Edits): Places {
  const counts = new Map<number, number>();
  for (const id of history) counts.set(id, (counts.get(id) ?? 0) + 1);
  return { seen: Int32Array.from(counts.keys()), counts: Float32Array.from(counts.values()) };
}

function edited(row: tf.Tensor1D, edits: Edits | undefined, places: Places | undefined): tf.Tensor1D {
  if (edits === undefined || places === undefined) return row;
  const bias_ids = tf.tensor2d(edits.bias_ids, [edits.bias_ids.length, 1], "int32");
  const biased = tf.add(row, tf.scatterND(bias_ids, tf.tensor1d(edits.biases), [row.size]));
  const scores = tf.gather(biased, tf.tensor1d(places.seen, "int32"));
  const scaled = tf.where(
    tf.greater(scores, 0),
    tf.div(scores, edits.repetition_penalty),
    tf.mul(scores, edits.repetition_penalty),
  );
  const amounts = tf.add(tf.mul(tf.tensor1d(places.counts), edits.frequency_penalty), edits.presence_penalty);
  const seen = tf.tensor2d(places.seen, [places.seen.length, 1], "int32");
  return tf.tensorScatterUpdate(biased, seen, tf.sub(scaled, amounts)) as tf.Tensor1D;
}

function topLogprobs(row: Float32Array, count: number): (readonly [number, number])[] {
  const logits = tf.tensor1d(row);
  const { values, indices } = tf.topk(logits, count);
  const logprobs = tf.sub(values, tf.logSumExp(logits)).dataSync();
  const token_ids = indices.dataSync();
  return Array.from(token_ids, (id, i) => [id, logprobs[i]!] as const);
}
