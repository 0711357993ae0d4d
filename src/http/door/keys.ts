/**
 * Keys that open the service. Only their SHA-256 digests are kept, and a key that comes is compared with every
 * one of them in constant time, so that neither memory nor the time of an answer tells anything of a key.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const LENGTH_MIN = 16;

/** Digests of keys, each trimmed; empty ones are left out. Throws an Error that does not show the key. */
export function digestsOf(keys: readonly string[]): Uint8Array[] {
  const trimmed = keys.map((key) => key.trim()).filter((key) => key !== "");
  for (const key of trimmed) {
    if (key.length < LENGTH_MIN)
      throw new Error(`must hold keys of at least ${LENGTH_MIN} characters, got one of ${key.length}`);
    if (!/^[\x21-\x7e]+$/.test(key))
      throw new Error("must hold keys of visible ASCII characters, got one with others");
  }
  return trimmed.map(digestOf);
}

/** The index of the key that a request brings; -1 when it brings none of them, undefined when it brings none at all. */
export function keyIndex(digests: readonly Uint8Array[], headers: IncomingHttpHeaders): number | undefined {
  const key = keyOf(headers);
  if (key === undefined) return undefined;
  const digest = digestOf(key);
  let found = -1;
  // All are compared, whichever it is.
  for (let index = 0; index < digests.length; index++)
    if (timingSafeEqual(digest, digests[index] as Uint8Array)) found = index;
  return found;
}

/** Browsers cannot set headers on a WebSocket; they can offer protocols. */
const PROTOCOL_PREFIX = "bearer.";

function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization, "x-api-key": api_key, "sec-websocket-protocol": protocols } = headers;
  if (typeof api_key === "string") return api_key.trim();
  const bearer = authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (authorization !== undefined) return bearer ?? "";
  const offered = protocols?.split(",").map((protocol) => protocol.trim());
  return offered?.find((protocol) => protocol.startsWith(PROTOCOL_PREFIX))?.slice(PROTOCOL_PREFIX.length);
}

function digestOf(key: string): Uint8Array {
  return createHash("sha256").update(key).digest();
}
