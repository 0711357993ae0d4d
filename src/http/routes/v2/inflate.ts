/**
 * Compressed bodies of /v2. Bytes are inflated as they arrive, up to the limit on bodies, so that a small body cannot
 * become a large one unnoticed. Answers are compressed if the client accepts it.
 */
import { promisify } from "node:util";
import { createGunzip, createInflate, deflate, type Gunzip, gzip, type Inflate } from "node:zlib";
import { Problem, shorten } from "../../../errors.ts";
import type { ChunkReader } from "../../exchange/read-body.ts";
import type { Flow } from "../../exchange/turns.ts";

export type Compression = "gzip" | "deflate";

/** Whether a body with this Content-Encoding is not compressed. */
export function isPlain(encoding: string | undefined): boolean {
  return encoding === undefined || encoding.trim().toLowerCase() === "identity";
}

/** The compression of a body. Throws a Problem for an unsupported one. */
export function compressionOf(encoding: string | undefined): Compression {
  const name = encoding?.trim().toLowerCase();
  if (name === "gzip" || name === "deflate") return name;
  throw new Problem(
    "unsupported_media_type",
    `bodies are taken plain, as gzip or as deflate, got ${shorten(encoding ?? "none")}`,
  );
}

/** The destination of inflated bytes. Nothing is called after `fail`. */
export interface Inflated {
  write(chunk: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
}

/** Takes compressed bytes and gives the inflated ones to `inner`. The body waits while it is inflated. */
export class Inflating implements ChunkReader, Flow {
  readonly #stream: Gunzip | Inflate;
  readonly #body: Flow;
  readonly #bytes_max: number;
  readonly #inner: Inflated;
  #bytes = 0;
  /** all compressed bytes have come */
  #ended = false;
  #refused = false;

  constructor(compression: Compression, body: Flow, body_bytes_max: number, inner: Inflated) {
    this.#stream = compression === "gzip" ? createGunzip() : createInflate();
    this.#body = body;
    this.#bytes_max = body_bytes_max;
    this.#inner = inner;
    this.#stream.on("data", (chunk: Uint8Array) => this.#attempt(() => this.#take(chunk)));
    this.#stream.on("error", (error) => this.refuse(notCompressed(compression, error)));
    this.#stream.on("end", () => this.#attempt(() => inner.end()));
  }

  write(chunk: Uint8Array): void {
    if (this.#stream.write(chunk)) return;
    this.#body.pause();
    this.#stream.once("drain", () => this.#body.resume());
  }

  end(): void {
    this.#ended = true;
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  refuse(error: unknown): void {
    if (this.#refused) return;
    this.close();
    this.#body.resume();
    if (this.#ended) this.#inner.fail(error);
    else this.#body.refuse(error);
  }

  /** Drops all further bytes. */
  close(): void {
    this.#refused = true;
    this.#stream.destroy();
  }

  #take(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytes_max) throw inflatesTooFar(this.#bytes_max);
    this.#inner.write(chunk);
  }

  #attempt(action: () => void): void {
    try {
      if (!this.#refused) action();
    } catch (error) {
      this.refuse(error);
    }
  }
}

function inflatesTooFar(body_bytes_max: number): Problem {
  return new Problem(
    "body_too_large",
    `a body may inflate to at most ${body_bytes_max} bytes (body_bytes_max), got more`,
  );
}

function notCompressed(compression: Compression, error: Error): Problem {
  return new Problem("malformed_request", `the body is not ${compression}: ${error.message}`);
}

/** The encoding that the client prefers among those supported; undefined for none. */
export function acceptedCompression(header: string | string[] | undefined): Compression | undefined {
  if (header === undefined) return undefined;
  const weights = new Map(String(header).split(",").map(weightOf));
  const gzip_weight = weights.get("gzip") ?? 0;
  const deflate_weight = weights.get("deflate") ?? 0;
  if (gzip_weight === 0 && deflate_weight === 0) return undefined;
  return gzip_weight >= deflate_weight ? "gzip" : "deflate";
}

/** `gzip;q=0.5` → gzip, 0.5 */
function weightOf(part: string): [string, number] {
  const [name = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
  const weight = parameters.find((each) => each.startsWith("q="))?.slice(2);
  const value = weight === undefined ? 1 : Number(weight);
  return [name, Number.isFinite(value) ? value : 0];
}

const COMPRESS = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

export function compress(compression: Compression, bytes: Uint8Array | string): Promise<Buffer> {
  return COMPRESS[compression](bytes);
}
