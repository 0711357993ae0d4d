/**
 * POST /v1/stream: one long request, full duplex. The client sends rows, in frames or lines; each is answered at once by a
 * line of JSON. The answer's head is sent as soon as the options are valid.
 */
import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../../errors.ts";
import { STREAM_ROUTE } from "../../schemas/openapi/stream-routes.ts";
import { ownedBy } from "../access/owned.ts";
import { ClientGone } from "../exchange/client-gone.ts";
import type { Service } from "../exchange/service.ts";
import { BodyTap, type Tapped } from "../node/body-tap.ts";
import { LINES_TYPE, openReader } from "../streams/open-stream.ts";
import { StreamSession } from "../streams/session.ts";
import { StreamLoop, type StreamPipe } from "../streams/stream-loop.ts";
import { offerOf, runUpgraded } from "../streams/upgrade.ts";

/** Milliseconds that the client may keep sending after the last line, before the connection is closed. */
const LINGER_MS = 2000;

export function addStream(app: FastifyInstance, service: Service): void {
  app.addHook("preClose", (done) => {
    for (const stream of service.streams) stream.finish();
    done();
  });
  app.post("/v1/stream", { schema: STREAM_ROUTE }, (request, reply) => run(service, request, reply));
}

/** Resolves when the stream is over; rejects with the reason if it never began. */
function run(service: Service, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { raw, id, log } = request;
  const session = new StreamSession(ownedBy(service, request.record.grant), id, request.record.client);
  const reader = openReader(service, session, raw);
  const offer = offerOf(raw);
  if (offer !== undefined) return runUpgraded(service, request, reply, { session, reader, offer });
  return new Promise((resolve, reject) => {
    const pipe = new HttpPipe(raw, reply, reject);
    const loop = new StreamLoop(service, session, reader, { pipe, log });
    loop.start();
    raw.on("error", () => undefined);
    pipe.tap({
      chunk(bytes) {
        loop.take(bytes);
        if (!loop.isWaiting) service.collector.free(bytes);
        service.collector.count(bytes.length);
      },
      end: () => loop.end(),
    });
    // The response closes with the connection; the request closes when its last byte was read.
    reply.raw.on("close", () => {
      loop.stop();
      if (session.opened) resolve();
      else reject(new ClientGone("the client closed the connection"));
    });
  });
}

class HttpPipe implements StreamPipe {
  readonly refuse: (problem: Problem) => void;
  readonly #raw: IncomingMessage;
  readonly #reply: FastifyReply;
  #tap: BodyTap | undefined;
  /** the destination of lines: the connection, or the response while an earlier answer is still being sent */
  #out: Writable;

  constructor(raw: IncomingMessage, reply: FastifyReply, refuse: (problem: Problem) => void) {
    this.refuse = refuse;
    this.#raw = raw;
    this.#reply = reply;
    this.#out = reply.raw;
  }

  /** Reads the body from here on. */
  tap(tapped: Tapped): void {
    this.#tap = new BodyTap(this.#raw, tapped);
  }

  opened(): void {
    const response = this.#reply.raw;
    this.#reply.hijack();
    response.writeHead(200, headOf(this.#reply.request)).flushHeaders();
    // Each line is framed here as one string: Node would make four writes of a chunk and its frame.
    response.chunkedEncoding = false;
    this.#out = response.socket ?? response;
  }

  send(line: string): boolean {
    return this.#out.write(chunkOf(`${line}\n`));
  }

  whenDrained(then: () => void): void {
    this.#out.once("drain", then);
  }

  pause(): void {
    this.#tap?.pause();
  }

  resume(): void {
    this.#tap?.resume();
  }

  end(): void {
    this.#reply.raw.end(LAST_CHUNK);
    if (!this.#raw.complete) this.#linger();
  }

  /** Reads and drops bytes for a while: closing a connection with unread bytes would lose the lines still under way. */
  #linger(): void {
    const timer = setTimeout(() => this.#raw.destroy(), LINGER_MS).unref();
    this.#raw.on("close", () => clearTimeout(timer));
    this.#tap?.drop();
  }
}

/** The headers of any answer, and those of a stream: name, value, name, value … */
function headOf({ record }: FastifyRequest): string[] {
  const own = ["content-type", LINES_TYPE, "cache-control", "no-store", "transfer-encoding", "chunked"];
  return [...record.headers, ...own];
}

/** A chunk of a body (RFC 9112, 7.1): its length in hexadecimal, and itself. */
function chunkOf(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

const LAST_CHUNK = "0\r\n\r\n";
