/** One stream's side of the sampler: messages in, the lines that answer them out. It knows no connection. */
import { assert, Problem } from "../../errors.ts";
import type { Sampled } from "../../sampling/report.ts";
import { openStream, type SampleStream } from "../../sampling/stream.ts";
import { writeProblem, writeSampled } from "../../wire/reply.ts";
import type { WireContext } from "../../wire/step-reader.ts";
import type { StreamMessage } from "../../wire/stream-message.ts";
import type { Visit } from "../admission/admission.ts";
import type { Service } from "../service.ts";

type StepMessage = Extract<StreamMessage, { readonly type: "step" }>;

/** A row's step, which may take several pieces. */
interface StepUnderWay {
  spent_ms: number;
  take(): Sampled | Generator<undefined, Sampled>;
}

/** What the next piece of a step has drawn; undefined when it was not the last. */
function sampledBy(step: StepUnderWay): Sampled | undefined {
  const taken = step.take();
  if (!("next" in taken)) return taken;
  step.take = () => taken;
  const piece = taken.next();
  return piece.done === true ? piece.value : undefined;
}

export class StreamSession {
  /** what readers of this stream need: each message that has a row leases it anew, and idle streams hold none */
  readonly context: WireContext;
  readonly #service: Service;
  readonly #request_id: string;
  #stream: SampleStream | undefined;
  #visit: Visit | undefined;
  #under_way: StepUnderWay | undefined;

  constructor(service: Service, request_id: string) {
    this.#service = service;
    this.#request_id = request_id;
    const { wire, shared_memory } = service;
    this.context = { limits: wire, lease: () => this.#lease(), shared_memory };
  }

  /** Whether the options have come. */
  get opened(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether a row's answer needs `goOn`. */
  get is_inside(): boolean {
    return this.#under_way !== undefined;
  }

  /**
   * The line that answers a row; undefined for what needs no answer, and while `goOn` has more to do. Throws the Problem
   * after which no stream goes on.
   */
  answer(message: StreamMessage): string | undefined {
    try {
      if (message.type === "step") return this.#begin(this.#running, message);
      if (message.type === "open")
        this.#stream = openStream(this.#service.sampler, message.options, this.#service.wire.options);
      else if (message.type === "update") this.#running.update(message.options);
      else if (message.type === "accept") this.#running.accept(message.token_ids);
      else this.#running.rewind(message.steps);
      return undefined;
    } finally {
      if (!this.is_inside) this.close();
    }
  }

  /** Does the next piece of a row's step. */
  goOn(): string | undefined {
    const step = this.#under_way;
    assert(step !== undefined, "a step was begun");
    const line = this.#attempt(step);
    if (line === undefined) return undefined;
    this.#under_way = undefined;
    this.close();
    return line;
  }

  /** The line of a problem. */
  refusal(problem: Problem): string {
    return writeProblem(problem, this.#request_id);
  }

  /** Gives the row back that is leased, if one is. */
  close(): void {
    this.#visit?.leave();
    this.#visit = undefined;
  }

  get #running(): SampleStream {
    assert(this.#stream !== undefined, "the first message of a stream opens it");
    return this.#stream;
  }

  #begin(stream: SampleStream, { row, own, form, bytes }: StepMessage): string | undefined {
    this.#service.figures.received(form, bytes);
    const step: StepUnderWay = { spent_ms: 0, take: () => stream.begin(row, own) };
    const line = this.#attempt(step);
    if (line === undefined) this.#under_way = step;
    return line;
  }

  /** A row that fails is answered with its problem, and the stream is where it was. */
  #attempt(step: StepUnderWay): string | undefined {
    const { figures } = this.#service;
    const began_ms = performance.now();
    try {
      const sampled = sampledBy(step);
      step.spent_ms += performance.now() - began_ms;
      if (sampled === undefined) return undefined;
      figures.sampled(sampled, "stream", step.spent_ms / 1000);
      return writeSampled(sampled);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      figures.rejected(error.code);
      return this.refusal(error);
    }
  }

  #lease() {
    this.#visit ??= this.#service.admission.enter();
    return this.#visit.lease();
  }
}
