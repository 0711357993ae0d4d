/** The bodies of /v1/presets and /v1/compare, for types and the OpenAPI document. */
import * as z from "zod";
import { COMPARE_FIELDS } from "../sampling/compare/options.ts";
import { STEP_OPTIONS } from "../sampling/options/step-options.ts";
import { LOGITS } from "./row.ts";

const {
  preset: _,
  variant: __,
  chain: ___,
  state: ____,
  combine: _____,
  sources: ______,
  ...SHARED
} = STEP_OPTIONS.shape;

export const COMPARE_REQUEST = z
  .strictObject({ logits: LOGITS, ...COMPARE_FIELDS, ...SHARED })
  .describe("A row, the arms to compare, and the options that they share.");

const PLACE = z.union([z.string(), z.looseObject({ stage: z.string() })]);

const SOURCE = z.strictObject({ title: z.string(), url: z.string() });

const RULES = z.record(z.string(), z.record(z.string(), z.unknown()));

const OTHER_ORDER = z.strictObject({
  option: z.string(),
  values: z.array(z.unknown()).optional(),
  above: z.number().optional(),
  order: z.array(PLACE),
});

const VARIANT = z.strictObject({
  name: z.string().describe("Value for `variant`."),
  summary: z.string().describe("How the variant differs, and which users of the host get it."),
  source: SOURCE,
  order: z.array(PLACE).optional(),
  instead: OTHER_ORDER.optional(),
  rules: RULES.optional().describe("Rules that replace the preset's for the same stages."),
  notes: z.array(z.string()).optional(),
});

const PRESET = z.strictObject({
  name: z.string().describe("Value for `preset`."),
  summary: z.string().describe("The order of the stages in one sentence."),
  source: SOURCE.describe("Source of the host's order."),
  order: z
    .array(PLACE)
    .describe(
      "Stages in order: a name stands for a stage that its option switches on; an object with options is a stage that always runs.",
    ),
  instead: OTHER_ORDER.optional().describe(
    "Other orders, each with the condition on an option under which it applies.",
  ),
  defaults: z.record(z.string(), z.unknown()).describe("Defaults of options that the request does not give."),
  rules: RULES.describe(
    "The host's variants of a rule: defaults of options by stage, for options that the request does not give.",
  ),
  fixed: RULES.optional().describe(
    "Options that a stage of the host does not have: their fixed values, whatever the request says.",
  ),
  reports: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Defaults of reply options that the request does not give."),
  spellings: z
    .array(z.strictObject({ option: z.string(), written: z.unknown(), means: z.unknown() }))
    .optional()
    .describe("Option values that have another meaning at the host, and their meaning here."),
  seed_drawn_for: z.int().optional().describe("The seed value with which the host asks for a random seed."),
  variants: z
    .array(VARIANT)
    .optional()
    .describe("Code paths of the host that do the same step differently. The first is the default."),
  notes: z.array(z.string()).describe("Behaviour of the host that is not reproduced here."),
});

export const PRESETS_REPLY = z
  .strictObject({
    default: z.string().describe("The preset that is used when a request names none."),
    presets: z.array(PRESET),
  })
  .describe("The orders, defaults and rules of the hosts.");

const ARM = z.union([
  z.strictObject({
    name: z.string(),
    chain: z.array(z.strictObject({ stage: z.string(), skipped: z.string().optional() })),
    token_id: z.int().describe("The token drawn."),
    kept: z.int().describe("Number of tokens that the chain kept."),
    kept_mass: z.number().describe("Probability of the kept tokens in the row as sent."),
  }),
  z.strictObject({
    name: z.string(),
    problem: z
      .strictObject({ code: z.string(), detail: z.string(), pointer: z.string() })
      .describe("The problem of an arm that could not be run."),
  }),
]);

export const COMPARE_REPLY = z
  .strictObject({
    arms: z.array(ARM).describe("The result of each arm."),
    tokens: z
      .array(
        z.strictObject({
          token_id: z.int(),
          logprob: z
            .number()
            .nullable()
            .describe("ln of its probability in the row as sent; null for probability 0."),
          arms: z.array(
            z
              .strictObject({
                probability: z.number().describe("Probability with which the arm draws it."),
                removed_by: z
                  .string()
                  .nullable()
                  .describe(
                    'The stage that removed it, or "the row" when it was no candidate from the start.',
                  ),
              })
              .nullable(),
          ),
        }),
      )
      .describe("The most likely tokens of the row and of every arm, most likely in the row first."),
    differences: z
      .array(
        z.strictObject({
          between: z.tuple([z.int(), z.int()]).describe("Indices of the two arms in `arms`."),
          distance: z
            .number()
            .describe(
              "Total variation distance over the listed tokens, with all other tokens as one: 0 for equal, 1 for disjoint distributions.",
            ),
          only_first: z.array(z.int()).describe("Listed tokens that only the first arm can draw."),
          only_other: z.array(z.int()).describe("Listed tokens that only the other arm can draw."),
          made_by: z
            .strictObject({
              arm: z.int().describe("The arm that has the stage."),
              stage: z.string(),
              differs: z
                .enum(["presence", "options", "place"])
                .describe(
                  "`presence`: only this arm has the stage; `options` or `place`: the arms differ in its options or in its place.",
                ),
              options: z.array(z.string()).optional().describe("The options that differ: numbers and rules."),
              across: z
                .array(z.string())
                .optional()
                .describe("The stages that come before it in one arm and after it in the other."),
              distance_without: z
                .number()
                .describe("The distance if this arm had the stage as the other arm has it."),
            })
            .nullable()
            .describe(
              "The single difference whose removal brings the two arms nearest; null when none alone brings them nearer.",
            ),
        }),
      )
      .describe("The first arm that could be run, compared with each later one."),
    seed: z.string().describe("The seed, as decimal text; a random one when the request has none."),
    step: z.int().describe("The step, as it was sent."),
  })
  .describe("How the results of several arms agree and differ.");
