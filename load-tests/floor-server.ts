/**
 * The servers with which ours is compared, each in its own process with the same memory settings: a bare node:http
 * server that reads the body and answers a constant, and the same route written with Fastify's usual means, including
 * JSON.parse.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BARE = `
import { createServer } from "node:http";
const server = createServer((request, response) => {
  let bytes = 0;
  request.on("data", (chunk) => { bytes += chunk.length; });
  request.on("end", () => {
    const text = '{"bytes":' + bytes + '}';
    response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
    response.end(text);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

const JSON_PARSE = `
import { fastify } from "fastify";
import { createSampler } from "./dist/sampling/sampler.js";
import { parseStepOptions } from "./dist/sampling/options/step-options.js";
const sampler = createSampler({ vocab_size_max: 262144, rows_max: 4 });
const app = fastify({ bodyLimit: 1 << 26 });
app.post("/v1/sample", async (request) => {
  const { logits, ...options } = request.body;
  const row = sampler.leaseRow();
  try {
    row.load(logits);
    row.finish();
    return sampler.sample([row], parseStepOptions(options));
  } finally {
    sampler.returnRow(row);
  }
});
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);
`;

export const RIVALS = { bare: BARE, json_parse: JSON_PARSE } as const;

/**
 * The malloc settings that the service's primary gives its workers, so that the comparison is of code and not of
 * settings.
 */
const ENVIRONMENT = { MALLOC_TRIM_THRESHOLD_: "67108864", MALLOC_TOP_PAD_: "16777216" };
const V8_FLAGS = ["--no-concurrent-array-buffer-sweeping"];

export interface Rival {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export function startRival(source: string): Promise<Rival> {
  const child = spawn(process.execPath, [...V8_FLAGS, "--input-type=module", "-e", source], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { ...process.env, ...ENVIRONMENT },
    stdio: ["ignore", "pipe", "inherit"],
  });
  return rivalOf(child);
}

/** A process that prints its port on the first line. */
export async function rivalOf(child: ChildProcess): Promise<Rival> {
  const port = await firstLine(child);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the rival has no output to read");
  const [chunk] = (await Promise.race([once(child.stdout, "data"), once(child, "exit")])) as [unknown];
  if (!(chunk instanceof Uint8Array)) throw new Error("the rival ended before it listened");
  return Buffer.from(chunk).toString().trim();
}
