/** Files sent in place of bare elements: their first bytes, as numpy, safetensors, pyarrow and zip write them. */
import { describe, expect, test } from "vitest";
import { requireNoFile } from "../../../src/wire/tensor/file-magic.ts";

const text = (words: string) => Buffer.from(words, "latin1");

/**
 * The first bytes of files as their writers produce them: numpy 1 and 2, safetensors 0.7, pyarrow 24, parquet-rs,
 * zipfile.
 */
const FILES: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["numpy version 1", text("\x93NUMPY\x01\x00v\x00{'descr'")],
  ["numpy version 3", text("\x93NUMPY\x03\x00v\x00\x00\x00{")],
  ["safetensors", text('\x40\x00\x00\x00\x00\x00\x00\x00{"logits":')],
  ["safetensors with metadata", text('\xe8\x1f\x00\x00\x00\x00\x00\x00{"__metadata__"')],
  ["Parquet, a dictionary page first", text("PAR1\x15\x04\x15\x80\x80")],
  ["Parquet, a data page first", text("PAR1\x15\x00\x15\x16\x15")],
  ["Parquet, a page of version 2", text("PAR1\x15\x06\x15\x16\x15")],
  ["npz", text("PK\x03\x04\x2d\x00\x00\x00\x00\x00")],
  ["pt", text("PK\x03\x04\x00\x00\x08\x08\x00\x00")],
];

test.each(FILES)("%s is refused, and told what to send", (_, bytes) => {
  expect(() => requireNoFile(bytes)).toThrow(/a tensor is its bare elements, got a .+: send/);
});

describe("rows are not files", () => {
  test("of random logits in every type, none is taken for one", () => {
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    };
    const bytes = new Uint8Array(16);
    const floats = new Float32Array(bytes.buffer);
    for (let i = 0; i < 200_000; i++) {
      for (let j = 0; j < 4; j++) floats[j] = (next() - 0.5) * 40;
      requireNoFile(bytes);
      for (let j = 0; j < 16; j++) bytes[j] = next() * 256;
      requireNoFile(bytes);
    }
  });

  test.each([
    ["nothing", []],
    ["zeros", new Array<number>(16).fill(0)],
    ["a magic that is cut", [...text("\x93NUMPY")]],
    [
      "two logits of 2.66 and 0.166 in f16, which spell PAR1",
      [...text("PAR1"), 0x50, 0x41, 0x52, 0x31, 0, 0, 0, 0],
    ],
  ])("%s", (_, bytes) => {
    requireNoFile(Uint8Array.from(bytes));
  });
});
