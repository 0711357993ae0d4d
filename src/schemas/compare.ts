/** The bodies of /v1/presets and /v1/compare, for types and the OpenAPI document. */
import * as z from "zod";
import { LOOKS_MAX } from "../sampling/compare/explained.ts";
import { COMPARE_FIELDS } from "../sampling/compare/options.ts";
import { EXPLANATION_KINDS } from "../sampling/explain/explanation.ts";
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

const EXPLAINED = z.strictObject({
  nearest: z.int().describe("The arm that is nearest as it is, by its place in `arms`."),
  says: z.string().describe("The answer in one or two sentences."),
  arms: z
    .array(
      z
        .strictObject({
          distance: z
            .number()
            .describe("From what was observed: total variation, or of sets 1 − |A ∩ B| / |A ∪ B|."),
          agrees: z.boolean().describe("The distance is no more than rounding makes it."),
          explanations: z
            .array(
              z.strictObject({
                name: z.string().describe("The known difference; two of them are joined by “and”."),
                kind: z.enum(EXPLANATION_KINDS),
                stage: z.string().describe("The stage that makes the difference."),
                says: z.string().describe("“as if top_p came before temperature”"),
                distance: z.number().describe("What the distance comes to with it."),
                agrees: z.boolean(),
              }),
            )
            .describe("What brings this arm nearer, nearest first; none when an arm agrees as it is."),
        })
        .nullable(),
    )
    .describe("In the order of `arms`; null for one that could not be taken."),
  is_complete: z
    .boolean()
    .describe(
      `false: the search ended at ${LOOKS_MAX} steps, or at half of compare_work_max, before everything was tried.`,
    ),
});

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
    observed: EXPLAINED.optional().describe(
      "Which arm gives the observed distribution or set; with `observed`.",
    ),
    seed: z.string().describe("The seed, as decimal text; a random one when the request has none."),
    step: z.int().describe("The step, as it was sent."),
  })
  .describe("How the results of several arms agree and differ.");
