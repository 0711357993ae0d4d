/** Log-odds of a probability, and classes by their labels. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JSON_TYPE, startSending } from "../sending.ts";

let sent: Awaited<ReturnType<typeof startSending>>;
beforeAll(async () => {
  sent = await startSending();
});
afterAll(() => sent.close());

const logits = [1, 3, 2, 0];

describe("log-odds and labels", () => {
  test.each([
    [
      "probability=0.95",
      { log_odds: 2.9444389791664403, probability: 0.95, complement: 0.050000000000000044 },
    ],
    ["complement=1e-20", { log_odds: 46.051701859880914, probability: 1, complement: 1e-20 }],
    ["log_odds=0", { log_odds: 0, probability: 0.5, complement: 0.5 }],
  ])("GET /v1/logit?%s", async (query, expected) => {
    const { status, body } = await sent.to("GET", `/v1/logit?${query}`, "", {});
    expect(status).toBe(200);
    for (const [name, value] of Object.entries(expected)) expect(body[name]).toBeCloseTo(value, 12);
  });

  test.each([
    ["probability=1", "invalid_option", "probability must lie in (0, 1), got 1"],
    ["probability=0", "invalid_option", "probability must lie in (0, 1), got 0"],
    ["probability=95%25", "invalid_option", 'probability must be a number in (0, 1), got "95%"'],
    ["", "option_conflict", "got none"],
    ["probability=0.5&log_odds=0", "option_conflict", "got probability and log_odds"],
    ["p=0.5", "unknown_option", 'there is no option "p" here'],
  ])("GET /v1/logit?%s is refused", async (query, code, words) => {
    const { status, body } = await sent.to("GET", `/v1/logit?${query}`, "", {});
    expect([status, body["code"]]).toEqual([422, code]);
    expect(body["detail"]).toContain(words);
  });

  test("a score says the label of what came, by its id or its label", async () => {
    const labels = ["cat", "dog", "bird", "cow"];
    const scored = async (target: unknown) =>
      (await sent.to("POST", "/v1/score", JSON.stringify({ logits, labels, target }), JSON_TYPE)).body;
    expect(await scored("dog")).toMatchObject({ label: "dog", rank: 1 });
    expect(await scored("dog")).toEqual(await scored(1));
    expect(await scored("brid")).toMatchObject({ code: "invalid_option", pointer: "/target" });
    expect((await scored("brid"))["detail"]).toContain('did you mean "bird"?');
    const rows = [{ logits }, { logits }];
    const many = { rows, labels, targets: ["cat", 2] };
    expect((await sent.to("POST", "/v1/score", JSON.stringify(many), JSON_TYPE)).body).toMatchObject({
      results: [{ label: "cat" }, { label: "bird" }],
    });
    const unlabelled = await sent.to(
      "POST",
      "/v1/score",
      JSON.stringify({ logits, target: "cat" }),
      JSON_TYPE,
    );
    expect(unlabelled.body["detail"]).toContain("or with labels by its label");
  });

  test("labels may have names of JavaScript's own", async () => {
    const body = { logits: [1, 3], labels: ["constructor", "b"], threshold: { b: 0.5 } };
    const { status, body: answer } = await sent.to(
      "POST",
      "/v1/probabilities",
      JSON.stringify(body),
      JSON_TYPE,
    );
    expect([status, answer["decision"]]).toMatchObject([200, { label: "b" }]);
  });
});
