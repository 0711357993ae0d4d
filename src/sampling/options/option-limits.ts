/** Bounds on the size of the options of a step, and the errors for larger ones. */
import { Problem } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { SOURCES_MAX } from "../../kernels/kernel.ts";
import { TOKEN_ID_MAX } from "../../vocabulary/vocabulary.ts";

/** Bounds on the size of one request's options; the service takes them from its configuration. */
export interface OptionLimits {
  readonly chain_length_max: number;
  readonly history_length_max: number;
  readonly bias_entries_max: number;
  readonly top_logprobs_max: number;
  readonly draws_max: number;
  /** maximum number of rows that a step may combine */
  readonly sources_max: number;
  /**
   * largest rank of a token whose log-probability is reported; a value below LOGPROBS_RANK_ALL hides most probabilities
   */
  readonly logprobs_rank_max: number;
}

/** A rank that no token exceeds. */
export const LOGPROBS_RANK_ALL = TOKEN_ID_MAX + 1;

export const DEFAULT_OPTION_LIMITS: OptionLimits = {
  chain_length_max: 64,
  history_length_max: 1_048_576,
  bias_entries_max: 65_536,
  top_logprobs_max: 1024,
  draws_max: 16_384,
  sources_max: SOURCES_MAX,
  logprobs_rank_max: LOGPROBS_RANK_ALL,
};

/** Control options with a size limit: the limit, and the counted noun. */
const SIZED: Readonly<Record<string, readonly [limit: keyof OptionLimits, noun: string]>> = {
  chain: ["chain_length_max", "stages"],
  before: ["chain_length_max", "stages"],
  sources: ["sources_max", "sources"],
  history: ["history_length_max", "token ids"],
  top_logprobs: ["top_logprobs_max", "tokens"],
  logprob_token_ids: ["top_logprobs_max", "token ids"],
  n: ["draws_max", "draws"],
};

/** Lists and maps of stages: biases, banned and allowed tokens. */
const LISTED = ["bias_entries_max", "entries"] as const;

/** Checks the sizes of options, and of the options of the stages in a chain, against the limits. */
export function requireWithin(
  limits: OptionLimits,
  value: Readonly<Record<string, unknown>>,
  pointer = "",
): void {
  for (const option of Object.keys(value)) {
    const sized = Object.hasOwn(SIZED, option) ? SIZED[option] : undefined;
    const [limit, noun] = sized ?? LISTED;
    const given = value[option];
    const size = sized !== undefined && typeof given === "number" ? given : lengthOf(given);
    if (size <= limits[limit]) continue;
    throw new Problem(
      "limit_exceeded",
      `${option} may ask for at most ${limits[limit]} ${noun} (${limit}), got ${size}`,
      `${pointer}/${option}`,
    );
  }
  for (const name of ["chain", "before"] as const) {
    const chain = value[name];
    if (!Array.isArray(chain)) continue;
    for (const [i, entry] of chain.entries())
      if (isRecord(entry)) requireWithin(limits, entry, `${pointer}/${name}/${i}`);
  }
  for (const name of ["combine", "stop"] as const) {
    const own = value[name];
    if (isRecord(own)) requireWithin(limits, own, `${pointer}/${name}`);
  }
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value) || value instanceof Int32Array) return value.length;
  return isRecord(value) ? Object.keys(value).length : 0;
}
