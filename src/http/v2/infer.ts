/** POST /v2/models/sampler/infer: tensors in, tensors out. Every row is drawn as /v1 would draw it. */
import { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { assert, Problem } from "../../errors.ts";
import type { Sampled } from "../../sampling/report.ts";
import { MODEL } from "../../schemas/v2.ts";
import { INFER_ROUTE } from "../../schemas/v2-routes.ts";
import { InferReader } from "../../wire/v2/infer-reader.ts";
import { outputTensors } from "../../wire/v2/outputs.ts";
import { type InferReply, writeInferReply } from "../../wire/v2/reply.ts";
import type { Inference } from "../../wire/v2/request.ts";
import type { Visit } from "../admission/admission.ts";
import { nextTurn, TURN_MS } from "../admission/turns.ts";
import { HEADER_LENGTH, headerLength } from "../line/open-body.ts";
import { ClientGone, type Receiver, receive } from "../line/receive.ts";
import { JSON_TYPE } from "../line/sample.ts";
import { requireNoQuery } from "../no-query.ts";
import type { Service } from "../service.ts";
import { acceptedCompression, compress, compressionOf, inflating } from "./inflate.ts";
import { countFailure, countSuccess, type Statistics } from "./statistics.ts";

const MODEL_PATH = `/v2/models/${MODEL.name}`;
const BINARY_TYPE = "application/octet-stream";
const US_PER_MS = 1000;

export function addInfer(app: FastifyInstance, service: Service, statistics: Statistics): void {
  for (const path of [`${MODEL_PATH}/infer`, `${MODEL_PATH}/versions/${MODEL.version}/infer`])
    app.post(path, { schema: { ...INFER_ROUTE, hide: path.includes("versions") } }, (request, reply) =>
      answer(service, statistics, request, reply),
    );
}

async function answer(
  service: Service,
  statistics: Statistics,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  requireNoQuery(request.raw.url, "options of an inference are its parameters");
  const began_ms = performance.now();
  const visit = service.admission.enter();
  const rows = new Rows(service, began_ms);
  try {
    const inference = await arrive(service, request.raw, visit, rows);
    while (!rows.take(TURN_MS)) await nextTurn(reply);
    const sampled_ms = performance.now();
    const written = replyTo(inference, rows.sampled);
    const now_ms = performance.now();
    const { sampling_ms } = rows;
    const input_ms = sampled_ms - began_ms - sampling_ms;
    countSuccess(statistics, rows.sampled.length, { input_ms, sampling_ms, output_ms: now_ms - sampled_ms });
    return await send(reply, request.raw, written, sampling_ms);
  } catch (error) {
    if (!(error instanceof ClientGone)) countFailure(statistics, performance.now() - began_ms);
    throw error;
  } finally {
    visit.leave();
  }
}

/** Resolves when the whole body was read; rows are sampled as they come. */
function arrive(service: Service, raw: IncomingMessage, visit: Visit, rows: Rows): Promise<Inference> {
  const { config, wire, plans, shared_memory } = service;
  const compression = compressionOf(raw.headers["content-encoding"]);
  const header_bytes = headerLength(raw.headers[HEADER_LENGTH]);
  const reader = new InferReader(header_bytes, { limits: wire, plans, lease: visit.lease, shared_memory });
  rows.reader = reader;
  return new Promise((resolve, reject) => {
    const receiver: Receiver = {
      write(chunk) {
        if (reader.parks) visit.hold(chunk.length);
        reader.write(chunk);
        rows.take();
        // Nothing is left of the chunk; inflated ones and those that tests inject are parts of larger buffers.
        if (compression === undefined && raw instanceof IncomingMessage) service.collector.free(chunk);
      },
      end() {
        reader.end();
        const { inference } = reader;
        assert(inference !== undefined, "a body that ended well has its inference");
        service.figures.received(formOf(inference), visit.received_bytes);
        resolve(inference);
      },
      fail: reject,
    };
    const { body_bytes_max } = config.limits;
    receive(
      service,
      raw,
      visit,
      compression === undefined ? receiver : inflating(compression, raw, body_bytes_max, receiver),
    );
  });
}

function formOf({ logits, rows }: Inference) {
  return logits.place.in === "body" ? rows.dtype : logits.place.in;
}

/** The rows of one inference that were sampled so far. */
class Rows {
  readonly sampled: Sampled[] = [];
  sampling_ms = 0;
  reader: InferReader | undefined;
  readonly #service: Service;
  readonly #began_ms: number;

  constructor(service: Service, began_ms: number) {
    this.#service = service;
    this.#began_ms = began_ms;
  }

  /** Samples the rows that are ready, and stops after this many milliseconds; false when more may be ready. */
  take(turn_ms = Number.POSITIVE_INFINITY): boolean {
    const { reader } = this;
    if (reader === undefined) return true;
    const until_ms = performance.now() + turn_ms;
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      this.#requireInTime(reader.inference);
      const began_ms = performance.now();
      try {
        this.sampled.push(this.#service.sampler.sample(step.row, step.options));
      } catch (error) {
        throw error instanceof Problem && step.place !== undefined ? step.place(error) : error;
      }
      const ended_ms = performance.now();
      this.#count(ended_ms - began_ms, reader.inference);
      if (ended_ms > until_ms) return false;
    }
    return true;
  }

  #count(ms: number, inference: Inference | undefined): void {
    this.sampling_ms += ms;
    const last = this.sampled.at(-1);
    const transport = inference?.rows.row_count === 1 ? "unary" : "batch";
    if (last !== undefined) this.#service.figures.sampled(last, transport, ms / 1000);
  }

  #requireInTime(inference: Inference | undefined): void {
    const timeout_us = inference?.wanted.timeout_us;
    if (timeout_us === undefined || performance.now() - this.#began_ms <= timeout_us / US_PER_MS) return;
    throw new Problem("body_timeout", `the timeout of the request, ${timeout_us} µs, has passed`);
  }
}

function replyTo({ wanted }: Inference, sampled: readonly Sampled[]): InferReply {
  const { id, outputs, binary, binary_by_default } = wanted;
  const tensors = outputTensors(outputs, sampled);
  return writeInferReply(id, tensors, outputs === undefined ? tensors.map(() => binary_by_default) : binary);
}

async function send(
  reply: FastifyReply,
  { headers }: IncomingMessage,
  { body, header_bytes }: InferReply,
  sampling_ms: number,
): Promise<FastifyReply> {
  reply.header("server-timing", `sample;dur=${sampling_ms.toFixed(3)}`);
  reply.header("content-type", header_bytes === undefined ? JSON_TYPE : BINARY_TYPE);
  if (header_bytes !== undefined) reply.header(HEADER_LENGTH, header_bytes);
  const compression = acceptedCompression(headers["accept-encoding"]);
  if (compression === undefined) return reply.send(body);
  return reply.header("content-encoding", compression).send(await compress(compression, body));
}
