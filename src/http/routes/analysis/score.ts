/** POST /v1/score: rows of logits and their true classes in; log-probabilities, ranks and the loss out. */

import type { FastifyInstance } from "fastify";
import { scaledTask } from "../../../analysis/tasks/scaled.ts";
import { scoreTask } from "../../../analysis/tasks/score.ts";
import type { TaskRow } from "../../../analysis/tasks/task.ts";
import { Problem } from "../../../errors.ts";
import type { Row } from "../../../kernels/kernel.ts";
import { allAtOnce } from "../../../pieces.ts";
import { chainScore, parseScoreChain } from "../../../sampling/score-chain.ts";
import { parseScore } from "../../../schemas/analysis-options.ts";
import { SCORE_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addScore(app: FastifyInstance, analysis: Analysis): void {
  app.post("/v1/score", { schema: SCORE_ROUTE }, async (request, reply) => {
    const { text } = await analyze(analysis, request, reply, (head, lease) => {
      const { options, temperature, scaling } = parseScore(head.options);
      const { labels, sampling } = options;
      const under = sampling === undefined ? undefined : scoredUnder(analysis, sampling, lease);
      return scaledTask(taskContext(analysis, head, temperature), scaling, (context) =>
        scoreTask(context, { labels, under }),
      );
    });
    return sendText(reply, text);
  });
}

/** Runs the chain on each row, which is copied into the request's own row. */
function scoredUnder({ service }: Analysis, sampling: unknown, lease: () => Row) {
  const { sampler, config } = service;
  const options = parseScoreChain(sampling, config.limits, "/sampling");
  return ({ values, unscaled = values, tail }: TaskRow, target: number) => {
    if (tail !== undefined)
      throw new Problem("option_conflict", "sampling needs whole rows, got a sparse one", "/logits");
    if (values.length === 1)
      throw new Problem("option_conflict", "sampling needs rows of at least 2 logits, got 1", "/sampling");
    const row = lease();
    row.load(unscaled);
    row.finish();
    return allAtOnce(sampler.inspect(row, options, (left) => chainScore(left, target)));
  };
}
