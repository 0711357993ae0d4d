/**
 * The model host's side of a stream: POST /v1/stream, one long request per text. The service keeps history, step
 * and state, so that each step after the first sends its row and nothing else: a u32 with its length, and its bytes.
 */
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";
import type { StepFields } from "./row-formats.ts";
import { type Reply, refusal, type SamplerClient } from "./sampler-client.ts";
import { listOf } from "./sources.ts";

/** Set in the length of a frame of JSON text. */
const TEXT_BIT = 0x8000_0000;

interface OpenStream {
  readonly outgoing: ClientRequest;
  /** the next line of the answer; undefined after the last */
  next(): Promise<string | undefined>;
}

/** A new stream begins with each step 0. */
export function connectStream(url: string): SamplerClient {
  const target = new URL("/v1/stream", url);
  let stream: OpenStream | undefined;
  return {
    async sample(logits, fields) {
      const begin = performance.now();
      const { list, shape } = listOf(logits);
      if (stream === undefined || fields["step"] === 0) {
        stream?.outgoing.end();
        stream = openStream(target, shape === undefined ? fields : { ...fields, shape });
      }
      const rows = list.map(({ buffer, byteOffset, byteLength }) =>
        Buffer.from(buffer, byteOffset, byteLength),
      );
      const bytes = rows.reduce((sum, row) => sum + row.length, 0);
      stream.outgoing.write(Buffer.concat([prefix(bytes), ...rows]));
      const line = await stream.next();
      const round_trip_us = (performance.now() - begin) * 1000;
      const reply = JSON.parse(line ?? "{}") as Partial<Reply> & { readonly status?: number };
      if (reply.token_id === undefined) throw new Error(refusal(reply.status, line ?? "the stream ended"));
      return { reply: reply as Reply, round_trip_us }; // a line with a token is a reply
    },
    close: () => void stream?.outgoing.end(),
  };
}

function openStream(target: URL, options: StepFields): OpenStream {
  const outgoing = request(target, { method: "POST", agent: false });
  outgoing.setNoDelay(true);
  const text = Buffer.from(JSON.stringify(options));
  outgoing.write(Buffer.concat([prefix(text.length + TEXT_BIT), text]));
  const lines = new Promise<AsyncIterator<string>>((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.on("response", (incoming: IncomingMessage) =>
      resolve(createInterface({ input: incoming })[Symbol.asyncIterator]()),
    );
  });
  const next = async () => {
    const { value, done } = await (await lines).next();
    return done ? undefined : (value as string);
  };
  return { outgoing, next };
}

function prefix(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
