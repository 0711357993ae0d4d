/** GET /v1/presets: the order, the defaults and the rules of each host. */
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { DEFAULT_PRESET, PRESETS } from "../../sampling/presets/index.ts";
import type { PRESETS_REPLY } from "../../schemas/compare.ts";
import { PRESETS_ROUTE } from "../../schemas/openapi/compare-routes.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";

export function addPresets(app: FastifyInstance): void {
  const body: { readonly [Key in keyof z.infer<typeof PRESETS_REPLY>]: unknown } = {
    default: DEFAULT_PRESET.name,
    presets: PRESETS,
  };
  const text = JSON.stringify(body);
  app.get("/v1/presets", { schema: PRESETS_ROUTE }, ({ raw }, reply) => {
    requireNoQuery(raw.url, "the list of presets takes no options");
    reply.header("content-type", JSON_TYPE).send(text);
  });
}
