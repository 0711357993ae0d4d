/** Requests to this service, pasted as rows. */
import { describe, expect, test } from "vitest";
import { readText } from "../../playground/src/rows/parse-text.ts";
import { floats, labels } from "./read-back.ts";

describe("requests to this service", () => {
  test("the body brings its row, its labels and its options", () => {
    const { row, options, how } = readText(
      '{"logits": [2, 1, -Infinity], "labels": ["a", "b", "c"], "temperature": 0.8, "seed": "7"}',
    );
    expect(floats(row)).toEqual([2, 1, Number.NEGATIVE_INFINITY]);
    expect(labels(row)).toEqual(["a", "b", "c"]);
    expect(options).toEqual({ temperature: 0.8, seed: "7" });
    expect(how).toBe("a request with 3 logits");
  });

  test("as a curl command, packed, sparse, and as a row of a batch", () => {
    const curl = `curl http://localhost:8080/v1/sample -H 'content-type: application/json' -d '{\n  "logits": [2, 1],\n  "top_p": 0.9\n}'`;
    expect([floats(readText(curl).row), readText(curl).options]).toEqual([[2, 1], { top_p: 0.9 }]);
    const data = Buffer.from(Float32Array.of(3, 4).buffer).toString("base64");
    expect(floats(readText(`{"logits": {"dtype": "f32", "data": "${data}"}}`).row)).toEqual([3, 4]);
    const sparse = readText('{"logits": {"token_ids": [7, 9], "values": [1, 2]}}').row;
    expect([labels(sparse), floats(sparse)]).toEqual([
      ["7", "9"],
      [1, 2],
    ]);
    const batch = readText('{"seed": 1, "rows": [{"logits": [1]}, {"logits": [2, 3], "top_k": 1}]}', 1);
    expect([floats(batch.row), batch.options, batch.positions]).toEqual([[2, 3], { seed: 1, top_k: 1 }, 2]);
  });

  test.each([
    ['{"logits": [1, "x"]}', "Number 2 of logits is x"],
    ['{"logits": "x"}', "neither a list of numbers nor packed nor sparse"],
    ['{"logits": {"data": "*"}}', "not base64"],
    ['{"logits": {"dtype": "f64", "data": "AAAA"}}', "f64"],
    ["curl http://localhost:8080", "no body in single quotation marks"],
  ])("%j is refused: %s", (text, sentence) => {
    expect(() => readText(text)).toThrow(sentence);
  });
});
