/**
 * A plain HTTP/1.1 client on one socket. It sends exactly the bytes that it is given, which need not be HTTP. It reads
 * replies by their Content-Length, in chunks, or up to the end of the connection.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Reply {
  readonly status: number;
  /** names in lower case */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The connection ended before a reply was complete. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

const PATIENCE_MS = 60_000;

export class Connection {
  readonly #target: URL;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(url: string) {
    this.#target = new URL(url);
  }

  get host(): string {
    return this.#target.host;
  }

  /** True when the other side has closed. */
  get ended(): boolean {
    return this.#ended;
  }

  /** bytes received after the last complete reply */
  get unread(): string {
    return this.#received.toString("latin1");
  }

  async open(): Promise<Socket> {
    if (this.#socket !== undefined && !this.#ended && this.#socket.writable) return this.#socket;
    this.#socket?.destroy();
    const socket = connect({
      host: this.#target.hostname,
      port: Number(this.#target.port),
      noDelay: true,
    });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    this.#ended = false;
    const stopped = () => {
      if (this.#socket !== socket) return;
      this.#ended = true;
      this.#wake();
    };
    socket.on("error", stopped).on("close", stopped).on("end", stopped);
    socket.on("data", (bytes: Buffer) => {
      this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
      this.#wake();
    });
    await Promise.race([once(socket, "connect"), once(socket, "close")]);
    return socket;
  }

  /** Sends bytes and returns the next reply; pieces are written one event-loop turn apart. */
  async exchange(pieces: Uint8Array | readonly Uint8Array[]): Promise<Reply> {
    const socket = await this.open();
    for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
      if (pieces.length > 1 && !(pieces instanceof Uint8Array)) await new Promise(setImmediate);
      if (!this.#ended) socket.write(piece);
    }
    return this.reply();
  }

  /** The next reply. Throws ConnectionLost when there is none. */
  async reply(): Promise<Reply> {
    const until_ms = performance.now() + PATIENCE_MS;
    while (performance.now() < until_ms) {
      const parsed = parseReply(this.#received, this.#ended);
      if (parsed !== undefined) {
        this.#received = this.#received.subarray(parsed.bytes);
        if (parsed.reply.status === 100) continue;
        return parsed.reply;
      }
      if (this.#ended)
        throw new ConnectionLost(`the connection ended after ${this.#received.length} bytes of a reply`);
      await this.#more(until_ms - performance.now());
    }
    throw new ConnectionLost(`no reply within ${PATIENCE_MS} ms`);
  }

  /** Waits until the other side has closed; false when it does not close within this time. */
  async closed(within_ms: number): Promise<boolean> {
    const until_ms = performance.now() + within_ms;
    while (!this.#ended && performance.now() < until_ms) await this.#more(until_ms - performance.now());
    return this.#ended;
  }

  close(): void {
    this.#socket?.destroy();
    this.#ended = true;
  }

  #more(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The first reply in these bytes, and its length in bytes; undefined while the reply is incomplete. */
function parseReply(bytes: Buffer, ended: boolean): { reply: Reply; bytes: number } | undefined {
  const split = bytes.indexOf("\r\n\r\n");
  if (split < 0) return undefined;
  const [first = "", ...lines] = bytes.subarray(0, split).toString("latin1").split("\r\n");
  const headers = new Map(lines.map(headerOf));
  const status = Number(first.slice(9, 12));
  const begin = split + 4;
  const done = (body: string, end: number) => ({ reply: { status, headers, body }, bytes: end });
  if (status < 200 || status === 204 || status === 304) return done("", begin);
  const length = headers.get("content-length");
  if (length !== undefined) {
    const end = begin + Number(length);
    return bytes.length < end ? undefined : done(bytes.toString("utf8", begin, end), end);
  }
  if (headers.get("transfer-encoding") === "chunked") {
    const body = parseChunks(bytes, begin);
    return body === undefined ? undefined : done(body.text, body.end);
  }
  return ended ? done(bytes.toString("utf8", begin), bytes.length) : undefined;
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function parseChunks(bytes: Buffer, begin: number): { text: string; end: number } | undefined {
  const parts: Buffer[] = [];
  let at = begin;
  for (;;) {
    const line_end = bytes.indexOf("\r\n", at);
    if (line_end < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, line_end), 16);
    const end = line_end + 2 + size + 2;
    if (bytes.length < end) return undefined;
    if (size === 0) return { text: Buffer.concat(parts).toString("utf8"), end };
    parts.push(bytes.subarray(line_end + 2, line_end + 2 + size));
    at = end;
  }
}
