/** The chain from which a draft was drawn. */
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import type { OptionLimits } from "../options/option-limits.ts";
import { isStageOption, parseStepOptions } from "../options/step-options.ts";
import type { StepOptions } from "../step.ts";

/** The options of a step that a draft's chain may have. */
const CHAIN_OPTIONS: ReadonlySet<string> = new Set(["preset", "variant", "chain", "state"]);

const plain_chains = new WeakMap<OptionLimits, StepOptions>();

/** The chain of a draft without `draft_options`. It is made once for the limits of a service. */
function plainChain(limits: OptionLimits): StepOptions {
  const known = plain_chains.get(limits);
  if (known !== undefined) return known;
  const options = parseStepOptions({}, limits);
  plain_chains.set(limits, options);
  return options;
}

/** Checks `draft_options`. Throws a Problem whose pointer begins with that name. */
export function draftOptions(given: unknown, limits: OptionLimits): StepOptions {
  if (given === undefined || given === null) return plainChain(limits);
  if (!isRecord(given))
    throw new Problem(
      "invalid_option",
      `draft_options must be an object, got ${show(given)}`,
      "/draft_options",
    );
  const stray = Object.keys(given).find((name) => !isStageOption(name) && !CHAIN_OPTIONS.has(name));
  if (stray !== undefined)
    throw new Problem(
      "unknown_option",
      `draft_options take the options of stages, chain, preset, variant and state, got ${show(stray)}`,
      `/draft_options${pointerTo([stray])}`,
    );
  try {
    return parseStepOptions(given, limits);
  } catch (error) {
    throw error instanceof Problem ? error.within("/draft_options") : error;
  }
}
