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
const scratch_text = Buffer.from(scratch.buffer);
/** What is read while no body is expected. The parser may copy it, and malloc asks the system for larger copies. */
const short_scratch = scratch.subarray(0, 65_536);

/** How the heads begin whose bodies are taken in place, and how they end. */
const LINE_HEAD = Buffer.from("POST /v1/sample");
const HEAD_END = "\r\n\r\n";

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

/** Calls `take` with the bytes of a body as they are read; they are gone when it returns. */
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

/** Stops the connection of a body that is taken in place: pausing the request does not, for its bytes never come there. */
export function pauseInPlace(raw: IncomingMessage): void {
  if (connections.get(raw.socket)?.takes(raw)) raw.socket.pause();
}

/** Reads on; Node does not where answers wait to be taken. */
export function resumeInPlace(raw: IncomingMessage): void {
  if (connections.get(raw.socket)?.takes(raw)) raw._read(0);
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

  /** Whether bytes of this request are still taken in place. */
  takes(raw: IncomingMessage): boolean {
    return this.#body?.raw === raw && this.#body.left > 0;
  }

  /** Whether what is read may be handed on at once: no one has stopped the connection, and nothing waits there. */
  get #flows(): boolean {
    const { readableFlowing, readableLength } = this.socket;
    return readableFlowing === true && readableLength === 0;
  }

  /** How many of the next bytes are those of a body that is taken in place. */
  get #left(): number {
    const body = this.#body;
    // Node may read on for a body that was paused: what comes then waits in its request.
    if (body === undefined || body.raw.readableLength > 0 || body.raw.isPaused() || !this.#flows) return 0;
    return Math.max(0, body.left);
  }

  /** Never past the end of a body. */
  #room(): Uint8Array {
    const left = this.#left;
    if (left === 0) return short_scratch;
    return left < scratch.length ? scratch.subarray(0, left) : scratch;
  }

  /** What was read is a piece of a body, or the head of a request and the beginning of its body, or anything else. */
  #filled(bytes: Uint8Array): void {
    const head_bytes = this.#left > 0 ? 0 : lineHeadBytes(bytes.length);
    if (head_bytes > 0) this.#pass(bytes.subarray(0, head_bytes));
    const body_end = head_bytes + Math.min(this.#left, bytes.length - head_bytes);
    if (body_end > head_bytes) this.#take(bytes.subarray(head_bytes, body_end));
    if (bytes.length > body_end) this.#pass(bytes.subarray(body_end));
  }

  /** Hands on what the parser reads, or whoever reads the connection when it is not HTTP any more: he may keep what he reads. */
  #pass(bytes: Uint8Array): void {
    const { socket } = this;
    const { parser } = socket as { parser?: Parser | null };
    if (parser && this.#flows) socket.emit("data", bytes);
    else socket.push(Buffer.from(bytes));
  }

  /** Takes a piece of a body, and tells the parser of it. */
  #take(bytes: Uint8Array): void {
    const body = this.#body as Body; // it has bytes left
    const { parser } = this.socket as { parser?: Parser | null };
    const on_body = parser?.constructor.kOnBody;
    if (!parser || on_body === undefined) {
      this.#pass(bytes);
      return;
    }
    body.left -= bytes.length;
    body.take(bytes);
    const onBody = parser[on_body];
    parser[on_body] = undefined;
    try {
      this.socket.emit("data", bytes);
    } finally {
      parser[on_body] = onBody;
    }
  }
}

/** Length of the head in `scratch`, whose bytes were read, if its body may be taken in place; else 0. */
function lineHeadBytes(bytes: number): number {
  if (!LINE_HEAD.equals(scratch_text.subarray(0, LINE_HEAD.length))) return 0;
  const end = scratch_text.indexOf(HEAD_END) + HEAD_END.length;
  return end >= HEAD_END.length && end <= bytes ? end : 0;
}
