/**
 * Connections that read bodies in place. Node's HTTP server copies each piece of a body that it reads into a buffer for
 * whoever wants it, and sends that through a readable stream, which costs more than sampling. Here all connections read
 * into one piece of memory, and a body is taken from there. Node's parser still reads every head and every chunk, and
 * counts the bytes of every body; it is only told that they were there.
 */
import { IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { takeOver } from "../streams/direct-socket.ts";
import type { Collector } from "./collect.ts";

/** What was read is taken before anything else is read, so one is enough. */
const scratch = new Uint8Array(131_072);
/** What is read of a connection from which no body is expected: a head, and little behind it, for the parser copies that. */
const head_scratch = scratch.subarray(0, 8192);

/** A body that is taken in place. */
interface Body {
  readonly raw: IncomingMessage;
  readonly take: (bytes: Uint8Array) => void;
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

/** Call before the server listens. Where Node is not as it is known here, everything works as if this had not been called. */
export function readInPlace(server: Server): void {
  const listeners = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (accepted: Socket) => {
    // One that comes again, because what it offered was not taken, is known already.
    const { socket } = connections.get(accepted) ?? new Connection(accepted);
    for (const listener of listeners) Reflect.apply(listener, server, [socket]);
  });
}

/** Calls `take` with the bytes of a body as they are read; they are gone when it returns. The body cannot be paused. */
export function takeInPlace(raw: IncomingMessage, collector: Collector, take: Body["take"]): void {
  const body: Body = { raw, take, left: Number(raw.headers["content-length"] ?? 0) };
  // What the parser copied. Not by another `push` on the request: with a property of its own it outlives young collections.
  raw.on("data", (bytes: Uint8Array) => {
    body.left -= bytes.length;
    take(bytes);
    // What was injected belongs to whoever injected it.
    if (raw instanceof IncomingMessage) collector.free(bytes);
    collector.count(bytes.length);
  });
  connections.get(raw.socket)?.expect(body);
}

class Connection {
  readonly socket: Socket;
  #body: Body | undefined;

  constructor(accepted: Socket) {
    // Otherwise the parser would read by itself.
    const { _handle } = accepted as unknown as { _handle: { _consumed: boolean } | null };
    if (_handle !== null) _handle._consumed = true;
    this.socket = takeOver(accepted, {
      room: () => this.#room(),
      filled: (bytes) => this.#filled(bytes),
    });
    this.socket.on("close", () => accepted.destroy());
    connections.set(this.socket, this);
  }

  expect(body: Body): void {
    this.#body = body;
  }

  /** Never past the end of a body: what follows is another request. */
  #room(): Uint8Array {
    const body = this.#body;
    if (body === undefined) return head_scratch;
    const left = body.left - body.raw.readableLength;
    if (left <= 0) return head_scratch;
    return left < scratch.length ? scratch.subarray(0, left) : scratch;
  }

  #filled(bytes: Uint8Array): void {
    const { parser } = this.socket as { parser?: Parser | null };
    const body = this.#body;
    // When it is not HTTP any more, whoever reads may keep what he reads.
    if (!parser) this.socket.push(Buffer.from(bytes));
    else if (body !== undefined && bytes.length <= body.left && body.raw.readableLength === 0)
      this.#take(body, parser, bytes);
    else this.socket.emit("data", bytes);
  }

  #take(body: Body, parser: Parser, bytes: Uint8Array): void {
    const { kOnBody } = parser.constructor;
    if (kOnBody === undefined) {
      this.socket.emit("data", bytes);
      return;
    }
    body.left -= bytes.length;
    body.take(bytes);
    const onBody = parser[kOnBody];
    parser[kOnBody] = undefined;
    try {
      this.socket.emit("data", bytes);
    } finally {
      parser[kOnBody] = onBody;
    }
  }
}
