/** Connects a request that Fastify answers to the reader of its body. */
import type { FastifyRequest } from "fastify";
import type { BodyReader } from "../../wire/step-reader.ts";
import type { Ticket } from "../admission/ticket.ts";
import { type Opener, openBody } from "./open-body.ts";
import { BodyReading } from "./read-body.ts";
import type { Service } from "./service.ts";
import { Intake, type Owner } from "./turns.ts";

/** What a route does with the rows of a body as they arrive. */
export interface Taking<Reader> {
  readonly owner: Owner;
  /** Takes the next row that is ready; false when none is. */
  next(reader: Reader): boolean;
}

/**
 * Reads the whole body. With `taking`, rows are taken in turns as they arrive. The returned reader has seen the end of
 * the body, and every row that is ready was taken. Throws a Problem, or ClientGone.
 */
export function arrive<Reader extends BodyReader>(
  opener: Opener<Reader>,
  service: Service,
  { raw }: FastifyRequest,
  ticket: Ticket,
  taking?: Taking<Reader>,
): Promise<Reader> {
  const { wire, remembered } = service;
  const context = { limits: wire, remembered, lease: ticket.lease };
  return new Promise((resolve, fail) => {
    let intake: Intake | undefined;
    const take = (reader: Reader, { owner, next }: Taking<Reader>) => {
      intake = new Intake(owner, reading, { next: () => next(reader), done: () => resolve(reader), fail });
    };
    const use = {
      open(first: Uint8Array) {
        const reader = openBody(opener, raw, context, first);
        if (taking !== undefined) take(reader, taking);
        return reader;
      },
      wrote: () => void intake?.wrote(),
      whole(reader: Reader) {
        if (intake === undefined) resolve(reader);
        else intake.end();
      },
    };
    const reading: BodyReading<Reader> = new BodyReading(service, raw, ticket, use, fail);
  });
}
