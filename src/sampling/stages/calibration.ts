/** calibration: rescales logits so that the probabilities match a validation set, before any other stage. */
import * as z from "zod";
import {
  type ClassScaling,
  isIdentity,
  requireClasses,
  SCALED_CLASSES_MAX,
  SCALING_FIELDS,
  SCALING_METHODS,
  type ScalingField,
  scaledLogit,
  tellsClassesApart,
} from "../../analysis/calibration/scaling.ts";
import type { Candidates } from "../candidates/candidates.ts";
import { listOf } from "../options/counted-fields.ts";
import { finite, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

const numbers = () =>
  listOf(finite({ min: -1e6, max: 1e6 }), { noun: "numbers", min: 2, max: SCALED_CLASSES_MAX }).optional();

const FIELDS = {
  temperature: finite({ min: 1e-6, max: 1e6 })
    .optional()
    .describe("Every logit is divided by it first; absent for vector_scaling."),
  weights: numbers().describe("For vector_scaling: every logit is multiplied by the weight of its class."),
  biases: numbers().describe(
    "For bias_scaling and vector_scaling: added to the logit afterwards, one bias per class.",
  ),
} satisfies Readonly<Record<ScalingField, z.ZodType>>;

/** The object that /v1/calibrate replies with. */
export const CALIBRATION = z
  .strictObject({ method: oneOf(SCALING_METHODS).describe("How the logits are rescaled."), ...FIELDS })
  .superRefine((calibration, context) => {
    const { method, weights, biases } = calibration;
    for (const field of Object.keys(FIELDS) as ScalingField[]) {
      const fields: readonly ScalingField[] = SCALING_FIELDS[method];
      if ((calibration[field] !== undefined) === fields.includes(field)) continue;
      const message = `${method} must have ${fields.join(" and ")}, and nothing else`;
      context.addIssue({ code: "custom", path: [field], message });
    }
    if (weights !== undefined && biases !== undefined && weights.length !== biases.length)
      context.addIssue({
        code: "custom",
        path: ["biases"],
        message: `must hold as many numbers as weights, ${weights.length}, got ${biases.length}`,
      });
  })
  .describe("A calibration from a reply of /v1/calibrate.");

const options = z.strictObject({
  stage: z.literal("calibration"),
  calibration: CALIBRATION,
});

export const calibration: Stage<z.infer<typeof options>> = {
  name: "calibration",
  summary:
    "Rescales the logits with a calibration, by one temperature or class by class, before all other stages: penalties, cuts and `temperature` then use calibrated probabilities.",
  formula: "sᵢ ← sᵢ·wᵢ / T_calibration + bᵢ; w = 1 and b = 0 where it has none",
  source: {
    title: "Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, 2017",
    url: "https://arxiv.org/abs/1706.04599",
  },
  options,
  example: { calibration: { method: "temperature_scaling", temperature: 1.3 } },
  keepsArgmax: false,
  keepsArgmaxWith: ({ calibration }) => !tellsClassesApart(calibration),
  comesFirst: true,
  looksAtZero: ({ calibration }) => calibration.weights !== undefined,
  isNeutral: ({ calibration }) => isIdentity(calibration),
  apply(candidates, { calibration }, context) {
    if (tellsClassesApart(calibration)) scaleEach(candidates, calibration, context.vocab_size);
    else if (calibration.temperature !== undefined) candidates.divideBy(calibration.temperature);
  },
};

function scaleEach(candidates: Candidates, scaling: ClassScaling, vocab_size: number): void {
  requireClasses(scaling, vocab_size);
  const all = candidates.all();
  const { token_ids, scores, count } = all;
  for (let i = 0; i < count; i++) scores[i] = scaledLogit(scaling, token_ids[i]!, scores[i]!);
  all.rescored();
}
