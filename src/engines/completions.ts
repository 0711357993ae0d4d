/** OpenAI's legacy POST /v1/completions, which several engines share: the distribution and the token of one step. */

import { isRecord } from "../is-record.ts";
import type { Count } from "./engine.ts";
import { at, listIn, numberIn } from "./json.ts";
import type { Pair } from "./next-row.ts";

/** A request for one token after these, drawn from the model's own distribution. */
export function oneToken(model: string, prompt: readonly number[]) {
  return { model, prompt, max_tokens: 1, temperature: 1 } as const;
}

const WITH_ID = /^token_id:(\d+)$/;

/** The id in `token_id:123`, which vLLM and SGLang write on request. */
export function idInName(name: string): number | undefined {
  const digits = WITH_ID.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export interface ToldTokens {
  readonly pairs: readonly Pair[];
  /** the largest ln p among tokens without an id; −Infinity when all have one */
  readonly nameless: number;
}

/** The tokens in `choices[place].logprobs.top_logprobs[0]`. */
export function toldTokens(reply: unknown, idOf: (name: string) => number | undefined): ToldTokens {
  const told = at(reply, "choices", 0, "logprobs", "top_logprobs", 0);
  const pairs: Pair[] = [];
  let nameless = Number.NEGATIVE_INFINITY;
  for (const [name, value] of isRecord(told) ? Object.entries(told) : []) {
    const id = idOf(name);
    const logprob = typeof value === "number" ? value : null;
    if (id !== undefined) pairs.push({ id, logprob });
    else if (logprob !== null) nameless = Math.max(nameless, logprob);
  }
  return { pairs, nameless };
}

/** The maximum number of tokens that a refusal names, as in vLLM's "max allowed: 20". */
export function mostIn(sentence: string): number | undefined {
  const digits =
    /(?:max allowed: |at most |less than or equal to |maximum (?:allowed )?(?:value )?(?:is |of )?)(\d+)/i.exec(
      sentence,
    )?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The number of tokens to request: the wanted number, or the engine's maximum. */
export function within(count: Count, most: number | undefined): Count {
  if (most === undefined) return count;
  return count === "whole" ? most : Math.min(count, most);
}

/** The id of the drawn token of each choice. */
export function drawnIds(reply: unknown, idOf: (name: string) => number | undefined): (number | undefined)[] {
  return listIn(reply, "choices").map((choice) => {
    const id = numberIn(choice, "token_ids", 0);
    if (id !== undefined) return id;
    const name = at(choice, "logprobs", "tokens", 0);
    return typeof name === "string" ? idOf(name) : undefined;
  });
}
