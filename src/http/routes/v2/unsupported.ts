/** Requests of Triton's clients that this service does not support. Each is refused with its own sentence. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../../errors.ts";
import { MODEL } from "../../../schemas/v2.ts";

const GET_POST = ["GET", "POST"];

const UNSUPPORTED: readonly (readonly [path: string, sentence: string])[] = [
  ["/v2/cudasharedmemory/*", "CUDA shared memory is not supported: rows are sampled on the CPU"],
  ["/v2/repository/models/*", "models are not loaded or unloaded: there is one, and it is always there"],
  ["/v2/trace/setting", "trace settings are not supported: a step is traced with the option trace"],
  [
    `/v2/models/${MODEL.name}/trace/setting`,
    "trace settings are not supported: a step is traced with the option trace",
  ],
  ["/v2/logging", "log settings are not supported: they are those that the service was started with"],
  [`/v2/models/${MODEL.name}/generate`, "texts are not generated: this model draws tokens from logits"],
  [
    `/v2/models/${MODEL.name}/generate_stream`,
    "texts are not generated: this model draws tokens from logits",
  ],
];

export function addUnsupported(app: FastifyInstance): void {
  for (const [url, sentence] of UNSUPPORTED)
    app.route({
      method: GET_POST,
      url,
      schema: { hide: true },
      handler: () => {
        throw new Problem("not_found", sentence);
      },
    });
}
