/** Rows from shared memory: registering, using, truncating, unregistering. */
import { truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Shared, startShared } from "./regions.ts";
import { bf16, errorOf, exchange, f32, inferRequest, outputsOf } from "./v2.ts";

let shared: Shared;
beforeEach(async () => {
  shared = await startShared();
});
afterEach(() => shared.close());

const ROW = [1, 2.5, -0.25, 2];
const GREEDY = { temperature: 0 };

const at = (name: string) => join(shared.directory, name);

async function registered(name: string, region: object): Promise<void> {
  expect(await shared.register(name, region)).toEqual([200, ""]);
}

describe("a region", () => {
  test("is registered, told of, used and forgotten as tritonclient does it", async () => {
    await writeFile(at("logits"), Buffer.concat([Buffer.alloc(16), f32(...ROW)]));
    await registered("my%20region", { key: "/logits", offset: 8, byte_size: 24 });
    const told = { name: "my region", key: "/logits", offset: 8, byte_size: 24 };
    expect(await shared.status()).toEqual([told]);
    expect(await shared.status("/region/my%20region")).toEqual([told]);
    const parameters = {
      shared_memory_region: "my region",
      shared_memory_byte_size: 16,
      shared_memory_offset: 8,
    };
    const input = { name: "logits", shape: [1, 4], datatype: "FP32", parameters };
    const bytes = inferRequest([input], { parameters: { seed: 7 }, outputs: { reply: true } });
    const text = JSON.stringify(await shared.sample({ logits: ROW, seed: 7 }));
    expect(outputsOf(await exchange(shared.url, bytes))["reply"]?.values).toEqual([text]);
    expect(await shared.unregister("/region/my%20region")).toBe(200);
    expect(await shared.status()).toEqual([]);
    expect(errorOf(await exchange(shared.url, bytes))).toBe('there is no shared memory region "my region"');
    expect(await shared.status("/region/my%20region")).toBe('there is no shared memory region "my region"');
  });

  test("stays what it was when its file is unlinked, as a mapping would", async () => {
    await writeFile(at("gone"), f32(...ROW));
    await registered("gone", { key: "gone", byte_size: 16 });
    await unlink(at("gone"));
    const place = { region: "gone", byte_size: 16, shape: [4] };
    expect(await shared.replies(place, GREEDY)).toMatchObject([{ token_id: 1 }]);
  });

  test("is read anew for every row", async () => {
    const path = at("changing");
    await writeFile(path, f32(...ROW));
    await registered("changing", { key: "changing", byte_size: 16 });
    const place = { region: "changing", byte_size: 16, shape: [1, 4] };
    expect(await shared.replies(place, GREEDY)).toMatchObject([{ token_id: 1 }]);
    await writeFile(path, f32(0, 0, 5, 0), { flag: "r+" });
    expect(await shared.replies(place, GREEDY)).toMatchObject([{ token_id: 2 }]);
  });

  test("whose file was cut short is refused, and answers again when it has grown", async () => {
    const path = at("short");
    await writeFile(path, f32(...ROW));
    await registered("short", { key: "short", byte_size: 16 });
    await truncate(path, 15);
    const place = { region: "short", byte_size: 16, shape: [4] };
    expect(errorOf(await shared.infer(place))).toBe(
      'the file short of region "short" is shorter than the 16 bytes that were registered',
    );
    await writeFile(path, f32(...ROW));
    expect(await shared.replies(place, GREEDY)).toMatchObject([{ token_id: 1 }]);
  });

  test("can hold many rows, and options", async () => {
    const rows = f32(...ROW, 9, 0, 0, 0);
    await writeFile(at("rows"), Buffer.concat([rows, Buffer.of(5, 0, 0, 0, 6, 0, 0, 0)]));
    await registered("rows", { key: "rows", byte_size: 40 });
    const part = (offset: number, byte_size: number) => ({
      shared_memory_region: "rows",
      shared_memory_byte_size: byte_size,
      ...(offset > 0 && { shared_memory_offset: offset }),
    });
    const inputs = [
      { name: "logits", shape: [2, 4], datatype: "FP32", parameters: part(0, 32) },
      { name: "seed", shape: [2], datatype: "INT32", parameters: part(32, 8) },
    ];
    const { reply } = outputsOf(
      await exchange(shared.url, inferRequest(inputs, { outputs: { reply: false } })),
    );
    const alone = [
      await shared.sample({ logits: ROW, seed: 5 }),
      await shared.sample({ logits: [9, 0, 0, 0], seed: 6 }),
    ];
    expect(reply?.values).toEqual(alone.map((each) => JSON.stringify(each)));
  });

  test("gives the same answer as the bytes would, in every dtype, alone and in a batch", async () => {
    const row = Array.from({ length: 4000 }, (_, index) => Math.fround(Math.sin(index * 1.7) * 9));
    await writeFile(at("large"), Buffer.concat([f32(...row), bf16(...row)]));
    await registered("large", { key: "large", byte_size: 24_000 });
    const options = { temperature: 0.8, top_k: 40, seed: 3, logprobs: true };
    const halves = bf16(...row).toString("base64");
    const [whole, half] = await Promise.all(
      [row, { dtype: "bf16", data: halves }].map((logits) => shared.sample({ logits, ...options })),
    );
    const place = { region: "large", byte_size: 16_000, shape: [4000] };
    expect(await shared.replies(place, options)).toEqual([whole]);
    const of_halves = { ...place, offset: 16_000, byte_size: 8000, datatype: "BF16" };
    expect(await shared.replies(of_halves, options)).toEqual([half]);
    const twice = { ...place, byte_size: 16_000, shape: [2, 2000] };
    const parts = [row.slice(0, 2000), row.slice(2000)];
    expect(await shared.replies(twice, options)).toEqual(
      await Promise.all(parts.map((logits) => shared.sample({ logits, ...options }))),
    );
  });

  test("is for inferences alone: rows of /v1 come with their request", async () => {
    await writeFile(at("row"), f32(...ROW));
    await registered("row", { key: "row", byte_size: 16 });
    expect(await shared.sample({ logits: { shared_memory: { region: "row", shape: [4] } } })).toMatchObject({
      code: "unknown_option",
      pointer: "/logits/shared_memory",
    });
  });
});
