/** POST /v1/baseline: clean rows of logits in, the baseline that /v1/diagnose takes out. */
import type { FastifyInstance } from "fastify";
import { baselineTask } from "../../../analysis/tasks/baseline.ts";
import { parseBaseline } from "../../../schemas/analysis-options.ts";
import { BASELINE_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addBaseline(app: FastifyInstance, analysis: Analysis): void {
  app.post("/v1/baseline", { schema: BASELINE_ROUTE }, async (request, reply) => {
    const { text } = await analyze(analysis, request, reply, (head) => {
      const { options, temperature } = parseBaseline(head.options);
      return baselineTask(taskContext(analysis, head, temperature), options);
    });
    return sendText(reply, text);
  });
}
