/** POST /v1/score: rows of logits and the classes that really came in, log-probabilities, ranks and the loss out. */
import type { FastifyInstance } from "fastify";
import { scoreTask } from "../../analysis/tasks/score.ts";
import { parseScore } from "../../schemas/analysis-options.ts";
import { SCORE_ROUTE } from "../../schemas/openapi/analysis-routes.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addScore(app: FastifyInstance, analysis: Analysis): void {
  app.post("/v1/score", { schema: SCORE_ROUTE }, async (request, reply) => {
    const { text } = await analyze(analysis, request, reply, (head) => {
      const { options, temperature } = parseScore(head.options);
      return scoreTask(taskContext(analysis, head, temperature), options);
    });
    return sendText(reply, text);
  });
}
