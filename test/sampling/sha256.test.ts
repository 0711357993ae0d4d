/** SHA-256 against Node's own, at every length around a block. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { plainDigest } from "../../src/sampling/receipt.ts";

test.each([0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 1000])("%d bytes", (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) % 256);
  expect(plainDigest(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
});
