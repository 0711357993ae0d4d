/**
 * Decides which web pages may call the service. A page may call if its origin is configured, or if the service
 * itself served it. WebSockets are not bound by CORS, so their origin is checked here.
 */
import type { IncomingHttpHeaders } from "node:http";

export function allowsOrigin(origins: readonly string[], origin: string): boolean {
  return origins.includes(origin) || origins.includes("*");
}

/** Whether the page at `Origin` came from the host that it now calls. */
export function isSameOrigin({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/** The headers of an answer that a page's script may read. */
export const EXPOSED_HEADERS =
  "x-request-id, server-timing, retry-after, www-authenticate, traceresponse, inference-header-content-length";

/** The headers of the answer to a preflight (Fetch standard, CORS protocol). */
export const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers":
    "authorization, x-api-key, content-type, content-encoding, inference-header-content-length, x-request-id, traceparent, tracestate",
  "access-control-max-age": "600",
} as const;
