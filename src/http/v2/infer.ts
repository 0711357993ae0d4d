/** POST /v2/models/sampler/infer: tensors in, tensors out. Every row is drawn as /v1 would draw it. */
import { assert, Problem } from "../../errors.ts";
import type { Sampled } from "../../sampling/report.ts";
import { InferReader } from "../../wire/v2/infer-reader.ts";
import { outputTensors } from "../../wire/v2/outputs.ts";
import { type InferReply, writeInferReply } from "../../wire/v2/reply.ts";
import type { Inference } from "../../wire/v2/request.ts";
import { TURN_MS } from "../admission/gate.ts";
import type { Exchange } from "../line/exchange.ts";
import { HEADER_LENGTH, headerLength } from "../line/open-body.ts";
import { ClientGone } from "../line/receive.ts";
import { requireNoQuery } from "../no-query.ts";
import { acceptedCompression, compress, compressionOf, inflating } from "./inflate.ts";
import { V2_JSON_TYPE } from "./json-type.ts";
import { countFailure, countSuccess } from "./statistics.ts";

const BINARY_TYPE = "application/octet-stream";
const US_PER_MS = 1000;

export function answerInfer(exchange: Exchange): void {
  const call = new InferCall(exchange);
  try {
    call.read();
  } catch (error) {
    // The body is read all the same, so that its sender gets to read the answer.
    const refuse = () => {
      throw error;
    };
    exchange.receive({ in_place: true, write: refuse, end: refuse, fail: (failure) => call.fail(failure) });
  }
}

class InferCall {
  readonly #exchange: Exchange;
  readonly #sampled: Sampled[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Reads the body; rows are sampled as they come. Throws what is wrong with the head. */
  read(): void {
    const { raw, service, visit } = this.#exchange;
    requireNoQuery(raw.url, "options of an inference are its parameters");
    const compression = compressionOf(raw.headers["content-encoding"]);
    const header_bytes = headerLength(raw.headers[HEADER_LENGTH]);
    const { wire, plans, shared_memory, config } = service;
    const reader = new InferReader(header_bytes, { limits: wire, plans, lease: visit.lease, shared_memory });
    const receiver = {
      write: (chunk: Uint8Array) => this.#write(reader, chunk),
      end: () => this.#end(reader),
      fail: (error: unknown) => this.fail(error),
    };
    const { body_bytes_max } = config.limits;
    this.#exchange.receive(
      compression === undefined
        ? { ...receiver, in_place: true }
        : inflating(compression, raw, body_bytes_max, receiver),
    );
  }

  fail(error: unknown): void {
    const { service, guest } = this.#exchange;
    if (!(error instanceof ClientGone)) countFailure(service.inferences, performance.now() - guest.began_ms);
    this.#exchange.refuse(error);
  }

  /** All rows that the chunk completes are sampled at once: the chunk is gone afterwards. */
  #write(reader: InferReader, chunk: Uint8Array): void {
    if (reader.parks) this.#exchange.visit.hold(chunk.length);
    reader.write(chunk);
    this.#take(reader, Number.POSITIVE_INFINITY);
  }

  #end(reader: InferReader): void {
    const { service, visit } = this.#exchange;
    reader.end();
    const { inference } = reader;
    assert(inference !== undefined, "a body that ended well has its inference");
    service.figures.received(formOf(inference), visit.received_bytes);
    this.#proceed(reader, inference);
  }

  /** Samples the rows that are left, in as many turns of the event loop as it takes, and answers. */
  #proceed(reader: InferReader, inference: Inference): void {
    this.#exchange.compute(() => {
      try {
        if (this.#take(reader, TURN_MS)) this.#answer(inference);
        else setImmediate(() => this.#proceed(reader, inference));
      } catch (error) {
        this.fail(error);
      }
    });
  }

  /** Samples the rows that are ready, and stops after this many milliseconds; false when more may be ready. */
  #take(reader: InferReader, turn_ms: number): boolean {
    const until_ms = performance.now() + turn_ms;
    for (let step = reader.next(); step !== undefined; step = reader.next()) {
      this.#requireInTime(reader.inference);
      this.#exchange.reckon(step);
      const began_ms = performance.now();
      try {
        this.#sampled.push(this.#exchange.service.sampler.sample(step.row, step.options));
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
    this.#exchange.sampling_ms += ms;
    const last = this.#sampled.at(-1);
    const transport = inference?.rows.row_count === 1 ? "unary" : "batch";
    if (last !== undefined) this.#exchange.service.figures.sampled(last, transport, ms / 1000);
  }

  #requireInTime(inference: Inference | undefined): void {
    const timeout_us = inference?.wanted.timeout_us;
    const spent_ms = performance.now() - this.#exchange.guest.began_ms;
    if (timeout_us === undefined || spent_ms <= timeout_us / US_PER_MS) return;
    throw new Problem("body_timeout", `the timeout of the request, ${timeout_us} µs, has passed`);
  }

  #answer(inference: Inference): void {
    const { service, guest, sampling_ms } = this.#exchange;
    const sampled_ms = performance.now();
    const written = replyTo(inference, this.#sampled);
    const now_ms = performance.now();
    const input_ms = sampled_ms - guest.began_ms - sampling_ms;
    const times = { input_ms, sampling_ms, output_ms: now_ms - sampled_ms };
    countSuccess(service.inferences, this.#sampled.length, times);
    this.#send(written);
  }

  #send({ body, header_bytes }: InferReply): void {
    const headers = ["content-type", header_bytes === undefined ? V2_JSON_TYPE : BINARY_TYPE];
    if (header_bytes !== undefined) headers.push(HEADER_LENGTH, String(header_bytes));
    const compression = acceptedCompression(this.#exchange.raw.headers["accept-encoding"]);
    if (compression === undefined) this.#exchange.answer(body, headers);
    else
      compress(compression, body).then(
        (bytes) => this.#exchange.answer(bytes, [...headers, "content-encoding", compression]),
        (error: unknown) => this.fail(error),
      );
  }
}

function formOf({ logits, rows }: Inference) {
  return logits.place.in === "body" ? rows.dtype : logits.place.in;
}

function replyTo({ wanted }: Inference, sampled: readonly Sampled[]): InferReply {
  const { id, outputs, binary, binary_by_default } = wanted;
  const tensors = outputTensors(outputs, sampled);
  return writeInferReply(id, tensors, outputs === undefined ? tensors.map(() => binary_by_default) : binary);
}
