/** GET /v1/logit: a probability as log-odds, or log-odds as a probability. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { logisticPair, logitOfPair } from "../../../analysis/logistic.ts";
import { type LOGIT_REPLY, type LogitOptions, parseLogit } from "../../../schemas/logit.ts";
import { LOGIT_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { parseQuery } from "../../../wire/query.ts";
import { JSON_TYPE } from "../../exchange/step-answers.ts";

const NO_LISTS: ReadonlySet<string> = new Set();

export function addLogit(app: FastifyInstance): void {
  app.get("/v1/logit", { schema: LOGIT_ROUTE }, ({ raw }, reply) => {
    const query = (raw.url ?? "").split("?").slice(1).join("?");
    reply
      .header("content-type", JSON_TYPE)
      .send(JSON.stringify(answer(parseLogit(parseQuery(query, NO_LISTS)))));
  });
}

function answer({ probability, complement, log_odds }: LogitOptions): z.infer<typeof LOGIT_REPLY> {
  if (log_odds !== undefined) return { log_odds, ...logisticPair(log_odds) };
  const pair =
    probability === undefined
      ? { probability: 1 - (complement ?? 0), complement: complement ?? 0 }
      : { probability, complement: 1 - probability };
  return { log_odds: logitOfPair(pair), ...pair };
}
