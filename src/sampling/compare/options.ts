/** The options of a comparison: several arms for the same step, each a preset, own options, or a chain. */
import * as z from "zod";
import { Problem, pointerTo, show } from "../../errors.ts";
import { isRecord } from "../../is-record.ts";
import type { Observed } from "../explain/observed.ts";
import { whole } from "../options/fields.ts";
import { DEFAULT_OPTION_LIMITS, type OptionLimits } from "../options/option-limits.ts";
import { parseWith } from "../options/parse.ts";
import {
  isOption,
  isStageOption,
  mergeStepOptions,
  parseStepOptions,
  unknownOption,
} from "../options/step-options.ts";
import type { StepOptions } from "../step.ts";
import { OBSERVED_FIELD, parseObservation } from "./observation.ts";

/** One arm, or the problem of an arm that cannot be run. */
export interface Arm {
  readonly name: string;
  readonly options: StepOptions | Problem;
}

/** The options that every arm shares, and the arms. */
export interface ComparisonOptions extends StepOptions {
  readonly arms: readonly Arm[];
  /** how many of the row's most likely tokens are compared, besides the best of each arm */
  readonly compare_top: number;
  /** another sampler's observed result for the row */
  readonly observed?: Observed | undefined;
}

const COMPARE_ARMS_MAX = 32;

export const COMPARE_FIELDS = {
  compare: z
    .array(z.union([z.string(), z.record(z.string(), z.unknown())]))
    .min(2)
    .max(COMPARE_ARMS_MAX)
    .describe(
      'The arms to compare, the first with each of the others: presets by name, or objects of options such as {"name": "mine", "chain": […]} or {"preset": "vllm", "temperature": 0.5}. Options of an arm win over the shared ones; an arm with a chain takes no stage options from them.',
    ),
  compare_top: whole({ min: 1 })
    .optional()
    .describe("How many of the most likely tokens to list, of the row and of each arm. Default 20."),
  observed: OBSERVED_FIELD,
} as const;

const TOP = z.object({ compare_top: COMPARE_FIELDS.compare_top });

/** The options of an arm that are not options of stages. */
const OWN = new Set(["name", "preset", "variant", "chain", "state"]);

/** Wrong names under which clients have sent the list of arms. */
const OTHER_NAMES = ["presets", "arms", "hosts", "chains"] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Checks a comparison. The problem of a single arm is reported in its place; a fault of all arms is thrown. */
export function parseComparison(
  { compare, compare_top, observed, ...shared }: Fields,
  limits: OptionLimits = DEFAULT_OPTION_LIMITS,
): ComparisonOptions {
  const [meant] = compare === undefined ? OTHER_NAMES.filter((name) => shared[name] !== undefined) : [];
  if (meant !== undefined)
    throw new Problem(
      "unknown_option",
      `there is no option ${JSON.stringify(meant)}; the ways to compare go as "compare": ["default", "vllm"]`,
      pointerTo([meant]),
    );
  if (!Array.isArray(compare) || compare.length < 2 || compare.length > COMPARE_ARMS_MAX)
    throw new Problem(
      "invalid_option",
      `compare must be an array of 2 to ${COMPARE_ARMS_MAX} presets or objects of options, got ${show(compare)}`,
      "/compare",
    );
  const several = ["combine", "sources"].find((name) => shared[name] !== undefined);
  if (several !== undefined)
    throw new Problem(
      "unknown_option",
      `a comparison is of one row: ${several} is not taken here`,
      `/${several}`,
    );
  const top = parseWith(TOP, { compare_top }, "").compare_top ?? 20;
  if (top > limits.top_logprobs_max)
    throw new Problem(
      "limit_exceeded",
      `compare_top may ask for at most ${limits.top_logprobs_max} tokens (top_logprobs_max), got ${top}`,
      "/compare_top",
    );
  const control = Object.fromEntries(Object.entries(shared).filter(([name]) => !isStageOption(name)));
  const { preset: _, variant: __, chain: ___, state: ____, ...common } = control;
  const arms = compare.map((arm: unknown, i) => armOf(arm, i, shared, control, limits));
  const seen = parseObservation(observed, limits);
  return { ...parseStepOptions(common, limits), arms, compare_top: top, observed: seen };
}

function armOf(arm: unknown, index: number, shared: Fields, control: Fields, limits: OptionLimits): Arm {
  const { name, ...own } = ownOptions(arm, index);
  const base = "chain" in own ? control : shared;
  const given = typeof name === "string" ? name : nameOf(own, index);
  try {
    return { name: given, options: parseStepOptions(mergeStepOptions(base, own), limits) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [, field = ""] = error.pointer.split("/");
    const problem = field in own || field === "" ? error.within(`/compare/${index}`) : error;
    return { name: given, options: problem };
  }
}

function ownOptions(arm: unknown, index: number): Fields {
  if (typeof arm === "string") return { preset: arm };
  if (!isRecord(arm))
    throw new Problem(
      "invalid_option",
      `an entry of compare must be a preset or an object of options, got ${show(arm)}`,
      `/compare/${index}`,
    );
  const shared = Object.keys(arm).find((name) => !OWN.has(name) && !isStageOption(name));
  if (shared !== undefined && !isOption(shared)) throw unknownOption(shared).within(`/compare/${index}`);
  if (shared !== undefined)
    throw new Problem(
      "option_conflict",
      `an arm says name, preset, variant, chain, state and options of stages; ${shared} holds for all arms`,
      pointerTo(["compare", String(index), shared]),
    );
  if (arm["name"] !== undefined && typeof arm["name"] !== "string")
    throw new Problem(
      "invalid_option",
      `name must be text, got ${show(arm["name"])}`,
      `/compare/${index}/name`,
    );
  return arm;
}

function nameOf(own: Fields, index: number): string {
  if (typeof own["preset"] === "string")
    return typeof own["variant"] === "string" ? `${own["preset"]}, ${own["variant"]}` : own["preset"];
  return "chain" in own ? `chain ${index + 1}` : `options ${index + 1}`;
}
