import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../src/base64.ts";

test("encodeBase64 writes what Buffer writes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
    }),
    { seed: 1 },
  );
});

describe("decodeBase64", () => {
  test("what Buffer writes comes back, with and without padding", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(decodeBase64(text)).toEqual(bytes);
        expect(decodeBase64(text.replaceAll("=", ""))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  test.each(["A", "AAAAA", "A=", "A===", "====", "AA=A", "AAA\n", "AA AA", "AAA-", "AAAé", "AAA€", "="])(
    "%j is none",
    (text) => {
      expect(decodeBase64(text)).toBeUndefined();
    },
  );

  test("the empty text is no bytes", () => {
    expect(decodeBase64("")).toEqual(new Uint8Array(0));
  });
});
