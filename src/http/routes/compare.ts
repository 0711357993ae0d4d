/** POST /v1/compare: one row through several presets or chains, and where and why they differ. */
import type { FastifyInstance } from "fastify";
import { assert, Problem } from "../../errors.ts";
import { compareRow } from "../../sampling/compare/compare.ts";
import { type ComparisonOptions, parseComparison } from "../../sampling/compare/options.ts";
import type { LogitsRow } from "../../sampling/rows.ts";
import { COMPARE_ROUTE } from "../../schemas/openapi/compare-routes.ts";
import { openStepJson, openStepTensor } from "../../wire/step-body.ts";
import { ownedBy } from "../access/owned.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { sendTimed } from "../exchange/step-answers.ts";
import { inTurns, ownerOf } from "../exchange/turns.ts";

const OF_ONE_ROW = { parse: parseComparison, step_rows_max: 1 } as const;

const COMPARE_BODY: Opener = {
  json: (context) => openStepJson({ ...context, ...OF_ONE_ROW }),
  tensor: (source, context) => openStepTensor(source, { ...context, ...OF_ONE_ROW }),
};

export function addCompare(app: FastifyInstance, service: Service): void {
  app.post("/v1/compare", { schema: COMPARE_ROUTE }, async (request, reply) => {
    const ticket = service.admission.enter(request.record.client);
    try {
      const reader = await arrive(COMPARE_BODY, service, request, ticket);
      const step = reader.next();
      assert(step !== undefined, "a body that ended well has its step");
      if (step instanceof Problem) throw step;
      const options = step.options as ComparisonOptions; // parseComparison made them
      const { compare_work_max } = service.config.limits;
      const { sampler } = ownedBy(service, request.record.grant);
      // The context of a comparison has one row.
      const comparing = compareRow(sampler, step.rows[0] as LogitsRow, options, compare_work_max);
      const { result, spent_ms } = await inTurns(ownerOf(ticket, reply), comparing);
      return sendTimed(reply, JSON.stringify(result), spent_ms);
    } finally {
      ticket.leave();
    }
  });
}
