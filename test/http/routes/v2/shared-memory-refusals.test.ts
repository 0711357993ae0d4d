/**
 * Refusals of shared memory: names that would be paths, invalid files, places outside a region, and the switched-off
 * state.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listen } from "../../listening.ts";
import { type Place, REGIONS, type Shared, startShared } from "./regions.ts";
import { errorOf, exchange, f32, inferRequest, request } from "./v2.ts";

let shared: Shared;
beforeEach(async () => {
  shared = await startShared();
});
afterEach(() => shared.close());

const ROW = [1, 2.5, -0.25, 2];

const at = (name: string) => join(shared.directory, name);

async function registered(name: string, region: object): Promise<void> {
  expect(await shared.register(name, region)).toEqual([200, ""]);
}

beforeEach(() => writeFile(at("logits"), f32(...ROW)));

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
  expect(await shared.register("r", { key, byte_size: 4 })).toEqual([
    400,
    expect.stringContaining("key must be the name of one file, without a path"),
  ]);
  expect(await shared.status()).toEqual([]);
});

test("files that are not there, links, directories and pipes", async () => {
  await symlink(at("logits"), at("link"));
  execFileSync("mkfifo", [at("pipe")]);
  const folder = basename(await mkdtemp(at("folder-")));
  const sentences = {
    nothing: "key must name a file that can be read, got nothing (ENOENT)",
    link: "key must name a file that can be read, got link (ELOOP)",
    pipe: "key must name a regular file, got pipe, which is none",
    [folder]: `key must name a regular file, got ${folder}, which is none`,
  };
  for (const [key, sentence] of Object.entries(sentences))
    expect(await shared.register("r", { key, byte_size: 4 })).toEqual([400, sentence]);
});

test("a name is never a path, and is taken once", async () => {
  await registered("..%2F..%2Fetc%2Fpasswd", { key: "logits", byte_size: 4 });
  expect(await shared.status("/region/..%2F..%2Fetc%2Fpasswd")).toMatchObject([
    { name: "../../etc/passwd", key: "logits" },
  ]);
  expect(await shared.register("..%2F..%2Fetc%2Fpasswd", { key: "logits", byte_size: 4 })).toEqual([
    400,
    'the region "../../etc/passwd" is registered already',
  ]);
  expect((await shared.register("%00", { key: "logits", byte_size: 4 }))[1]).toContain(
    "1 to 100 visible characters",
  );
  expect(await shared.unregister()).toBe(200);
  expect(await shared.status()).toEqual([]);
});

test("regions larger than their file, than the limit, or too many", async () => {
  expect(await shared.register("r", { key: "logits", offset: 8, byte_size: 9 })).toEqual([
    400,
    "offset and byte_size must end within the 16 bytes of logits, got 8 and 9",
  ]);
  expect(await shared.register("r", { key: "logits", byte_size: 100_001 })).toEqual([
    400,
    "a region may have at most 100000 bytes (shared_memory_bytes_max), got 100001",
  ]);
  for (const name of ["a", "b", "c"]) await registered(name, { key: "logits", byte_size: 16 });
  expect(await shared.register("d", { key: "logits", byte_size: 16 })).toEqual([
    400,
    "at most 3 regions (shared_memory_regions_max) may be registered; unregister one",
  ]);
});

test("registrations that are not as they should be", async () => {
  expect((await shared.register("r", { key: "logits" }))[1]).toContain("byte_size must be a whole number");
  expect((await shared.register("r", { key: 5, byte_size: 4 }))[1]).toContain(
    "key must be the name of a file, got 5",
  );
  expect((await shared.register("r", { key: "logits", byte_size: 4, offset: -1 }))[1]).toContain("offset");
  expect((await shared.register("r", { key: "logits", byte_size: 4, path: "/" }))[1]).toContain(
    'no option "path"',
  );
  const body = request(`POST ${REGIONS}/unregister`, "{}");
  expect(errorOf(await exchange(shared.url, body))).toBe("unregistering takes no body, got one");
});

test("places outside the region, and rows that are none", async () => {
  await registered("r", { key: "logits", byte_size: 12 });
  const refusal = async (place: Place) => errorOf(await shared.infer(place));
  expect(await refusal({ region: "r", offset: 4, byte_size: 12, shape: [3] })).toBe(
    '12 bytes from 4 on must lie within the 12 bytes of region "r"',
  );
  expect(await refusal({ region: "other", byte_size: 12, shape: [3] })).toBe(
    'there is no shared memory region "other"',
  );
  expect(await refusal({ region: "r", byte_size: 20_000, shape: [5000] })).toContain("vocab_size_max");
  expect(await refusal({ region: "r", byte_size: 8, shape: [3] })).toContain("12");
  expect(await refusal({ region: "r", shape: [1] })).toContain("go together, got one for logits");
});

test("a service that was not told to share memory says so", async () => {
  const other = await listen();
  try {
    const reply = await exchange(other.url, request(`GET ${REGIONS}/status`, undefined));
    expect([reply.status, errorOf(reply)]).toEqual([404, expect.stringContaining("SHARED_MEMORY=on")]);
    const parameters = { shared_memory_region: "r", shared_memory_byte_size: 4 };
    const input = { name: "logits", shape: [1], datatype: "FP32", parameters };
    const refused = await exchange(other.url, inferRequest([input]));
    expect([refused.status, errorOf(refused)]).toEqual([400, expect.stringContaining("SHARED_MEMORY=on")]);
  } finally {
    await other.close();
  }
});
