/** What a request says of a beam search: its rule with options, and the state that the last reply left. */
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

/** One step of a search: what to do, and where it stands. */
export interface BeamCall {
  readonly rule: BeamRule;
  readonly options: BeamOptions;
  readonly score: BeamScore;
  readonly search: Search;
}

const LOGPROB = finite().nullable();

const SUMS = {
  score: finite().describe("By which sequences are ranked."),
  logprob: LOGPROB.describe("ln p of the tokens under the rows as they came; null for probability 0."),
  chain_logprob: LOGPROB.describe("ln p of the tokens under the chain."),
  carry: z.array(finite()).max(4).optional().describe("Numbers of the rule's own."),
} as const;

const SEED = z
  .string()
  .refine((seed) => canonicalSeed(seed) === seed, saying("must be a 64-bit integer as decimal text"));

/** The state of a search: what a reply has at `search` and the next request brings along. */
export const SEARCH = z.strictObject({
  rule: z.string().describe("The rule that it was begun with."),
  seed: SEED.describe("Decimal text."),
  step: whole({ min: 1, max: BEAM_TOKENS_MAX }).describe("Tokens of each live beam."),
  beams: z.array(z.strictObject(SUMS)).max(BEAMS_MAX).describe("The live beams: a row of logits each."),
  ended: z
    .array(
      z.strictObject({
        id: whole({ min: 0 }),
        ...SUMS,
        length: whole({ min: 1, max: BEAM_TOKENS_MAX }),
      }),
    )
    .max(BEAMS_MAX)
    .describe("The sequences that have ended and are kept, best first."),
  next_id: whole({ min: 0 }).describe("The id of the next sequence that ends."),
  carry: z.array(finite()).max(4).describe("Numbers of the rule's own."),
  finished: z.boolean().describe("Whether the search is over."),
});

/** What of a step's options a row of a search may say: everything that makes its chain. */
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

/** Checks what is said of a search; throws a Problem whose pointer is relative to the request. */
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

/** A search before its first row. */
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
  throw new Problem(
    "invalid_option",
    `beam needs a rule that there is, got ${show(name)}${known}`,
    "/beam/rule",
  );
}

/** Checks the options of a row of this search. */
export function parseBeamRow({ search, score }: BeamCall, fields: Fields, limits: OptionLimits): StepOptions {
  const stray = Object.keys(fields).find((name) => !isStageOption(name) && !ROW_OPTIONS.has(name));
  if (stray !== undefined) throw strayOption(stray, fields[stray]);
  const options = parseStepOptions({ seed: search.seed, step: search.step, ...fields }, limits);
  const rewinding = options.chain.find(({ stage }) => stage.state?.outlivesRewind);
  if (rewinding !== undefined)
    throw new Problem(
      "option_conflict",
      `${rewinding.stage.name} takes tokens back, and a beam goes on only: leave it out`,
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
    `a row of a search takes what its chain is made of, and nothing is drawn or told of it alone: leave ${name} out, got ${show(value)}`,
    pointerTo([name]),
  );
}
