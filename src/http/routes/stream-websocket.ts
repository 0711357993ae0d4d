/** GET /v1/stream as WebSocket: the messages of the stream for clients that cannot send while they receive. */
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
 * By how much a message's garbage counts for more than its bytes: `ws` keeps its chunks until the last is there, and
 * joins them. Collected as seldom as other bodies, they outlive the young generation, and each row of 128,256 costs
 * 1,190 µs instead of 680.
 */
const GARBAGE_FACTOR = 16;

/** Bytes of a logit as JSON at its longest, and a comma: a message that holds a whole row of them is taken. */
const NUMBER_BYTES_MAX = 25;
/** Bytes of a client's control frame besides what it says. */
const CONTROL_BYTES = 6;

/** How long a client that sends a message which nobody will have is given to read why. */
const DROP_MS = 500;

/** Close codes of RFC 6455: nothing more to say, the server goes away, a message it will not take, a defect. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const REFUSED = 1008;
const DEFECT = 1011;

export async function addStreamWebSocket(app: FastifyInstance, service: Service): Promise<void> {
  const { vocab_size_max, json_text_bytes_max } = service.config.limits;
  await app.register(fastifyWebsocket, {
    // Logits hardly shrink. Where `bufferutil` has a binary for the machine, `ws` unmasks with it: 25 times as fast.
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
    // OpenAPI cannot tell of it: the document has it in the words of the POST.
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
  // `ws` keeps the bytes of a message until its last one is there, and says nothing of them before.
  let half_bytes = 0;
  // One that is injected has no connection.
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

/** Reads the rest of a message away that nobody will have: `ws` would keep it, and wait for its end. */
function drop(socket: WebSocket, connection: Socket | undefined): void {
  connection?.removeAllListeners("data").resume();
  setTimeout(() => socket.terminate(), DROP_MS).unref();
}

/** `closing` is called once no message is wanted any more. */
function socketPipe(socket: WebSocket, session: StreamSession, closing: () => void): StreamPipe {
  let then: (() => void) | undefined;
  const sent = () => {
    if (then === undefined || socket.bufferedAmount > WAITING_BYTES_MAX / 2) return;
    const proceed = then;
    then = undefined;
    proceed();
  };
  const close = (problem?: Problem) => {
    // The client's own close has to be read, or the connection stays until `ws` gives up.
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
