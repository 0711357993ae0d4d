/** Drafts on a stream: a message announces the draft, and the next row messages are its rows. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Verified } from "../../../src/sampling/verify/verify.ts";
import { randomRow } from "../../sampling/sample.ts";
import { type Duplex, openDuplex, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen } from "../listening.ts";

const OPTIONS = {
  temperature: 0.9,
  top_k: 60,
  repetition_penalty: 1.2,
  mirostat: 2,
  seed: "7",
  history: [4],
};
const ROWS = Array.from({ length: 8 }, (_, seed) => randomRow(300, seed + 1, true));

let app: Listening;
beforeAll(async () => {
  app = await listen({ rows_max: 8 });
});
afterAll(() => app.close());

/** The answer of a single call. */
async function alone(body: Readonly<Record<string, unknown>>, count: number): Promise<Verified> {
  const rows = ROWS.slice(0, count).map((row) => ({ logits: [...row] }));
  const payload = JSON.stringify({ ...OPTIONS, step: 1, ...body, rows });
  const headers = { "content-type": "application/json" };
  const reply = await app.server.inject({ method: "POST", url: "/v1/verify", payload, headers });
  expect(reply.statusCode).toBe(200);
  return reply.json();
}

function opened(): Duplex {
  const stream = openDuplex(app.url);
  stream.write(textFrame(OPTIONS));
  return stream;
}

const drafted = { draft_token_ids: [1, 2], draft_rows: "logits", draft_options: { temperature: 1.3 } };

describe("a draft on a stream", () => {
  test.each([
    ["strict", { draft_token_ids: [1, 2] }, 3],
    ["typical", { draft_token_ids: [1, 2] }, 3],
    ["rejection", { draft_token_ids: [1, 2] }, 3],
    ["rejection", drafted, 5],
    ["block", { draft_token_ids: [1, 2] }, 3],
    ["block", drafted, 5],
    ["strict", { draft_token_ids: [1, 2, 3], parents: [-1, -1, 0] }, 4],
    ["rejection", { draft_token_ids: [1, 2, 3], parents: [-1, -1, 0], draft_rows: "logits" }, 6],
  ])(
    "%s, with %o, has the reply of a call of its own, and the stream goes on behind it",
    async (method, said, count) => {
      const stream = opened();
      stream.write(
        Buffer.concat([
          textFrame({ type: "verify", method, ...said }),
          ...ROWS.slice(0, count).map((row) => rowFrame(row)),
        ]),
      );
      const expected = await alone({ method, ...said }, count);
      expect(JSON.parse((await stream.text()) ?? "")).toEqual(expected);
      // The next row is the step after the draft.
      stream.write(rowFrame(ROWS[7]!));
      const next = await stream.line();
      const history = [...OPTIONS.history, ...expected.token_ids];
      const payload = JSON.stringify({
        ...OPTIONS,
        history,
        step: expected.step,
        state: expected.state,
        logits: [...ROWS[7]!],
      });
      const headers = { "content-type": "application/json" };
      const step = await app.server.inject({ method: "POST", url: "/v1/sample", payload, headers });
      expect(next).toEqual(step.json());
      expect(await stream.rest()).toEqual([]);
    },
  );

  test("that is right is accepted, row by row as lines of JSON", async () => {
    const first = await alone({ draft_token_ids: [] }, 1);
    const stream = openDuplex(app.url, { "content-type": "application/x-ndjson" });
    const lines = [
      OPTIONS,
      { type: "verify", draft_token_ids: first.token_ids },
      ...ROWS.slice(0, 2).map((row) => ({ logits: [...row] })),
    ];
    for (const line of lines) stream.write(`${JSON.stringify(line)}\n`);
    const reply = JSON.parse((await stream.text()) ?? "") as Verified;
    expect(reply).toEqual(await alone({ draft_token_ids: first.token_ids }, 2));
    expect(reply.accepted).toBe(1);
    await stream.rest();
  });

  test("that is refused is answered once; its rows are dropped, and the stream is where it was", async () => {
    const stream = opened();
    const wrong = textFrame({ type: "verify", draft_token_ids: [1], method: "strict", epsilon: 1 });
    stream.write(Buffer.concat([wrong, rowFrame(ROWS[0]!), rowFrame(ROWS[1]!)]));
    expect(await stream.line()).toMatchObject({ code: "option_conflict", pointer: "/epsilon" });
    const out_of_range = textFrame({ type: "verify", draft_token_ids: [300] });
    stream.write(Buffer.concat([out_of_range, rowFrame(ROWS[0]!), rowFrame(ROWS[1]!)]));
    expect(await stream.line()).toMatchObject({ code: "token_id_out_of_range" });
    stream.write(Buffer.concat([textFrame({ type: "verify", draft_token_ids: [] }), rowFrame(ROWS[0]!)]));
    expect(JSON.parse((await stream.text()) ?? "")).toEqual(await alone({ draft_token_ids: [] }, 1));
    expect(await stream.rest()).toEqual([]);
  });

  test("takes nothing but its rows, and says so", async () => {
    const stream = opened();
    stream.write(textFrame({ type: "verify", draft_token_ids: [1] }));
    stream.write(textFrame({ type: "accept", token_ids: [1] }));
    expect(await stream.line()).toMatchObject({
      code: "option_conflict",
      detail: expect.stringContaining("of which 2 are to come"),
    });
    await stream.rest();
  });
});
