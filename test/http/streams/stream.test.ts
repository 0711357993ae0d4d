import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomRow } from "../../sampling/sample.ts";
import { type Duplex, openDuplex, rowFrame, textFrame } from "../duplex.ts";
import { type Listening, listen } from "../listening.ts";

const LINES = { "content-type": "application/x-ndjson" };
const OPTIONS = { temperature: 0.9, top_p: 0.95, repetition_penalty: 1.2, top_logprobs: 2, seed: "7" };
const ROWS = Array.from({ length: 6 }, (_, seed) => randomRow(300, seed + 1, true));

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

/** The answer of a single call. */
async function alone(body: Readonly<Record<string, unknown>>): Promise<string> {
  const reply = await app.server.inject({
    method: "POST",
    url: "/v1/sample",
    payload: JSON.stringify(body),
    headers: { "content-type": "application/json" },
  });
  return reply.body;
}

async function unaryReplies(): Promise<string[]> {
  const replies: string[] = [];
  const history: number[] = [];
  for (const [step, row] of ROWS.entries()) {
    const reply = await alone({ ...OPTIONS, history, step, logits: Array.from(row) });
    replies.push(reply);
    history.push((JSON.parse(reply) as { token_id: number }).token_id);
  }
  return replies;
}

async function texts(stream: Duplex, count: number): Promise<(string | undefined)[]> {
  const all: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) all.push(await stream.text());
  return all;
}

describe("a stream answers with the bytes of calls that stand alone", () => {
  test("rows in frames, each sent after the answer to the one before", async () => {
    const stream = openDuplex(app.url);
    stream.write(textFrame(OPTIONS));
    const replies: (string | undefined)[] = [];
    for (const row of ROWS) {
      stream.write(rowFrame(row));
      replies.push(await stream.text());
    }
    expect(replies).toEqual(await unaryReplies());
    expect(await stream.rest()).toEqual([]);
  });

  test("all frames at once, and one byte after another", async () => {
    const expected = await unaryReplies();
    const bytes = Buffer.concat([textFrame(OPTIONS, false), ...ROWS.map((row) => rowFrame(row))]);
    const at_once = openDuplex(app.url);
    at_once.write(bytes);
    expect(await texts(at_once, ROWS.length)).toEqual(expected);
    const slow = openDuplex(app.url);
    slow.outgoing.setNoDelay(true);
    for (const byte of bytes.subarray(0, 1500)) slow.write(Uint8Array.of(byte));
    slow.write(bytes.subarray(1500));
    expect(await texts(slow, ROWS.length)).toEqual(expected);
    await Promise.all([at_once.rest(), slow.rest()]);
  });

  test("a chunk that ends with its row is freed, and the stream ends well", async () => {
    const row = randomRow(4000, 9, true);
    const body = Buffer.concat([textFrame({ seed: "7", temperature: 0 }), rowFrame(row)]);
    const reply = await fetch(`${app.url}/v1/stream`, { method: "POST", body });
    const expected = await alone({ seed: "7", temperature: 0, logits: Array.from(row) });
    expect(await reply.text()).toBe(`${expected}\n`);
  });

  test("rows in lines, dense, packed and sparse", async () => {
    const stream = openDuplex(app.url, LINES);
    stream.write(`${JSON.stringify(OPTIONS)}\r\n\n`);
    const [first, second] = ROWS as [Float32Array, Float32Array];
    const data = Buffer.from(second.buffer).toString("base64");
    const forms = [{ logits: Array.from(first) }, { type: "step", logits: { dtype: "f32", data } }];
    const sparse = { token_ids: [5, 90], values: [1, 1.5] };
    stream.write([...forms, { logits: sparse }].map((form) => JSON.stringify(form)).join("\n"));
    const replies = await stream.rest();
    const history: number[] = [];
    for (const [step, logits] of [...forms.map((form) => form.logits), sparse].entries()) {
      const expected = JSON.parse(await alone({ ...OPTIONS, history, step, logits })) as { token_id: number };
      expect(replies[step]).toEqual(expected);
      history.push(expected.token_id);
    }
  });

  test("rows of f16 and bf16, as the options say", async () => {
    for (const dtype of ["f16", "bf16"]) {
      const row = new Uint8Array(Uint16Array.from([0, 0x3f80, 0x3c00, 0xbf80]).buffer);
      const stream = openDuplex(app.url);
      stream.write(Buffer.concat([textFrame({ ...OPTIONS, dtype, shape: [4] }), rowFrame(row)]));
      const logits = { dtype, data: Buffer.from(row).toString("base64") };
      expect(await stream.text()).toBe(await alone({ ...OPTIONS, history: [], logits }));
      await stream.rest();
    }
  });

  test("the shape that was given holds for every dense row, in bytes or in JSON", async () => {
    const stream = openDuplex(app.url);
    const packed = { dtype: "f32", data: Buffer.alloc(8).toString("base64") };
    stream.write(Buffer.concat([textFrame({ seed: 1, shape: [3] }), rowFrame([1, 2])]));
    stream.write(Buffer.concat([textFrame({ logits: [1, 2] }), textFrame({ logits: packed })]));
    stream.write(
      Buffer.concat([
        textFrame({ logits: [1, 2, 3] }),
        textFrame({ logits: { token_ids: [2], values: [1] } }),
      ]),
    );
    const replies = await stream.rest();
    const refused = {
      code: "length_mismatch",
      detail: "shape [3] needs 3 elements, got 2",
      pointer: "/shape",
    };
    expect(replies).toMatchObject([refused, refused, refused, { step: 0 }, { step: 1 }]);
  });

  test("after any cut, seed, history and state of the last reply go on at the same place", async () => {
    const options = { temperature: 1.5, mirostat: 2, history: [3, 4], prompt_length: 2 };
    const whole = openDuplex(app.url);
    whole.write(Buffer.concat([textFrame(options), ...ROWS.map((row) => rowFrame(row))]));
    const replies = await whole.rest();
    expect(replies).toHaveLength(ROWS.length);
    for (let cut = 1; cut < ROWS.length; cut++) {
      const { seed, state } = replies[cut - 1]!;
      const history = [3, 4, ...replies.slice(0, cut).map(({ token_id }) => token_id)];
      const resumed = openDuplex(app.url);
      const rows = ROWS.slice(cut).map((row) => rowFrame(row));
      resumed.write(Buffer.concat([textFrame({ ...options, seed, state, history }), ...rows]));
      expect(await resumed.rest()).toEqual(replies.slice(cut));
    }
  });
});

describe("the course of a stream", () => {
  const GREEDY = { temperature: 0, seed: 1 };

  test("update, accept and rewind answer nothing and hold from the next row on", async () => {
    const stream = openDuplex(app.url, LINES);
    const messages = [
      GREEDY,
      { logits: [1, 5, 4] },
      { type: "update", logit_bias: { "1": null } },
      { logits: [1, 5, 4] },
      { type: "accept", token_ids: [0, 0] },
      { logits: [1, 5, 4], logit_bias: { "2": null } },
      { type: "rewind", steps: 4 },
      { type: "update", logit_bias: null },
      { logits: [1, 5, 4] },
    ];
    for (const message of messages) stream.write(`${JSON.stringify(message)}\n`);
    const replies = await stream.rest();
    expect(replies.map(({ token_id, step }) => [token_id, step])).toEqual([
      [1, 0],
      [2, 1],
      [1, 4],
      [1, 1],
    ]);
  });

  test("a row that is refused is answered with its problem, and the next one takes its step", async () => {
    const stream = openDuplex(app.url);
    const bad = Buffer.from(Float32Array.of(1, Number.NaN).buffer);
    stream.write(
      Buffer.concat([textFrame(GREEDY), rowFrame([1, 2]), rowFrame(bad), rowFrame(new Uint8Array(3))]),
    );
    stream.write(Buffer.concat([rowFrame([]), textFrame({ logits: [1, "x"] }), rowFrame([3, 2])]));
    const replies = await stream.rest();
    expect(replies.map(({ token_id, code, step }) => token_id ?? code ?? step)).toEqual([
      1,
      "nan_logit",
      "length_mismatch",
      "invalid_logits",
      "invalid_logits",
      0,
    ]);
    expect(replies[1]).toMatchObject({ status: 422, pointer: "/logits/1" });
    expect(replies[5]?.step).toBe(1);
  });

  test("a row that no options can draw from leaves the stream open for others", async () => {
    const stream = openDuplex(app.url, LINES);
    stream.write(`${JSON.stringify({ ...GREEDY, allowed_token_ids: [1] })}\n`);
    stream.write('{"logits": [1, -Infinity]}\n{"logits": [1, 2]}\n');
    expect(await stream.rest()).toMatchObject([{ code: "all_tokens_masked" }, { token_id: 1, step: 0 }]);
  });

  test("the head of the answer comes as soon as the options are right, with the request's id", async () => {
    const stream = openDuplex(app.url, { "x-request-id": "mine" });
    stream.write(textFrame(GREEDY));
    const { statusCode, headers } = await stream.head();
    expect([statusCode, headers["content-type"], headers["x-request-id"]]).toEqual([
      200,
      LINES["content-type"],
      "mine",
    ]);
    await stream.rest();
  });

  test("a stream without a row answers nothing", async () => {
    const stream = openDuplex(app.url);
    stream.write(textFrame({}));
    expect(await stream.rest()).toEqual([]);
  });

  test("the connection serves other requests after a stream that ended well", async () => {
    const before = app.server.server.listenerCount("request");
    const stream = openDuplex(app.url);
    stream.write(Buffer.concat([textFrame(GREEDY), rowFrame([1, 2])]));
    await stream.rest();
    expect((await stream.head()).headers["connection"]).not.toBe("close");
    expect(app.server.server.listenerCount("request")).toBe(before);
  });
});
