import { describe, expect, test } from "vitest";
import { npy, rowsOf, safetensors, shardFolder } from "./files.ts";

const { file } = shardFolder();

const LOGITS = Float32Array.of(1, 2.5, -3, 4, 5, Number.NEGATIVE_INFINITY);
const ROWS = [
  { values: [1, 2.5, -3], target: 2 },
  { values: [4, 5, Number.NEGATIVE_INFINITY], target: 0 },
];
const TARGETS = Int32Array.of(2, 0);

describe("npy", () => {
  test("rows, with the classes that came in a file beside", async () => {
    const path = file(".npy", npy("<f4", [2, 3], LOGITS), "beside");
    file(".targets.npy", npy("<i4", [2], TARGETS), "beside");
    expect(await rowsOf(path)).toEqual(ROWS);
  });

  test("rows alone, and with a file of classes that is named", async () => {
    const path = file(".npy", npy("<f4", [2, 3], LOGITS));
    expect((await rowsOf(path)).map(({ target }) => target)).toEqual([undefined, undefined]);
    const targets = file(".npy", npy("|u1", [2], Uint8Array.of(2, 0)));
    expect(await rowsOf(path, { targets })).toEqual(ROWS);
  });

  test("[sequences, steps, classes] is a row for every step", async () => {
    const path = file(".npy", npy("<f4", [2, 1, 3], LOGITS));
    expect(await rowsOf(path)).toHaveLength(2);
  });

  test("halves are widened exactly, doubles are kept", async () => {
    const halves = Uint16Array.of(0x3c00, 0x0001, 0xfc00, 0x7bff, 0xc000, 0x8000);
    expect((await rowsOf(file(".npy", npy("<f2", [2, 3], halves)))).map(({ values }) => values)).toEqual([
      [1, 2 ** -24, Number.NEGATIVE_INFINITY],
      [65_504, -2, -0],
    ]);
    const doubles = Float64Array.of(0.1, 1e300);
    expect((await rowsOf(file(".npy", npy("<f8", [1, 2], doubles))))[0]?.values).toEqual([0.1, 1e300]);
  });

  test("records hold all of a row together, other fields are left alone", async () => {
    const record = new DataView(new ArrayBuffer(2 * 18));
    for (const [r, { values, target }] of ROWS.entries()) {
      record.setUint16(18 * r, 7, true);
      record.setInt32(18 * r + 2, target, true);
      for (const [i, x] of values.entries()) record.setFloat32(18 * r + 6 + 4 * i, x, true);
    }
    const descr = "[('sequence', '<u2'), ('target', '<i4'), ('logits', '<f4', (3,))]";
    expect(await rowsOf(file(".npy", npy(descr, [2], record)))).toEqual(ROWS);
  });

  test("more rows than the buffer holds, from any row on", async () => {
    const many = Float32Array.from({ length: 70_001 * 5 }, (_, i) => i);
    const path = file(".npy", npy("<f4", [70_001, 5], many));
    const rows = await rowsOf(path, {}, 60_000);
    expect(rows).toHaveLength(10_001);
    expect(rows[0]?.values).toEqual([300_000, 300_001, 300_002, 300_003, 300_004]);
    expect(rows.at(-1)?.values[4]).toBe(350_004);
    expect(await rowsOf(path, {}, 70_001)).toEqual([]);
    expect(await rowsOf(path, {}, 80_000)).toEqual([]);
  });

  test.each([
    ["Fortran order", npy("<f4", [2, 3], LOGITS, "True"), "is in Fortran order"],
    ["the other order of bytes", npy(">f4", [2, 3], LOGITS), "has elements of type >f4"],
    ["text", npy("<U4", [2, 3], LOGITS), "has elements of type <U4"],
    ["one dimension", npy("<f4", [6], LOGITS), "must have a shape of [rows, classes] or more, got [6]"],
    ["whole numbers", npy("<i4", [2, 3], TARGETS), "logits must be floating-point numbers, got i32"],
    ["records of other things", npy("[('a', '<f4')]", [2], LOGITS), "has none of the fields logits,"],
    [
      "a version to come",
      Buffer.from("\x93NUMPY\x09\x00\x02\x00{}", "latin1"),
      "is no npy file of version 1 to 3",
    ],
  ])("%s is refused", async (_, bytes, sentence) => {
    await expect(rowsOf(file(".npy", bytes))).rejects.toThrow(sentence);
  });

  test.each([
    ["rows of no number", npy("<f8", [0, 5], new Float64Array(0))],
    ["np.array([])", npy("<f8", [0], new Float64Array(0))],
    ["sequences of none", npy("<f8", [0, 3, 5], new Float64Array(0))],
  ])("%s are no rows, and no error", async (_, bytes) => {
    expect(await rowsOf(file(".npy", bytes))).toEqual([]);
  });

  test("records may have padding and fields of any size beside theirs", async () => {
    const descr =
      "[('id', '<U2'), (('a title', 'label'), '<i2'), ('', '|V2'), ('logits', '<f4', (2,)), ('when', '<M8[s]')]";
    const record = new DataView(new ArrayBuffer(28));
    record.setInt16(8, 1, true);
    record.setFloat32(12, 0.5, true);
    record.setFloat32(16, -2, true);
    expect(await rowsOf(file(".npy", npy(descr, [1], record)))).toEqual([{ values: [0.5, -2], target: 1 }]);
  });

  test.each([
    [
      "two columns of classes",
      npy("[('target', '<i4'), ('label', '<i4'), ('logits', '<f4', (2,))]", [1], new Uint8Array(16)),
      "has two columns for target, target and label",
    ],
    [
      "two rows in a record",
      npy("[('logits', '<f4', (2, 3))]", [1], LOGITS),
      "has logits of shape [2, 3] in each record",
    ],
    [
      "records in records",
      npy("[('row', [('logits', '<f4', (2,))])]", [1], LOGITS),
      "has records in records",
    ],
    ["a header that is no dict", npy("x', 'y", [1, 2], LOGITS), "has a header that is not understood"],
    ["more rows than there are numbers", npy("<f4", [2 ** 30, 2 ** 40], LOGITS), "not understood"],
    ["a row of gigabytes", npy("<f4", [1, 2 ** 40], LOGITS), "has rows of 4398046511104 bytes"],
  ])("%s are refused", async (_, bytes, sentence) => {
    await expect(rowsOf(file(".npy", bytes))).rejects.toThrow(sentence);
  });

  test("a second array in the file is not left out in silence", async () => {
    const twice = Buffer.concat([npy("<f4", [2, 3], LOGITS), npy("<f4", [2, 3], LOGITS)]);
    await expect(rowsOf(file(".npy", twice))).rejects.toThrow("goes on behind the last row");
  });

  test("targets of the other order of dimensions, and of float16", async () => {
    const path = file(".npy", npy("<f4", [2, 1, 3], LOGITS));
    const turned = file(".npy", npy("<i4", [1, 2], TARGETS));
    await expect(rowsOf(path, { targets: turned })).rejects.toThrow(
      "for rows of shape [2, 1], got the shape [1, 2]",
    );
    const same = file(".npy", npy("<i4", [2, 1], TARGETS));
    expect(await rowsOf(path, { targets: same })).toEqual(ROWS);
    const halves = file(".npy", npy("<f2", [2], Uint16Array.of(0x4000, 0)));
    await expect(rowsOf(path, { targets: halves })).rejects.toThrow("target must be whole numbers, got f16");
    const doubles = file(".npy", npy("<f8", [2], Float64Array.of(2, Number.NaN)));
    expect((await rowsOf(path, { targets: doubles })).map(({ target }) => target)).toEqual([2, undefined]);
  });

  test("a header of brackets costs no more than its bytes", async () => {
    const header = `{${"'descr':[".repeat(13_000)}`;
    const bytes = Buffer.concat([
      Buffer.from("\x93NUMPY\x02\x00", "latin1"),
      Buffer.from(Uint32Array.of(header.length).buffer),
      Buffer.from(header),
    ]);
    await expect(rowsOf(file(".npy", bytes))).rejects.toThrow("has a header that is not understood");
    const long = Buffer.concat([
      Buffer.from("\x93NUMPY\x02\x00\xff\xff\xff\x7f", "latin1"),
      Buffer.alloc(99),
    ]);
    await expect(rowsOf(file(".npy", long))).rejects.toThrow("has a header of 2147483647 bytes");
  });

  test("a file that ends too early says in which row", async () => {
    const bytes = npy("<f4", [2, 3], LOGITS);
    await expect(rowsOf(file(".npy", bytes.subarray(0, -4)))).rejects.toThrow("ends in row 1 of 2");
  });

  test("as many classes as rows", async () => {
    const targets = file(".npy", npy("<i4", [3], Int32Array.of(1, 2, 3)));
    const path = file(".npy", npy("<f4", [2, 3], LOGITS));
    await expect(rowsOf(path, { targets })).rejects.toThrow(
      "targets must hold one entry a row, for rows of shape [2], got the shape [3]",
    );
  });
});

describe("safetensors", () => {
  const logits = { name: "logits", dtype: "F32", shape: [2, 3], data: LOGITS };
  const targets = { name: "targets", dtype: "I64", shape: [2], data: BigInt64Array.of(2n, 0n) };

  test("logits and targets, in any order, beside other tensors", async () => {
    const other = { name: "hidden", dtype: "F8_E4M3", shape: [5], data: new Uint8Array(5) };
    expect(await rowsOf(file(".safetensors", safetensors([targets, other, logits])))).toEqual(ROWS);
    expect(await rowsOf(file(".safetensors", safetensors([logits, targets])), {}, 1)).toEqual([ROWS[1]]);
  });

  test("bfloat16", async () => {
    const data = Uint16Array.of(0x3f80, 0xff80, 0x4049);
    const rows = await rowsOf(
      file(".safetensors", safetensors([{ name: "logits", dtype: "BF16", shape: [1, 3], data }])),
    );
    expect(rows[0]?.values).toEqual([1, Number.NEGATIVE_INFINITY, 3.140625]);
  });

  test("kept classes with their log-probabilities, the mass of the others told or reckoned", async () => {
    const parts = [
      { name: "token_ids", dtype: "I32", shape: [1, 2], data: Int32Array.of(7, 3) },
      { name: "logprobs", dtype: "F64", shape: [1, 2], data: Float64Array.of(Math.log(0.5), Math.log(0.25)) },
      { name: "target", dtype: "U8", shape: [1], data: Uint8Array.of(3) },
    ];
    const [row] = await rowsOf(file(".safetensors", safetensors(parts)), { vocab_size: 7 + 5 });
    expect(row?.tail).toMatchObject({ ids: [7, 3], count: 10 });
    expect(row?.tail?.logit).toBeCloseTo(Math.log(0.025), 12);
    const told = { name: "tail_mass", dtype: "F32", shape: [1], data: Float32Array.of(0.125) };
    const [other] = await rowsOf(file(".safetensors", safetensors([...parts, told])), { vocab_size: 12 });
    expect(other?.tail?.logit).toBeCloseTo(Math.log(0.0125), 12);
  });

  const headed = (header: string) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, Buffer.from(header)]);
  };

  test("no rows are no error", async () => {
    const empty = { ...logits, shape: [0, 3], data: new Float32Array(0) };
    expect(await rowsOf(file(".safetensors", safetensors([empty])))).toEqual([]);
  });

  test.each([
    [
      "two columns of classes",
      safetensors([targets, { ...targets, name: "label" }, logits]),
      "has two columns",
    ],
    ["brackets in brackets", headed(`{"logits":${"[".repeat(99_999)}`), "its header is nested too deeply"],
    ["a header that is no JSON", headed('{"logits": '), "its header is no JSON"],
    ["a header that is longer than the file", headed("{").subarray(0, 8), "is in none of the formats"],
    ["a tensor that is cut", safetensors([logits]).subarray(0, -4), "ends in the tensor logits"],
    ["a tensor that is none", headed('{"logits": null}'), "has logits of type undefined"],
  ])("%s is refused", async (_, bytes, sentence) => {
    await expect(rowsOf(file(".safetensors", bytes))).rejects.toThrow(sentence);
  });

  test.each([
    ["no rows", safetensors([targets]), "holds no rows"],
    ["other names", safetensors([{ ...logits, name: "output" }]), "has none of the tensors logits,"],
    ["another type", safetensors([{ ...logits, dtype: "F4" }]), "has logits of type F4"],
    ["fewer bytes", safetensors([{ ...logits, shape: [2, 4] }]), "which is 32 bytes, in others"],
    ["one dimension", safetensors([{ ...logits, shape: [6] }]), "shape [rows, classes] or more, got [6]"],
    [
      "a class for half of the rows",
      safetensors([{ ...targets, shape: [1], data: BigInt64Array.of(1n) }, logits]),
      "targets must hold one entry a row, for rows of shape [2], got the shape [1]",
    ],
  ])("%s is refused", async (_, bytes, sentence) => {
    await expect(rowsOf(file(".safetensors", bytes))).rejects.toThrow(sentence);
  });
});

describe("which format a file has", () => {
  test("is seen from how it begins, not from what it is called", async () => {
    expect(await rowsOf(file(".parquet", npy("<f4", [2, 3], LOGITS)))).toHaveLength(2);
  });

  test.each([
    ["nothing", "", "is empty, and should be npy"],
    ["gzip", Buffer.of(0x1f, 0x8b, 8, 0), "is compressed by gzip: gzip -dc FILE | logit-sampler"],
    ["npz", Buffer.from("PK\x03\x04"), "is a zip, as npz is"],
    ["Arrow IPC", Buffer.from("ARROW1\0\0"), "is Arrow IPC: pyarrow.parquet.write_table"],
    ["encrypted Parquet", Buffer.from("PARE...."), "is encrypted Parquet, which is not read"],
    ["prose", "Call me Ishmael.", "is in none of the formats npy, safetensors, parquet, ndjson"],
  ])("of %s is none", async (_, text, sentence) => {
    await expect(rowsOf(file(".npy", text))).rejects.toThrow(sentence);
  });

  test("a file of targets goes with npy alone", async () => {
    const targets = file(".npy", npy("<i4", [2], TARGETS));
    const path = file(".ndjson", '{"logits": [1, 2]}\n');
    await expect(rowsOf(path, { targets })).rejects.toThrow("is ndjson, whose rows have their own targets");
  });
});
