import fc from "fast-check";
import { few_ids } from "../arbitraries.ts";
import type { Reference } from "../reference.ts";
import { number, type Options, type Rule } from "../tokens.ts";

const list = (options: Options, name: string) => options[name] as readonly number[]; // as their schemas check

/** Token by token, as in llama.cpp's sampler, except that a mark is found at any position. */
const rule: Rule = (tokens, options, { history, prompt_length }) => {
  const budget = number(options, "reasoning_budget");
  if (budget < 0) return tokens;
  const forced = list(options, "reasoning_forced_ids") ?? list(options, "reasoning_end_ids");
  let state: "outside" | "counting" | "forcing" = "outside";
  let seen: number[] = [];
  let left = 0;
  let place = 0;
  const ends = (mark: readonly number[]) =>
    seen.slice(-mark.length).join() === mark.join() && seen.length >= mark.length;
  for (const id of options["reasoning_scope"] === "generated" ? history.slice(prompt_length) : history) {
    seen.push(id);
    if (state === "outside" && ends(list(options, "reasoning_start_ids"))) {
      state = "counting";
      left = budget;
      seen = [];
    } else if (state === "counting" && ends(list(options, "reasoning_end_ids"))) {
      state = "outside";
      seen = [];
    } else if (state === "counting") left--;
    else if (state === "forcing") {
      place++;
      if (place === forced.length) state = "outside";
      seen = [];
    }
    if (state === "counting" && left <= 0) {
      state = "forcing";
      place = 0;
    }
  }
  return state === "forcing" ? tokens.filter(({ id }) => id === forced[place]) : tokens;
};

export const stages: Reference = {
  reasoning_budget: {
    rule,
    options: {
      reasoning_budget: fc.integer({ min: -1, max: 6 }),
      reasoning_start_ids: few_ids,
      reasoning_end_ids: few_ids,
      reasoning_forced_ids: fc.option(few_ids, { nil: undefined }),
      reasoning_scope: fc.constantFrom("history", "generated"),
    },
  },
};
