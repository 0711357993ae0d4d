/** POST /v1/sample: one row of logits in, one token out. */
import type { FastifyInstance } from "fastify";
import { SAMPLE_ROUTE } from "../../schemas/routes.ts";
import { arrive } from "../arrive.ts";
import { STEP_BODY } from "../open-body.ts";
import { answerStep, sendTimed } from "../sample.ts";
import type { Service } from "../service.ts";

export function addSample(app: FastifyInstance, service: Service): void {
  app.post("/v1/sample", { schema: SAMPLE_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter();
    try {
      const reader = await arrive(STEP_BODY, service, request, visit);
      const began = performance.now();
      const text = answerStep(service, reader.next());
      return sendTimed(reply, text, performance.now() - began);
    } finally {
      visit.leave();
    }
  });
}
