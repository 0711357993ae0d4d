/** GET /v1/stream as a WebSocket: the messages of the stream, for clients that cannot send and receive at once over HTTP. */
import type { Socket } from "node:net";
import { fastifyWebsocket, type WebSocket } from "@fastify/websocket";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "../../errors.ts";
import { WholeMessageReader } from "../../wire/stream-reader.ts";
import { ownedBy } from "../access/owned.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { problemOf } from "../exchange/problems.ts";
import type { Service } from "../exchange/service.ts";
import { PLACE_OF_OPTIONS } from "../streams/open-stream.ts";
import { StreamSession } from "../streams/session.ts";
import { StreamLoop, type StreamPipe } from "../streams/stream-loop.ts";

/** Bytes of answers that may wait in the process for a slow reader. */
const WAITING_BYTES_MAX = 65_536;

/**
 * Factor by which a message's garbage exceeds its bytes: `ws` keeps the chunks of a message until the last one, and joins
 * them. If they were collected as seldom as other bodies, they would outlive the young generation, and a row of 128,256
 * would cost 1,190 µs instead of 680.
 */
const GARBAGE_FACTOR = 16;

/** The most bytes of a logit as JSON, with its comma: a message with a whole row of them is taken. */
const NUMBER_BYTES_MAX = 25;
/** Bytes of a client's control frame besides its payload. */
const CONTROL_BYTES = 6;

/** Milliseconds that a client has to read the refusal before its socket is closed. */
const DROP_MS = 500;

/** Close codes of RFC 6455: normal closure, going away, message too big, internal error. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const REFUSED = 1008;
const DEFECT = 1011;

export async function addStreamWebSocket(app: FastifyInstance, service: Service): Promise<void> {
  const { vocab_size_max, json_text_bytes_max } = service.config.limits;
  await app.register(fastifyWebsocket, {
    // Logits hardly compress. Where `bufferutil` has a binary for the machine, `ws` unmasks with it, 25 times as fast.
    options: {
      maxPayload: Math.max(NUMBER_BYTES_MAX * vocab_size_max, json_text_bytes_max),
      perMessageDeflate: false,
    },
    // The streams themselves end their sockets, each after its last answer.
    preClose: (done) => done(),
  });
  app.route({
    method: "GET",
    url: "/v1/stream",
    // OpenAPI cannot describe a WebSocket: the description of the POST explains it.
    schema: { hide: true },
    handler: (_request, reply) => {
      reply.header("upgrade", "websocket");
      throw new Problem("upgrade_required", "GET /v1/stream is a WebSocket; POST takes a stream without one");
    },
    wsHandler: (socket, request) => run(service, socket, request),
  });
}

function run(service: Service, socket: WebSocket, { raw, id, log, record }: FastifyRequest): void {
  const session = new StreamSession(ownedBy(service, record.grant), id, record.client);
  const reader = new WholeMessageReader(session.context);
  // `ws` keeps the bytes of a message until the last one, and reports nothing before.
  let half_bytes = 0;
  // A request that a test injects has no connection.
  const connection = raw.socket as Socket | undefined;
  const pipe = socketPipe(socket, session, () => {
    if (half_bytes > 0) drop(socket, connection);
  });
  const loop = new StreamLoop(service, session, reader, { pipe, log });
  connection?.prependListener("data", ({ length }: Buffer) => {
    half_bytes += length;
    loop.arrives(half_bytes);
  });
  const control = ({ length }: Buffer) => {
    half_bytes = Math.max(0, half_bytes - CONTROL_BYTES - length);
    loop.arrives(half_bytes);
  };
  socket.on("ping", control).on("pong", control);
  socket.on("message", (data: Buffer, is_binary: boolean) => {
    const garbage_bytes = data.length * GARBAGE_FACTOR;
    half_bytes = 0;
    reader.write(data, !is_binary);
    loop.advance();
    if (!loop.isWaiting) service.collector.free(data);
    service.collector.count(garbage_bytes);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => loop.stop());
  try {
    requireNoQuery(raw.url, PLACE_OF_OPTIONS);
    loop.start();
  } catch (error) {
    loop.stop();
    pipe.refuse(problemOf(error));
  }
}

/** Reads and drops the rest of a refused message: `ws` would keep it, and wait for its end. */
function drop(socket: WebSocket, connection: Socket | undefined): void {
  connection?.removeAllListeners("data").resume();
  setTimeout(() => socket.terminate(), DROP_MS).unref();
}

/** `closing` is called once no further message is taken. */
function socketPipe(socket: WebSocket, session: StreamSession, closing: () => void): StreamPipe {
  let then: (() => void) | undefined;
  const sent = () => {
    if (then === undefined || socket.bufferedAmount > WAITING_BYTES_MAX / 2) return;
    const proceed = then;
    then = undefined;
    proceed();
  };
  const close = (problem?: Problem) => {
    // The client's close frame must be read, or the connection stays until `ws` gives up.
    if (socket.isPaused) socket.resume();
    socket.close(closeCode(problem), problem?.code ?? "");
    closing();
  };
  return {
    opened: () => undefined,
    send(line) {
      socket.send(line, sent);
      return socket.bufferedAmount <= WAITING_BYTES_MAX;
    },
    whenDrained(proceed) {
      then = proceed;
    },
    pause: () => socket.pause(),
    resume: () => socket.isPaused && socket.resume(),
    refuse(problem) {
      socket.send(session.refusal(problem));
      close(problem);
    },
    end: close,
  };
}

function closeCode(problem: Problem | undefined): number {
  if (problem === undefined) return NORMAL;
  if (problem.code === "shutting_down") return GOING_AWAY;
  return problem.code === "internal_error" ? DEFECT : REFUSED;
}
