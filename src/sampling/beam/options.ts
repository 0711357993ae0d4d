/** The `beam` option of a request: the rule with its options, and the search state from the last reply. */
import * as z from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { amongKnown } from "../../nearest.ts";
import { finite, rule as saying, whole } from "../options/fields.ts";
import type { OptionLimits } from "../options/option-limits.ts";
import { parseWith } from "../options/parse.ts";
import { isOption, isStageOption, parseStepOptions, unknownOption } from "../options/step-options.ts";
import { canonicalSeed, drawSeed } from "../rng.ts";
import type { StepOptions } from "../step.ts";
import { BEAM_TOKENS_MAX, BEAMS_MAX, WIDTH_MAX } from "./fields.ts";
import { BEAM_RULES } from "./index.ts";
import type { BeamOptions, BeamRule, BeamScore, Search } from "./rule.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One step of a search: its rule, options and state. */
export interface BeamCall {
  readonly rule: BeamRule;
  readonly options: BeamOptions;
  readonly score: BeamScore;
  readonly search: Search;
}

const LOGPROB = finite().nullable();

const SUMS = {
  score: finite().describe("The score by which sequences are ranked."),
  logprob: LOGPROB.describe("Sum of ln p of the tokens under the unchanged rows; null for probability 0."),
  chain_logprob: LOGPROB.describe("Sum of ln p of the tokens after the chain."),
  carry: z.array(finite()).max(4).optional().describe("Numbers that belong to the rule."),
} as const;

const SEED = z
  .string()
  .refine((seed) => canonicalSeed(seed) === seed, saying("must be a 64-bit integer as decimal text"));

/** The state of a search. A reply has it at `search`, and the next request sends it back. */
export const SEARCH = z.strictObject({
  rule: z.string().describe("The rule of this search."),
  seed: SEED.describe("Decimal text."),
  step: whole({ min: 1, max: BEAM_TOKENS_MAX }).describe("Tokens generated so far by each live beam."),
  beams: z
    .array(z.strictObject(SUMS))
    .max(BEAMS_MAX)
    .describe("The live beams. Each takes one row of logits."),
  ended: z
    .array(
      z.strictObject({
        id: whole({ min: 0 }),
        ...SUMS,
        length: whole({ min: 1, max: BEAM_TOKENS_MAX }),
      }),
    )
    .max(BEAMS_MAX)
    .describe("The ended sequences that are kept, best first."),
  next_id: whole({ min: 0 }).describe("The id that the next ended sequence gets."),
  carry: z.array(finite()).max(4).describe("Numbers that belong to the rule."),
  finished: z.boolean().describe("True when the search is over."),
});

/** The options that a single row of a search may have: those that define its chain. */
const ROW_OPTIONS: ReadonlySet<string> = new Set([
  "preset",
  "variant",
  "chain",
  "combine",
  "sources",
  "vocab_size",
  "vocabulary",
  "history",
  "prompt_length",
  "state",
  "seed",
  "step",
  "require_exact",
  "unmarked",
]);

/** Validates the search fields of a request. Throws a Problem whose pointer is relative to the request. */
export function parseBeam(beam: unknown, search: unknown, seed: unknown): BeamCall {
  const rule = ruleNamed(beam);
  const options = parseWith(rule.options, beam, "/beam");
  const width = rule.width(options);
  if (width > WIDTH_MAX)
    throw new Problem(
      "limit_exceeded",
      `a search may look at no more than ${WIDTH_MAX} continuations of a row, got ${width}: ${options.num_beams} beams with ${options.end_token_ids.length} end tokens`,
      "/beam/num_beams",
    );
  const asked = seed === undefined || seed === null ? undefined : canonicalSeed(seed);
  const score = options.score ?? rule.score;
  if (search !== undefined && search !== null)
    return { rule, options, score, search: parseSearch(search, options, asked) };
  return { rule, options, score, search: firstOf(rule.name, asked ?? drawSeed()) };
}

/** The state of a search before its first row. */
function firstOf(rule: string, seed: string): Search {
  const root = { score: 0, logprob: 0, chain_logprob: 0 };
  return { rule, seed, step: 0, beams: [root], ended: [], next_id: 0, carry: [], finished: false };
}

function parseSearch(value: unknown, { rule, num_beams, max_tokens }: BeamOptions, seed?: string): Search {
  const search: Search = parseWith(SEARCH, value, "/search") as Search; // absent fields are not written
  const refuse = (sentence: string, field: string) => {
    throw new Problem("option_conflict", sentence, `/search/${field}`);
  };
  if (search.rule !== rule)
    refuse(`the search was begun with rule ${show(search.rule)}, got beam.rule ${show(rule)}`, "rule");
  if (seed !== undefined && seed !== search.seed)
    refuse(`the search was begun with seed ${search.seed}, got seed ${seed}`, "seed");
  if (search.finished) refuse("the search is over: its sequences are in ended", "finished");
  if (search.beams.length === 0 || search.beams.length > num_beams)
    refuse(`a search has 1 to num_beams, ${num_beams}, live beams, got ${search.beams.length}`, "beams");
  if (search.ended.length > num_beams)
    refuse(
      `a search keeps at most num_beams, ${num_beams}, ended sequences, got ${search.ended.length}`,
      "ended",
    );
  if (search.step >= max_tokens)
    refuse(`a search with max_tokens ${max_tokens} is over by then, got step ${search.step}`, "step");
  return search;
}

function ruleNamed(beam: unknown): BeamRule {
  const names = BEAM_RULES.map(({ name }) => name);
  if (!isRecord(beam))
    throw new Problem(
      "invalid_option",
      `beam must be an object like {"rule": "${names[0]}", "num_beams": 4, "max_tokens": 64}, got ${show(beam)}`,
      "/beam",
    );
  const name = beam["rule"];
  const rule = BEAM_RULES.find((each) => each.name === name);
  if (rule !== undefined) return rule;
  const known = typeof name === "string" ? amongKnown(name, names) : `: one of ${names.join(", ")}`;
  throw new Problem("invalid_option", `beam needs a known rule, got ${show(name)}${known}`, "/beam/rule");
}

/** Validates the options of one row of this search. */
export function parseBeamRow({ search, score }: BeamCall, fields: Fields, limits: OptionLimits): StepOptions {
  const stray = Object.keys(fields).find((name) => !isStageOption(name) && !ROW_OPTIONS.has(name));
  if (stray !== undefined) throw strayOption(stray, fields[stray]);
  const options = parseStepOptions({ seed: search.seed, step: search.step, ...fields }, limits);
  const rewinding = options.chain.find(({ stage }) => stage.state?.outlivesRewind);
  if (rewinding !== undefined)
    throw new Problem(
      "option_conflict",
      `${rewinding.stage.name} takes tokens back, which a beam cannot do: leave it out`,
      `/${rewinding.stage.name}`,
    );
  if (score === "processed" && options.combine !== undefined)
    throw new Problem(
      "option_conflict",
      'score "processed" is of one row a beam: with combine say "chain" or "model"',
      "/combine",
    );
  return options;
}

function strayOption(name: string, value: unknown): Problem {
  if (!isOption(name)) return unknownOption(name);
  return new Problem(
    "option_conflict",
    `a row of a search takes only the options of its chain: leave ${name} out, got ${show(value)}`,
    pointerTo([name]),
  );
}
