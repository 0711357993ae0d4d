/** The analysis endpoints: reading logits instead of drawing from them. */
import type { FastifyInstance } from "fastify";
import { createKernelReader } from "../analysis/row-reader.ts";
import type { Analysis } from "./analyze.ts";
import type { Service } from "./exchange/service.ts";
import { addBaseline } from "./routes/baseline.ts";
import { addCalibrate } from "./routes/calibrate.ts";
import { addDiagnose } from "./routes/diagnose.ts";
import { addLogit } from "./routes/logit.ts";
import { addProbabilities } from "./routes/probabilities.ts";
import { addScore } from "./routes/score.ts";

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
