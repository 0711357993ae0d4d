/**
 * POST /v1/stream with `Upgrade: logit-stream`: the stream's messages on the bare connection, without the chunks of
 * HTTP around them. Rows are read straight into the memory in which they are sampled.
 */
import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Problem } from "../../errors.ts";
import type { MessageReader } from "../../wire/stream-reader.ts";
import { problemOf } from "../exchange/problems.ts";
import type { Service } from "../exchange/service.ts";
import { lingerAndEnd, type Reading, takeOver } from "../node/direct-socket.ts";
import type { RequestRecord } from "../observe/request-record.ts";
import type { StreamSession } from "./session.ts";
import { StreamLoop, type StreamPipe } from "./stream-loop.ts";

const STREAM_PROTOCOL = "logit-stream";

/** Bytes that are read at once while no row is arriving. */
const SCRATCH_BYTES = 32_768;

/** How long the client may keep sending after the last line was sent, before the connection is cut. */
const LINGER_MS = 2000;

/** A connection that its client wants to use as a stream, and the bytes after the head. */
interface Offered {
  readonly socket: Socket;
  readonly head: Uint8Array;
}

const offers = new WeakMap<IncomingMessage, Offered>();

/** Passes requests that offer the protocol through the checks of all requests; returns whether this was one. */
export function takesStream(
  app: FastifyInstance,
): (request: IncomingMessage, socket: Duplex, head: Uint8Array) => boolean {
  return (request, socket, head) => {
    if (!offersStream(request) || !(socket instanceof Socket)) return false;
    offers.set(request, { socket, head });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on("finish", () => lingerAndEnd(socket));
    app.routing(request, response);
    return true;
  };
}

/** A body would have to arrive before the change of protocol, so a request with a body is an ordinary one. */
function offersStream({ method, url = "", headers }: IncomingMessage): boolean {
  const has_body = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  const is_offered = headers.upgrade?.toLowerCase() === STREAM_PROTOCOL;
  return is_offered && !has_body && method === "POST" && /^\/v1\/stream(?:\?|$)/.test(url);
}

export function offerOf(raw: IncomingMessage): Offered | undefined {
  return offers.get(raw);
}

/** Resolves when the stream is over. Throws the Problem for which the protocol is not changed. */
export function runUpgraded(
  service: Service,
  { record, log }: FastifyRequest,
  reply: FastifyReply,
  { session, reader, offer }: { session: StreamSession; reader: MessageReader; offer: Offered },
): Promise<void> {
  const pipe = new DirectPipe(session);
  const loop = new StreamLoop(service, session, reader, { pipe, log });
  loop.start();
  reply.hijack();
  const { take } = loop;
  const scratch = new Uint8Array(SCRATCH_BYTES);
  // While a row waits for its turn, its bytes lie in the row's memory, so the next bytes must be read elsewhere.
  const room = () => (loop.isWaiting ? scratch : (reader.room() ?? scratch));
  const socket = pipe.open(
    offer.socket,
    { room, filled: take, failed: (error) => loop.fail(error) },
    headOf(record),
  );
  socket.on("error", () => undefined);
  socket.on("end", () => loop.end());
  return new Promise((resolve) => {
    socket.on("close", () => {
      loop.stop();
      offer.socket.destroy();
      resolve();
    });
    if (offer.head.length > 0) take(offer.head);
  });
}

/** The change of protocol, with the headers of any answer. */
function headOf({ headers }: RequestRecord): string {
  let lines = `connection: upgrade\r\nupgrade: ${STREAM_PROTOCOL}\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2)
    if (headers[i] !== "connection") lines += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`;
}

class DirectPipe implements StreamPipe {
  readonly #session: StreamSession;
  #socket: Socket | undefined;

  constructor(session: StreamSession) {
    this.#session = session;
  }

  /** Changes the protocol, and reads from here on. */
  open(accepted: Socket, reading: Reading, head: string): Socket {
    const socket = takeOver(accepted, reading);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.write(head);
    return socket.resume();
  }

  opened(): void {}

  send(line: string): boolean {
    return this.#socket?.write(`${line}\n`) ?? true;
  }

  whenDrained(then: () => void): void {
    this.#socket?.once("drain", then);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    if (this.#socket?.isPaused()) this.#socket.resume();
  }

  refuse(problem: Problem): void {
    this.send(this.#session.refusal(problemOf(problem)));
    this.end();
  }

  /**
   * Stops reading, because the memory for the bytes may belong to another stream by now. The client has a while to read
   * the last line.
   */
  end(): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.pause();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.on("close", () => clearTimeout(timer));
    socket.end();
  }
}
