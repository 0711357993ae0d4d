/** POST /v2/models/sampler/infer: tensors in, tensors out. Every row is drawn as on /v1. */
import { assert, Problem } from "../../../errors.ts";
import type { Sampled } from "../../../sampling/report/report.ts";
import type { Verified } from "../../../sampling/verify/verify.ts";
import { InferReader } from "../../../wire/v2/infer-reader.ts";
import { outputTensors } from "../../../wire/v2/outputs.ts";
import { type InferReply, writeInferReply } from "../../../wire/v2/reply.ts";
import type { Inference } from "../../../wire/v2/request.ts";
import { ClientGone } from "../../exchange/client-gone.ts";
import { DraftAnswers } from "../../exchange/draft-answers.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { V2_JSON_TYPE } from "../../exchange/json-type.ts";
import { requireNoQuery } from "../../exchange/no-query.ts";
import { HEADER_LENGTH, headerLength } from "../../exchange/open-body.ts";
import { StepAnswers } from "../../exchange/step-answers.ts";
import { type Flow, Intake, type Work } from "../../exchange/turns.ts";
import { countFailure, countSuccess } from "../../observe/statistics.ts";
import {
  acceptedCompression,
  compress,
  compressionOf,
  type Inflated,
  Inflating,
  isPlain,
} from "./inflate.ts";

const BINARY_TYPE = "application/octet-stream";
const US_PER_MS = 1000;

export function answerInfer(exchange: Exchange): void {
  const call = new InferCall(exchange);
  const encoding = exchange.raw.headers["content-encoding"];
  if (isPlain(encoding)) call.read();
  else call.inflate(encoding);
}

class InferCall implements Work, Inflated {
  readonly #exchange: Exchange;
  readonly #sampled: Sampled[] = [];
  /** for a draft: its reply, whose positions are the sampled tokens */
  #verified: Verified | undefined;
  #draft_answers: DraftAnswers | undefined;
  #reader: InferReader | undefined;
  #intake: Intake | undefined;
  #answers: StepAnswers | undefined;
  #has_ended = false;
  #sampled_ms: number | undefined;
  #writing: Generator<undefined, InferReply> | undefined;
  #reply: InferReply | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Reads the body; rows are sampled as they arrive. */
  read(): void {
    const use = {
      in_place: true,
      open: () => {
        this.#requireNoQuery();
        return this.#open(body);
      },
      wrote: () => this.#wrote(),
      whole: () => this.#whole(),
    };
    const body: Flow = this.#exchange.read(use, (error) => this.fail(error));
  }

  /** Reads a compressed body: `write` and `end` are called with the inflated bytes. */
  inflate(encoding: string | undefined): void {
    const { body_bytes_max } = this.#exchange.service.config.limits;
    let inflating: Inflating | undefined;
    const open = () => {
      this.#requireNoQuery();
      inflating = new Inflating(compressionOf(encoding), body, body_bytes_max, this);
      this.#open(inflating);
      return inflating;
    };
    const whole = () => undefined; // it goes on until all is inflated
    const body: Flow = this.#exchange.read({ open, whole }, (error) => {
      inflating?.close();
      this.fail(error);
    });
  }

  write(chunk: Uint8Array): void {
    const reader = this.#opened;
    if (reader.parks) this.#exchange.ticket.hold(chunk.length);
    reader.write(chunk);
    this.#wrote();
  }

  end(): void {
    const { service, ticket } = this.#exchange;
    const reader = this.#opened;
    reader.end();
    if (reader.form !== undefined) service.counters.received(reader.form, ticket.received_bytes);
    this.#whole();
  }

  fail(error: unknown): void {
    const { service, record } = this.#exchange;
    if (!(error instanceof ClientGone)) countFailure(service.inferences, performance.now() - record.began_ms);
    this.#exchange.refuse(error);
  }

  next(): boolean {
    const reader = this.#opened;
    const is_taken = reader.is_draft ? this.#verifyNext(reader) : this.#sampleNext(reader);
    return is_taken || this.#writeNext(reader);
  }

  #requireNoQuery(): void {
    requireNoQuery(this.#exchange.raw.url, "options of an inference are its parameters");
  }

  /** Makes the reader. Throws a Problem if the head is wrong. */
  #open(flow: Flow): InferReader {
    const { raw, service, context } = this.#exchange;
    const header_bytes = headerLength(raw.headers[HEADER_LENGTH]);
    this.#reader = new InferReader(header_bytes, { shared_memory: service.shared_memory, ...context });
    this.#intake = new Intake(this.#exchange, flow, this);
    return this.#reader;
  }

  get #opened(): InferReader {
    assert(this.#reader !== undefined, "a body is read by its reader");
    return this.#reader;
  }

  /** Processes the ready rows in turns. */
  #wrote(): void {
    const reader = this.#opened;
    // A single row is sampled at the end of the body, which is in the same packet. In other cases the chunk's memory is
    // reused afterwards.
    const waits = reader.inference?.rows.steps === 1 && !reader.is_draft;
    if (!waits && !this.#intake?.wrote()) reader.keep();
  }

  #whole(): void {
    this.#has_ended = true;
    this.#intake?.end();
  }

  /** Samples the next ready row, or a piece of it; false when none is ready. */
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

  /** Does the next piece of the draft; false when it is verified, or waits for rows. */
  #verifyNext(reader: InferReader): boolean {
    this.#draft_answers ??= new DraftAnswers(this.#exchange);
    const answers = this.#draft_answers;
    const call = answers.is_inside ? undefined : reader.nextDraft();
    if (call === undefined && !answers.is_inside) return false;
    this.#requireInTime(reader.inference);
    if (call !== undefined) answers.begin(call);
    const reply = answers.goOn();
    if (typeof reply !== "object") return reply !== "arriving";
    this.#verified = reply;
    this.#sampled.push(...reply.positions);
    return true;
  }

  #requireInTime(inference: Inference | undefined): void {
    const timeout_us = inference?.wanted.timeout_us;
    const spent_ms = performance.now() - this.#exchange.record.began_ms;
    if (timeout_us === undefined || spent_ms <= timeout_us / US_PER_MS) return;
    throw new Problem("body_timeout", `the timeout of the request, ${timeout_us} µs, has passed`);
  }

  /** Writes the next piece of the answer, once the body has ended and all its rows are sampled; false when it is written. */
  #writeNext(reader: InferReader): boolean {
    if (!this.#has_ended) return false;
    this.#sampled_ms ??= performance.now();
    this.#writing ??= replyTo(inferenceOf(reader), this.#sampled, this.#verified);
    const piece = this.#writing.next();
    if (piece.done === true) this.#reply = piece.value;
    return piece.done !== true;
  }

  done(): void {
    const { service, record, sampling_ms } = this.#exchange;
    const [reply, sampled_ms] = [this.#reply, this.#sampled_ms];
    assert(reply !== undefined && sampled_ms !== undefined, "the answer is written before it is sent");
    const input_ms = sampled_ms - record.began_ms - sampling_ms;
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

function* replyTo(
  { wanted }: Inference,
  sampled: readonly Sampled[],
  verified: Verified | undefined,
): Generator<undefined, InferReply> {
  const { id, outputs, binary, binary_by_default } = wanted;
  const tensors = yield* outputTensors(outputs, sampled, verified);
  return yield* writeInferReply(
    id,
    tensors,
    outputs === undefined ? tensors.map(() => binary_by_default) : binary,
  );
}
