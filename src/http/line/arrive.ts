/** From a request to its steps: the body is opened by its headers and read as it comes. */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import type { BodyReader } from "../../wire/step-reader.ts";
import type { Visit } from "../admission/visit.ts";
import type { Service } from "../service.ts";
import { type OpenedBody, type Opener, openBody } from "./open-body.ts";
import { receive } from "./receive.ts";

/**
 * Reads the whole body. `written` is called after every chunk, so that steps that are ready can be taken at once.
 * The reader that comes back has seen the end of the body. Throws a Problem, or ClientGone.
 */
export function arrive<Reader extends BodyReader>(
  opener: Opener<Reader>,
  service: Service,
  { raw }: FastifyRequest,
  visit: Visit,
  written: (reader: Reader) => void = () => {},
): Promise<Reader> {
  const body = new Body(opener, service, raw, visit);
  return new Promise((resolve, reject) => {
    receive(service, raw, visit, {
      write(chunk) {
        body.write(chunk);
        written(body.reader);
      },
      end() {
        body.end();
        resolve(body.reader);
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
    const { wire, plans, shared_memory } = this.#service;
    const context = { limits: wire, plans, lease: this.#visit.lease, shared_memory };
    this.#opened = openBody(this.#opener, headers, query, context, first);
    return this.#opened;
  }
}
