/**
 * Plain TypeScript, written as fast as we can: bench/plain.ts, with the additions that all chains need. Biases and
 * penalties are written into the row and undone afterwards; counts are in a table by token id.
 */
import { createPlainSampler, type PlainSampler } from "../plain.ts";
import type { Edits, Rules } from "./chains.ts";
import type { Kept, Rival, Runner } from "./rival.ts";

export const PLAIN: Rival = { name: "plain TypeScript", prepare };

function prepare(rules: Rules, vocab_size: number): Runner {
  const sampler = createPlainSampler(vocab_size);
  const editor = rules.edits && createEditor(rules.edits, vocab_size);
  let logprobs: (readonly [number, number])[] | undefined;
  const step = (row: Float32Array, u: number): number => {
    if (rules.top_logprobs !== undefined) {
      const token_id = draw(sampler, rules, row, u);
      logprobs = topLogprobs(sampler, row, rules.top_logprobs);
      return token_id;
    }
    if (editor === undefined) return draw(sampler, rules, row, u);
    editor.edit(row);
    const token_id = draw(sampler, rules, row, u);
    editor.undo(row);
    return token_id;
  };
  return {
    rules,
    step,
    kept(row) {
      const token_id = step(row, 0.5);
      const left = keptOf(sampler, rules, token_id);
      return logprobs === undefined ? left : { ...left, logprobs };
    },
  };
}

function draw(sampler: PlainSampler, rules: Rules, row: Float32Array, u: number): number {
  const { temperature, top_k, top_p, min_p = 0 } = rules;
  if (temperature === 0) return sampler.greedy(row);
  if (top_k !== undefined) return sampler.topKTopPMinP(row, temperature, top_k, top_p ?? 1, min_p, u);
  if (top_p !== undefined) return sampler.topP(row, temperature, top_p, u);
  return sampler.temperature(row, temperature, u);
}

/** The best tokens were selected by logit, so they are the first of the selection. */
function topLogprobs(sampler: PlainSampler, row: Float32Array, count: number): (readonly [number, number])[] {
  const { logits, ids } = sampler.selection;
  const max = logits[0]!;
  let total = 0;
  for (let i = 0; i < row.length; i++) total += Math.exp(row[i]! - max);
  const normaliser = max + Math.log(total);
  return Array.from({ length: count }, (_, i) => [ids[i]!, logits[i]! - normaliser] as const);
}

interface Editor {
  edit(row: Float32Array): void;
  undo(row: Float32Array): void;
}

function createEditor(edits: Edits, vocab_size: number): Editor {
  const { bias_ids, biases, history, repetition_penalty, presence_penalty, frequency_penalty } = edits;
  const counts = new Uint16Array(vocab_size);
  const seen = new Int32Array(history.length);
  const seen_before = new Float32Array(history.length);
  const biased_before = new Float32Array(bias_ids.length);
  let distinct = 0;
  return {
    edit(row) {
      for (let i = 0; i < bias_ids.length; i++) {
        biased_before[i] = row[bias_ids[i]!]!;
        row[bias_ids[i]!]! += biases[i]!;
      }
      distinct = 0;
      for (let i = 0; i < history.length; i++) {
        if (counts[history[i]!] === 0) seen[distinct++] = history[i]!;
        counts[history[i]!]! += 1;
      }
      for (let i = 0; i < distinct; i++) {
        const id = seen[i]!;
        const score = row[id]!;
        seen_before[i] = score;
        const scaled = score > 0 ? score / repetition_penalty : score * repetition_penalty;
        row[id] = scaled - presence_penalty - frequency_penalty * counts[id]!;
      }
    },
    undo(row) {
      for (let i = distinct - 1; i >= 0; i--) {
        row[seen[i]!] = seen_before[i]!;
        counts[seen[i]!] = 0;
      }
      for (let i = 0; i < bias_ids.length; i++) row[bias_ids[i]!] = biased_before[i]!;
    },
  };
}

function keptOf(sampler: PlainSampler, rules: Rules, token_id: number): Kept {
  if (rules.temperature === 0) return { token_ids: [token_id], probabilities: [1] };
  if (rules.top_k === undefined) {
    const token_ids = Array.from(sampler.weights.keys()).filter((id) => sampler.weights[id]! > 0);
    return {
      token_ids,
      probabilities: shares(
        token_ids,
        token_ids.map((id) => sampler.weights[id]!),
      ).probabilities,
    };
  }
  const { logits, ids, kept } = sampler.selection;
  const weights = Array.from(logits.subarray(0, kept), (logit) =>
    Math.exp((logit - logits[0]!) / rules.temperature),
  );
  return shares(Array.from(ids.subarray(0, kept)), weights);
}

function shares(token_ids: readonly number[], weights: readonly number[]): Kept {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { token_ids, probabilities: weights.map((weight) => weight / total) };
}
