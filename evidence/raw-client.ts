/**
 * A small HTTP/1.1 load generator over plain sockets: the request is one prepared buffer, written again as soon as its
 * reply is complete. It uses so little CPU that the measurement is of the server and not of the generator. It reads
 * only replies with a Content-Length, as the service sends them.
 */
import { connect, type Socket } from "node:net";
import type { Scenario } from "./scenarios.ts";

export interface LoadLimits {
  readonly connections: number;
  readonly duration_ms: number;
  readonly requests_max: number;
}

export interface RawResult {
  readonly requests: number;
  readonly elapsed_ms: number;
  readonly latencies_ms: readonly number[];
  /** replies whose status was not 2xx */
  readonly refused: number;
  /** replies whose body was not that of the first reply */
  readonly different: number;
}

/** Sends one request repeatedly on kept-alive connections until the time or the count is reached. */
export async function rawLoad(url: string, scenario: Scenario, limits: LoadLimits): Promise<RawResult> {
  const target = new URL(url);
  const message = requestBytes(target, scenario);
  const latencies_ms: number[] = [];
  const begin_ms = performance.now();
  const end_ms = begin_ms + limits.duration_ms;
  let started = 0;
  let refused = 0;
  let different = 0;
  let first_body: string | undefined;
  const mayStart = () => performance.now() < end_ms && started < limits.requests_max;
  const connection = async () => {
    const socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const readReply = replyReader(socket);
    while (mayStart()) {
      started++;
      const sent_ms = performance.now();
      socket.write(message);
      const { status, body } = await readReply();
      latencies_ms.push(performance.now() - sent_ms);
      first_body ??= body;
      if (status < 200 || status > 299) refused++;
      if (body !== first_body) different++;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: limits.connections }, connection));
  const elapsed_ms = performance.now() - begin_ms;
  return { requests: latencies_ms.length, elapsed_ms, latencies_ms, refused, different };
}

function requestBytes(target: URL, scenario: Scenario): Buffer {
  const headers = { host: target.host, ...scenario.headers, "content-length": String(scenario.body.length) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`POST ${scenario.path} HTTP/1.1\r\n${lines.join("")}\r\n`),
    scenario.body,
  ]);
}

interface RawReply {
  readonly status: number;
  readonly body: string;
}

/** A function that returns the next reply of a socket; it rejects when the connection breaks before a reply. */
function replyReader(socket: Socket): () => Promise<RawReply> {
  let received = "";
  let waiting: { resolve(reply: RawReply): void; reject(error: Error): void } | undefined;
  const fail = (error: Error) => waiting?.reject(error);
  socket.setEncoding("utf8");
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the service closed the connection")));
  socket.on("data", (chunk: string) => {
    received += chunk;
    const reply = parseReply(received);
    if (reply === undefined) return;
    received = "";
    waiting?.resolve(reply);
  });
  return () =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
}

/** A complete reply, or undefined while bytes are missing. */
function parseReply(text: string): RawReply | undefined {
  const split = text.indexOf("\r\n\r\n");
  if (split < 0) return undefined;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, split))?.[1];
  if (length === undefined) throw new Error(`the reply has no content-length:\n${text.slice(0, split)}`);
  const body = text.slice(split + 4);
  if (Buffer.byteLength(body) < Number(length)) return undefined;
  return { status: Number(text.slice(9, 12)), body };
}
