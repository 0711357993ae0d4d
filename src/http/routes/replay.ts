/** POST /v1/replay: rows, options and the tokens that a host claims; the reply says whether the steps give these tokens. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../errors.ts";
import {
  parseReplay,
  type Replayed,
  type ReplayOptions,
  ReplayTotals,
  replay,
} from "../../sampling/replay.ts";
import { REPLAY_ROUTE } from "../../schemas/openapi/replay-routes.ts";
import { openBatchJson, openBatchTensor } from "../../wire/batch-body.ts";
import { writeProblem } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import { ownedBy } from "../access/owned.ts";
import { arrive } from "../exchange/arrive.ts";
import type { Opener } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import { sendTimed } from "../exchange/step-answers.ts";
import { ownerOf } from "../exchange/turns.ts";

const REPLAY_BODY: Opener = {
  json: (context) => openBatchJson({ ...context, parse: parseReplay }),
  tensor: (source, context) => openBatchTensor(source, { ...context, parse: parseReplay }),
};

export function addReplay(app: FastifyInstance, service: Service): void {
  app.post("/v1/replay", { schema: REPLAY_ROUTE }, async (request, reply) => {
    const ticket = service.admission.enter(request.record.client);
    try {
      const replays = new Replays(ownedBy(service, request.record.grant), request.id);
      const next = (reader: StepReader) => replays.next(reader);
      await arrive(REPLAY_BODY, service, request, ticket, { owner: ownerOf(ticket, reply), next });
      return sendTimed(reply, replays.text(), replays.spent_ms);
    } finally {
      ticket.leave();
    }
  });
}

/** Replays rows as they arrive. A row that fails has its problem in its place. */
class Replays {
  readonly #service: Service;
  readonly #request_id: string;
  readonly #totals = new ReplayTotals();
  readonly #texts: string[] = [];
  #step: Step | undefined;
  #pieces: Generator<undefined, Replayed> | undefined;
  spent_ms = 0;

  constructor(service: Service, request_id: string) {
    this.#service = service;
    this.#request_id = request_id;
  }

  /** Replays the next ready row, or a piece of it; false when none is ready. */
  next(reader: StepReader): boolean {
    const began_ms = performance.now();
    try {
      return this.#advance(reader);
    } catch (error) {
      this.#pieces = undefined;
      if (!(error instanceof Problem) || error.code === "overloaded") throw error;
      this.#refuse(this.#step?.place?.(error) ?? error);
      return true;
    } finally {
      this.spent_ms += performance.now() - began_ms;
    }
  }

  #advance(reader: StepReader): boolean {
    if (this.#pieces === undefined) {
      const step = reader.next();
      if (step === undefined) return false;
      this.#step = undefined;
      if (step instanceof Problem) throw step;
      this.#step = step;
      const options = step.options as ReplayOptions; // parseReplay made them
      this.#pieces = this.#service.sampler.inspect(step.rows, options, (left) => replay(left, options));
    }
    const piece = this.#pieces.next();
    if (piece.done !== true) return true;
    this.#pieces = undefined;
    const options = this.#step?.options as ReplayOptions; // the step whose last piece this was
    this.#totals.add(piece.value, options.claim);
    this.#texts.push(JSON.stringify(piece.value));
    return true;
  }

  #refuse(problem: Problem): void {
    this.#service.counters.rejected(problem.code);
    this.#texts.push(writeProblem(problem, this.#request_id));
  }

  text(): string {
    return `{"results":[${this.#texts.join(",")}],"totals":${JSON.stringify(this.#totals.told)}}`;
  }
}
