/** POST /v1/probabilities: rows of logits in, probabilities and decisions out, as JSON or as a tensor. */
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply } from "fastify";
import { probabilitiesTask } from "../../../analysis/tasks/probabilities.ts";
import { scaledTask } from "../../../analysis/tasks/scaled.ts";
import { parseProbabilities } from "../../../schemas/analysis-options.ts";
import { PROBABILITIES_ROUTE } from "../../../schemas/openapi/analysis-routes.ts";
import { HEADER_LENGTH } from "../../exchange/open-body.ts";
import { TENSOR_TYPE, wantsTensor } from "../../exchange/tensor-type.ts";
import { type Analysis, analyze, sendText, taskContext } from "./analyze.ts";

export function addProbabilities(app: FastifyInstance, analysis: Analysis): void {
  const values_max = analysis.service.config.limits.analysis_values_max;
  app.post("/v1/probabilities", { schema: PROBABILITIES_ROUTE }, async (request, reply) => {
    const without_lists = wantsTensor(request.headers.accept);
    const { task, text } = await analyze(analysis, request, reply, (head) => {
      const { options, temperature, scaling } = parseProbabilities(head.options);
      return scaledTask(taskContext(analysis, head, temperature), scaling, (context) =>
        probabilitiesTask(context, { ...options, without_lists, values_max }),
      );
    });
    return without_lists ? sendTensor(reply, text, task.tensor()) : sendText(reply, text);
  });
}

/** The JSON of the reply, and behind it the probabilities: float32, little-endian, row after row. */
function sendTensor(
  reply: FastifyReply,
  text: string | readonly Buffer[],
  pieces: readonly Float32Array[],
): FastifyReply {
  const head = typeof text === "string" ? Buffer.from(text) : Buffer.concat(text);
  const tensor = pieces.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  const tensor_bytes = tensor.reduce((sum, { length }) => sum + length, 0);
  return reply
    .header(HEADER_LENGTH, head.length)
    .header("content-length", head.length + tensor_bytes)
    .type(TENSOR_TYPE)
    .send(Readable.from([head, ...tensor]));
}
