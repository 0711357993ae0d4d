/** The probability that a chain gives to a token that was drawn elsewhere, for trainers. */
import { Problem, pointerTo, show } from "../errors.ts";
import { isRecord } from "../is-record.ts";
import type { OptionLimits } from "./options/option-limits.ts";
import { isStageOption, parseStepOptions } from "./options/step-options.ts";
import type { Left } from "./sampler.ts";
import type { StepOptions } from "./step.ts";

export interface ChainScore {
  /** ln of the probability with which the chain draws the token; −Infinity when it was removed */
  readonly processed_logprob: number;
  readonly is_kept: boolean;
  /** number of kept tokens */
  readonly kept: number;
  /** share of the unchanged row's probability that the kept tokens hold */
  readonly kept_mass: number;
}

export function chainScore({ candidates, raw }: Left, token_id: number): ChainScore {
  const processed_logprob = candidates.logprob(token_id);
  const kept = candidates.count();
  // Reading the raw side restores the unchanged row, so the kept tokens are read first.
  const kept_mass = candidates.keptMass(raw());
  return { processed_logprob, is_kept: processed_logprob !== Number.NEGATIVE_INFINITY, kept, kept_mass };
}

/** The options of the chain. All other options of a step control the draw and the report. */
const CHAIN_OPTIONS: ReadonlySet<string> = new Set([
  "preset",
  "variant",
  "chain",
  "history",
  "prompt_length",
  "state",
]);

/** The options of the chain under which tokens are scored. Throws a Problem whose pointer begins with `pointer`. */
export function parseScoreChain(value: unknown, limits: OptionLimits, pointer: string): StepOptions {
  if (!isRecord(value))
    throw new Problem(
      "invalid_option",
      `sampling must be an object of a step's options, got ${show(value)}`,
      pointer,
    );
  const other = Object.keys(value).find((name) => !CHAIN_OPTIONS.has(name) && !isStageOption(name));
  if (other !== undefined)
    throw new Problem(
      "option_conflict",
      `sampling says what the chain is, with the options of stages, preset, variant, chain, history, prompt_length and state, got ${show(other)}`,
      pointer + pointerTo([other]),
    );
  try {
    return parseStepOptions(value, limits);
  } catch (error) {
    throw error instanceof Problem ? error.within(pointer) : error;
  }
}
