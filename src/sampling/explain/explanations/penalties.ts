/**
 * Other formulas of the penalties: the change of a score, and the counting of tokens. Each is written as equivalent biases.
 */
import { exp, ln } from "../../../kernels/float64.ts";
import type { ChainEntry, ParsedEntry } from "../../chain.ts";
import { frequency_penalty } from "../../stages/frequency-penalty.ts";
import { logit_bias } from "../../stages/logit-bias.ts";
import { presence_penalty } from "../../stages/presence-penalty.ts";
import type { StepOptions } from "../../step.ts";
import { type Explanation, optionOf, type Proposal, running, withEntry } from "../explanation.ts";

/** A new score, from the penalty and the number of times that its token was seen. */
interface Form {
  readonly words: string;
  readonly scored: (score: number, penalty: number, count: number) => number;
}

const FORMS: readonly Form[] = [
  { words: "divided negative scores too", scored: (s, r) => s / r },
  { words: "multiplied every score", scored: (s, r) => s * r },
  {
    words: "counted once for each time a token was seen",
    scored: (s, r, n) => (s > 0 ? s / exp(n * ln(r)) : s * exp(n * ln(r))),
  },
  { words: "were subtracted", scored: (s, r) => s - r },
  { words: "were 1 over its value", scored: (s, r) => (s > 0 ? s * r : s / r) },
];

export const penalty_form: Explanation = {
  name: "penalty_form",
  summary: "The repetition penalty changes scores by another formula.",
  propose: (step, row) =>
    placesOf(step, "repetition_penalty").flatMap(([place, entry]) =>
      FORMS.map(({ words, scored }): Proposal => {
        const penalty = Number(optionOf(entry, "repetition_penalty"));
        const other = (id: number, count: number) => scored(row(id), penalty, count) - row(id);
        return {
          kind: "rule",
          stage: "repetition_penalty",
          says: `as if repetition_penalty ${words}`,
          changed: withEntry(step, place, biases(countsIn(step, entry), other)),
        };
      }),
    ),
};

const COUNTED = [
  {
    stage: frequency_penalty,
    other: presence_penalty,
    words: "counted a token once, as presence_penalty does",
  },
  {
    stage: presence_penalty,
    other: frequency_penalty,
    words: "counted each time, as frequency_penalty does",
  },
] as const;

export const penalty_count: Explanation = {
  name: "penalty_count",
  summary: "An additive penalty counts tokens as the other does.",
  propose: (step) =>
    COUNTED.flatMap(({ stage, other, words }) =>
      placesOf(step, stage.name).map(([place, entry]): Proposal => {
        const { [stage.name]: value, ...shared } = entry.options as unknown as Record<string, unknown>; // plain data
        const parsed = other.options.parse({ ...shared, stage: other.name, [other.name]: value });
        const twin = { stage: other as ParsedEntry["stage"], options: parsed }; // as the list of stages has it
        return {
          kind: "rule",
          stage: stage.name,
          says: `as if ${stage.name} ${words}`,
          changed: withEntry(step, place, twin),
        };
      }),
    ),
};

export const bias_form: Explanation = {
  name: "bias_form",
  summary: "A bias is subtracted, or a ban leaves some weight.",
  propose: (step) =>
    placesOf(step, "logit_bias").flatMap(([place, entry]) => {
      const { token_ids, biases: values } = optionOf(entry, "logit_bias") as {
        readonly token_ids: Int32Array;
        readonly biases: Float64Array;
      }; // as its schema makes it
      const given = new Map([...token_ids].map((id, i) => [id, values[i] as number])); // as many
      const as = (words: string, change: (bias: number) => number): Proposal => ({
        kind: "rule",
        stage: "logit_bias",
        says: `as if ${words}`,
        changed: withEntry(
          step,
          place,
          biases(given, (_, bias) => change(bias)),
        ),
      });
      const banned = [...given.values()].includes(Number.NEGATIVE_INFINITY);
      return banned
        ? [as("a bias of -inf were -100", (bias) => Math.max(bias, -100))]
        : [as("logit_bias were subtracted", (bias) => -bias)];
    }),
};

function placesOf(step: StepOptions, name: string): (readonly [place: number, entry: ChainEntry])[] {
  return [...running(step).entries()].filter(([, { stage }]) => stage.name === name);
}

/** How often each token occurs in the part of the history that a penalty reads. */
function countsIn({ history, prompt_length }: StepOptions, entry: ParsedEntry): Map<number, number> {
  const first = optionOf(entry, "penalty_scope") === "generated" ? prompt_length : 0;
  const last_n = Number(optionOf(entry, "penalty_last_n") ?? -1);
  const from = last_n < 0 ? first : Math.max(first, history.length - last_n);
  const counts = new Map<number, number>();
  for (const id of history.slice(from)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** A logit_bias entry that adds a number to each of some tokens. */
function biases(
  given: ReadonlyMap<number, number>,
  change: (id: number, value: number) => number,
): ParsedEntry {
  const ids = [...given.keys()].filter((id) => id >= 0);
  const of_ids = ids.map((id) => [String(id), finite(change(id, given.get(id) as number))] as const); // its keys
  const options = logit_bias.options.parse({ stage: "logit_bias", logit_bias: Object.fromEntries(of_ids) });
  return { stage: logit_bias as ParsedEntry["stage"], options }; // as the list of stages has it
}

/** A score of −Infinity stays unchanged by any addition. */
function finite(bias: number): number | "-inf" {
  if (Number.isNaN(bias)) return 0;
  return Number.isFinite(bias) ? bias : "-inf";
}
