/** Stages that change the scores of some tokens, told by id or seen in the history. */
import fc from "fast-check";
import { bias, ids, penalty, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Options, type Rule, type Token, type World } from "../tokens.ts";

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
  return seen(tokens, options, world, (score) => (score > 0 ? score / r : score * r));
};

const presence_penalty: Rule = (tokens, options, world) => {
  const q = number(options, "presence_penalty");
  return seen(tokens, options, world, (score) => score - q);
};

const frequency_penalty: Rule = (tokens, options, world) => {
  const f = number(options, "frequency_penalty");
  return seen(tokens, options, world, (score, count) => score - f * count);
};

/** Another score for each token that occurs in the part of the history that the options name. */
function seen(
  tokens: readonly Token[],
  options: Options,
  { history, prompt_length }: World,
  change: (score: number, count: number) => number,
): readonly Token[] {
  const scope = options["penalty_scope"] === "generated" ? history.slice(prompt_length) : history;
  const last_n = number(options, "penalty_last_n");
  const window = last_n < 0 ? scope : last_n === 0 ? [] : scope.slice(-last_n);
  return tokens.map(({ id, score }) => {
    const count = window.filter((past) => past === id).length;
    return { id, score: count === 0 ? score : change(score, count) };
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
    options: { repetition_penalty: stepsOf(0.6, 1.8), ...penalty },
  },
  presence_penalty: { rule: presence_penalty, options: { presence_penalty: stepsOf(-2, 2), ...penalty } },
  frequency_penalty: {
    rule: frequency_penalty,
    options: { frequency_penalty: stepsOf(-0.5, 0.5), ...penalty },
  },
};
