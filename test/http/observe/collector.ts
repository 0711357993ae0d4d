/** An OpenTelemetry collector on a free port of 127.0.0.1, which stores the spans it receives. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, string> }[];
  readonly status: { readonly code?: number };
}

interface Batch {
  readonly resource: unknown;
  readonly scopeSpans: readonly { readonly spans: Span[] }[];
}

export interface Message {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly spans: readonly Span[];
  readonly resource: unknown;
}

/** Answers every message with this status. */
export async function startCollector(status = 200) {
  const got: Message[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: Batch[] };
    const { resource, scopeSpans } = resourceSpans[0]!;
    const { url: path = "", headers } = request;
    got.push({ path, headers, body, spans: scopeSpans[0]?.spans ?? [], resource });
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, got, close: () => void server.close() };
}
