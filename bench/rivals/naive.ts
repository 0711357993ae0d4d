/** Code as in a tutorial: map, reduce, filter and sort over ordinary arrays and objects. */
import type { Edits, Rules } from "./chains.ts";
import type { Kept, Rival, Runner } from "./rival.ts";

export const NAIVE: Rival = { name: "naive TypeScript", prepare };

interface Token {
  readonly id: number;
  readonly probability: number;
}

function prepare(rules: Rules): Runner {
  return {
    rules,
    step(row, u) {
      if (rules.temperature === 0) return greedy(row);
      if (rules.top_logprobs !== undefined) topLogprobs(row, rules.top_logprobs);
      return draw(distribution(row, rules), u);
    },
    kept(row): Kept {
      if (rules.temperature === 0) return { token_ids: [greedy(row)], probabilities: [1] };
      const tokens = distribution(row, rules);
      return {
        token_ids: tokens.map(({ id }) => id),
        probabilities: tokens.map(({ probability }) => probability),
        ...(rules.top_logprobs !== undefined && { logprobs: topLogprobs(row, rules.top_logprobs) }),
      };
    },
  };
}

function greedy(row: Float32Array): number {
  return row.reduce((best, logit, id) => (logit > row[best]! ? id : best), 0);
}

function distribution(row: Float32Array, rules: Rules): Token[] {
  const logits = rules.edits === undefined ? Array.from(row) : edited(Array.from(row), rules.edits);
  const probabilities = softmax(logits.map((logit) => logit / rules.temperature));
  let tokens = probabilities.map((probability, id) => ({ id, probability }));
  if (rules.top_k === undefined && rules.top_p === undefined) return tokens;
  tokens.sort((a, b) => b.probability - a.probability);
  if (rules.top_k !== undefined) tokens = renormalised(tokens.slice(0, rules.top_k));
  if (rules.top_p !== undefined) tokens = renormalised(nucleus(tokens, rules.top_p));
  if (rules.min_p !== undefined) {
    const least = rules.min_p * tokens[0]!.probability;
    tokens = renormalised(tokens.filter(({ probability }) => probability >= least));
  }
  return tokens;
}

function edited(logits: readonly number[], edits: Edits): number[] {
  const biases = new Map(Array.from(edits.bias_ids, (id, i) => [id, edits.biases[i]!]));
  const counts = new Map<number, number>();
  for (const id of edits.history) counts.set(id, (counts.get(id) ?? 0) + 1);
  return logits.map((logit, id) => {
    const biased = logit + (biases.get(id) ?? 0);
    const count = counts.get(id);
    if (count === undefined) return biased;
    const scaled = biased > 0 ? biased / edits.repetition_penalty : biased * edits.repetition_penalty;
    return scaled - edits.presence_penalty - count * edits.frequency_penalty;
  });
}

function softmax(logits: readonly number[]): number[] {
  const max = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = logits.map((logit) => Math.exp(logit - max));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function nucleus(tokens: readonly Token[], top_p: number): Token[] {
  let mass = 0;
  return tokens.filter(({ probability }) => {
    const is_needed = mass < top_p;
    mass += probability;
    return is_needed;
  });
}

function renormalised(tokens: readonly Token[]): Token[] {
  const total = tokens.reduce((sum, { probability }) => sum + probability, 0);
  return tokens.map(({ id, probability }) => ({ id, probability: probability / total }));
}

function topLogprobs(row: Float32Array, count: number): (readonly [number, number])[] {
  return softmax(Array.from(row))
    .map((probability, id) => ({ id, logprob: Math.log(probability) }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, count)
    .map(({ id, logprob }) => [id, logprob] as const);
}

function draw(tokens: readonly Token[], u: number): number {
  let sum = 0;
  const drawn = tokens.find(({ probability }) => {
    sum += probability;
    return sum > u;
  });
  return (drawn ?? tokens.at(-1)!).id;
}
