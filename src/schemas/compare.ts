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
  .describe("A row, the ways to take it, and the options that they share.");

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
  name: z.string().describe("What `variant` takes."),
  summary: z.string().describe("What sets it apart, and who gets it."),
  source: SOURCE,
  order: z.array(PLACE).optional(),
  instead: OTHER_ORDER.optional(),
  rules: RULES.optional().describe("In place of the preset's rules of the same stages."),
  notes: z.array(z.string()).optional(),
});

const PRESET = z.strictObject({
  name: z.string().describe("What `preset` takes."),
  summary: z.string().describe("The order in a sentence."),
  source: SOURCE.describe("Where the host's order can be read."),
  order: z
    .array(PLACE)
    .describe("Stages in order: by name, switched on by their option, or with options, and then always run."),
  instead: OTHER_ORDER.optional().describe(
    "The order that holds while an option has one of some values, or one above a number.",
  ),
  defaults: z
    .record(z.string(), z.unknown())
    .describe("Options that hold when the request does not give them."),
  rules: RULES.describe(
    "The host's variants of a rule: options by stage that hold when the request does not give them.",
  ),
  fixed: RULES.optional().describe(
    "Options that a stage of the host does not have: what holds for it whatever the request says.",
  ),
  reports: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("Options of the reply that hold when the request does not give them."),
  spellings: z
    .array(z.strictObject({ option: z.string(), written: z.unknown(), means: z.unknown() }))
    .optional()
    .describe("Values that the host takes for an option, and what they mean here."),
  seed_drawn_for: z.int().optional().describe("The seed by which the host means that it draws one, as here."),
  variants: z
    .array(VARIANT)
    .optional()
    .describe("Codes of the host that do the same step differently; the first holds when none is named."),
  notes: z.array(z.string()).describe("What the host does otherwise and is not reproduced here."),
});

export const PRESETS_REPLY = z
  .strictObject({
    default: z.string().describe("The preset of a request that names none."),
    presets: z.array(PRESET),
  })
  .describe("The orders, defaults and rules of the hosts.");

const ARM = z.union([
  z.strictObject({
    name: z.string(),
    chain: z.array(z.strictObject({ stage: z.string(), skipped: z.string().optional() })),
    token_id: z.int().describe("The token drawn."),
    kept: z.int().describe("How many tokens were left."),
    kept_mass: z.number().describe("Their probability in the row as it came."),
  }),
  z.strictObject({
    name: z.string(),
    problem: z
      .strictObject({ code: z.string(), detail: z.string(), pointer: z.string() })
      .describe("Why this one cannot be."),
  }),
]);

export const COMPARE_REPLY = z
  .strictObject({
    arms: z.array(ARM).describe("What became of each way to take the step."),
    tokens: z
      .array(
        z.strictObject({
          token_id: z.int(),
          logprob: z.number().nullable().describe("ln of its probability in the row as it came; null: none."),
          arms: z.array(
            z
              .strictObject({
                probability: z.number().describe("With which it is drawn."),
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
          between: z.tuple([z.int(), z.int()]).describe("Places of the two in `arms`."),
          distance: z
            .number()
            .describe("Total variation over the listed tokens and the rest as one: 0 is the same, 1 apart."),
          only_first: z.array(z.int()).describe("Listed tokens that only the first can draw."),
          only_other: z.array(z.int()).describe("Listed tokens that only the other can draw."),
          made_by: z
            .strictObject({
              arm: z.int().describe("Whose stage it is."),
              stage: z.string(),
              differs: z
                .enum(["presence", "options", "place"])
                .describe(
                  "Only this arm has it, the arms give it other options, or they have it in other places.",
                ),
              options: z.array(z.string()).optional().describe("The options that differ: numbers and rules."),
              across: z.array(z.string()).optional().describe("The stages on whose other side it stands."),
              distance_without: z
                .number()
                .describe("The distance if the stage were as the other arm has it."),
            })
            .nullable()
            .describe(
              "The difference of one stage without which the two would be nearest; null when none alone brings them nearer.",
            ),
        }),
      )
      .describe("The first arm that could be taken against each later one."),
    seed: z.string().describe("The seed, as decimal text; the one drawn when none was sent."),
    step: z.int().describe("The step, as it was sent."),
  })
  .describe("Where several ways to take a step agree and differ.");
