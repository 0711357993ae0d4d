/**
 * The log of the primary and of the workers: JSON lines of one form, at LOG_LEVEL. It reports events and never the
 * content of requests: no body, no query, no key, even when code logs headers, or an error with further fields.
 */
import { type DestinationStream, type Logger, pino } from "pino";
import type { Config } from "../../config/config.ts";
import { openStandardOutput } from "./log-output.ts";

export type Role = "primary" | "worker";

/** Characters kept of a path, and of an error's message. */
const LENGTH_MAX = 256;
/** Headers whose values reveal neither the sender nor the content. */
const OPEN_HEADERS = new Set([
  "accept",
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "inference-header-content-length",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

/** The log. It writes to standard output unless another destination is given. */
export function createLog(
  { log_level }: Config,
  role: Role,
  destination: DestinationStream = openStandardOutput(),
): Logger {
  const serializers = { err: shownError, error: shownError, headers: shownHeaders, req: shownRequest };
  return pino({ level: log_level, base: { pid: process.pid, role }, serializers }, destination);
}

/** The path of a request's target, cut to a bound, without the query string, which may hold a key or a history. */
export function shownPath(url: string): string {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return shortened(path);
}

/** Type, message and stack of an error, without its other fields. */
function shownError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack = "" } = error;
  const { code } = error as { readonly code?: unknown }; // system errors have one
  return {
    type: name,
    message: shortened(message),
    ...(typeof code === "string" && { code }),
    // Only the frames: the stack repeats the message before them, at any length.
    stack: stack.split("\n").filter((line) => /^ {4}at /.test(line)),
  };
}

function shownHeaders(headers: unknown): unknown {
  const shown = (name: string, value: unknown) =>
    OPEN_HEADERS.has(name.toLowerCase()) ? value : "[redacted]";
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, shown(name, value)]));
}

function shownRequest(request: { readonly method?: string; readonly url?: string }): unknown {
  return { method: request.method, path: shownPath(request.url ?? "") };
}

function shortened(text: string): string {
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;
}
