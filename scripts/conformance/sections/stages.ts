/** One stage alone: every rule on rows that can be checked by hand, then with random options. */
import fc from "fast-check";
import type { Line, Section } from "../../../evidence/conformance/vector.ts";
import { seeded } from "../../../evidence/seeded.ts";
import type { Stage } from "../../../src/sampling/stage.ts";
import { STAGES } from "../../../src/sampling/stages/index.ts";
import { REFERENCE } from "../../../test/reference/sampler.ts";
import { answerOf, MARGIN, type Question, stepOf } from "../definition.ts";
import { distributionLine } from "../distribution.ts";
import { HAND, randomRow, randomSequence } from "../rows.ts";

/** The sections of stages, by the names of their stages; the last section has all others. */
const KINDS: readonly {
  readonly name: string;
  readonly about: string;
  readonly stages?: readonly string[];
}[] = [
  {
    name: "temperatures",
    about: "Scores that are divided or bent.",
    stages: ["calibration", "dynatemp", "edt", "temperature", "smoothing", "skew", "adaptive_p"],
  },
  {
    name: "penalties",
    about: "Scores that change by what the text has so far.",
    stages: [
      "encoder_repetition_penalty",
      "repetition_penalty",
      "presence_penalty",
      "frequency_penalty",
      "dry",
      "exponential_decay_length_penalty",
    ],
  },
  {
    name: "bans",
    about: "Tokens that may not come next because of the text so far.",
    stages: [
      "bad_words_ids",
      "encoder_no_repeat_ngram_size",
      "no_repeat_ngram_size",
      "begin_suppress_tokens",
      "min_tokens",
      "reasoning_budget",
    ],
  },
  {
    name: "masks",
    about: "Tokens that the request bans, allows, forces or biases.",
    stages: ["allowed_token_ids", "token_bitmask", "logit_bias", "sequence_bias", "forced_token_ids"],
  },
  { name: "truncations", about: "The unlikely tokens go." },
];

/** The most common rules get more cases. */
const USUAL = new Set([
  "temperature",
  "top_k",
  "top_p",
  "min_p",
  "typical_p",
  "repetition_penalty",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
]);
/** Replaces the example of a stage that draws, or that names tokens beyond a row of four. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  allowed_token_ids: { allowed_token_ids: [0, 2, 3] },
  bad_words_ids: { bad_words_ids: [[2], [1, 3]] },
  begin_suppress_tokens: { begin_suppress_tokens: [2] },
  encoder_no_repeat_ngram_size: { encoder_no_repeat_ngram_size: 2, encoder_input_ids: [0, 1, 3, 2] },
  encoder_repetition_penalty: { encoder_repetition_penalty: 1.2, encoder_input_ids: [1, 2, 1] },
  forced_token_ids: { forced_token_ids: { "0": 2 } },
  logit_bias: { logit_bias: { "1": 1.5, "3": -2 } },
  reasoning_budget: {
    reasoning_budget: 1,
    reasoning_start_ids: [1],
    reasoning_end_ids: [3],
    reasoning_forced_ids: [2, 3],
  },
  sequence_bias: {
    sequence_bias: [
      { token_ids: [1], bias: 1.5 },
      { token_ids: [0, 3], bias: -2 },
    ],
  },
  top_p_decay: { top_p_decay: 0.8, top_p: 0.95, top_p_min: 0.5, top_p_reset_ids: [3] },
  xtc: { xtc_probability: 1, xtc_threshold: 0.12 },
};

/** Closer to a bound than this, but not at it, rounding of float64 decides. */
const HAND_MARGIN = 1e-9;

const RANDOM = 20;
const RANDOM_USUAL = 32;
const TRIES = 150;

export const stageSections: readonly Section[] = KINDS.map(({ name, about }) => ({
  name,
  about,
  files: () =>
    Object.fromEntries(
      STAGES.filter((stage) => REFERENCE[stage.name] !== undefined && kindOf(stage) === name).map((stage) => [
        stage.name.replaceAll("_", "-"),
        linesOf(stage, name),
      ]),
    ),
}));

function kindOf(stage: Stage): string {
  const kind = KINDS.find(({ stages }) => stages === undefined || stages.includes(stage.name));
  return (kind as (typeof KINDS)[number]).name; // the last has every stage
}

function linesOf(stage: Stage, section: string): Line[] {
  const lines: Line[] = [];
  const add = (question: Question, about: string, is_hand: boolean) => {
    const line = distributionLine(
      { ...question, section, rule: stage.name, id: idOf(stage, lines.length), about, why: whyOf(stage) },
      is_hand ? HAND_MARGIN : MARGIN,
    );
    if (line !== undefined) lines.push(line);
    return line !== undefined;
  };
  for (const { about, row } of HAND) {
    const sequence = stage.looksBack ? { history: [0, 1, 1, 2, 0, 1], prompt_length: 3 } : {};
    add(
      { chain: [{ stage: stage.name, ...(SMALL[stage.name] ?? stage.example) }], row, ...sequence },
      `${stage.name} on ${about}`,
      true,
    );
  }
  const wanted = lines.length + (USUAL.has(stage.name) ? RANDOM_USUAL : RANDOM);
  for (const [i, options] of randomOptions(stage).entries()) {
    if (lines.length >= wanted) break;
    const random = seeded(281, STAGES.indexOf(stage) * 10_000 + i);
    const row = randomRow(random);
    const sequence = stage.looksBack === true || random.oneIn(4) ? randomSequence(random, row.length) : {};
    const question = { chain: [{ stage: stage.name, ...options }], row, ...sequence };
    if (isOfUse(question, random.oneIn(8))) add(question, `${stage.name} with random options`, false);
  }
  return lines;
}

function idOf({ name }: Stage, place: number): string {
  return `${name}-${String(place + 1).padStart(3, "0")}`;
}

function whyOf({ source }: Stage): string {
  return `${source.title}, ${source.url}`;
}

/** The reference's random options, without those that equal the default. */
function randomOptions(stage: Stage): Record<string, unknown>[] {
  const { options = {}, alone = {} } = REFERENCE[stage.name] ?? {};
  const drawn = fc.sample(fc.record({ ...options, ...alone }), {
    seed: 28,
    numRuns: 20 * TRIES,
  });
  return drawn.map((each) => withoutDefaults(stage, each));
}

function withoutDefaults(stage: Stage, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const whole = JSON.stringify(stage.options.parse({ stage: stage.name, ...Object.fromEntries(given) }));
  const needed = given.filter(([name]) => {
    const others = Object.fromEntries(given.filter(([other]) => other !== name));
    const parsed = stage.options.safeParse({ stage: stage.name, ...others });
    return (
      !parsed.success || JSON.stringify(sorted(parsed.data)) !== JSON.stringify(sorted(JSON.parse(whole)))
    );
  });
  return Object.fromEntries(needed);
}

const sorted = (record: object) =>
  Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(record)) as object).toSorted()); // by name

/** A case is useful when the stage runs and changes the row; a few cases without a change are included too. */
function isOfUse(question: Question, may_be_idle: boolean): boolean {
  const [{ xtc_probability, xtc_outcome } = {}] = question.chain as readonly Record<string, unknown>[];
  if (xtc_probability !== undefined && xtc_probability !== 1 && xtc_outcome !== "average") return false;
  const step = stepOf(question);
  if (step.chain.every(({ skipped }) => skipped !== undefined)) return false;
  const left = answerOf(step, question.row);
  const plain = answerOf({ ...step, chain: [] }, question.row);
  const changes =
    left.kept.length !== plain.kept.length ||
    left.probabilities.some((p, i) => Math.abs(p - (plain.probabilities[i] as number)) > 1e-3); // as many
  return changes || may_be_idle;
}
