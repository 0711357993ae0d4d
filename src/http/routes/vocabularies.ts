/** GET /v1/vocabularies: the vocabularies that a step may name. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { VOCABULARIES_ROUTE } from "../../schemas/openapi/vocabularies-route.ts";
import type { VOCABULARIES_REPLY } from "../../schemas/vocabularies.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import type { Service } from "../exchange/service.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

export function addVocabularies(app: FastifyInstance, { sampler }: Service): void {
  const { all, standard } = sampler.vocabularies;
  const body: z.infer<typeof VOCABULARIES_REPLY> = {
    default: standard?.name ?? null,
    vocabularies: all.map(({ name, size, hash, special, end_ids }) => ({
      name,
      size,
      hash,
      special_tokens: [...special].map(([token_id, text]) => ({ token_id, text })),
      end_ids: [...end_ids],
    })),
  };
  const text = JSON.stringify(body);
  app.get("/v1/vocabularies", { schema: VOCABULARIES_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the list of vocabularies takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}
