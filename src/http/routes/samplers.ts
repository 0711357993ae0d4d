/** GET /v1/samplers: the catalogue, made from the stage objects once. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { SYSTEM_FINGERPRINT } from "../../sampling/fingerprint.ts";
import type { Stage } from "../../sampling/stage.ts";
import { STAGES } from "../../sampling/stages/index.ts";
import { STOPS } from "../../sampling/stops/index.ts";
import type { Stop } from "../../sampling/stops/stop.ts";
import { SAMPLERS_ROUTE } from "../../schemas/openapi/routes.ts";
import { jsonSchemaOf, propertiesOf } from "../../schemas/options.ts";
import type { CATALOGUE } from "../../schemas/replies.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

export function addSamplers(app: FastifyInstance): void {
  const catalogue: z.infer<typeof CATALOGUE> = {
    system_fingerprint: SYSTEM_FINGERPRINT,
    stages: STAGES.map(describeStage),
    stops: STOPS.map(describeStop),
  };
  const text = JSON.stringify(catalogue);
  app.get("/v1/samplers", { schema: SAMPLERS_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the catalogue takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}

function describeStage({ name, summary, formula, source, example, keepsArgmax, state, options }: Stage) {
  const schema = jsonSchemaOf(options);
  const defaults = Object.entries(propertiesOf(schema)).flatMap(([option, { default: standard }]) =>
    standard === undefined ? [] : [[option, standard] as const],
  );
  return {
    name,
    summary,
    formula,
    source,
    example: { stage: name, ...example },
    keeps_argmax: keepsArgmax,
    carries_state: state !== undefined,
    options: schema,
    defaults: Object.fromEntries(defaults),
  };
}

function describeStop({ name, finish_reason, summary, source, example, measure, options }: Stop) {
  return {
    name,
    finish_reason,
    summary,
    source,
    example: { [name]: example },
    carries_state: measure !== undefined,
    options: jsonSchemaOf(options),
  };
}
