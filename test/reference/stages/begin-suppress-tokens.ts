import fc from "fast-check";
import { few_ids } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Rule } from "../tokens.ts";

const rule: Rule = (tokens, options, { history, prompt_length }) => {
  const banned = options["begin_suppress_tokens"] as readonly number[]; // as its schema checks
  const is_there = history.length - prompt_length === number(options, "begin_suppress_index");
  return is_there ? tokens.filter(({ id }) => !banned.includes(id)) : tokens;
};

export const stages: Reference = {
  begin_suppress_tokens: {
    rule,
    options: { begin_suppress_tokens: few_ids, begin_suppress_index: fc.integer({ min: 0, max: 3 }) },
  },
};
