/**
 * Compressed bodies of /v2: bytes are inflated as they come, and no more than the limit on bodies allows, so that a
 * small body cannot become a large one unseen. Answers are compressed for those who ask for it.
 */
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { createGunzip, createInflate, deflate, type Gunzip, gzip, type Inflate } from "node:zlib";
import { Problem, shorten } from "../../../errors.ts";
import type { Receiver } from "../../exchange/read-body.ts";
import type { Flow } from "../../exchange/turns.ts";

export type Compression = "gzip" | "deflate";

/** How a body is compressed; undefined: not at all. Throws a Problem for what is not taken. */
export function compressionOf(encoding: string | undefined): Compression | undefined {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity") return undefined;
  if (name === "gzip" || name === "deflate") return name;
  throw new Problem(
    "unsupported_media_type",
    `bodies are taken plain, as gzip or as deflate, got ${shorten(encoding ?? "none")}`,
  );
}

/** What inflates one body, and lets what comes out of it wait. */
export interface Inflater {
  readonly compression: Compression;
  readonly stream: Gunzip | Inflate;
  readonly flow: Flow;
}

export function createInflater(compression: Compression): Inflater {
  const stream = compression === "gzip" ? createGunzip() : createInflate();
  return { compression, stream, flow: { pause: () => stream.pause(), resume: () => stream.resume() } };
}

/** Takes compressed bytes and gives `inner` what they stand for. The body waits while it is inflated. */
export function inflating(
  { compression, stream }: Inflater,
  raw: IncomingMessage,
  body_bytes_max: number,
  inner: Receiver,
): Receiver {
  let refusal: unknown;
  let bytes = 0;
  let ended = false;
  const refuse = (error: unknown) => {
    if (refusal !== undefined) return;
    refusal = error;
    stream.destroy();
    raw.resume();
    if (ended) inner.fail(error);
  };
  const attempt = (action: () => void) => {
    try {
      if (refusal === undefined) action();
    } catch (error) {
      refuse(error);
    }
  };
  stream.on("data", (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes > body_bytes_max) refuse(inflatesTooFar(body_bytes_max));
    else attempt(() => inner.write(chunk));
  });
  stream.on("error", (error) => refuse(notCompressed(compression, error)));
  stream.on("end", () => attempt(() => inner.end()));
  return {
    write(chunk) {
      if (refusal !== undefined) throw refusal;
      if (stream.write(chunk)) return;
      raw.pause();
      stream.once("drain", () => raw.resume());
    },
    end() {
      if (refusal !== undefined) throw refusal;
      ended = true;
      stream.end();
    },
    fail(error) {
      stream.destroy();
      inner.fail(error);
    },
  };
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

/** What the client prefers of what there is; undefined: plain. */
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
