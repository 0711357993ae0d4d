/** POST /v1/sample/batch: many rows in, their tokens out in the same order; one bad row fails alone. */
import type { FastifyInstance } from "fastify";
import { Problem } from "../../errors.ts";
import { BATCH_ROUTE } from "../../schemas/routes.ts";
import { writeBatch, writeProblem } from "../../wire/reply.ts";
import type { Step, StepReader } from "../../wire/step-reader.ts";
import { arrive } from "../arrive.ts";
import { BATCH_BODY } from "../open-body.ts";
import { answerStep, sendTimed } from "../sample.ts";
import type { Service } from "../service.ts";
import { nextTurn, TURN_MS } from "../turns.ts";

export function addBatch(app: FastifyInstance, service: Service): void {
  app.post("/v1/sample/batch", { schema: BATCH_ROUTE }, async (request, reply) => {
    const visit = service.admission.enter();
    const answers = new Answers(service, request.id);
    try {
      const reader = await arrive(BATCH_BODY, service, request, visit, (each) => answers.take(each));
      while (!answers.take(reader, TURN_MS)) await nextTurn(reply);
      return sendTimed(reply, writeBatch(answers.texts), answers.sampling_ms);
    } finally {
      visit.leave();
    }
  });
}

/** The answers of a batch so far. */
class Answers {
  readonly texts: string[] = [];
  sampling_ms = 0;
  readonly #service: Service;
  readonly #request_id: string;

  constructor(service: Service, request_id: string) {
    this.#service = service;
    this.#request_id = request_id;
  }

  /** Answers the steps that are ready, and stops after this many milliseconds; false when more may be ready. */
  take(reader: StepReader, turn_ms = Number.POSITIVE_INFINITY): boolean {
    const began = performance.now();
    let spent_ms = 0;
    let step = reader.next();
    while (step !== undefined) {
      this.texts.push(answerRow(this.#service, step, this.#request_id));
      spent_ms = performance.now() - began;
      if (spent_ms > turn_ms) break;
      step = reader.next();
    }
    this.sampling_ms += spent_ms;
    return step === undefined;
  }
}

/** A row's reply is the text it would have alone; a row that fails has its problem there. */
function answerRow(service: Service, step: Step | Problem, request_id: string): string {
  try {
    return answerStep(service, step);
  } catch (error) {
    if (error instanceof Problem) return writeProblem(error, request_id);
    throw error;
  }
}
