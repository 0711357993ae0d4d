/**
 * The model host's side of the wire: POST /v1/sample over one kept-alive connection. It times every round
 * trip and knows nothing of models or text.
 */
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Rows } from "./model.ts";
import { ROW_FORMATS, type RowFormat, type StepFields } from "./row-formats.ts";

/** The fields of a reply that a model host needs for the next step. */
export interface Reply {
  readonly token_id: number;
  readonly seed: string;
  readonly step: number;
  readonly kept: number;
  /** what the next step must send back, null when nothing */
  readonly state: unknown;
  /** why the text is complete with this token; absent while it continues */
  /** why the text ends with this token; null, where something was to stop it and does not yet */
  readonly finish_reason?: string | null;
}

export interface TimedReply {
  readonly reply: Reply;
  /** from the first byte sent to the last byte received, microseconds */
  readonly round_trip_us: number;
  /** what the service says it spent on the request, microseconds; absent when it does not say */
  readonly server_us?: number;
}

export interface SamplerClient {
  sample(logits: Rows, fields: StepFields): Promise<TimedReply>;
  close(): void;
}

export function connectSampler(url: string, format: RowFormat = "binary"): SamplerClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const target = new URL("/v1/sample", url);
  return {
    async sample(logits, fields) {
      const { headers, parts } = ROW_FORMATS[format](logits, fields);
      const begin = performance.now();
      const response = await post(target, agent, headers, parts);
      const body = await text(response);
      const round_trip_us = (performance.now() - begin) * 1000;
      if (response.statusCode !== 200) throw new Error(refusal(response.statusCode, body));
      // The service's reply is described in openapi/openapi.json; only the fields of Reply are read.
      const timed = { reply: JSON.parse(body) as Reply, round_trip_us };
      const server_us = serverTime(response.headers["server-timing"]);
      return server_us === undefined ? timed : { ...timed, server_us };
    },
    close: () => agent.destroy(),
  };
}

function post(
  target: URL,
  agent: Agent,
  headers: Readonly<Record<string, string>>,
  parts: readonly Uint8Array[],
): Promise<IncomingMessage> {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return new Promise((resolve, reject) => {
    const options = { method: "POST", agent, headers: { ...headers, "content-length": bytes } };
    const outgoing = request(target, options, resolve).on("error", reject);
    for (const part of parts) outgoing.write(part);
    outgoing.end();
  });
}

/** Sentence for a reply that is not 200: the problem's own detail and pointer when it has them. */
export function refusal(status: number | undefined, body: string): string {
  try {
    const problem = JSON.parse(body) as { detail?: string; pointer?: string };
    return `the service answered ${status}: ${problem.detail ?? body} ${problem.pointer ?? ""}`.trimEnd();
  } catch {
    return `the service answered ${status}: ${body}`;
  }
}

/** Sum of the durations of a Server-Timing header, `parse;dur=0.11, sample;dur=0.02`: milliseconds there, µs here. */
function serverTime(header: string | string[] | undefined): number | undefined {
  const durations = [...String(header ?? "").matchAll(/dur=([\d.]+)/g)];
  if (durations.length === 0) return undefined;
  return durations.reduce((sum, match) => sum + Number(match[1]), 0) * 1000;
}
