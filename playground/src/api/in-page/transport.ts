/**
 * The API without a service: a worker with the sampler's library gives the service's answers, byte for byte. The three
 * lists never change, so they are files.
 */
import { asset } from "../asset.ts";
import type { Send } from "../transport.ts";
import type { FromWorker, ToWorker } from "./messages.ts";

export const send: Send = async (path, { body, headers, signal }) => {
  const response = body === undefined ? await listed(path) : await asked(path, body, new Headers(headers));
  signal?.throwIfAborted();
  return response;
};

const LISTS = ["samplers", "presets", "combinations"];

/** Answers a request without a body: a list, or a small value that the worker knows. */
async function listed(path: string): Promise<Response> {
  const name = path.slice("/v1/".length);
  return LISTS.includes(name) ? fetch(asset(`api/${name}.json`)) : answered({ path });
}

async function asked(path: string, body: BodyInit | null, headers: Headers): Promise<Response> {
  const bytes = await new Response(body).arrayBuffer();
  const header_bytes = headers.get("inference-header-content-length");
  return answered({ path, bytes, ...(header_bytes !== null && { header_bytes: Number(header_bytes) }) }, [
    bytes,
  ]);
}

let worker: Worker | undefined;
let last = 0;
const waiting = new Map<number, (response: Response) => void>();

function answered(message: Omit<ToWorker, "id">, transfer: Transferable[] = []): Promise<Response> {
  worker ??= started();
  last += 1;
  const id = last;
  worker.postMessage({ ...message, id } satisfies ToWorker, transfer);
  return new Promise((resolve) => {
    waiting.set(id, resolve);
  });
}

function started(): Worker {
  const made = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  made.addEventListener("message", ({ data: { id, status, text } }: MessageEvent<FromWorker>) => {
    const type = status === 200 ? "application/json" : "application/problem+json";
    waiting.get(id)?.(new Response(text, { status, headers: { "content-type": type } }));
    waiting.delete(id);
  });
  return made;
}
