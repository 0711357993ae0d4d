/** POST /v1/grammar: a grammar in; its size, its warnings, and what may follow a text out. It takes no logits. */
import type { FastifyInstance } from "fastify";
import { parseGrammarRequest } from "../../schemas/grammar.ts";
import { GRAMMAR_ROUTE } from "../../schemas/openapi/grammar-route.ts";
import { type JsonBody, openJsonBody, refuseTensor } from "../../wire/json-body.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";
import { inTurns, ownerOf } from "../exchange/turns.ts";

const GRAMMAR_BODY: Opener<JsonBody> = { json: openJsonBody, tensor: refuseTensor };

export function addGrammar(app: FastifyInstance, service: Service): void {
  /** Grammars are inspected one at a time: the memory of one is released before the next begins. */
  let last: Promise<unknown> = Promise.resolve();
  app.post("/v1/grammar", { schema: GRAMMAR_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter();
    try {
      const { value } = await arrive(GRAMMAR_BODY, service, request, visit);
      const inquiry = parseGrammarRequest(value);
      const looking = last.then(() =>
        inTurns(ownerOf(visit, reply), service.sampler.inspectGrammar(inquiry)),
      );
      last = looking.catch(() => undefined);
      const { result } = await looking;
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(result));
    } finally {
      visit.leave();
    }
  });
}
