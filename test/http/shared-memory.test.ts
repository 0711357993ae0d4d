/** Rows from shared memory: registering, using, truncating, unregistering, and names that would be paths. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Listening, listen } from "./listening.ts";
import { bf16, errorOf, exchange, f32, inferRequest, outputsOf, request } from "./v2.ts";

let directory: string;
let app: Listening;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "shared-memory-"));
  const limits = { shared_memory_regions_max: 3, shared_memory_bytes_max: 100_000 };
  app = await listen(limits, { SHARED_MEMORY: "on", SHARED_MEMORY_DIR: directory });
});
afterEach(async () => {
  await app.close();
  await rm(directory, { recursive: true });
});

const REGIONS = "/v2/systemsharedmemory";
const ROW = [1, 2.5, -0.25, 2];

async function register(name: string, region: object): Promise<[number, string]> {
  const body = JSON.stringify(region);
  const reply = await exchange(app.url, request(`POST ${REGIONS}/region/${name}/register`, body));
  return [reply.status, reply.status === 200 ? reply.body.toString() : errorOf(reply)];
}

async function registered(name: string, region: object): Promise<void> {
  expect(await register(name, region)).toEqual([200, ""]);
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

describe("a region", () => {
  test("is registered, told of, used and forgotten as tritonclient does it", async () => {
    await writeFile(join(directory, "logits"), Buffer.concat([Buffer.alloc(16), f32(...ROW)]));
    await registered("my%20region", { key: "/logits", offset: 8, byte_size: 24 });
    const told = { name: "my region", key: "/logits", offset: 8, byte_size: 24 };
    expect(await status()).toEqual([told]);
    expect(await status("/region/my%20region")).toEqual([told]);
    const parameters = {
      shared_memory_region: "my region",
      shared_memory_byte_size: 16,
      shared_memory_offset: 8,
    };
    const input = { name: "logits", shape: [1, 4], datatype: "FP32", parameters };
    const bytes = inferRequest([input], { parameters: { seed: 7 }, outputs: { reply: true } });
    const text = JSON.stringify(await sample({ logits: ROW, seed: 7 }));
    expect(outputsOf(await exchange(app.url, bytes))["reply"]?.values).toEqual([text]);
    expect(await unregister("/region/my%20region")).toBe(200);
    expect(await status()).toEqual([]);
    expect(errorOf(await exchange(app.url, bytes))).toBe('there is no shared memory region "my region"');
    expect(await status("/region/my%20region")).toBe('there is no shared memory region "my region"');
  });

  test("stays what it was when its file is unlinked, as a mapping would", async () => {
    await writeFile(join(directory, "gone"), f32(...ROW));
    await registered("gone", { key: "gone", byte_size: 16 });
    await unlink(join(directory, "gone"));
    const place = { region: "gone", shape: [4] };
    expect(await sample({ logits: { shared_memory: place }, temperature: 0 })).toMatchObject({ token_id: 1 });
  });

  test("is read anew for every row", async () => {
    const path = join(directory, "changing");
    await writeFile(path, f32(...ROW));
    await registered("changing", { key: "changing", byte_size: 16 });
    const body = { logits: { shared_memory: { region: "changing", shape: [1, 4] } }, temperature: 0 };
    expect(await sample(body)).toMatchObject({ token_id: 1 });
    await writeFile(path, f32(0, 0, 5, 0), { flag: "r+" });
    expect(await sample(body)).toMatchObject({ token_id: 2 });
  });

  test("whose file was cut short is refused, and answers again when it has grown", async () => {
    const path = join(directory, "short");
    await writeFile(path, f32(...ROW));
    await registered("short", { key: "short", byte_size: 16 });
    await truncate(path, 15);
    const place = { region: "short", shape: [4] };
    expect(await refusal(place)).toEqual([
      "length_mismatch",
      "/logits/shared_memory",
      'the file short of region "short" is shorter than the 16 bytes that were registered',
    ]);
    await writeFile(path, f32(...ROW));
    expect(await sample({ logits: { shared_memory: place }, temperature: 0 })).toMatchObject({ token_id: 1 });
  });

  test("can hold many rows, and options", async () => {
    const rows = f32(...ROW, 9, 0, 0, 0);
    await writeFile(join(directory, "rows"), Buffer.concat([rows, Buffer.of(5, 0, 0, 0, 6, 0, 0, 0)]));
    await registered("rows", { key: "rows", byte_size: 40 });
    const at = (offset: number, byte_size: number) => ({
      shared_memory_region: "rows",
      shared_memory_byte_size: byte_size,
      ...(offset > 0 && { shared_memory_offset: offset }),
    });
    const inputs = [
      { name: "logits", shape: [2, 4], datatype: "FP32", parameters: at(0, 32) },
      { name: "seed", shape: [2], datatype: "INT32", parameters: at(32, 8) },
    ];
    const { reply } = outputsOf(await exchange(app.url, inferRequest(inputs, { outputs: { reply: false } })));
    const alone = [await sample({ logits: ROW, seed: 5 }), await sample({ logits: [9, 0, 0, 0], seed: 6 })];
    expect(reply?.values).toEqual(alone.map((each) => JSON.stringify(each)));
  });

  test("gives the same answer as the bytes would, in every dtype, alone and in a batch", async () => {
    const row = Array.from({ length: 4000 }, (_, index) => Math.fround(Math.sin(index * 1.7) * 9));
    await writeFile(join(directory, "large"), Buffer.concat([f32(...row), bf16(...row)]));
    await registered("large", { key: "large", byte_size: 24_000 });
    const options = { temperature: 0.8, top_k: 40, seed: 3, logprobs: true };
    const halves = bf16(...row).toString("base64");
    const pairs = [
      [{ shared_memory: { region: "large", shape: [4000] } }, row],
      [
        { shared_memory: { region: "large", offset: 16_000, dtype: "bf16", shape: [4000] } },
        { dtype: "bf16", data: halves },
      ],
    ];
    for (const [shared, plain] of pairs)
      expect(await sample({ logits: shared, ...options })).toEqual(
        await sample({ logits: plain, ...options }),
      );
    const rows = pairs.map(([logits]) => ({ logits }));
    const batch = (await sample({ rows, ...options }, "/v1/sample/batch")) as { results: unknown[] };
    expect(batch.results).toEqual(
      await Promise.all(pairs.map(([, logits]) => sample({ logits, ...options }))),
    );
  });

  test("serves the steps of a stream", async () => {
    await writeFile(join(directory, "steps"), f32(...ROW));
    await registered("steps", { key: "steps", byte_size: 16 });
    const line = '{"logits":{"shared_memory":{"region":"steps","shape":[4]}}}\n';
    const reply = await fetch(`${app.url}/v1/stream`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `{"temperature":0}\n${line}${line.replace("steps", "none")}`,
    });
    const lines = (await reply.text()).trim().split("\n");
    expect(lines.map((each) => JSON.parse(each) as unknown)).toMatchObject([
      { token_id: 1, step: 0 },
      { code: "invalid_option", pointer: "/logits/shared_memory/region" },
    ]);
  });
});

describe("what is refused", () => {
  beforeEach(() => writeFile(join(directory, "logits"), f32(...ROW)));

  test.each([
    ["../logits"],
    ["/../logits"],
    ["//logits"],
    ["a/logits"],
    [".."],
    ["."],
    [""],
    ["/"],
    ["logits\u0000"],
    [".hidden"],
    ["x".repeat(256)],
    ["..\\logits"],
  ])("the key %j", async (key) => {
    expect(await register("r", { key, byte_size: 4 })).toEqual([
      400,
      expect.stringContaining("key must be the name of one file, without a path"),
    ]);
    expect(await status()).toEqual([]);
  });

  test("files that are not there, links, directories and pipes", async () => {
    await symlink(join(directory, "logits"), join(directory, "link"));
    execFileSync("mkfifo", [join(directory, "pipe")]);
    const folder = basename(await mkdtemp(join(directory, "folder-")));
    const sentences = {
      nothing: "key must name a file that can be read, got nothing (ENOENT)",
      link: "key must name a file that can be read, got link (ELOOP)",
      pipe: "key must name a regular file, got pipe, which is none",
      [folder]: `key must name a regular file, got ${folder}, which is none`,
    };
    for (const [key, sentence] of Object.entries(sentences))
      expect(await register("r", { key, byte_size: 4 })).toEqual([400, sentence]);
  });

  test("a name is never a path, and is taken once", async () => {
    await registered("..%2F..%2Fetc%2Fpasswd", { key: "logits", byte_size: 4 });
    expect(await status("/region/..%2F..%2Fetc%2Fpasswd")).toMatchObject([
      { name: "../../etc/passwd", key: "logits" },
    ]);
    expect(await register("..%2F..%2Fetc%2Fpasswd", { key: "logits", byte_size: 4 })).toEqual([
      400,
      'the region "../../etc/passwd" is registered already',
    ]);
    expect((await register("%00", { key: "logits", byte_size: 4 }))[1]).toContain(
      "1 to 100 visible characters",
    );
    expect(await unregister()).toBe(200);
    expect(await status()).toEqual([]);
  });

  test("regions larger than their file, than the limit, or too many", async () => {
    expect(await register("r", { key: "logits", offset: 8, byte_size: 9 })).toEqual([
      400,
      "offset and byte_size must end within the 16 bytes of logits, got 8 and 9",
    ]);
    expect(await register("r", { key: "logits", byte_size: 100_001 })).toEqual([
      400,
      "a region may have at most 100000 bytes, got 100001",
    ]);
    for (const name of ["a", "b", "c"]) await registered(name, { key: "logits", byte_size: 16 });
    expect(await register("d", { key: "logits", byte_size: 16 })).toEqual([
      400,
      "at most 3 regions may be registered; unregister one",
    ]);
  });

  test("registrations that are not as they should be", async () => {
    expect((await register("r", { key: "logits" }))[1]).toContain("byte_size must be a whole number");
    expect((await register("r", { key: 5, byte_size: 4 }))[1]).toContain(
      "key must be the name of a file, got 5",
    );
    expect((await register("r", { key: "logits", byte_size: 4, offset: -1 }))[1]).toContain("offset");
    expect((await register("r", { key: "logits", byte_size: 4, path: "/" }))[1]).toContain(
      'no option "path"',
    );
    const body = request(`POST ${REGIONS}/unregister`, "{}");
    expect(errorOf(await exchange(app.url, body))).toBe("unregistering takes no body, got one");
  });

  test("places outside the region, and rows that are none", async () => {
    await registered("r", { key: "logits", byte_size: 12 });
    expect(await refusal({ region: "r", offset: 4, shape: [3] })).toEqual([
      "length_mismatch",
      "/logits/shared_memory",
      '12 bytes from 4 on must lie within the 12 bytes of region "r"',
    ]);
    expect(await refusal({ region: "other", shape: [3] })).toEqual([
      "invalid_option",
      "/logits/shared_memory/region",
      'there is no shared memory region "other"',
    ]);
    expect((await refusal({ region: "r", shape: [2, 1] }))[2]).toContain("the shape of one step must be");
    expect((await refusal({ region: "r", shape: [5000] }))[0]).toBe("limit_exceeded");
    expect((await refusal({ region: "r", shape: [] }))[0]).toBe("invalid_option");
    expect((await refusal({ region: "r" }))[1]).toBe("/logits/shared_memory/shape");
    expect((await refusal({ region: "r", shape: [1], key: "x" }))[0]).toBe("unknown_option");
    const parameters = { shared_memory_region: "r" };
    const input = { name: "logits", shape: [1], datatype: "FP32", parameters };
    expect(errorOf(await exchange(app.url, inferRequest([input])))).toContain(
      "go together, got one for logits",
    );
  });

  test("a service that was not told to share memory says so", async () => {
    const other = await listen();
    try {
      const reply = await exchange(other.url, request(`GET ${REGIONS}/status`, undefined));
      expect([reply.status, errorOf(reply)]).toEqual([404, expect.stringContaining("SHARED_MEMORY=on")]);
      const step = await fetch(`${other.url}/v1/sample`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"logits":{"shared_memory":{"region":"r","shape":[1]}}}',
      });
      expect(await step.json()).toMatchObject({ code: "invalid_option", pointer: "/logits/shared_memory" });
    } finally {
      await other.close();
    }
  });
});
