/** The entries of a row with more than numbers: tokens with a text or an id, and a value each. */
import { type PageRow, RowError, rowOfLogits } from "../row.ts";

export interface Candidate {
  /** its text, or its id when only that is known */
  readonly label: string | undefined;
  readonly value: number;
}

/** The unit of the values of a reply, a column or an object. */
export type Unit = "logit" | "logprob" | "probability";

/** Names under which programs write a value, by its unit. */
export const VALUE_NAMES: Readonly<Record<Unit, readonly string[]>> = {
  logprob: ["logprob", "log_prob", "log_probability", "logprobability", "ln_p"],
  probability: ["prob", "probability", "p"],
  logit: ["logit", "logits", "score", "value"],
};

/** Names under which servers write a token's text, in order of preference. */
export const LABEL_NAMES: readonly string[] = [
  "token",
  "text",
  "tok_str",
  "decoded_token",
  "token_str",
  "label",
  "word",
  "token_id",
  "tokenid",
  "id",
];

/** A row in the order of the candidates; probabilities are converted to their logarithms. */
export function rowOf(candidates: readonly Candidate[], unit: Unit, text = ""): PageRow {
  const logits = Float32Array.from(candidates, ({ value, label }, i) => {
    if (unit !== "probability") return value;
    if (!(value >= 0 && value <= 1))
      throw new RowError(`The probability of ${label ?? `number ${i + 1}`} is ${value}; one lies in [0, 1].`);
    return Math.log(value);
  });
  return rowOfLogits(
    logits,
    candidates.map(({ label }) => label),
    text,
  );
}

/** The total probability of a list of log-probabilities or probabilities; 1 for other units. */
export function massOf(candidates: readonly Candidate[], unit: Unit): number {
  return candidates.reduce((sum, { value }) => sum + (unit === "probability" ? value : Math.exp(value)), 0);
}

/** A hint when numbers read as logits may be probabilities: they lie in [0, 1] and add up to 1. */
export function doubtOf(values: readonly number[]): string {
  if (values.length < 2 || values.some((x) => !(x >= 0 && x <= 1))) return "";
  const sum = values.reduce((all, x) => all + x, 0);
  return Math.abs(sum - 1) < 0.005
    ? "They add up to 1, as probabilities do; they were taken as logits. To have them taken as probabilities, write lines “token, prob” below a first line “token, prob”."
    : "";
}

/** “, which hold 93.2 % of the probability; the reply does not hold the rest” */
export function heldBy(candidates: readonly Candidate[], unit: Unit): string {
  const mass = massOf(candidates, unit);
  if (unit === "logit" || mass > 0.9995) return "";
  return `, which hold ${(100 * mass).toPrecision(3)} % of the probability; the rest is not in the text, so all per cents here are of that`;
}
