/** The application for the analysis tests: injected requests, no port, small limits. */
import { Buffer } from "node:buffer";
import { buildApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createSampler } from "../../../src/sampling/sampler.ts";

export async function startApp(environment: Record<string, string> = {}) {
  const config = readConfig({
    LOGIT_SAMPLER_VOCAB_SIZE_MAX: "9000",
    LOGIT_SAMPLER_ROWS_MAX: "4",
    ...environment,
  });
  const { server } = await buildApp({ config, sampler: createSampler(config.limits) });
  return server;
}

export type Server = Awaited<ReturnType<typeof startApp>>;

/** A JSON body; `text` for values that JSON.stringify cannot write. */
export async function post(server: Server, url: string, body: object | string) {
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  const reply = await server.inject({
    method: "POST",
    url,
    payload,
    headers: { "content-type": "application/json" },
  });
  return { status: reply.statusCode, body: reply.json() };
}

/** A tensor after its JSON header. */
export async function postTensor(
  server: Server,
  url: string,
  header: object,
  values: Float32Array,
  accept = "*/*",
) {
  const head = Buffer.from(JSON.stringify(header));
  const tensor = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return server.inject({
    method: "POST",
    url,
    payload: Buffer.concat([head, tensor]),
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(head.length),
      accept,
    },
  });
}
