/**
 * Everything a request may say about one step besides its logits: what is drawn, from which chain, and what is
 * reported. The control options stand here; the options of the stages come from the stage objects.
 */
import { z } from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { SELECTION_MAX } from "../../kernels/kernel.ts";
import { didYouMean } from "../../nearest.ts";
import { type Chain, chainFromList, chainFromShortForm } from "../chain.ts";
import { DRAW_OPTION, type DrawChoice, type MarkChoice, WATERMARK_OPTION } from "../draw/choice.ts";
import { drawAsked } from "../draw/refusals.ts";
import type { PreparedHistory } from "../history/prepared-history.ts";
import { PRESETS, type Preset } from "../presets/index.ts";
import { hostOf, presetOf, VARIANTS } from "../presets/preset-choice.ts";
import { type ReceiptOptions, receiptOptions } from "../receipt.ts";
import { recentChain } from "../recent-chains.ts";
import { CONFIDENCE_TOP_K } from "../report/uncertainty.ts";
import { canonicalSeed } from "../rng.ts";
import { STAGES } from "../stages/index.ts";
import { STOP_OPTIONS, type Stops, stopStates, stopsOf } from "../stops/index.ts";
import { namedValues } from "./counted-fields.ts";
import { flag, oneOf, optionalEach, rule, tokenIds, whole } from "./fields.ts";
import { insteadOf } from "./foreign-options.ts";
import { isAtTemperature, LOGPROBS_MODES, type LogprobsMode } from "./logprobs-mode.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits, requireWithin } from "./option-limits.ts";
import { isRecord, parseWith } from "./parse.ts";

const SEED_RULE = "must be an integer of 64 bits, as a number or a decimal string";

const CONTROL = {
  preset: z
    .string()
    .describe(`Stage order, defaults and rules of a host: ${PRESETS.map(({ name }) => name).join(", ")}.`)
    .meta({ enum: PRESETS.map(({ name }) => name) }),
  variant: z
    .string()
    .describe(
      `Which of a preset's codes for the same step: ${VARIANTS.map(({ preset, name }) => `${name} (${preset})`).join(", ")}. Default the preset's first.`,
    )
    .meta({ enum: [...new Set(VARIANTS.map(({ name }) => name))] }),
  chain: z
    .array(z.unknown())
    .describe(
      'Stages in the order in which they run, instead of the short options: [{"stage": "top_k", "top_k": 40}, …].',
    )
    .meta({ items: { type: "object", required: ["stage"], properties: { stage: { type: "string" } } } }),
  vocab_size: whole({ min: 1 }).describe(
    "Size of the real vocabulary when rows are padded: ids at or past it are never drawn.",
  ),
  vocabulary: z
    .string()
    .describe(
      "What token ids stand for: a name of GET /v1/vocabularies. Replies then tell texts. Default the service's, if it has one.",
    ),
  history: tokenIds().describe("Token ids so far, prompt first. Penalties look at them."),
  prompt_length: whole({ min: 0 }).describe(
    "How many ids of `history` are the prompt; the rest was generated. Default 0.",
  ),
  seed: z
    .union([z.string(), z.number()], rule(SEED_RULE))
    .transform((value, context) => {
      const seed = canonicalSeed(value);
      if (seed !== undefined) return seed;
      context.addIssue({
        code: "custom",
        message: `${SEED_RULE}, got ${show(value)}`,
      });
      return z.NEVER;
    })
    .describe(
      "Seed of the randomness, 64 bits, as an integer or a decimal string. Without one a seed is drawn and returned.",
    ),
  step: whole({ min: 0 }).describe(
    "Position of this step in its sequence; each has its own randomness. Default 0.",
  ),
  state: namedValues(z.unknown(), "stage name → state")
    .nullable()
    .describe(
      "The `state` of the previous step's reply, for samplers and stops that carry one (mirostat, adaptive_p, entropy). null or absent: a first step.",
    ),
  n: whole({ min: 1 }).describe(
    "How many tokens to draw from this row; reported in `draws`. Default 1, without `draws`.",
  ),
  replacement: flag().describe(
    "Whether the n draws may repeat a token. Default true; false draws as Gumbel top-k does.",
  ),
  draw: DRAW_OPTION,
  watermark: WATERMARK_OPTION,
  trace: z
    .union([z.boolean(), z.literal("timed")], rule('must be true, false or "timed"'))
    .describe(
      "Report what each stage did. `timed` adds microseconds, which differ from call to call. Default false.",
    ),
  kept_token_ids: flag().describe("Report the ids of all tokens that were left to draw from. Default false."),
  logprobs: flag("how many are reported, top_logprobs says").describe(
    "Report logprob, processed_logprob, rank and kept_mass. Default false.",
  ),
  top_logprobs: whole({ min: 0 }).describe(
    "Report the n most likely tokens with their log-probabilities. Default 0.",
  ),
  logprobs_mode: oneOf(LOGPROBS_MODES).describe(
    "What top_logprobs and named_logprobs report: `raw` (default but with the preset sglang), ln softmax of the logits as they came, or `processed`, after every stage. With `before_temperature` (SGLang at temperature 0, and vLLM's processed_logprobs there) and `behind_temperature` (SGLang) it is that of the scores where temperature finds and leaves them, and so are logprob, rank and kept_mass.",
  ),
  rank_ties: oneOf(["by_id", "counted"]).describe(
    "The rank of a token that others equal: `by_id` (default but with the preset vllm), those with lower ids rank before it, or `counted`, all of them do (vLLM).",
  ),
  logprob_token_ids: tokenIds().describe("Report the log-probabilities of these tokens as named_logprobs."),
  uncertainty: flag().describe(
    "Report entropy, varentropy, margin and confidence, of the row as it came and of what was left to draw from. Default false.",
  ),
  confidence_top_k: whole({ min: 1, max: SELECTION_MAX }).describe(
    `How many of the most likely tokens confidence is the mean of. Default ${CONFIDENCE_TOP_K}.`,
  ),
  stop: STOP_OPTIONS.describe(
    "When the text is to end: the reply says by which of these, as `finish_reason`, or null. Nothing stops by itself.",
  ),
  receipt: flag().describe("Report hashes of the row and of the options, for audits. Default false."),
  require_exact: flag().describe(
    "For sparse rows: fail with need_more_tokens unless the answer is proven exact. Default false.",
  ),
} as const;

/** What the short form can say: the options of every stage, each once. */
const STAGE_FIELDS: Readonly<Record<string, z.ZodType>> = optionalEach(
  Object.fromEntries(
    STAGES.flatMap((stage) => Object.entries(stage.options.shape).filter(([name]) => name !== "stage")),
  ),
);

const STAGE_OPTIONS = z.strictObject(STAGE_FIELDS);

/** The whole of a step's options, for the OpenAPI document; `parseStepOptions` is what checks them. */
export const STEP_OPTIONS = z.strictObject({
  ...optionalEach(CONTROL),
  ...STAGE_FIELDS,
});

const CONTROL_OPTIONS = z.strictObject(optionalEach(CONTROL));
type ControlOptions = z.infer<typeof CONTROL_OPTIONS>;

/** The checked options of one step. */
export interface StepOptions {
  readonly chain: Chain;
  readonly vocab_size: number | undefined;
  /** undefined: the sampler's own */
  readonly vocabulary: string | undefined;
  readonly history: readonly number[];
  readonly prompt_length: number;
  /** what is known of this history and prompt_length; several steps of one request share it */
  readonly prepared: PreparedHistory | undefined;
  /** canonical decimal text; undefined: draw one */
  readonly seed: string | undefined;
  readonly step: number;
  /** state of each stage of the chain and each stop that carries one, by name */
  readonly state: Readonly<Record<string, unknown>>;
  /** undefined: one draw, no list of draws */
  readonly n: number | undefined;
  readonly replacement: boolean;
  readonly draw: DrawChoice;
  readonly watermark: MarkChoice | undefined;
  readonly trace: boolean | "timed";
  readonly kept_token_ids: boolean;
  readonly logprobs: boolean;
  readonly top_logprobs: number;
  readonly logprobs_mode: LogprobsMode;
  readonly rank_ties: "by_id" | "counted";
  readonly logprob_token_ids: readonly number[];
  readonly uncertainty: boolean;
  readonly confidence_top_k: number;
  readonly require_exact: boolean;
  /** what a receipt is made of; undefined: none is asked for */
  readonly receipt: ReceiptOptions | undefined;
  /** undefined: nothing is said of an end */
  readonly stops: Stops | undefined;
  /** what is right and yet hardly meant; undefined: nothing */
  readonly warnings: readonly string[] | undefined;
}

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
  return {
    chain,
    vocab_size: options.vocab_size,
    vocabulary: options.vocabulary,
    history,
    prompt_length,
    prepared: undefined,
    seed: options.seed,
    step: options.step ?? 0,
    state: statesOf(chain, stops ?? [], options.state ?? {}),
    n: options.n,
    replacement: options.replacement ?? true,
    ...drawAsked(options, chain),
    trace: options.trace ?? false,
    kept_token_ids: options.kept_token_ids ?? false,
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
    warnings: options.history === undefined ? warningsOf(chain) : undefined,
  };
}

/** Options that contradict each other, or need another one. */
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
  if (stop !== undefined && n !== undefined)
    throw new Problem("option_conflict", `stop looks at one token, got n ${n}`, "/stop");
  if (prompt_length > history.length)
    throw new Problem(
      "invalid_option",
      `prompt_length must be at most the length of history, ${history.length}, got ${prompt_length}`,
      "/prompt_length",
    );
}

/** Who wants repetitions punished and sends no history is told: an empty one says that there is none yet. */
function warningsOf(chain: Chain): readonly string[] | undefined {
  const idle = chain.filter(({ stage, skipped }) => stage.looksBack === true && skipped === undefined);
  if (idle.length === 0) return undefined;
  return idle.map(
    ({ stage }) =>
      `${stage.name} did nothing: it looks at history, the token ids so far, and none was sent; [] says that there are none yet`,
  );
}

/** True for an option of a stage, false for one that says how to draw and what to report. */
export function isStageOption(name: string): boolean {
  return Object.hasOwn(STAGE_FIELDS, name);
}

/** A row's own options over those shared by its batch: what the row says wins. */
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

/** The chain; where log-probabilities are told at the place of the temperature, it has one, and no stage is spared. */
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

/** Options of stages that are not in the chain change nothing, and are checked all the same. */
function requireValidLeftovers(stage_fields: Readonly<Record<string, unknown>>, chain: Chain): void {
  const used = (name: string) => chain.some(({ stage }) => name in stage.options.shape);
  const leftovers = Object.entries(stage_fields).filter(([name]) => !used(name));
  if (leftovers.length > 0) parseWith(STAGE_OPTIONS, Object.fromEntries(leftovers), "");
}

/** The checked state of every stage and stop that carries one: what the request brings, or a first step's. */
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

/** Control options and stage options apart; any other name is an error. */
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

/** What an option is told that there is not. */
export function unknownOption(name: string): Problem {
  const instead = insteadOf(name);
  const hint =
    instead === undefined
      ? didYouMean(name, [...Object.keys(CONTROL), ...Object.keys(STAGE_FIELDS)])
      : `: ${instead}`;
  return new Problem("unknown_option", `there is no option ${show(name)}${hint}`, pointerTo([name]));
}
