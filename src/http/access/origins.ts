/**
 * Which pages may call the service from a browser. None may unless their origin is configured; a page of the
 * service itself needs no leave. WebSockets are not bound by CORS, so their origin is checked here.
 */
import type { IncomingHttpHeaders } from "node:http";

export function allowsOrigin(origins: readonly string[], origin: string): boolean {
  return origins.includes(origin) || origins.includes("*");
}

/** Whether the page at `Origin` came from the host that it now calls. */
export function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/** What scripts may read of an answer besides its body. */
export const EXPOSED_HEADERS =
  "x-request-id, server-timing, retry-after, www-authenticate, traceresponse, inference-header-content-length";

/** The answer's headers that let a page's script ask first: a preflight (Fetch standard, CORS protocol). */
export const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers":
    "authorization, x-api-key, content-type, content-encoding, inference-header-content-length, x-request-id, traceparent, tracestate",
  "access-control-max-age": "600",
} as const;
