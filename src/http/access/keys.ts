/**
 * Compares the key of a request with every configured key in constant time, so the time of an answer reveals nothing
 * about the keys.
 */
import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { digestOf } from "../../config/keys.ts";

/** The index of the request's key among those configured; -1 for an unknown key, undefined for a request without one. */
export function keyIndex(digests: readonly Uint8Array[], headers: IncomingHttpHeaders): number | undefined {
  const key = keyOf(headers);
  if (key === undefined) return undefined;
  const digest = digestOf(key);
  let found = -1;
  // Every key is compared, also after a match, so that the time is the same.
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
