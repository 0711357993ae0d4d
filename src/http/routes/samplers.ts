/** GET /v1/samplers: the catalogue, made from the stage objects once. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import type { DrawRule } from "../../sampling/draw/draw-rule.ts";
import { DRAW_RULES } from "../../sampling/draw/index.ts";
import { WATERMARKS } from "../../sampling/draw/watermark/index.ts";
import type { WatermarkScheme } from "../../sampling/draw/watermark/scheme.ts";
import { SYSTEM_FINGERPRINT } from "../../sampling/fingerprint.ts";
import type { Stage } from "../../sampling/stage.ts";
import { STAGES } from "../../sampling/stages/index.ts";
import { STOPS } from "../../sampling/stops/index.ts";
import type { Stop } from "../../sampling/stops/stop.ts";
import { VERIFY_METHODS } from "../../sampling/verify/index.ts";
import type { VerifyMethod } from "../../sampling/verify/method.ts";
import { SAMPLERS_ROUTE } from "../../schemas/openapi/routes.ts";
import { jsonSchemaOf, propertiesOf } from "../../schemas/options.ts";
import type { CATALOGUE } from "../../schemas/replies.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";
import { described } from "./catalogue.ts";

export function addSamplers(app: FastifyInstance): void {
  const catalogue: z.infer<typeof CATALOGUE> = {
    system_fingerprint: SYSTEM_FINGERPRINT,
    stages: STAGES.map(describeStage),
    draws: DRAW_RULES.map(describeRule),
    watermarks: WATERMARKS.map(describeWatermark),
    verify_methods: VERIFY_METHODS.map(describeMethod),
    stops: STOPS.map(describeStop),
  };
  const text = JSON.stringify(catalogue);
  app.get("/v1/samplers", { schema: SAMPLERS_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the catalogue takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}

function describeStage(stage: Stage) {
  const { options, ...told } = described("stage", stage);
  const defaults = Object.entries(propertiesOf(options)).flatMap(([option, { default: standard }]) =>
    standard === undefined ? [] : [[option, standard] as const],
  );
  return {
    ...told,
    keeps_argmax: stage.keepsArgmax,
    carries_state: stage.state !== undefined,
    options,
    defaults: Object.fromEntries(defaults),
  };
}

function describeRule(rule: DrawRule) {
  const { needs, leaves } = rule;
  return { ...described("rule", rule), needs, leaves };
}

function describeWatermark(scheme: WatermarkScheme) {
  const { test, keepsDistribution } = scheme;
  return { ...described("scheme", scheme), test, keeps_distribution: keepsDistribution };
}

function describeMethod({ name, summary, formula, source, preserves, readsDraft, options }: VerifyMethod) {
  return {
    name,
    summary,
    formula,
    source,
    example: { method: name },
    options: jsonSchemaOf(options),
    preserves,
    reads_draft: readsDraft,
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
