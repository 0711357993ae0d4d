/**
 * Connections that read bodies in place. Node's HTTP server copies each piece of a body that it reads into a buffer for
 * whoever wants it, and sends that through a readable stream, which costs more than sampling. Here all connections read
 * into one piece of memory, and a body is taken from there. Node's parser still reads every head and every chunk, and
 * counts the bytes of every body; it is only told that they were there.
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

/** What is read at once while no body is expected. The parser may copy it, and malloc asks the system for larger copies. */
const SHORT_BYTES = 65_536;

/** How the heads begin whose bodies are taken in place, and how they end. */
const HOT_HEADS = new Set(["POST /v1/sample", "POST /v1/verify", "POST /v2/models"]);
const HOT_HEAD_BYTES = 15;
const LETTER_P = 0x50;
const HEAD_END = "\r\n\r\n";

/**
 * What the parser is given at once. It hands over every request in it before anything can stop it, and a thousand
 * fit into what is read at once.
 */
const PIECE_BYTES = 4096;
/**
 * What it is given at once inside a body: all that is read at once, for a piece costs as much as sampling it. Requests
 * that stand behind the body in the same piece are charged to the connection, as all that wait are.
 */
const BODY_PIECE_BYTES = 65_536;
const NOTHING = new Uint8Array(0);
/** Bytes that a request takes which was parsed and waits, about. */
const PARSED_BYTES = 4096;

/** Who takes the bytes of a body as they are read; they are gone when `take` returns. */
export interface BodySink {
  take(bytes: Uint8Array): void;
}

/** A body that is taken in place. */
interface Body {
  readonly raw: IncomingMessage;
  readonly sink: BodySink;
  /** bytes that were not read yet; 0 where their number is not known */
  left: number;
}

/** Node's parser (lib/_http_common.js, src/node_http_parser.cc). */
interface Parser {
  /** at `kOnBody`: what is called with a copy of the bytes of a body; without it none is made */
  [on_body: number]: unknown;
  readonly constructor: { readonly kOnBody?: number };
}

const connections = new WeakMap<Socket, Connection>();

/** What connections need to know of the service. */
export interface ConnectionsHost {
  /** Memory that all connections read into. What was read is taken before anything else is read, so one is enough. */
  readonly scratch: Uint8Array;
  /** answers that may be under way on one connection */
  readonly answers_max: number;
  /** Holds bytes of a connection that waits, until what it answers is called. Throws when there is no room. */
  hold(bytes: number): () => void;
  /** A listener threw: the defect of one connection, which ends. */
  failed(error: unknown): void;
}

type Answer = (raw: IncomingMessage, response: ServerResponse) => void;

/** A server whose connections are read in place. Where Node is not as it is known here, everything works as in any other. */
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
    // One that comes again, because what it offered was not taken, is known already.
    const connection = connections.get(accepted) ?? new Connection(accepted, host);
    connection.begin();
    const { socket } = connection;
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
  });
}

/** Bytes that were read from a connection and not given to the parser. They are the caller's now. */
export function takeUnparsed(socket: Socket): Uint8Array {
  return connections.get(socket)?.takeBehind() ?? NOTHING;
}

/** Gives `sink` the bytes of a body as they are read. While `raw` is paused Node keeps what comes. */
export function takeInPlace(raw: IncomingMessage, collector: Collector, sink: BodySink): void {
  const body: Body = { raw, sink, left: Number(raw.headers["content-length"] ?? 0) };
  // What the parser copied. Not by another `push` on the request: with a property of its own it outlives young collections.
  raw.on("data", (bytes: Uint8Array) => {
    body.left -= bytes.length;
    sink.take(bytes);
    // What was injected belongs to whoever injected it.
    if (raw instanceof IncomingMessage) collector.free(bytes);
    collector.count(bytes.length);
  });
  connections.get(raw.socket)?.expect(body);
}

class Connection implements Reading {
  readonly socket: DirectSocket;
  readonly #host: ConnectionsHost;
  #body: Body | undefined;
  /** answers that stand behind the one that is being sent */
  readonly #behind_answers = new Set<ServerResponse>();
  /** requests of the last of them, which nobody has seen yet */
  readonly #unseen: (() => void)[] = [];
  /** what was read and not given to the parser */
  #behind: Uint8Array = NOTHING;
  #given_away = false;
  readonly #short_scratch: Uint8Array;
  /** gives back what this connection holds while it waits */
  #release: (() => void) | undefined;

  constructor(accepted: Socket, host: ConnectionsHost) {
    this.#host = host;
    this.#short_scratch = host.scratch.subarray(0, SHORT_BYTES);
    // Otherwise the parser would read by itself.
    const { _handle } = accepted as unknown as { _handle: { _consumed: boolean } | null };
    if (_handle !== null) _handle._consumed = true;
    this.socket = takeOver(accepted, this);
    this.socket.on("close", () => {
      accepted.destroy();
      this.#forget();
    });
    connections.set(this.socket, this);
  }

  /** HTTP is spoken from now on. */
  begin(): void {
    this.#given_away = false;
  }

  /** A request behind others: it is answered as soon as few enough are under way, and what comes behind it is not even read until then. */
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

  /** Bytes that the parser was not given. The connection is somebody else's from now on; answers under way are still sent. */
  takeBehind(): Uint8Array {
    this.#given_away = true;
    const behind = Buffer.from(this.#behind);
    this.#behind = NOTHING;
    return behind;
  }

  /** One answer less is under way. */
  #proceed(): void {
    const { answers_max } = this.#host;
    while (this.#unseen.length > 0 && this.#behind_answers.size - this.#unseen.length < answers_max - 1)
      this.#unseen.shift()?.();
    if (this.#unseen.length > 0 || !this.socket.held || this.#given_away) return;
    this.#release?.();
    this.#release = undefined;
    this.socket.release();
    this.#feed();
    // As Node does it: a connection that waits for its reader is resumed by that.
    if (!(this.socket as { _paused?: boolean })._paused && this.socket.readable) this.socket.resume();
  }

  /** The connection is closed. Node tells nothing to answers that it has not begun to send. */
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

  /** How many of the next bytes are those of a body that is taken in place. */
  #left(): number {
    const body = this.#body;
    if (body === undefined || body.left <= 0) return 0;
    const { readableFlowing, readableLength } = this.socket;
    const { raw } = body;
    const flows = readableFlowing === true && readableLength === 0 && raw.readableLength === 0;
    return flows && !raw.isPaused() ? body.left : 0;
  }

  /** Never past the end of a body. */
  room(): Uint8Array {
    const left = this.#left();
    const { scratch } = this.#host;
    if (left === 0) return this.#short_scratch;
    return left < scratch.length ? scratch.subarray(0, left) : scratch;
  }

  /** What was read is a piece of a body, or the head of a request and the beginning of its body, or anything else. */
  filled(bytes: Uint8Array): void {
    let left = this.#left();
    let rest = bytes;
    if (left === 0) {
      const head_bytes = headBytes(bytes);
      if (head_bytes > 0) {
        this.#pass(bytes.subarray(0, head_bytes));
        left = this.#left();
        rest = bytes.subarray(head_bytes);
      }
    }
    if (left > 0 && rest.length > 0) {
      const piece = rest.length > left ? rest.subarray(0, left) : rest;
      rest = rest.subarray(piece.length);
      const body = this.#body as Body; // it has bytes left
      const { parser } = this.socket as { parser?: Parser | null };
      const on_body = parser?.constructor.kOnBody;
      if (!parser || on_body === undefined) {
        this.#pass(piece);
      } else {
        body.left -= piece.length;
        body.sink.take(piece);
        // The parser is told of it, and makes no copy.
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

  /** Hands on what the parser reads. */
  #pass(bytes: Uint8Array): void {
    if (bytes.length <= PIECE_BYTES && !this.socket.held) this.#give(bytes);
    else {
      // What comes while the connection is held was under way already.
      this.#behind = this.#behind.length === 0 ? bytes : Buffer.concat([this.#behind, bytes]);
      this.#feed();
      if (this.#behind.length > 0) this.#behind = Buffer.from(this.#behind);
    }
    if (this.socket.held) this.#hold();
  }

  /** Gives the parser what was read, piece by piece, until the connection is held. */
  #feed(): void {
    while (this.#behind.length > 0 && !this.socket.held && !this.socket.destroyed) {
      const bytes = pieceBytes(this.#behind, arrivingRequest(this.socket) !== undefined);
      const piece = this.#behind.subarray(0, bytes);
      this.#behind = this.#behind.subarray(bytes);
      this.#give(piece);
    }
  }

  /** Charges what waits here. */
  #hold(): void {
    this.#release?.();
    this.#release = this.#host.hold(this.#behind.length + PARSED_BYTES * this.#unseen.length);
  }

  /** To the parser, or to whoever reads the connection when it is not HTTP any more: he may keep what he reads. */
  #give(bytes: Uint8Array): void {
    const { socket } = this;
    const { parser } = socket as { parser?: Parser | null };
    // Nobody has stopped the connection, and nothing waits there.
    const flows = socket.readableFlowing === true && socket.readableLength === 0;
    if (parser && flows) socket.emit("data", bytes);
    else socket.push(copyOf(bytes));
  }
}

/** How much of these bytes the parser is given next: inside a body more, and no head that is cut, for its time would run. */
function pieceBytes(bytes: Uint8Array, inside_body: boolean): number {
  const most = inside_body ? BODY_PIECE_BYTES : PIECE_BYTES;
  if (bytes.length <= most) return bytes.length;
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, most).lastIndexOf(HEAD_END);
  return end < 0 ? most : end + HEAD_END.length;
}

/** Large enough that malloc asks the system for it, and gives it back. */
const SLAB_BYTES = 1_048_576;
let slab = Buffer.alloc(0);

/** A copy that may be kept for long. Many pieces of their own would leave malloc's heap as large as it ever was. */
function copyOf(bytes: Uint8Array): Buffer {
  if (slab.length < bytes.length) slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  const copy = slab.subarray(0, bytes.length);
  slab = slab.subarray(bytes.length);
  copy.set(bytes);
  return copy;
}

/** Length of the head with which these bytes begin, if its body may be taken in place; else 0. */
function headBytes({ buffer, byteOffset, length }: Uint8Array): number {
  const text = Buffer.from(buffer, byteOffset, length);
  if (text[0] !== LETTER_P) return 0;
  if (!HOT_HEADS.has(text.toString("latin1", 0, HOT_HEAD_BYTES))) return 0;
  const end = text.indexOf(HEAD_END);
  return end < 0 ? 0 : end + HEAD_END.length;
}
