/** Chooses the reader of a stream by what its head says it is. */
import type { IncomingMessage } from "node:http";
import { Problem } from "../../errors.ts";
import { FrameReader, LineReader, type MessageReader } from "../../wire/stream-reader.ts";
import { mediaType, requireIdentity } from "../line/open-body.ts";
import type { Service } from "../service.ts";
import type { StreamSession } from "./session.ts";

export const LINES_TYPE = "application/x-ndjson";
const STREAM_TYPES = { "application/octet-stream": "frames", [LINES_TYPE]: "lines" } as const;

export function openReader(
  { config }: Service,
  { context }: StreamSession,
  { headers, url }: IncomingMessage,
): MessageReader {
  requireIdentity(headers["content-encoding"]);
  if (url?.includes("?"))
    throw new Problem(
      "option_conflict",
      "options of a stream stand in its first message, not in the query string",
    );
  const limits = { message_bytes_max: config.limits.body_bytes_max };
  const type = mediaType(headers["content-type"], STREAM_TYPES);
  return type === "lines" ? new LineReader(context, limits) : new FrameReader(context, limits);
}
