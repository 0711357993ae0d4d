/** The replacements for platform functions behave like the platform's. */
import { Buffer as NodeBuffer, isUtf8 as nodeIsUtf8 } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Buffer, isUtf8 } from "../../src/local/buffer.ts";
import { PlainUrl } from "../../src/local/url.ts";
import { decodeUtf8, encodeInto, encodeUtf8 } from "../../src/local/utf8.ts";

const BYTES = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
  // Bytes at the limits of UTF-8's forms.
  fc
    .array(
      fc.constantFrom(
        0x41,
        0x7f,
        0x80,
        0xbf,
        0xc1,
        0xc2,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0x9f,
        0xa0,
        0x8f,
        0x90,
      ),
    )
    .map((list) => Uint8Array.from(list)),
);

test("bytes become text as the Encoding Standard says", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  fc.assert(
    fc.property(BYTES, (bytes) => {
      expect(decodeUtf8(bytes)).toBe(decoder.decode(bytes));
      expect(isUtf8(bytes)).toBe(nodeIsUtf8(bytes));
      expect(Buffer.from(bytes).toString("latin1")).toBe(NodeBuffer.from(bytes).toString("latin1"));
    }),
    { numRuns: 2000 },
  );
});

test("text becomes bytes, in parts as well", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.integer({ min: 4, max: 20 }),
      (text, room) => {
        const whole = new TextEncoder().encode(text);
        expect([...encodeUtf8(text)]).toEqual([...whole]);
        expect([...Buffer.from(text)]).toEqual([...whole]);
        const parts: number[] = [];
        const bytes = new Uint8Array(room);
        for (let at = 0; at < text.length; ) {
          const { read, written } = encodeInto(text, at, bytes);
          parts.push(...bytes.subarray(0, written));
          at += read;
        }
        expect(parts).toEqual([...whole]);
      },
    ),
    { numRuns: 2000 },
  );
});

test("long texts of any letters", () => {
  for (const text of ["a".repeat(100_000), "ü😀".repeat(30_000)])
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
});

test("base64 is written as Node writes it", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."AZaz09+/-_=*"), maxLength: 24 });
  fc.assert(
    fc.property(letters, (text) => {
      const [own, node] = [Buffer.alloc(30), NodeBuffer.alloc(30)];
      // Node reads on after invalid characters; callers detect such texts by the length.
      const is_plain = /^[\w+/-]*={0,2}$/.test(text);
      const [written, expected] = [own.write(text, "base64"), node.write(text, "base64")];
      if (is_plain) expect([written, ...own]).toEqual([expected, ...node]);
      else if (text.length % 4 === 0) expect(written).toBeLessThan((text.length / 4) * 3);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["other.json", "json-schema:///a/b.json"],
  ["../c/d#/e", "https://Example.com/a/b/f?x#y"],
  ["/rooted/./x/../y", "https://example.com/a/b"],
  ["//other.org/z", "https://example.com/a/b"],
  ["?q=1", "https://example.com/a/b"],
  ["", "https://example.com/a/b#c"],
  ["urn:example:thing", "https://example.com"],
  ["HTTPS://EXAMPLE.com", "json-schema:///"],
  ["x", "https://example.com"],
])("the reference %s is resolved against %s", (reference, base) => {
  expect(PlainUrl.canParse(reference, base)).toBe(true);
  expect(new PlainUrl(reference, base).href).toBe(new URL(reference, base).href);
});

test("a reference without a base is none", () => {
  expect(PlainUrl.canParse("a/b")).toBe(false);
  expect(() => new PlainUrl("a/b")).toThrow(TypeError);
});
