/** A row read from shared memory equals the row of its bytes, at any length and offset. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Dtype, Row } from "../../src/kernels/kernel.ts";
import { createSampler } from "../../src/sampling/sampler.ts";
import { SharedMemory } from "../../src/wire/shared-memory.ts";

const VOCAB_SIZE_MAX = 131_072;

let directory: string;
let memory: SharedMemory;
/** any bits: the elements are NaN, infinite and subnormal as well */
const bytes = Uint8Array.from(
  { length: 4 * VOCAB_SIZE_MAX + 8 },
  (_, index) => (index * 2_654_435_761) >>> 7,
);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "shared-memory-"));
  writeFileSync(join(directory, "bytes"), bytes);
  memory = new SharedMemory(directory, {
    shared_memory_regions_max: 1,
    shared_memory_bytes_max: bytes.length,
  });
  memory.add(memory.inspect("all", { key: "bytes", offset: 0, byte_size: bytes.length }));
});
afterAll(() => {
  memory.remove();
  rmSync(directory, { recursive: true });
});

const sampler = createSampler({ vocab_size_max: VOCAB_SIZE_MAX, rows_max: 2 });
const [row, other] = [sampler.leaseRow(), sampler.leaseRow()] as [Row, Row];

test.each([
  ["f32", 4],
  ["f16", 2],
  ["bf16", 2],
] as const)("%s", (dtype: Dtype, element_bytes) => {
  for (const elements of [1, 127, 128, 1000, 32_768, 32_769, 100_000, VOCAB_SIZE_MAX])
    for (const offset of [0, 1, 8]) {
      memory.readRow(row, dtype, elements, { region: "all", offset }, "");
      other.begin(dtype);
      other.append(bytes.subarray(offset, offset + elements * element_bytes));
      for (const each of [row, other]) each.finish();
      const bits = ({ values }: Row) => Buffer.from(values.buffer, values.byteOffset, 4 * elements);
      expect([dtype, elements, offset, row.length]).toEqual([dtype, elements, offset, elements]);
      expect(bits(row).equals(bits(other))).toBe(true);
      expect([row.max, row.nan_suspected]).toEqual([other.max, other.nan_suspected]);
    }
});
