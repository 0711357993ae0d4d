/** calibration: the temperature that made a model's probabilities honest on a validation set, before anything else. */
import * as z from "zod";
import { finite, oneOf } from "../options/fields.ts";
import type { Stage } from "../stage.ts";

/** The object that /v1/calibrate replies with. */
export const CALIBRATION = z
  .strictObject({
    method: oneOf(["temperature_scaling"]).describe("How the logits are rescaled."),
    temperature: finite({ min: 1e-6, max: 1e6 }).describe("Every logit is divided by it first."),
  })
  .describe("A calibration, as /v1/calibrate replies it.");

const options = z.strictObject({
  stage: z.literal("calibration"),
  calibration: CALIBRATION,
});

export const calibration: Stage<z.infer<typeof options>> = {
  name: "calibration",
  summary:
    "Divides every logit by the temperature of a calibration, before anything else: penalties, cuts and `temperature` then see honest probabilities.",
  formula: "sᵢ ← sᵢ / T_calibration",
  source: {
    title: "Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks, 2017",
    url: "https://arxiv.org/abs/1706.04599",
  },
  options,
  example: { calibration: { method: "temperature_scaling", temperature: 1.3 } },
  keepsArgmax: true,
  comesFirst: true,
  isNeutral: ({ calibration }) => calibration.temperature === 1,
  apply(candidates, { calibration }) {
    candidates.divideBy(calibration.temperature);
  },
};
