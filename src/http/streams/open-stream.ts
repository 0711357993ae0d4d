/** Chooses the reader of a stream by its Content-Type. */
import type { IncomingMessage } from "node:http";
import { FrameReader, LineReader, type MessageReader } from "../../wire/stream-reader.ts";
import { requireNoQuery } from "../exchange/no-query.ts";
import { mediaType, requireIdentity } from "../exchange/open-body.ts";
import type { Service } from "../exchange/service.ts";
import type { StreamSession } from "./session.ts";

/** Where the options of a stream stand, whatever carries it. */
export const PLACE_OF_OPTIONS = "options of a stream stand in its first message";
export const LINES_TYPE = "application/x-ndjson";
const STREAM_TYPES = { "application/octet-stream": "frames", [LINES_TYPE]: "lines" } as const;

export function openReader(
  { config }: Service,
  { context }: StreamSession,
  { headers, url }: IncomingMessage,
): MessageReader {
  requireIdentity(headers["content-encoding"]);
  requireNoQuery(url, PLACE_OF_OPTIONS);
  const limits = { message_bytes_max: config.limits.body_bytes_max };
  const type = mediaType(headers["content-type"], STREAM_TYPES);
  return type === "lines" ? new LineReader(context, limits) : new FrameReader(context, limits);
}
