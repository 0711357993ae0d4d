/** POST /v1/verify and /v1/verify/batch over HTTP: every form, every refusal, and the equivalent single steps. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sampled } from "../../../src/sampling/report/report.ts";
import type { Verified } from "../../../src/sampling/verify/verify.ts";
import { VERIFY_BATCH_REPLY, VERIFY_REPLY } from "../../../src/schemas/verify.ts";
import { randomRow } from "../../sampling/sample.ts";
import { post, postTensor, type Server, startApp } from "./analysis-app.ts";

let server: Server;
beforeAll(async () => {
  server = await startApp({ LOGIT_SAMPLER_ROWS_MAX: "20", LOGIT_SAMPLER_BATCH_ROWS_MAX: "24" });
});
afterAll(() => server.close());

const VOCABULARY = 300;
const ROWS = Array.from({ length: 9 }, (_, i) => randomRow(VOCABULARY, i + 1, true));
const OPTIONS = { temperature: 0.9, repetition_penalty: 1.2, mirostat: 2, seed: 7, step: 5, history: [3, 9] };

/** The tokens of single steps, with history and state carried over. */
async function stepByStep(count: number, options: Record<string, unknown> = OPTIONS): Promise<Sampled[]> {
  const taken: Sampled[] = [];
  for (let i = 0; i < count; i++) {
    const history = [
      ...((options["history"] as number[] | undefined) ?? []),
      ...taken.map(({ token_id }) => token_id),
    ];
    const call = {
      ...options,
      history,
      step: ((options["step"] as number | undefined) ?? 0) + i,
      state: taken.at(-1)?.state ?? null,
    };
    const { body } = await post(server, "/v1/sample", { logits: [...ROWS[i]!], ...call });
    taken.push(body);
  }
  return taken;
}

function tensor(rows: readonly Float32Array[]): Float32Array {
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

const rowsOf = (count: number) => ROWS.slice(0, count).map((row) => ({ logits: [...row] }));

describe("a draft", () => {
  test("that is right is accepted whole, and the next token comes with it", async () => {
    const steps = await stepByStep(4);
    const draft_token_ids = steps.slice(0, 3).map(({ token_id }) => token_id);
    const { status, body } = await post(server, "/v1/verify", {
      rows: rowsOf(4),
      draft_token_ids,
      ...OPTIONS,
    });
    expect(status).toBe(200);
    expect(VERIFY_REPLY.parse(body)).toEqual(body);
    expect(body).toMatchObject({ method: "strict", preserves: "tokens", accepted: 3, step: 9, seed: "7" });
    expect(body.positions).toEqual(steps);
    expect(body.state).toEqual(steps[3]?.state);
    expect(body.token_ids).toEqual(steps.map(({ token_id }) => token_id));
  });

  test("is accepted up to its first wrong token, in whose place stands the right one", async () => {
    const steps = await stepByStep(4);
    const draft_token_ids = steps.slice(0, 3).map(({ token_id }, i) => (i === 1 ? token_id + 1 : token_id));
    const { body } = await post(server, "/v1/verify", { rows: rowsOf(4), draft_token_ids, ...OPTIONS });
    expect(body).toMatchObject({ accepted: 1, step: 7 });
    expect(body.positions).toEqual(steps.slice(0, 2));
  });

  test("of no token is a step", async () => {
    const [step] = await stepByStep(1);
    const { body } = await post(server, "/v1/verify", { rows: rowsOf(1), draft_token_ids: [], ...OPTIONS });
    expect(body).toMatchObject({ accepted: 0, token_ids: [step?.token_id] });
  });

  test.each(["strict", "rejection", "block", "typical"])(
    "has the same reply as JSON, packed, with a header and with a query: %s",
    async (method) => {
      const read = method === "rejection" || method === "block";
      const steps = await stepByStep(3);
      const draft_token_ids = [steps[0]?.token_id ?? 0, 11];
      const said = {
        draft_token_ids,
        method,
        temperature: 0.9,
        top_k: 50,
        seed: 3,
        ...(read && { draft_rows: "logits", draft_options: { temperature: 1.5 } }),
      };
      const count = read ? 5 : 3;
      const json = await post(server, "/v1/verify", { rows: rowsOf(count), ...said });
      expect(json.status).toBe(200);
      const packed = ROWS.slice(0, count).map((row) => ({
        logits: { dtype: "f32", data: Buffer.from(row.buffer).toString("base64") },
      }));
      const values = tensor(ROWS.slice(0, count));
      const header = { dtype: "f32", shape: [count, VOCABULARY], ...said };
      const query = new URLSearchParams(
        Object.entries({
          ...header,
          draft_token_ids: draft_token_ids.join(),
          shape: header.shape.join(),
        }).map(([name, value]): [string, string] => [
          name,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      );
      expect((await post(server, "/v1/verify", { rows: packed, ...said })).body).toEqual(json.body);
      expect((await postTensor(server, "/v1/verify", header, values)).json()).toEqual(json.body);
      const bare = await server.inject({
        method: "POST",
        url: `/v1/verify?${query}`,
        headers: { "content-type": "application/octet-stream" },
        payload: Buffer.from(values.buffer),
      });
      expect(bare.json()).toEqual(json.body);
    },
  );

  test("may come with probabilities, and with sparse rows whose answer is proven", async () => {
    const target = [0.5, 0.3, 0.15, 0.05].map(Math.log);
    const law = { token_ids: [0, 1, 3], values: [0.2, 0.3, 0.5] };
    const sparse = {
      token_ids: [0, 1, 2],
      values: target.slice(0, 3),
      vocab_size: 4,
      max_omitted: target[3],
    };
    const { body } = await post(server, "/v1/verify", {
      rows: [{ logits: sparse }, { logits: sparse }, { logits: { ...law, vocab_size: 4 } }],
      draft_token_ids: [1],
      method: "rejection",
      draft_rows: "probabilities",
      top_k: 2,
      require_exact: true,
      seed: 4,
    });
    expect(body).toMatchObject({ exact: true, preserves: "distribution" });
  });

  test("has masks of its own for each position", async () => {
    const rows = rowsOf(3).map((row, i) => ({ ...row, allowed_token_ids: [40 + i] }));
    const { body } = await post(server, "/v1/verify", { rows, draft_token_ids: [40, 41], seed: 1 });
    expect(body).toMatchObject({ accepted: 2, token_ids: [40, 41, 42] });
    const values = tensor(ROWS.slice(0, 3));
    const own = rows.map(({ allowed_token_ids }) => ({ allowed_token_ids }));
    const header = { shape: [3, VOCABULARY], draft_token_ids: [40, 41], seed: 1, rows: own };
    expect((await postTensor(server, "/v1/verify", header, values)).json()).toEqual(body);
  });

  test("without a seed can be verified again with the seed of its reply", async () => {
    const call = { rows: rowsOf(3), draft_token_ids: [1, 2], method: "rejection" };
    const { body } = await post(server, "/v1/verify", call);
    expect((await post(server, "/v1/verify", { ...call, seed: body.seed })).body).toEqual(body);
  });
});

describe("a batch of drafts", () => {
  const sequences = [
    { draft_token_ids: [1, 2], seed: 1, history: [5] },
    { draft_token_ids: [], seed: 2, history: [6] },
    { draft_token_ids: [9], seed: 3, step: 4, temperature: 0 },
  ];
  const counts = [3, 1, 2];

  test("gives each the reply that it has alone, in either form", async () => {
    const shared = { temperature: 0.7, frequency_penalty: 0.4 };
    const alone: Verified[] = [];
    for (const [i, sequence] of sequences.entries()) {
      const first = counts.slice(0, i).reduce((sum, count) => sum + count, 0);
      const rows = rowsOf(9).slice(first, first + counts[i]!);
      alone.push((await post(server, "/v1/verify", { rows, ...shared, ...sequence })).body);
    }
    const { status, body } = await post(server, "/v1/verify/batch", {
      rows: rowsOf(6),
      sequences,
      ...shared,
    });
    expect(status).toBe(200);
    expect(VERIFY_BATCH_REPLY.parse(body)).toEqual(body);
    expect(body.results).toEqual(alone);
    const header = { dtype: "f32", shape: [6, VOCABULARY], sequences, ...shared };
    const binary = await postTensor(server, "/v1/verify/batch", header, tensor(ROWS.slice(0, 6)));
    expect(binary.json().results).toEqual(alone);
  });

  test("with a wrong one has its problem in its place", async () => {
    const wrong = sequences.map((each, i) => (i === 1 ? { ...each, top_p: 2 } : each));
    const { status, body } = await post(server, "/v1/verify/batch", { rows: rowsOf(6), sequences: wrong });
    expect(status).toBe(200);
    expect(body.results[0]).toMatchObject({ method: "strict" });
    expect(body.results[1]).toMatchObject({ code: "invalid_option", pointer: "/sequences/1/top_p" });
    expect(body.results[2]).toMatchObject({ method: "strict" });
    const rows = rowsOf(6).map((row, i) => (i === 4 ? { logits: row.logits.map(() => "-inf") } : row));
    const { body: second } = await post(server, "/v1/verify/batch", { rows, sequences });
    expect(second.results[2]).toMatchObject({ code: "all_tokens_masked" });
    expect(second.results[1]).toMatchObject({ accepted: 0 });
  });
});

describe("a refusal", () => {
  const call = { draft_token_ids: [1, 2], seed: 1 };
  test.each<[string, Record<string, unknown>, string, string, RegExp]>([
    ["no draft", { rows: rowsOf(1) }, "invalid_option", "/draft_token_ids", /got nothing/],
    ["no rows", call, "invalid_option", "/rows", /array of objects with logits, got nothing/],
    ["too few rows", { ...call, rows: rowsOf(2) }, "length_mismatch", "/rows", /need 3 rows, got 2/],
    ["too many rows", { ...call, rows: rowsOf(4) }, "length_mismatch", "/rows", /need 3 rows, got 4/],
    [
      "a token past the vocabulary",
      { rows: rowsOf(2), draft_token_ids: [300] },
      "token_id_out_of_range",
      "/draft_token_ids/0",
      /below 300, got 300/,
    ],
    [
      "a token in the padding",
      { rows: rowsOf(2), draft_token_ids: [299], vocab_size: 299 },
      "token_id_out_of_range",
      "/draft_token_ids/0",
      /below 299/,
    ],
    [
      "more than the limit",
      { rows: rowsOf(2), draft_token_ids: Array(17).fill(1) },
      "limit_exceeded",
      "/draft_token_ids",
      /at most 16 tokens, got 17/,
    ],
    [
      "no token ids",
      { rows: rowsOf(2), draft_token_ids: [1.5] },
      "invalid_option",
      "/draft_token_ids/0",
      /token id/,
    ],
    [
      "an unknown method",
      { ...call, rows: rowsOf(3), method: "rejecton" },
      "invalid_option",
      "/method",
      /"rejection".*did you mean/,
    ],
    [
      "an option of another method",
      { ...call, rows: rowsOf(3), epsilon: 0.1 },
      "option_conflict",
      "/epsilon",
      /option of method typical/,
    ],
    [
      "rows of the draft for strict",
      { ...call, rows: rowsOf(5), draft_rows: "logits" },
      "option_conflict",
      "/draft_rows",
      /strict does not ask/,
    ],
    [
      "missing rows of the draft",
      { ...call, rows: rowsOf(3), method: "block", draft_rows: "logits" },
      "length_mismatch",
      "/rows",
      /need 5 rows, got 3/,
    ],
    [
      "draft_options without logits",
      { ...call, rows: rowsOf(3), method: "block", draft_options: {} },
      "option_conflict",
      "/draft_options",
      /got draft_rows none/,
    ],
    [
      "a wrong option of the draft",
      { ...call, rows: rowsOf(5), method: "block", draft_rows: "logits", draft_options: { top_p: 3 } },
      "invalid_option",
      "/draft_options/top_p",
      /got 3/,
    ],
    [
      "a control option of the draft",
      { ...call, rows: rowsOf(5), method: "block", draft_rows: "logits", draft_options: { seed: 3 } },
      "unknown_option",
      "/draft_options/seed",
      /got "seed"/,
    ],
    [
      "a parent behind its token",
      { ...call, rows: rowsOf(3), parents: [-1, 2] },
      "invalid_option",
      "/parents/1",
      /from -1 to 0, got 2/,
    ],
    ["n", { ...call, rows: rowsOf(3), n: 2 }, "option_conflict", "/n", /leave n out, got 2/],
    [
      "an unknown option",
      { ...call, rows: rowsOf(3), draft_tokens: 2 },
      "unknown_option",
      "/draft_tokens",
      /no option/,
    ],
    [
      "unequal lengths",
      { ...call, rows: [...rowsOf(2), { logits: [1, 2] }] },
      "length_mismatch",
      "/rows/2",
      /one length, 300 .* got 2 in row 2/,
    ],
    [
      "history of a row",
      { ...call, rows: rowsOf(3).map((row) => ({ ...row, history: [1] })) },
      "option_conflict",
      "/rows/0/history",
      /history/,
    ],
    [
      "a vocabulary of a row",
      { ...call, rows: rowsOf(3).map((row) => ({ ...row, vocab_size: 9 })) },
      "option_conflict",
      "/rows/0/vocab_size",
      /got 9/,
    ],
    [
      "a wrong option of a row",
      { ...call, draft_token_ids: [], rows: [{ ...rowsOf(1)[0], top_p: 3 }] },
      "invalid_option",
      "/rows/0/top_p",
      /got 3/,
    ],
    [
      "a row that is no row",
      { ...call, rows: [...rowsOf(2), 3] },
      "invalid_option",
      "/rows/2",
      /object with logits/,
    ],
    [
      "probabilities that do not sum",
      probabilities([0.5, 0.2, 0.2]),
      "invalid_logits",
      "/rows/2/logits",
      /sum to 1 within 0.005, got 0.9/,
    ],
    [
      "a negative probability",
      probabilities([1.2, -0.2, 0]),
      "invalid_logits",
      "/rows/2/logits/0",
      /\[0, 1\]/,
    ],
    [
      "a token that the draft could not draw",
      probabilities([1, 0, 0]),
      "invalid_option",
      "/draft_token_ids/0",
      /got 1, which has probability 0/,
    ],
  ])("of %s says the rule and the value", async (_, body, code, pointer, detail) => {
    const reply = await post(server, "/v1/verify", body);
    expect([reply.body.code, reply.body.pointer]).toEqual([code, pointer]);
    expect(reply.body.detail).toMatch(detail);
  });

  function probabilities(law: number[]) {
    const rows = [[1, 2, 3], [1, 2, 3], law].map((logits) => ({ logits }));
    return { rows, draft_token_ids: [1], method: "rejection", draft_rows: "probabilities" };
  }

  test("of a wrong shape says what the drafts need", async () => {
    const values = tensor(ROWS.slice(0, 3));
    const send = (header: Record<string, unknown>) => postTensor(server, "/v1/verify", header, values);
    const problems = [
      await send({ draft_token_ids: [1, 2] }),
      await send({ draft_token_ids: [1], shape: [3, VOCABULARY] }),
      await send({ draft_token_ids: [1, 2], shape: [3, VOCABULARY + 1] }),
      await send({ draft_token_ids: [1, 2], shape: [3, VOCABULARY], rows: [{}] }),
    ].map((reply) => [reply.json().code, reply.json().pointer]);
    expect(problems).toEqual([
      ["invalid_option", "/shape"],
      ["length_mismatch", "/shape/0"],
      ["length_mismatch", "/shape"],
      ["length_mismatch", "/rows"],
    ]);
  });

  test("of more rows than there are names the limit; as many are taken", async () => {
    const ids = Array.from({ length: 10 }, () => 1);
    const said = { draft_token_ids: ids, method: "rejection", draft_rows: "logits" };
    const rows = Array.from({ length: 21 }, (_, i) => ({ logits: [...ROWS[i % 9]!] }));
    const { body } = await post(server, "/v1/verify", { rows, ...said });
    expect(body).toMatchObject({ code: "limit_exceeded", pointer: "/draft_token_ids" });
    expect(body.detail).toMatch(/at most 20 rows at once \(rows_max\), got 21/);
    const fewer = { ...said, draft_token_ids: ids.slice(1) };
    expect((await post(server, "/v1/verify", { rows: rows.slice(0, 19), ...fewer })).status).toBe(200);
  });
});
