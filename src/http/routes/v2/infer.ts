/** POST /v2/models/sampler/infer: tensors in, tensors out. Every row is drawn as /v1 would draw it. */
import { assert, Problem } from "../../../errors.ts";
import type { Sampled } from "../../../sampling/report/report.ts";
import { InferReader } from "../../../wire/v2/infer-reader.ts";
import { outputTensors } from "../../../wire/v2/outputs.ts";
import { type InferReply, writeInferReply } from "../../../wire/v2/reply.ts";
import type { Inference } from "../../../wire/v2/request.ts";
import { ClientGone } from "../../exchange/client-gone.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { V2_JSON_TYPE } from "../../exchange/json-type.ts";
import { requireNoQuery } from "../../exchange/no-query.ts";
import { HEADER_LENGTH, headerLength } from "../../exchange/open-body.ts";
import { flowOf, type Receiver } from "../../exchange/read-body.ts";
import { StepAnswers } from "../../exchange/step-answers.ts";
import type { Flow } from "../../exchange/turns.ts";
import { countFailure, countSuccess } from "../../observe/statistics.ts";
import { acceptedCompression, compress, compressionOf, createInflater, inflating } from "./inflate.ts";

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
  #answers: StepAnswers | undefined;
  #has_ended = false;
  #sampled_ms: number | undefined;
  #writing: Generator<undefined, InferReply> | undefined;
  #reply: InferReply | undefined;

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
    if (compression === undefined) {
      this.#exchange.receive({ ...this.#receiver(reader, flowOf(raw)), in_place: true });
      return;
    }
    const inflated = createInflater(compression);
    const receiver = this.#receiver(reader, inflated.flow);
    this.#exchange.receive(inflating(inflated, raw, config.limits.body_bytes_max, receiver));
  }

  fail(error: unknown): void {
    const { service, guest } = this.#exchange;
    if (!(error instanceof ClientGone)) countFailure(service.inferences, performance.now() - guest.began_ms);
    this.#exchange.refuse(error);
  }

  /** Writes to the reader, and takes the rows that are ready in turns. */
  #receiver(reader: InferReader, flow: Flow): Receiver {
    const { service, visit } = this.#exchange;
    const fail = (error: unknown) => this.fail(error);
    const next = () => this.#sampleNext(reader) || this.#writeNext(reader);
    const intake = this.#exchange.intake({ next, done: () => this.#answer(), fail }, flow);
    return {
      write(chunk) {
        intake.requireGood();
        if (reader.parks) visit.hold(chunk.length);
        reader.write(chunk);
        // A single row is sampled with the end, which is in the same packet. Else the chunk is gone afterwards.
        if (reader.inference?.rows.steps !== 1 && !intake.wrote()) reader.keep();
      },
      end: () => {
        intake.requireGood();
        reader.end();
        service.figures.received(formOf(inferenceOf(reader)), visit.received_bytes);
        this.#has_ended = true;
        intake.end();
      },
      fail,
    };
  }

  /** Samples the next row that is ready, or does a piece of it; false when none is. */
  #sampleNext(reader: InferReader): boolean {
    const step = this.#answers?.is_inside ? undefined : reader.next();
    if (step === undefined && !this.#answers?.is_inside) return false;
    this.#requireInTime(reader.inference);
    if (step !== undefined) this.#exchange.reckon(step);
    this.#answers ??= new StepAnswers(this.#exchange, reader.inference?.rows.steps === 1 ? "unary" : "batch");
    const sampled = step === undefined ? this.#answers.goOn() : this.#answers.begin(step);
    if (sampled !== undefined) this.#sampled.push(sampled);
    return true;
  }

  #requireInTime(inference: Inference | undefined): void {
    const timeout_us = inference?.wanted.timeout_us;
    const spent_ms = performance.now() - this.#exchange.guest.began_ms;
    if (timeout_us === undefined || spent_ms <= timeout_us / US_PER_MS) return;
    throw new Problem("body_timeout", `the timeout of the request, ${timeout_us} µs, has passed`);
  }

  /** Writes the next piece of the answer, once the body has ended and all its rows are sampled; false when it is written. */
  #writeNext(reader: InferReader): boolean {
    if (!this.#has_ended) return false;
    this.#sampled_ms ??= performance.now();
    this.#writing ??= replyTo(inferenceOf(reader), this.#sampled);
    const piece = this.#writing.next();
    if (piece.done === true) this.#reply = piece.value;
    return piece.done !== true;
  }

  #answer(): void {
    const { service, guest, sampling_ms } = this.#exchange;
    const [reply, sampled_ms] = [this.#reply, this.#sampled_ms];
    assert(reply !== undefined && sampled_ms !== undefined, "the answer is written before it is sent");
    const input_ms = sampled_ms - guest.began_ms - sampling_ms;
    const times = { input_ms, sampling_ms, output_ms: performance.now() - sampled_ms };
    countSuccess(service.inferences, this.#sampled.length, times);
    this.#send(reply);
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

function inferenceOf({ inference }: InferReader): Inference {
  assert(inference !== undefined, "a body that ended well has its inference");
  return inference;
}

function formOf({ logits, rows }: Inference) {
  return logits.place.in === "body" ? rows.dtype : logits.place.in;
}

function* replyTo({ wanted }: Inference, sampled: readonly Sampled[]): Generator<undefined, InferReply> {
  const { id, outputs, binary, binary_by_default } = wanted;
  const tensors = yield* outputTensors(outputs, sampled);
  return yield* writeInferReply(
    id,
    tensors,
    outputs === undefined ? tensors.map(() => binary_by_default) : binary,
  );
}
