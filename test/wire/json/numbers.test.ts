/** The number scanner against JSON.parse and Math.fround: every notation, for every division of the bytes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NUMBER_LENGTH_MAX, NumberScanner } from "../../../src/wire/json/numbers.ts";

/** Scans `text` (from after the `[`) in pieces that end at `cuts`. */
function scan(text: string, cuts: readonly number[] = []) {
  const pieces: Uint8Array[] = [];
  const scanner = new NumberScanner({ append: (bytes) => pieces.push(bytes.slice()) > 0 });
  const bytes = Buffer.from(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let begin = 0;
  let used = 0;
  for (const end of ends) {
    if (scanner.closed || scanner.fault) break;
    const chunk = bytes.subarray(begin, end);
    used = begin + scanner.write(chunk, 0);
    begin = end;
  }
  scanner.end();
  const joined = Buffer.concat(pieces);
  const values = new Float32Array(joined.length / 4);
  Buffer.from(values.buffer).set(joined);
  return { values: Array.from(values), scanner, used };
}

function expectLikeJson(text: string, cuts: readonly number[] = []) {
  const { values, scanner } = scan(`${text.slice(1)} tail`, cuts);
  expect(scanner.fault).toBeUndefined();
  expect(scanner.closed).toBe(true);
  const expected = (JSON.parse(text) as number[]).map(Math.fround);
  expect(values.length).toBe(expected.length);
  const wrong = expected.findIndex((value, index) => !Object.is(value, values[index]));
  expect(wrong < 0 ? [] : [wrong, expected[wrong], values[wrong]]).toEqual([]);
}

/** The middle between two adjacent float32, and its float64 neighbours: double rounding shows here. */
function aroundMiddle(bits: number): readonly string[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, bits);
  const below = view.getFloat32(0);
  view.setUint32(0, bits + 1);
  const middle = (below + view.getFloat32(0)) / 2;
  view.setFloat64(0, middle);
  const word = view.getBigUint64(0);
  return [-1n, 0n, 1n].map((step) => {
    view.setBigUint64(0, word + step);
    return view.getFloat64(0).toString();
  });
}

const digits = (max: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: max }).map((list) => list.join(""));
const spelling = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), digits(4), digits(40)).map((text) => text.replace(/^0+(?=\d)/, "")),
    fc.oneof(
      fc.constant(""),
      digits(20).map((text) => `.${text}`),
      digits(60).map((text) => `.${text}`),
    ),
    fc.oneof(
      fc.constant(""),
      fc.integer({ min: -60, max: 37 }).map((power) => `e${power}`),
      fc.integer({ min: -400, max: -30 }).map((power) => `E${power}`),
      fc.integer({ min: 0, max: 20 }).map((power) => `e+0${power}`),
    ),
  )
  .map((parts) => parts.join(""))
  .filter((text) => Math.fround(Number(text)) !== Number.POSITIVE_INFINITY);
const middle = fc
  .integer({ min: 0, max: 0x7f7ffffe })
  .chain((bits) => fc.constantFrom(...aroundMiddle(bits)));
const anyFloat64 = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => Math.fround(value) !== Number.POSITIVE_INFINITY)
  .map(String);
const number = fc.oneof(
  { weight: 4, arbitrary: spelling },
  { weight: 2, arbitrary: middle },
  { weight: 2, arbitrary: anyFloat64 },
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String) },
);
const space = fc.constantFrom("", "", "", " ", "\n", "\t\r\n  ");
const array = fc
  .array(fc.tuple(space, number, space), { maxLength: 60 })
  .map((items) => `[${items.map((parts) => parts.join("")).join(",")}]`);

describe("numbers of a JSON array", () => {
  test.each([
    ["nothing", "[]"],
    ["blanks", "[ \n\t\r ]"],
    ["small integers", "[0,1,-1,10,-0]"],
    ["what Python writes", "[1.5, -0.25, 1e-05, 1.0, -2.220446049250313e-16]"],
    [
      "17 and 18 digits behind the point",
      "[0.12345678901234567, 0.012345678901234567, -0.10000000000000001]",
    ],
    [
      "many digits",
      "[0.1000000000000000055511151231257827021181583404541015625, 100000000000000000000000000000.5]",
    ],
    ["a middle of two float32, to even", "[16777217, 16777219, 0.500000029802322387695312500]"],
    ["just above a middle, far behind the point", `[16777217.${"0".repeat(60)}1]`],
    ["the ends of float32", "[3.4028234663852886e38, -3.4028235e38, 1.17549435e-38, 1e-45, 7e-46, 1e-320]"],
    ["below the float32 range: rounds to -Infinity", "[-3.5e38, -1e400]"],
  ])("%s", (_name, text) => {
    expectLikeJson(text);
  });

  test("every spelling of a number, cut anywhere, equals Math.fround(JSON.parse)", () => {
    fc.assert(
      fc.property(array, fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => expectLikeJson(text, cuts)),
      { numRuns: 1500, seed: 20 },
    );
  });

  test("a row cut after every single byte reads the same", () => {
    const text = "[ 1.5 , -2.25e-3,\n-0.12345678901234567,7]";
    expectLikeJson(
      text,
      Array.from({ length: text.length }, (_, index) => index),
    );
  });

  test("a row longer than the scratch reads the same in one chunk and in many", () => {
    const text = `[${Array.from({ length: 20_000 }, (_, index) => Math.sin(index) * 30).join(", ")}]`;
    expectLikeJson(text);
    expectLikeJson(text, [1, 65_535, 65_536, 65_537, 131_072, 200_001]);
  });

  test("a string that means -Infinity is taken for it, however it is cut", () => {
    const text = '"-Infinity", 1,"-inf" ,-Infinity,"-Infinity"]';
    for (let cut = 1; cut < text.length; cut++)
      expect(scan(text, [cut]).values).toEqual([-Infinity, 1, -Infinity, -Infinity, -Infinity]);
  });

  test.each([
    '"Infinity"',
    '"inf"',
    '"-infinity"',
    '"-INF"',
    '"-Infinity',
    '"-Infinityx"',
    '"- inf"',
    '"-1"',
    '""',
  ])("the string %s is none", (odd) => {
    const { scanner } = scan(`1, ${odd}, 2] ${" ".repeat(99)}`);
    expect(scanner.fault).toMatchObject({ kind: "odd", index: 1 });
  });

  test("-Infinity is taken, however it is cut", () => {
    const text = "-Infinity, 1, -Infinity]";
    for (let cut = 0; cut <= text.length; cut++)
      expect(scan(text, [cut]).values).toEqual([-Infinity, 1, -Infinity]);
  });

  test("what follows the array is left alone", () => {
    const { used, scanner } = scan('1,2] , "x": 3', [2]);
    expect(scanner.closed).toBe(true);
    expect(used).toBe(4);
  });
});

describe("what is not a number", () => {
  test.each([
    ["null", "1,null,2]", 1, "null"],
    ["NaN", "NaN]", 0, "NaN"],
    ["Infinity", "1, 2, Infinity]", 2, "Infinity"],
    ["-Inf", "-Inf]", 0, "-Inf"],
    ["a string", '"1"]', 0, '"1"'],
    ["a nested array", "1,[2]]", 1, "[2]"],
    ["a leading zero", "01]", 0, "01"],
    ["a point without digits", "1.]", 0, "1."],
    ["a point in front", ".5]", 0, ".5"],
    ["a plus", "+1]", 0, "+1"],
    ["an exponent without digits", "1e]", 0, "1e"],
    ["a lone minus", "-]", 0, "-"],
    ["two points", "1.2.3]", 1, ".3"],
    ["hexadecimal", "0x10]", 1, "x10"],
    ["a trailing comma", "1,]", 1, "]"],
    ["a missing number", "1,,2]", 1, ","],
    ["a leading comma", ",1]", 0, ","],
    ["no comma", "1 2]", 1, "2"],
    ["a zero byte", "1,\0,2]", 1, "\0"],
    ["another space", "1,\u00a02]", 1, "\u00a0"],
  ])("%s is a fault at its index, however it is cut", (_name, text, index, start) => {
    const whole = scan(text).scanner.fault;
    expect(whole?.kind).toBe("odd");
    expect(whole?.index).toBe(index);
    if (whole?.kind === "odd") expect(Buffer.from(whole.text).toString().startsWith(start)).toBe(true);
    for (let cut = 0; cut <= text.length; cut++) expect(scan(text, [cut]).scanner.fault).toEqual(whole);
  });

  test("a number above the float32 range is named, one below becomes -Infinity", () => {
    expect(scan("1, 3.4028236e38]").scanner.fault).toMatchObject({ kind: "overflow", index: 1 });
    expect(scan("1e400]").scanner.fault).toMatchObject({ kind: "overflow", index: 0 });
    expect(scan("-1e400]").values).toEqual([-Infinity]);
  });

  test("a number longer than the limit is a fault in one chunk and in many", () => {
    const text = (length: number) => `1.${"0".repeat(length - 2)}]`;
    for (const cuts of [[], [100, 900, 1030]]) {
      expect(scan(text(NUMBER_LENGTH_MAX), cuts).values).toEqual([1]);
      expect(scan(text(NUMBER_LENGTH_MAX + 1), cuts).scanner.fault).toMatchObject({ kind: "odd", index: 0 });
    }
  });

  test("an array that does not end is neither closed nor at fault", () => {
    const { scanner, values } = scan("1, 2,");
    expect([scanner.closed, scanner.fault, values]).toEqual([false, undefined, [1, 2]]);
  });

  test("a sink that is full stops the scan", () => {
    const scanner = new NumberScanner({ append: () => false });
    scanner.write(Buffer.from("1,2]"), 0);
    expect(scanner.fault).toMatchObject({ kind: "full", index: 0 });
  });
});
