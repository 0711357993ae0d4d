/** A service with shared memory in its own folder, and helpers for the tests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../../listening.ts";
import { errorOf, exchange, inferRequest, outputsOf, request } from "./v2.ts";

/** The position of rows in a region, and their type. */
export interface Place {
  readonly region: string;
  readonly offset?: number;
  readonly byte_size?: number;
  readonly shape: readonly number[];
  readonly datatype?: string;
}

function parametersOf({ region, offset, byte_size }: Omit<Place, "shape" | "datatype">) {
  return {
    shared_memory_region: region,
    ...(byte_size !== undefined && { shared_memory_byte_size: byte_size }),
    ...(offset !== undefined && { shared_memory_offset: offset }),
  };
}

export const REGIONS = "/v2/systemsharedmemory";

export async function startShared() {
  const directory = await mkdtemp(join(tmpdir(), "shared-memory-"));
  const limits = { shared_memory_regions_max: 3, shared_memory_bytes_max: 100_000 };
  const app = await listen(limits, { SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });

  /** Status and message of a refusal. */
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

  async function sample(body: object): Promise<unknown> {
    const headers = { "content-type": "application/json" };
    const reply = await fetch(`${app.url}/v1/sample`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return reply.json();
  }

  /** The reply to an inference with rows in this region. */
  async function infer({ shape, datatype = "FP32", ...place }: Place, parameters: object = {}) {
    const input = { name: "logits", shape, datatype, parameters: parametersOf(place) };
    return exchange(
      app.url,
      inferRequest([input], { parameters: { ...parameters }, outputs: { reply: true } }),
    );
  }

  /** The replies to the rows in the region, as /v1 would write them. */
  async function replies(place: Place, parameters?: object): Promise<unknown[]> {
    const { reply } = outputsOf(await infer(place, parameters));
    return (reply?.values ?? []).map((text) => JSON.parse(String(text)) as unknown);
  }

  async function close(): Promise<void> {
    await app.close();
    await rm(directory, { recursive: true });
  }

  return { directory, url: app.url, register, unregister, status, sample, infer, replies, close };
}

export type Shared = Awaited<ReturnType<typeof startShared>>;
