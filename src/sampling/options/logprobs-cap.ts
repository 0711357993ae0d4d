/**
 * The cap on log-probabilities, for hosts that pass on the options of their own users. With biases and log-probabilities
 * a user can read a model's whole output (Carlini et al., Stealing Part of a Production Language Model, 2024; Finlayson
 * et al., Logits of API-Protected LLMs Leak Proprietary Information, 2024).
 */
import { Problem } from "../../errors.ts";
import type { Chain } from "../chain.ts";
import { measuresRow, type Stops } from "../stops/index.ts";
import { LOGPROBS_RANK_ALL } from "./option-limits.ts";

interface Asked {
  readonly chain: Chain;
  readonly logprobs: boolean;
  readonly logprobs_mode: string;
  readonly top_logprobs: number;
  readonly logprob_token_ids: readonly number[];
  readonly trace: unknown;
  readonly uncertainty: boolean;
  readonly combine: object | undefined;
  readonly stops: Stops | undefined;
}

/** Refuses options that report tokens beyond the cap, or probabilities that a bias has changed. */
export function requireWithinCap(asked: Asked, logprobs_rank_max: number): void {
  if (logprobs_rank_max >= LOGPROBS_RANK_ALL) return;
  const refused = optionBeyond(asked, logprobs_rank_max);
  if (refused === undefined) return;
  throw new Problem(
    "limit_exceeded",
    `this server tells log-probabilities of the ${logprobs_rank_max} most likely tokens of the row as it came, and no others (logprobs_rank_max), got ${refused}`,
    `/${refused.split(" ", 1)[0]}`,
  );
}

function optionBeyond(asked: Asked, rank_max: number): string | undefined {
  if (asked.top_logprobs > rank_max) return `top_logprobs ${asked.top_logprobs}`;
  if (asked.logprobs && rank_max === 0) return "logprobs";
  if (asked.logprob_token_ids.length > 0) return "logprob_token_ids";
  if (asked.logprobs_mode !== "raw" && asked.logprobs) return `logprobs_mode ${asked.logprobs_mode}`;
  if (asked.trace !== false) return "trace";
  if (asked.uncertainty) return "uncertainty";
  if (asked.combine !== undefined && asked.logprobs) return "combine with logprobs";
  if (asked.stops !== undefined && measuresRow(asked.stops)) return "stop with a measure of the row";
  // The state of a stage such as mirostat reveals the probability of the drawn token.
  const stateful = asked.chain.find(
    ({ stage, skipped }) => stage.state !== undefined && skipped === undefined,
  );
  return stateful === undefined ? undefined : `${stateful.stage.name}, whose state tells a probability`;
}
