/** The analysis endpoints: reading logits instead of drawing from them. */
import type { FastifyInstance } from "fastify";
import { createKernelReader } from "../../../analysis/row-reader.ts";
import type { Service } from "../../exchange/service.ts";
import type { Analysis } from "./analyze.ts";
import { addBaseline } from "./baseline.ts";
import { addCalibrate } from "./calibrate.ts";
import { addDiagnose } from "./diagnose.ts";
import { addLogit } from "./logit.ts";
import { addProbabilities } from "./probabilities.ts";
import { addScore } from "./score.ts";

export function addAnalysis(app: FastifyInstance, service: Service): void {
  // A single logit is read as two classes, so even the shortest limit needs room for two.
  const classes_max = Math.max(2, service.config.limits.vocab_size_max);
  const analysis: Analysis = { service, reader: createKernelReader(classes_max) };
  addLogit(app);
  addProbabilities(app, analysis);
  addScore(app, analysis);
  addDiagnose(app, analysis);
  addCalibrate(app, analysis);
  addBaseline(app, analysis);
}
