/** GET /v1/combinations: the rules of `combine`, made from their objects once. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { RULES } from "../../sampling/combine/index.ts";
import type { Rule } from "../../sampling/combine/rule.ts";
import { COMBINATIONS_ROUTE } from "../../schemas/openapi/routes.ts";
import { jsonSchemaOf } from "../../schemas/options.ts";
import type { COMBINATIONS } from "../../schemas/replies.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

export function addCombinations(app: FastifyInstance): void {
  const list: z.infer<typeof COMBINATIONS> = { rules: RULES.map(describeRule) };
  const text = JSON.stringify(list);
  app.get("/v1/combinations", { schema: COMBINATIONS_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the list takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}

function describeRule({ name, summary, formula, source, example, options, sources, takes_more }: Rule) {
  return {
    name,
    summary,
    formula,
    source,
    example: { rule: name, ...example },
    options: jsonSchemaOf(options),
    sources,
    takes_more,
  };
}
