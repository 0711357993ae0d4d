/** POST /v1/resample: takes the weights of N sequences and returns which of them continue. No logits. */
import type { FastifyInstance } from "fastify";
import { resample } from "../../sampling/resample.ts";
import { RESAMPLE_ROUTE } from "../../schemas/openapi/beam-routes.ts";
import { type JsonBody, openJsonBody, refuseTensor } from "../../wire/json-body.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

const RESAMPLE_BODY: Opener<JsonBody> = { json: openJsonBody, tensor: refuseTensor };

export function addResample(app: FastifyInstance, service: Service): void {
  app.post("/v1/resample", { schema: RESAMPLE_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter(request.record.client);
    try {
      const { value } = await arrive(RESAMPLE_BODY, service, request, visit);
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(resample(value)));
    } finally {
      visit.leave();
    }
  });
}
