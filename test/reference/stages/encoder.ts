import fc from "fast-check";
import { ids, stepsOf } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Rule } from "../tokens.ts";

const encoder_repetition_penalty: Rule = (tokens, options) => {
  const r = number(options, "encoder_repetition_penalty");
  const read = options["encoder_input_ids"] as { has(id: number): boolean }; // as its schema makes it
  return tokens.map(({ id, score }) => {
    const scaled = score > 0 ? score * r : score / r;
    return { id, score: read.has(id) ? scaled : score };
  });
};

const encoder_no_repeat_ngram_size: Rule = (tokens, options, { history }) => {
  const n = number(options, "encoder_no_repeat_ngram_size");
  const read = options["encoder_input_ids"] as readonly number[]; // as its schema checks
  if (n === 0 || history.length < n - 1) return tokens;
  const end = history.slice(history.length - (n - 1)).join();
  const banned = new Set(
    read.filter((_, i) => i >= n - 1 && read.slice(i - (n - 1), i).join() === (n === 1 ? "" : end)),
  );
  return tokens.filter(({ id }) => !banned.has(id));
};

const encoder_input_ids = fc.array(ids, { maxLength: 30 });

export const stages: Reference = {
  encoder_repetition_penalty: {
    rule: encoder_repetition_penalty,
    options: { encoder_repetition_penalty: stepsOf(0.6, 1.8), encoder_input_ids },
  },
  encoder_no_repeat_ngram_size: {
    rule: encoder_no_repeat_ngram_size,
    options: { encoder_no_repeat_ngram_size: fc.integer({ min: 0, max: 5 }), encoder_input_ids },
  },
};
