/** POST /v1/watermark/detect: texts as token ids in, scores and p-values of a watermark out. No logits, no model. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../errors.ts";
import { type Detection, WatermarkReader } from "../../sampling/draw/watermark/detect.ts";
import { requireKey, type WatermarkKeys } from "../../sampling/draw/watermark/keys.ts";
import { DETECT_ROUTE } from "../../schemas/openapi/watermark-routes.ts";
import { type DetectOptions, parseDetect } from "../../schemas/watermark.ts";
import { type JsonBody, openJsonBody, refuseTensor } from "../../wire/json-body.ts";
import { ownedBy } from "../access/owned.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { JSON_TYPE } from "../exchange/step-answers.ts";
import { inTurns, ownerOf } from "../exchange/turns.ts";

const DETECT_BODY: Opener<JsonBody> = { json: openJsonBody, tensor: refuseTensor };

export function addDetect(app: FastifyInstance, service: Service): void {
  const { limits } = service.config;
  app.post("/v1/watermark/detect", { schema: DETECT_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter(request.record.client);
    try {
      const { value } = await arrive(DETECT_BODY, service, request, visit);
      const options = parseDetect(value, limits);
      const { watermark_keys } = ownedBy(service, request.record.grant).config;
      const looking = detected(options, watermark_keys, limits.detect_work_max);
      const { result } = await inTurns(ownerOf(visit, reply), looking);
      return reply.header("content-type", JSON_TYPE).send(JSON.stringify(result));
    } finally {
      visit.leave();
    }
  });
}

type Results = Detection | { readonly results: readonly Detection[] };

function* detected(
  { scheme, options, texts, single, vocab_size, values, repeats }: DetectOptions,
  keys: WatermarkKeys,
  work_max: number,
): Generator<undefined, Results> {
  const key = requireKey(keys, options.key, "/key");
  if (scheme.prepare !== undefined) yield* scheme.prepare(options, key);
  const detector = scheme.detector(options, key, vocab_size);
  const work = texts.reduce(
    (sum, { token_ids }) => sum + token_ids.length * detector.token_work + detector.verdict_work,
    0,
  );
  if (work > work_max)
    throw new Problem(
      "limit_exceeded",
      `a search may take at most ${work_max} looks at tokens (detect_work_max), got some ${Math.round(work)}: send fewer or shorter texts`,
    );
  const reader = new WatermarkReader(detector, scheme.context(options), repeats);
  const results: Detection[] = [];
  for (const text of texts) results.push(yield* reader.pieces(text, values));
  return single ? (results[0] as Detection) : { results }; // a single text has one result
}
