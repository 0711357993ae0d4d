/** From a request to its steps: the body is opened by its headers and read as it comes. */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { BodyReader } from "../../wire/step-reader.ts";
import type { Visit } from "../admission/visit.ts";
import { type OpenedBody, type Opener, openBody } from "./open-body.ts";
import { flowOf, receive } from "./read-body.ts";
import type { Service } from "./service.ts";
import { Intake, type Owner } from "./turns.ts";

/** What a route does with the rows of a body while it comes. */
export interface Taking<Reader> {
  readonly owner: Owner;
  /** Takes the next row that is ready; false when none is. */
  next(reader: Reader): boolean;
}

/**
 * Reads the whole body. With `taking`, rows are taken in turns as they come. The reader that comes back has seen the end
 * of the body, and no row is ready that was not taken. Throws a Problem, or ClientGone.
 */
export function arrive<Reader extends BodyReader>(
  opener: Opener<Reader>,
  service: Service,
  { raw }: FastifyRequest,
  visit: Visit,
  taking?: Taking<Reader>,
): Promise<Reader> {
  const body = new Body(opener, service, raw, visit);
  return new Promise((resolve, reject) => {
    const done = () => resolve(body.reader);
    const intake =
      taking &&
      new Intake(taking.owner, flowOf(raw), { next: () => taking.next(body.reader), done, fail: reject });
    receive(service, raw, visit, {
      write(chunk) {
        intake?.requireGood();
        body.write(chunk);
        intake?.wrote();
      },
      end() {
        intake?.requireGood();
        body.end();
        if (intake === undefined) done();
        else intake.end();
      },
      fail: reject,
    });
  });
}

const NO_BYTES = new Uint8Array(0);

/** A body that is opened by its first bytes. */
export class Body<Reader extends BodyReader> {
  readonly #opener: Opener<Reader>;
  readonly #service: Service;
  readonly #raw: IncomingMessage;
  readonly #visit: Visit;
  #opened: OpenedBody<Reader> | undefined;

  constructor(opener: Opener<Reader>, service: Service, raw: IncomingMessage, visit: Visit) {
    this.#opener = opener;
    this.#service = service;
    this.#raw = raw;
    this.#visit = visit;
  }

  get reader(): Reader {
    return this.#open().reader;
  }

  write(chunk: Uint8Array): void {
    const { reader, parks } = this.#open(chunk);
    if (parks) this.#visit.hold(chunk.length);
    reader.write(chunk);
  }

  end(): void {
    const { reader } = this.#open();
    reader.end();
    this.#service.figures.received(reader.form ?? "json", this.#visit.received_bytes);
  }

  #open(first: Uint8Array = NO_BYTES): OpenedBody<Reader> {
    if (this.#opened !== undefined) return this.#opened;
    const { url = "", headers } = this.#raw;
    const mark = url.indexOf("?");
    const query = mark < 0 ? "" : url.slice(mark + 1);
    const { wire, plans } = this.#service;
    const context = { limits: wire, plans, lease: this.#visit.lease };
    this.#opened = openBody(this.#opener, headers, query, context, first);
    return this.#opened;
  }
}
