/** POST /v1/diagnose: rows of logits in, counters and a verdict for each out. */
import type { FastifyInstance } from "fastify";
import { diagnoseTask } from "../../../analysis/tasks/diagnose.ts";
import { scaledTask } from "../../../analysis/tasks/scaled.ts";
import { parseDiagnose } from "../../../schemas/analysis-options.ts";
import { DIAGNOSE_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addDiagnose(app: FastifyInstance, analysis: Analysis): void {
  app.post("/v1/diagnose", { schema: DIAGNOSE_ROUTE }, async (request, reply) => {
    const { text } = await analyze(analysis, request, reply, (head) => {
      const { options, temperature, scaling } = parseDiagnose(head.options);
      return scaledTask(taskContext(analysis, head, temperature), scaling, (context) =>
        diagnoseTask(context, options),
      );
    });
    return sendText(reply, text);
  });
}
