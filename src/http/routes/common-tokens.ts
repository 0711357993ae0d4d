/**
 * POST /v1/vocabularies/common: takes two vocabularies and returns their common tokens, or a draft of one in ids of the
 * other.
 */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { commonReply } from "../../sampling/verify/common-reply.ts";
import { type COMMON_REPLY, parseCommonRequest } from "../../schemas/common-tokens.ts";
import { COMMON_ROUTE } from "../../schemas/openapi/common-tokens-route.ts";
import { type JsonBody, openJsonBody, refuseTensor } from "../../wire/json-body.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

const COMMON_BODY: Opener<JsonBody> = { json: openJsonBody, tensor: refuseTensor };

export function addCommonTokens(app: FastifyInstance, service: Service): void {
  app.post("/v1/vocabularies/common", { schema: COMMON_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter();
    try {
      const { value } = await arrive(COMMON_BODY, service, request, visit);
      const common: z.infer<typeof COMMON_REPLY> = commonReply(
        parseCommonRequest(value),
        service.sampler.vocabularies,
      );
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(common));
    } finally {
      visit.leave();
    }
  });
}
