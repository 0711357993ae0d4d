/** A service with shared memory in a folder of its own, and what tests ask of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../../listening.ts";
import { errorOf, exchange, request } from "./v2.ts";

export const REGIONS = "/v2/systemsharedmemory";

export async function startShared() {
  const directory = await mkdtemp(join(tmpdir(), "shared-memory-"));
  const limits = { shared_memory_regions_max: 3, shared_memory_bytes_max: 100_000 };
  const app = await listen(limits, { SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });

  /** Status, and the sentence of a refusal. */
  async function register(name: string, region: object): Promise<[number, string]> {
    const body = JSON.stringify(region);
    const reply = await exchange(app.url, request(`POST ${REGIONS}/region/${name}/register`, body));
    return [reply.status, reply.status === 200 ? reply.body.toString() : errorOf(reply)];
  }

  async function unregister(path = ""): Promise<number> {
    return (await exchange(app.url, request(`POST ${REGIONS}${path}/unregister`, undefined))).status;
  }

  async function status(path = ""): Promise<unknown> {
    const reply = await exchange(app.url, request(`GET ${REGIONS}${path}/status`, undefined));
    return reply.status === 200 ? JSON.parse(reply.body.toString()) : errorOf(reply);
  }

  async function sample(body: object, path = "/v1/sample"): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const reply = await fetch(app.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return reply.json();
  }

  /** What is wrong with a row there: code, pointer and sentence. */
  async function refusal(shared_memory: object): Promise<unknown[]> {
    const problem = (await sample({ logits: { shared_memory } })) as Record<string, unknown>;
    return [problem["code"], problem["pointer"], problem["detail"]];
  }

  async function close(): Promise<void> {
    await app.close();
    await rm(directory, { recursive: true });
  }

  return { directory, url: app.url, register, unregister, status, sample, refusal, close };
}

export type Shared = Awaited<ReturnType<typeof startShared>>;
