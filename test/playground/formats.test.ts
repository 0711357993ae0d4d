/**
 * Texts that people paste, each with the expected result. The printouts are those of NumPy, torch, JAX and TensorFlow.
 */
import { describe, expect, test } from "vitest";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { floats, labels, rounded } from "./read-back.ts";

const INF = Number.POSITIVE_INFINITY;

describe("arrays as programs print them", () => {
  test.each<[string, string, readonly number[]]>([
    ["torch", "tensor([8.2000, 1.5000])", [8.2, 1.5]],
    ["torch on a GPU", "tensor([8.2000, 1.5000], device='cuda:0', dtype=torch.float16)", [8.2, 1.5]],
    ["torch with a gradient", "tensor([[ 8.2000, -1.5000]], grad_fn=<AddmmBackward0>)", [8.2, -1.5]],
    ["torch, requires_grad", "tensor([8.2000, 1.5000], requires_grad=True)", [8.2, 1.5]],
    [
      "torch, many lines",
      "tensor([ 8.2000e+00,  1.5000e+05,\n        -1.0000e-03,        -inf])",
      [8.2, 150000, -0.001, -INF],
    ],
    ["torch, a parameter", "Parameter containing:\ntensor([8.2000, 1.5000], requires_grad=True)", [8.2, 1.5]],
    ["torch, a list of scalars", "[tensor(8.2000), tensor(1.5000)]", [8.2, 1.5]],
    ["NumPy", "array([ 8.2,  1.5, -inf], dtype=float32)", [8.2, 1.5, -INF]],
    ["NumPy, padded", "array([8.19999981, 1.5       ,       -inf])", [8.2, 1.5, -INF]],
    ["NumPy, printed", "[ 8.2  1.5 -inf]", [8.2, 1.5, -INF]],
    ["NumPy, printed on several lines", "[ 0.12573022 -0.13210486\n  1.304     ]", [0.1257, -0.1321, 1.304]],
    ["NumPy, rows", "array([[8.2, 1.5],\n       [0.5, 9. ]], dtype=float16)", [0.5, 9]],
    ["NumPy 2, a list of scalars", "[np.float32(8.2), np.float32(1.5)]", [8.2, 1.5]],
    ["NumPy, code", "logits = np.array([8.2, 1.5])", [8.2, 1.5]],
    ["IPython", "Out[3]: array([8.2, 1.5])", [8.2, 1.5]],
    ["JAX", "Array([8.2, 1.5], dtype=float32)", [8.2, 1.5]],
    ["TensorFlow, printed", "tf.Tensor([8.2 1.5], shape=(2,), dtype=float32)", [8.2, 1.5]],
    [
      "TensorFlow",
      "<tf.Tensor: shape=(2,), dtype=float32, numpy=array([8.2, 1.5], dtype=float32)>",
      [8.2, 1.5],
    ],
    ["MLX", "array([8.2, 1.5], dtype=float32)", [8.2, 1.5]],
    ["Julia", "Float32[8.2, 1.5, -Inf]", [8.2, 1.5, -INF]],
    ["MATLAB", "[8.2; 1.5]", [8.2, 1.5]],
    ["JSON", "[8.2,1.5]", [8.2, 1.5]],
    ["JSON of whole numbers", "[8,2]", [8, 2]],
    ["Python", "(8.2, 1.5, float('-inf'))", [8.2, 1.5, -INF]],
    ["JSON rows", "[[1, 2], [3, 4], [5, 6]]", [5, 6]],
    ["JSON rows of one", "[[8.2], [1.5]]", [1.5]],
    ["JSON lines", "[1, 2]\n[3, 4]", [3, 4]],
  ])("%s: %s", (_, text, logits) => {
    expect(rounded(floats(readText(text).row))).toEqual(logits);
  });

  test("of several rows it is said which is shown", () => {
    expect(readText("[[1, 2], [3, 4]]").how).toBe("2 numbers in a list, the last of 2 rows");
    expect(readText("tensor([[1., 2.]])").how).toBe("2 numbers in tensor(…)");
  });

  test.each([
    ["tensor([8.2000, 1.5000,  ..., 0.1000])", "leaves numbers out at “…”"],
    ["array([0.000e+00, 1.000e+00, ..., 1.998e+03,\n       1.999e+03])", "leaves numbers out at “…”"],
    ["[1 2 ... 9]", "leaves numbers out at “…”"],
    ["1, 2, …, 9", "leaves numbers out at “…”"],
    ["array([3, 1], dtype=int32)", "of type int32; logits are floats"],
    ["tensor([ True, False])", "neither a list of numbers"],
    ["[1, 2", "ends before “]”"],
    ["[1, null]", "Number 2 is null"],
    ["[[1, 2], [3]]", "Row 2 has 1 numbers, row 1 has 2"],
    ["masked_array(data=[1.0, --])", "stands where a value belongs"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });
});

describe("decimal commas are never guessed at", () => {
  test.each([
    "8,2; 1,5",
    "8,2",
    "8,2 1,5",
    "8,2, 1,5",
    "8,2\n1,5",
    "[8,2; 1,5]",
    "1,234,567",
    "1.234,5 2",
    "-8,2",
  ])("%j has two readings", (text) => {
    expect(() => readText(text)).toThrow("has two readings");
  });

  test.each<[string, readonly number[]]>([
    ["8, 2", [8, 2]],
    ["8.2,1.5", [8.2, 1.5]],
    ["1,2,3", [1, 2, 3]],
    ["8.2; 1.5", [8.2, 1.5]],
    ["8,\n2,\n5,", [8, 2, 5]],
    ["1 inf 2", [1, INF, 2]],
  ])("%j has one", (text, logits) => {
    expect(rounded(floats(readText(text).row))).toEqual(logits);
  });

  test("beside a token it is told how to write it", () => {
    expect(() => readText("cat: 8,2")).toThrow(
      "“8,2” (line 1) is not a number. Write the decimal point as a point: 8.2.",
    );
    expect(() => readText("token\tlogit\ncat\t8,2")).toThrow("“8,2” (line 2) is not a number");
  });

  test("a grid of numbers without brackets may be one row or several", () => {
    expect(() => readText("1 2 3\n4 5 6")).toThrow("2 lines of 3 numbers have two readings");
    expect(() => readText("0\t8.2\n1\t1.5")).toThrow("2 lines of 2 numbers have two readings");
  });
});

describe("tokens with numbers", () => {
  test.each<[string, string]>([
    ["an object", '{"cat": 8.2, "dog": 1.5}'],
    ["a Python dictionary", "{'cat': 8.2, 'dog': 1.5}"],
    ["a dictionary of NumPy scalars", "{'cat': np.float32(8.2), 'dog': np.float32(1.5)}"],
    ["a dictionary of tensors", "{'cat': tensor(8.2000), 'dog': tensor(1.5000, device='cuda:0')}"],
    ["pairs", '[["cat", 8.2], ["dog", 1.5]]'],
    ["Python pairs", "[('cat', 8.2), ('dog', 1.5)]"],
    ["pairs the other way round", "[(8.2, 'cat'), (1.5, 'dog')]"],
    ["lines with colons", "cat: 8.2\ndog: 1.5"],
    ["lines with equals signs", "cat=8.2\ndog = 1.5"],
    ["lines with blanks", "cat 8.2\ndog   1.5"],
    ["a spreadsheet", "cat\t8.2\ndog\t1.5"],
    ["a spreadsheet with the numbers first", "8.2\tcat\n1.5\tdog"],
    ["a spreadsheet with a head", "token\tlogit\ncat\t8.2\ndog\t1.5"],
    ["a table of many columns", "rank\ttoken\tid\tlogit\n1\tcat\t5\t8.2\n2\tdog\t9\t1.5"],
    ["CSV", "cat,8.2\ndog,1.5"],
    ["CSV with a head", 'token,logit\n"cat",8.2\n"dog",1.5'],
    ["semicolons", "cat;8.2\ndog;1.5"],
    ["pandas, a frame on the clipboard", "\ttoken\tlogit\n0\tcat\t8.2\n1\tdog\t1.5\n"],
    ["pandas, a series", "cat    8.2\ndog    1.5\ndtype: float64"],
    ["pandas, records", '[{"token":"cat","logit":8.2},{"token":"dog","logit":1.5}]'],
  ])("%s", (_, text) => {
    const { row } = readText(text);
    expect(labels(row)).toEqual(["cat", "dog"]);
    expect(rounded(floats(row))).toEqual([8.2, 1.5]);
  });

  test("token ids of a table or a dictionary are shown as what they are", () => {
    expect(labels(readText("token_id\tlogit\n2649\t8.2\n11\t1.5").row)).toEqual(["2649", "11"]);
    expect(labels(readText("{2649: 8.2, 11: 1.5}").row)).toEqual(["2649", "11"]);
  });

  test("a column of probabilities stands for logits by its logarithm", () => {
    const { row, how } = readText("token,prob\ncat,0.9\ndog,0.05");
    expect(rounded(floats(row))).toEqual([-0.1054, -2.9957]);
    expect(how).toContain("which hold 95.0 % of the probability");
    expect(() => readText("token,prob\ncat,90")).toThrow("The probability of cat is 90; one lies in [0, 1].");
  });

  test("what looks like probabilities is read as logits, and said to look so", () => {
    expect(readText('{"cat": 0.9, "dog": 0.1}').doubt).toContain("They add up to 1, as probabilities do");
    expect(readText("0.1 0.2 0.3 0.4").doubt).toContain("They add up to 1");
    expect(readText("0.1 0.2").doubt).toBe("");
  });

  test("signs as tokens", () => {
    expect(labels(readText(":: 1\n=: 2\n[: 3\n...: 4\n,: 5").row)).toEqual([":", "=", "[", "...", ","]);
    expect(labels(readText('{": ": 1, "\\"": 2, "\\u00e9": 3}').row)).toEqual([": ", '"', "é"]);
    expect(labels(readText('"a ""b""",1\n"c, d",2').row)).toEqual(['a "b"', "c, d"]);
  });

  test.each([
    ["a 1\nb: 2", "Line 1, “a 1”, has no colon"],
    ["a 1\nb", "“a” (number 1) is not a number"],
    ["1 cat 2", "“cat” (number 2) is not a number"],
    ["cat=1\ndog=x", "“cat=1” (number 1) is not a number"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });

  test("a table whose columns have no names is refused when they are more than two", () => {
    expect(() => readText("1\tcat\t8.2\n2\tdog\t1.5")).toThrow("The table has 3 columns; name them");
  });
});

test("131,072 numbers are read, in far less time than anybody waits", () => {
  const text = JSON.stringify(Array.from({ length: 131_072 }, (_, i) => Math.sin(i)));
  const began = performance.now();
  expect(readText(text).row.vocab_size).toBe(131_072);
  expect(performance.now() - began).toBeLessThan(10_000); // 0.45 s on a shared core; only a quadratic reader would come near;
});
