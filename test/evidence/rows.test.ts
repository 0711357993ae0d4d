import { expect, test } from "vitest";
import { bf16Bytes, f16Bytes, f32Bytes, randomRow } from "../../evidence/rows.ts";

test("the same seed gives the same row, another seed another", () => {
  expect(randomRow(64, 1)).toEqual(randomRow(64, 1));
  expect(randomRow(64, 1)).not.toEqual(randomRow(64, 2));
});

test("rows have mean 0 and standard deviation 2.5, and every value is finite", () => {
  const row = randomRow(100_000, 3);
  const mean = row.reduce((sum, x) => sum + x, 0) / row.length;
  const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / row.length;
  expect(row.every(Number.isFinite)).toBe(true);
  expect(Math.abs(mean)).toBeLessThan(0.05);
  expect(Math.abs(Math.sqrt(variance) - 2.5)).toBeLessThan(0.05);
});

test.each([
  [1, 0x3c00, 0x3f80],
  [-2, 0xc000, 0xc000],
  [1.5, 0x3e00, 0x3fc0],
  [0, 0x0000, 0x0000],
  [-0.099975586, 0xae66, 0xbdcc],
])("%d is float16 %d and bfloat16 %d", (value, half, brain) => {
  const row = Float32Array.of(value);
  expect(f32Bytes(row).readFloatLE()).toBe(Math.fround(value));
  expect(f16Bytes(row).readUInt16LE()).toBe(half);
  expect(bf16Bytes(row).readUInt16LE()).toBe(brain);
});
