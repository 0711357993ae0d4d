/** POST /v1/vocabularies/common: two vocabularies in, what they have in common out; or a draft of one in ids of the other. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { translationOf } from "../../sampling/verify/translation.ts";
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
      const { draft_token_ids, ...named } = parseCommonRequest(value);
      const { vocabularies } = service.sampler;
      const translation = translationOf(draft_token_ids ?? [], named, vocabularies);
      if (translation === undefined) throw new Error("the body names the vocabulary of the draft");
      const { target, draft, count, draft_mask, to_target } = translation.common;
      const told: z.infer<typeof COMMON_REPLY> = {
        vocabulary: target.name,
        draft_vocabulary: draft.name,
        count,
        ...(draft_token_ids === undefined
          ? { draft_token_bitmask: base64(draft_mask), target_ids: base64(to_target) }
          : { token_ids: [...translation.token_ids] }),
      };
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(told));
    } finally {
      visit.leave();
    }
  });
}

function base64({ buffer, byteOffset, byteLength }: Uint32Array | Int32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
