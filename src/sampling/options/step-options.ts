/**
 * All options of one step, without its logits: the draw, the chain and the report. The options of the stages
 * come from the stage objects.
 */
import * as z from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import { didYouMean } from "../../nearest.ts";
import type { Chain } from "../chain.ts";
import type { Combination } from "../combine/combination.ts";
import { drawAsked } from "../draw/refusals.ts";
import type { Preset } from "../presets/index.ts";
import { hostOf, presetOf } from "../presets/preset-choice.ts";
import { recentChain } from "../recent-chains.ts";
import { CONFIDENCE_TOP_K } from "../report/uncertainty.ts";
import { STAGES } from "../stages/index.ts";
import type { StepOptions } from "../step.ts";
import { type Stops, stopStates, stopsOf } from "../stops/index.ts";
import { chainFromList, chainFromShortForm } from "./chain-options.ts";
import { parseCombination, parseSource } from "./combination-options.ts";
import { CONTROL } from "./control.ts";
import { optionalEach } from "./fields.ts";
import { insteadOf } from "./foreign-options.ts";
import { requireWithinCap } from "./logprobs-cap.ts";
import { isAtTemperature, type LogprobsMode } from "./logprobs-mode.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits, requireWithin } from "./option-limits.ts";
import { parseWith } from "./parse.ts";
import { receiptOptions } from "./receipt-options.ts";

/** The options of the short form: the options of every stage, each once. */
const STAGE_FIELDS: Readonly<Record<string, z.ZodType>> = optionalEach(
  Object.fromEntries(
    STAGES.flatMap((stage) => Object.entries(stage.options.shape).filter(([name]) => name !== "stage")),
  ),
);

const STAGE_OPTIONS = z.strictObject(STAGE_FIELDS);

/** All options of a step, for the OpenAPI document; `parseStepOptions` checks them. */
export const STEP_OPTIONS = z.strictObject({
  ...optionalEach(CONTROL),
  ...STAGE_FIELDS,
});

const CONTROL_OPTIONS = z.strictObject(optionalEach(CONTROL));
type ControlOptions = z.infer<typeof CONTROL_OPTIONS>;

/** Checks the options of one step; throws a Problem whose pointer is relative to the options object. */
export function parseStepOptions(value: unknown, limits: OptionLimits = DEFAULT_OPTION_LIMITS): StepOptions {
  if (!isRecord(value)) throw new Problem("invalid_option", `options must be an object, got ${show(value)}`);
  const { control, stage_fields } = divide(value);
  requireWithin(limits, value);
  const options = parseWith(CONTROL_OPTIONS, control, "");
  requireCompatible(options);
  const preset = presetOf(options);
  const logprobs_mode = options.logprobs_mode ?? preset.reports?.logprobs_mode ?? "raw";
  const logprobs = options.logprobs ?? (options.top_logprobs ?? 0) > 0;
  const wants_logprobs = logprobs || (options.logprob_token_ids ?? []).length > 0;
  const chain = chainFor(wants_logprobs ? logprobs_mode : "raw", options, stage_fields, preset);
  const stops = options.stop === undefined ? undefined : stopsOf(options.stop);
  const history = options.history ?? [];
  const prompt_length = options.prompt_length ?? 0;
  const step: StepOptions = {
    chain,
    combine: combinationOf(options, chain),
    vocab_size: options.vocab_size,
    vocabulary: options.vocabulary,
    history,
    prompt_length,
    prepared: undefined,
    seed: options.seed === String(preset.seed_drawn_for) ? undefined : options.seed,
    step: options.step ?? 0,
    state: statesOf(chain, stops ?? [], options.state ?? {}),
    n: options.n,
    replacement: options.replacement ?? true,
    ...drawAsked(options, chain),
    unmarked: options.unmarked ?? false,
    trace: options.trace ?? false,
    kept_token_ids: options.kept_token_ids ?? false,
    kept_max: options.kept_max,
    kept_mode: options.kept_mode ?? "bounded",
    logprobs,
    top_logprobs: options.top_logprobs ?? 0,
    logprobs_mode,
    rank_ties: options.rank_ties ?? preset.reports?.rank_ties ?? "by_id",
    logprob_token_ids: options.logprob_token_ids ?? [],
    uncertainty: options.uncertainty ?? false,
    confidence_top_k: options.confidence_top_k ?? CONFIDENCE_TOP_K,
    require_exact: options.require_exact ?? false,
    receipt: options.receipt === true ? receiptOptions(value) : undefined,
    stops,
    logprobs_rank_max: limits.logprobs_rank_max,
    warnings: options.history === undefined ? warningsOf(chain) : undefined,
  };
  requireWithinCap(step, limits.logprobs_rank_max);
  return step;
}

/** The options of a combination; they are refused without `combine`. */
function combinationOf(
  { combine, sources: given, logprobs_mode }: ControlOptions,
  chain: Chain,
): Combination | undefined {
  const sources = given?.map(parseSource);
  if (combine !== undefined) return parseCombination(combine, sources, chain);
  const [name, pointer] =
    logprobs_mode === "combined"
      ? ["logprobs_mode combined", "/logprobs_mode"]
      : ["the temperature of a source", "/sources"];
  const is_missed =
    logprobs_mode === "combined" || sources?.some(({ temperature }) => temperature !== undefined);
  if (!is_missed) return undefined;
  throw new Problem("option_conflict", `${name} needs combine, got none`, pointer);
}

/** Checks options that contradict each other or need another one. */
function requireCompatible(options: ControlOptions): void {
  const { logprobs, top_logprobs = 0, confidence_top_k, uncertainty, stop, n } = options;
  const { history = [], prompt_length = 0 } = options;
  if (logprobs === false && top_logprobs > 0)
    throw new Problem(
      "option_conflict",
      `top_logprobs needs logprobs, got top_logprobs ${top_logprobs} and logprobs false`,
      "/top_logprobs",
    );
  if (confidence_top_k !== undefined && uncertainty !== true)
    throw new Problem(
      "option_conflict",
      `confidence_top_k needs uncertainty, got confidence_top_k ${confidence_top_k} and uncertainty ${show(uncertainty)}`,
      "/confidence_top_k",
    );
  if (options.kept_max !== undefined && options.kept_token_ids !== true)
    throw new Problem(
      "option_conflict",
      `kept_max needs kept_token_ids, got kept_max ${options.kept_max} and kept_token_ids ${show(options.kept_token_ids)}`,
      "/kept_max",
    );
  if (options.kept_max !== undefined && options.kept_max < (n ?? 1))
    throw new Problem(
      "option_conflict",
      `kept_max must be at least n, so that every drawn token is reported, got kept_max ${options.kept_max} and n ${n}`,
      "/kept_max",
    );
  if (options.kept_mode !== undefined && options.kept_max === undefined)
    throw new Problem(
      "option_conflict",
      `kept_mode needs kept_max, got kept_mode ${options.kept_mode} and no kept_max`,
      "/kept_mode",
    );
  if (stop !== undefined && n !== undefined)
    throw new Problem("option_conflict", `stop looks at one token, got n ${n}`, "/stop");
  if (prompt_length > history.length)
    throw new Problem(
      "invalid_option",
      `prompt_length must be at most the length of history, ${history.length}, got ${prompt_length}`,
      "/prompt_length",
    );
}

/**
 * Warns a client that asks for a penalty and sends no history. An empty history says that there is none yet.
 */
function warningsOf(chain: Chain): readonly string[] | undefined {
  const idle = chain.filter(({ stage, skipped }) => stage.looksBack === true && skipped === undefined);
  if (idle.length === 0) return undefined;
  return idle.map(
    ({ stage }) =>
      `${stage.name} did nothing: it looks at history, the token ids so far, and none was sent; [] says that there are none yet`,
  );
}

/** True for an option of a stage, false for an option of the draw or the report. */
export function isStageOption(name: string): boolean {
  return Object.hasOwn(STAGE_FIELDS, name);
}

/** Merges a row's own options into those shared by its batch; the row's own take precedence. */
export function mergeStepOptions(
  shared: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
) {
  return { ...shared, ...own };
}

function chainOf(
  options: ControlOptions,
  stage_fields: Readonly<Record<string, unknown>>,
  preset: Preset,
): Chain {
  if (options.chain === undefined)
    return recentChain(hostOf(options), stage_fields, () => {
      const chain = chainFromShortForm(stage_fields, preset);
      requireValidLeftovers(stage_fields, chain);
      return chain;
    });
  const [conflict] = Object.keys(stage_fields);
  if (conflict !== undefined)
    throw new Problem(
      "option_conflict",
      `chain lists every stage that runs: put ${conflict} into it`,
      `/${conflict}`,
    );
  if (options.preset !== undefined)
    throw new Problem("option_conflict", "chain and preset exclude each other", "/preset");
  return chainFromList(options.chain);
}

/**
 * The chain. When log-probabilities are reported around the temperature, it must have one, and no stage is skipped.
 */
function chainFor(
  mode: LogprobsMode,
  options: ControlOptions,
  stage_fields: Readonly<Record<string, unknown>>,
  preset: Preset,
): Chain {
  if (!isAtTemperature(mode)) return chainOf(options, stage_fields, preset);
  const has_place = options.chain !== undefined || stage_fields["dynatemp_range"] !== undefined;
  const fields = has_place ? stage_fields : { ...AT_1, ...preset.defaults, ...stage_fields };
  const chain = chainOf(options, fields, preset);
  if (chain.some(({ stage }) => stage.setsTemperature))
    return chain.map((entry) => (entry.skipped === "greedy" ? { ...entry, skipped: undefined } : entry));
  throw new Problem(
    "option_conflict",
    `logprobs_mode ${mode} needs a chain with temperature or dynatemp, got one without`,
    "/logprobs_mode",
  );
}

const AT_1 = { temperature: 1 };

/** Options of stages that are not in the chain have no effect, but are checked. */
function requireValidLeftovers(stage_fields: Readonly<Record<string, unknown>>, chain: Chain): void {
  const used = (name: string) => chain.some(({ stage }) => name in stage.options.shape);
  const leftovers = Object.entries(stage_fields).filter(([name]) => !used(name));
  if (leftovers.length > 0) parseWith(STAGE_OPTIONS, Object.fromEntries(leftovers), "");
}

/** The checked state of every stage and stop that has one: from the request, or the initial state. */
function statesOf(
  chain: Chain,
  stops: Stops,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const states: Record<string, unknown> = stopStates(stops, given);
  for (const { stage, options } of chain) {
    if (stage.state === undefined) continue;
    const state = given[stage.name];
    states[stage.name] =
      state === undefined
        ? stage.state.initial(options)
        : parseWith(stage.state.schema, state, `/state/${stage.name}`);
  }
  const stray = Object.keys(given).find((name) => !Object.hasOwn(states, name));
  if (stray === undefined) return states;
  throw new Problem(
    "option_conflict",
    `no stage of this chain and no stop carries a state named ${show(stray)}`,
    pointerTo(["state", stray]),
  );
}

/** Separates control options from stage options; any other name is an error. */
function divide(value: Readonly<Record<string, unknown>>) {
  const control: Record<string, unknown> = {};
  const stage_fields: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    if (value[name] === undefined) continue;
    if (Object.hasOwn(CONTROL, name)) control[name] = value[name];
    else if (Object.hasOwn(STAGE_FIELDS, name)) stage_fields[name] = value[name];
    else throw unknownOption(name);
  }
  return { control, stage_fields };
}

/** True for an option of a step. */
export function isOption(name: string): boolean {
  return Object.hasOwn(CONTROL, name) || isStageOption(name);
}

/** The error for an unknown option. */
export function unknownOption(name: string): Problem {
  const instead = insteadOf(name);
  const hint =
    instead === undefined
      ? didYouMean(name, [...Object.keys(CONTROL), ...Object.keys(STAGE_FIELDS)])
      : `: ${instead}`;
  return new Problem("unknown_option", `there is no option ${show(name)}${hint}`, pointerTo([name]));
}
