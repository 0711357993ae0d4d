/**
 * Shared memory in a real service with several workers: a region registered with one worker is known to all, also to
 * one that replaces a dead one.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningService, startService } from "../../evidence/service.ts";

let directory: string;
let service: RunningService;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "shared-memory-"));
  await writeFile(join(directory, "logits"), Buffer.from(Float32Array.of(1, 2, 5, 3).buffer));
  service = await startService({ WORKERS: "3", SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });
});
afterAll(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

const REGION = "/v2/systemsharedmemory/region/logits";

/** One request on a new connection, so that each may reach another worker. */
function send(method: string, path: string, body?: object): Promise<Response> {
  return fetch(service.url + path, {
    method,
    headers: { connection: "close", ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const BYTES = 16;

async function infer(): Promise<unknown> {
  const parameters = { shared_memory_region: "logits", shared_memory_byte_size: BYTES };
  const inputs = [{ name: "logits", shape: [4], datatype: "FP32", parameters }];
  const outputs = [{ name: "token_id" }];
  const body = { inputs, outputs, parameters: { temperature: 0 } };
  return (await send("POST", "/v2/models/sampler/infer", body)).json();
}

const DRAWN = { outputs: [{ name: "token_id", data: [2] }] };

test("every worker knows a region, from its registration to its end", async () => {
  expect((await send("POST", `${REGION}/register`, { key: "/logits", byte_size: BYTES })).status).toBe(200);
  for (let count = 0; count < 12; count++) expect(await infer()).toMatchObject(DRAWN);

  const dead = new Set(service.worker_pids);
  for (const pid of dead) process.kill(pid, "SIGKILL");
  while (service.worker_pids.filter((pid) => !dead.has(pid)).length < dead.size) await nextTurn(10);
  for (let count = 0; count < 12; count++) expect(await infer()).toMatchObject(DRAWN);

  expect((await send("POST", `${REGION}/unregister`)).status).toBe(200);
  for (let count = 0; count < 12; count++)
    expect(await infer()).toEqual({ error: 'there is no shared memory region "logits"' });
});
