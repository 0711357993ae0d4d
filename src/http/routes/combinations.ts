/** GET /v1/combinations: the rules of `combine`, made from their objects once. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { RULES } from "../../sampling/combine/index.ts";
import { COMBINATIONS_ROUTE } from "../../schemas/openapi/routes.ts";
import type { COMBINATIONS } from "../../schemas/replies.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";
import { described } from "./catalogue.ts";

export function addCombinations(app: FastifyInstance): void {
  const list: z.infer<typeof COMBINATIONS> = {
    rules: RULES.map((rule) => {
      const { sources, takes_more } = rule;
      return { ...described("rule", rule), sources, takes_more };
    }),
  };
  const text = JSON.stringify(list);
  app.get("/v1/combinations", { schema: COMBINATIONS_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the list takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}
