/** Stages that change the scores of some tokens, given by id or found in the history. */
import fc from "fast-check";
import { bias, flag, ids, penalty, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { logSumExp, number, type Options, type Rule, sum, type Token, type World } from "../tokens.ts";

const logit_bias: Rule = (tokens, options) => {
  // the schema has turned the record into two lists
  const { token_ids, biases } = options["logit_bias"] as {
    readonly token_ids: ArrayLike<number>;
    readonly biases: ArrayLike<number>;
  };
  const bias = new Map(Array.from(token_ids, (id, i) => [id, biases[i] as number])); // lists of equal length
  return tokens
    .map(({ id, score }) => ({ id, score: score + (bias.get(id) ?? 0) }))
    .filter(({ score }) => score !== Number.NEGATIVE_INFINITY);
};

const repetition_penalty: Rule = (tokens, options, world) => {
  const r = number(options, "repetition_penalty");
  const zero = options["repetition_penalty_normalize"] === true ? logSumExp(tokens) : 0;
  return seen(tokens, options, world, (score, presence) => {
    const height = score - zero;
    return score + presence * ((height > 0 ? height / r : height * r) - height);
  });
};

const presence_penalty: Rule = (tokens, options, world) => {
  const q = number(options, "presence_penalty");
  return seen(tokens, options, world, (score, presence) => score - q * presence);
};

const frequency_penalty: Rule = (tokens, options, world) => {
  const f = number(options, "frequency_penalty");
  return seen(tokens, options, world, (score, _, frequency) => score - f * frequency);
};

/**
 * Another score for each token in the part of the history that the options name, from the largest weight with which it
 * occurs and the sum of its weights.
 */
function seen(
  tokens: readonly Token[],
  options: Options,
  { history, prompt_length }: World,
  change: (score: number, presence: number, frequency: number) => number,
): readonly Token[] {
  const first = options["penalty_scope"] === "generated" ? prompt_length : 0;
  const last_n = number(options, "penalty_last_n");
  const range = number(options, "penalty_decay_range");
  const weightAt = (age: number) => {
    if (last_n < 0 || age <= last_n) return 1;
    return range === 0 ? 0 : Math.max(0, 1 - (age - last_n) / range);
  };
  return tokens.map(({ id, score }) => {
    const weights = history
      .map((past, i) => (i >= first && past === id ? weightAt(history.length - i) : 0))
      .filter((weight) => weight > 0);
    return { id, score: weights.length === 0 ? score : change(score, Math.max(...weights), sum(weights)) };
  });
}

/** The rules with random options, in the ranges in which people use them and somewhat beyond. */
export const stages: Reference = {
  logit_bias: {
    rule: logit_bias,
    options: {
      logit_bias: fc.dictionary(ids.map(String), bias),
    },
  },
  repetition_penalty: {
    rule: repetition_penalty,
    options: { repetition_penalty: stepsOf(0.6, 1.8), repetition_penalty_normalize: flag, ...penalty },
  },
  presence_penalty: { rule: presence_penalty, options: { presence_penalty: stepsOf(-2, 2), ...penalty } },
  frequency_penalty: {
    rule: frequency_penalty,
    options: { frequency_penalty: stepsOf(-0.5, 0.5), ...penalty },
  },
};
