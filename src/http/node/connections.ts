/**
 * Connections that read bodies in place. Node's HTTP server copies each piece of a body into a buffer and sends the buffer
 * through a readable stream, which costs more than sampling. Here all connections read into one piece of memory, and the
 * body is taken from there. Node's parser still reads every head and every chunk, and counts the bytes of every body, but
 * it gets only their number.
 */
import {
  createServer,
  IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { arrivingRequest } from "./answers.ts";
import type { Collector } from "./collect.ts";
import { type DirectSocket, type Reading, takeOver } from "./direct-socket.ts";

/** Bytes read at once while no body is expected. The parser may copy them, and malloc gets larger copies from the system. */
const SHORT_BYTES = 65_536;

/** The first and last bytes of heads whose bodies are taken in place. */
const HOT_HEADS = ["POST /v1/sample", "POST /v1/verify", "POST /v2/models", "POST /v1/beam"];
const HOT_HEAD_BYTES = Math.max(...HOT_HEADS.map((head) => head.length));
const LETTER_P = 0x50;
const HEAD_END = "\r\n\r\n";

/**
 * Maximum bytes given to the parser at once. The parser processes every request in them before it can be stopped, and
 * one read could contain a thousand requests.
 */
const PIECE_BYTES = 4096;
/**
 * Maximum bytes given to the parser at once inside a body: a whole read, because each piece costs as much as sampling
 * it. Later requests in the same piece are charged to the connection, like all requests that wait.
 */
const BODY_PIECE_BYTES = 65_536;
const NOTHING = new Uint8Array(0);
/** Approximate bytes of a parsed request that waits. */
const PARSED_BYTES = 4096;

/** Takes the bytes of a body as they are read. They are overwritten once `take` returns. */
export interface BodySink {
  take(bytes: Uint8Array): void;
}

/** A body that is taken in place. */
interface Body {
  readonly raw: IncomingMessage;
  readonly sink: BodySink;
  /** bytes still to be read; 0 when their number is not known */
  left: number;
}

/** Node's parser (lib/_http_common.js, src/node_http_parser.cc). */
interface Parser {
  /** at `kOnBody`: called with a copy of the bytes of a body; the parser makes no copy without it */
  [on_body: number]: unknown;
  readonly constructor: { readonly kOnBody?: number };
}

const connections = new WeakMap<Socket, Connection>();

/** What connections need from the service. */
export interface ConnectionsHost {
  /** Memory that all connections read into. Each read is consumed before the next, so one piece is enough. */
  readonly scratch: Uint8Array;
  /** answers that may be in progress on one connection */
  readonly answers_max: number;
  /** Charges the bytes of a connection that waits, until the returned function is called. Throws when there is no room. */
  hold(bytes: number): () => void;
  /** Called when a listener throws: the connection ends. */
  failed(error: unknown): void;
}

type Answer = (raw: IncomingMessage, response: ServerResponse) => void;

/** Makes the connections of a server read in place. If Node's internals are not as expected, the server works as usual. */
export function serverInPlace(options: ServerOptions, host: ConnectionsHost, answer: Answer): Server {
  const server = createServer(options, (raw, response) => {
    const connection = response.socket === null ? connections.get(raw.socket) : undefined;
    if (connection === undefined) answer(raw, response);
    else connection.queue(response, () => answer(raw, response));
  });
  readInPlace(server, host);
  return server;
}

function readInPlace(server: Server, host: ConnectionsHost): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (accepted: Socket) => {
    // A connection is passed again when its upgrade offer was not accepted.
    const connection = connections.get(accepted) ?? new Connection(accepted, host);
    connection.begin();
    const { socket } = connection;
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
  });
}

/** Takes the bytes that were read from a connection and not given to the parser. The caller owns them. */
export function takeUnparsed(socket: Socket): Uint8Array {
  return connections.get(socket)?.takeBehind() ?? NOTHING;
}

/** Gives `sink` the bytes of a body as they are read. While `raw` is paused, Node stores the arriving bytes. */
export function takeInPlace(raw: IncomingMessage, collector: Collector, sink: BodySink): void {
  const body: Body = { raw, sink, left: Number(raw.headers["content-length"] ?? 0) };
  // Bytes that the parser copied. `push` of the request is not replaced: with an own property the request outlives young collections.
  raw.on("data", (bytes: Uint8Array) => {
    body.left -= bytes.length;
    sink.take(bytes);
    // The bytes of an injected request are not ours to free.
    if (raw instanceof IncomingMessage) collector.free(bytes);
    collector.count(bytes.length);
  });
  connections.get(raw.socket)?.expect(body);
}

class Connection implements Reading {
  readonly socket: DirectSocket;
  readonly #host: ConnectionsHost;
  /** the body being taken in place */
  #body: Body | undefined;
  /** answers that wait behind the one being sent */
  readonly #behind_answers = new Set<ServerResponse>();
  /** parsed requests that were not yet passed to a handler */
  readonly #unseen: (() => void)[] = [];
  /** bytes read and not yet given to the parser */
  #behind: Uint8Array = NOTHING;
  #given_away = false;
  readonly #short_scratch: Uint8Array;
  /** releases the bytes charged to this connection while it waits */
  #release: (() => void) | undefined;

  constructor(accepted: Socket, host: ConnectionsHost) {
    this.#host = host;
    this.#short_scratch = host.scratch.subarray(0, SHORT_BYTES);
    // Without this, the parser would read by itself.
    const { _handle } = accepted as unknown as { _handle: { _consumed: boolean } | null };
    if (_handle !== null) _handle._consumed = true;
    this.socket = takeOver(accepted, this);
    this.socket.on("close", () => {
      accepted.destroy();
      this.#forget();
    });
    connections.set(this.socket, this);
  }

  /** From here on the connection speaks HTTP. */
  begin(): void {
    this.#given_away = false;
  }

  /**
   * A pipelined request. It is answered as soon as few enough are in progress; bytes behind it are not read until then.
   */
  queue(response: ServerResponse, answer: () => void): void {
    const { answers_max } = this.#host;
    this.#behind_answers.add(response);
    response.once("socket", () => {
      this.#behind_answers.delete(response);
      try {
        this.#proceed();
      } catch (error) {
        this.#host.failed(error);
        this.socket.destroy();
      }
    });
    if (this.#unseen.length === 0 && this.#behind_answers.size < answers_max) answer();
    else {
      this.#unseen.push(answer);
      this.socket.hold();
    }
  }

  /** Hands over the connection, with the bytes that the parser was not given. Answers in progress are still sent. */
  takeBehind(): Uint8Array {
    this.#given_away = true;
    const behind = Buffer.from(this.#behind);
    this.#behind = NOTHING;
    return behind;
  }

  /** One answer has ended. */
  #proceed(): void {
    const { answers_max } = this.#host;
    while (this.#unseen.length > 0 && this.#behind_answers.size - this.#unseen.length < answers_max - 1)
      this.#unseen.shift()?.();
    if (this.#unseen.length > 0 || !this.socket.held || this.#given_away) return;
    this.#release?.();
    this.#release = undefined;
    this.socket.release();
    this.#feed();
    // As in Node: a connection that waits for its reader is resumed by this call.
    if (!(this.socket as { _paused?: boolean })._paused && this.socket.readable) this.socket.resume();
  }

  /** The connection is closed. Node emits no event on answers that it has not begun to send. */
  #forget(): void {
    this.#release?.();
    this.#unseen.length = 0;
    this.#behind = NOTHING;
    for (const response of this.#behind_answers) response.destroy().emit("close");
    this.#behind_answers.clear();
  }

  expect(body: Body): void {
    this.#body = body;
  }

  /** The number of the next bytes that belong to the body taken in place. */
  #left(body: Body): number {
    if (body.left <= 0) return 0;
    const { readableFlowing, readableLength } = this.socket;
    const { raw } = body;
    const flows = readableFlowing === true && readableLength === 0 && raw.readableLength === 0;
    return flows && !raw.isPaused() ? body.left : 0;
  }

  /** Never past the end of a body. */
  room(): Uint8Array {
    const body = this.#body;
    const left = body === undefined ? 0 : this.#left(body);
    const { scratch } = this.#host;
    if (left === 0) return this.#short_scratch;
    return left < scratch.length ? scratch.subarray(0, left) : scratch;
  }

  /** Bytes were read: a piece of a body, the head of a request with the beginning of its body, or anything else. */
  filled(bytes: Uint8Array): void {
    let rest = bytes;
    if (this.#body === undefined || this.#body.left <= 0) {
      const head_bytes = headBytes(bytes);
      if (head_bytes > 0) {
        this.#pass(bytes.subarray(0, head_bytes));
        rest = bytes.subarray(head_bytes);
      }
    }
    const body = this.#body;
    const left = body === undefined ? 0 : this.#left(body);
    if (body !== undefined && left > 0 && rest.length > 0) {
      const piece = rest.length > left ? rest.subarray(0, left) : rest;
      rest = rest.subarray(piece.length);
      const { parser } = this.socket as { parser?: Parser | null };
      const on_body = parser?.constructor.kOnBody;
      if (!parser || on_body === undefined) {
        this.#pass(piece);
      } else {
        body.left -= piece.length;
        if (body.left === 0) this.#body = undefined;
        body.sink.take(piece);
        // The parser gets only the number, and makes no copy.
        const onBody = parser[on_body];
        parser[on_body] = undefined;
        try {
          this.socket.emit("data", piece);
        } finally {
          parser[on_body] = onBody;
        }
      }
    }
    if (rest.length > 0) this.#pass(rest);
  }

  failed(error: unknown): void {
    this.#host.failed(error);
  }

  /** Passes on bytes for the parser. */
  #pass(bytes: Uint8Array): void {
    if (bytes.length <= PIECE_BYTES && !this.socket.held) this.#give(bytes);
    else {
      // Bytes that arrive while the connection is held had already been read.
      this.#behind = this.#behind.length === 0 ? bytes : Buffer.concat([this.#behind, bytes]);
      this.#feed();
      if (this.#behind.length > 0) this.#behind = Buffer.from(this.#behind);
    }
    if (this.socket.held) this.#hold();
  }

  /** Gives the bytes to the parser, piece by piece, until the connection is held. */
  #feed(): void {
    while (this.#behind.length > 0 && !this.socket.held && !this.socket.destroyed) {
      const bytes = pieceBytes(this.#behind, arrivingRequest(this.socket) !== undefined);
      const piece = this.#behind.subarray(0, bytes);
      this.#behind = this.#behind.subarray(bytes);
      this.#give(piece);
    }
  }

  /** Charges the bytes that wait here. */
  #hold(): void {
    this.#release?.();
    this.#release = this.#host.hold(this.#behind.length + PARSED_BYTES * this.#unseen.length);
  }

  /** Gives bytes to the parser, or to the reader of a connection that no longer speaks HTTP, which may keep them. */
  #give(bytes: Uint8Array): void {
    const { socket } = this;
    const { parser } = socket as { parser?: Parser | null };
    // The connection was not paused, and its stream is empty.
    const flows = socket.readableFlowing === true && socket.readableLength === 0;
    if (parser && flows) socket.emit("data", bytes);
    else socket.push(copyOf(bytes));
  }
}

/**
 * The number of bytes for the parser's next call: more inside a body; otherwise no incomplete head, because that would
 * start the parser's timeout.
 */
function pieceBytes(bytes: Uint8Array, inside_body: boolean): number {
  const most = inside_body ? BODY_PIECE_BYTES : PIECE_BYTES;
  if (bytes.length <= most) return bytes.length;
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, most).lastIndexOf(HEAD_END);
  return end < 0 ? most : end + HEAD_END.length;
}

/** Large enough that malloc asks the system for it, and gives it back. */
const SLAB_BYTES = 1_048_576;
let slab = Buffer.alloc(0);

/** A copy that may be kept for long. Many separate pieces would keep malloc's heap at its peak. */
function copyOf(bytes: Uint8Array): Buffer {
  if (slab.length < bytes.length) slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  const copy = slab.subarray(0, bytes.length);
  slab = slab.subarray(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Length of the head at the start of these bytes, if its body may be taken in place; else 0. */
function headBytes({ buffer, byteOffset, length }: Uint8Array): number {
  const text = Buffer.from(buffer, byteOffset, length);
  if (text[0] !== LETTER_P) return 0;
  const begin = text.toString("latin1", 0, HOT_HEAD_BYTES);
  if (!HOT_HEADS.some((head) => begin.startsWith(head))) return 0;
  const end = text.indexOf(HEAD_END);
  return end < 0 ? 0 : end + HEAD_END.length;
}
