import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, ServiceProblem } from "../../src/client/index.ts";
import { type Listening, listen } from "../http/listening.ts";
import { randomRow, sample } from "../sampling/sample.ts";

const OPTIONS = { temperature: 0.9, top_p: 0.95, repetition_penalty: 1.2, history: [3, 4], seed: 7, step: 2 };
const ROW = randomRow(300, 1, true);

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

describe("one step", () => {
  test("is what the library draws, from numbers of either kind", async () => {
    const client = connect(app.url);
    const expected = sample(ROW, OPTIONS);
    expect(await client.sample(ROW, OPTIONS)).toEqual(expected);
    expect(await client.sample(Array.from(ROW), OPTIONS)).toEqual(expected);
    expect(await client.sample(new Float32Array([0, ...ROW]).subarray(1), OPTIONS)).toEqual(expected);
  });

  test("takes bf16 as it is", async () => {
    const bytes = new Uint8Array(Uint16Array.of(0x3f80, 0x4000, 0xbf80).buffer);
    const reply = await connect(app.url).sample({ dtype: "bf16", bytes }, { ...OPTIONS, history: [] });
    expect(reply).toEqual(sample([1, 2, -1], { ...OPTIONS, history: [] }));
  });

  test("takes sparse rows, and leaves out what is masked", async () => {
    const logits = {
      token_ids: Int32Array.of(5, 9, 40),
      values: [1, Number.NEGATIVE_INFINITY, 3],
      vocab_size: 50,
    };
    const reply = await connect(app.url).sample(logits, {
      temperature: 0,
      kept_token_ids: true,
      logprobs: true,
    });
    expect(reply).toMatchObject({ token_id: 40, rank: 1, kept: 1 });
  });

  test("a refusal is a ServiceProblem with its code and pointer", async () => {
    const refused = connect(app.url).sample(ROW, { top_p: 1.5 });
    await expect(refused).rejects.toBeInstanceOf(ServiceProblem);
    await expect(refused).rejects.toMatchObject({ status: 422, code: "invalid_option", pointer: "/top_p" });
    await expect(connect(app.url).sample([1, Number.NaN])).rejects.toMatchObject({ code: "nan_logit" });
  });
});

describe("several sources", () => {
  const combine = { rule: "guidance", guidance_scale: 1.5 } as const;
  const options = { combine, top_k: 5, seed: 7, top_logprobs: 2 };
  const other = randomRow(300, 2, true);
  const list = { token_ids: Array.from(other.keys()), values: Array.from(other), vocab_size: 300 };

  test("are one step, as bytes or as JSON, each with what is said of it", async () => {
    const client = connect(app.url);
    const told = await client.sample([ROW, other], options);
    expect(told.source_logprobs).toHaveLength(2);
    expect(await client.sample([Array.from(ROW), other], options)).toEqual(told);
    const { exact: _, ...mixed } = await client.sample([ROW, list], options);
    expect(mixed.token_id).toBe(told.token_id);
    const sources = [{}, { temperature: 2 }];
    const warm = await client.sample([ROW, other], { ...options, sources });
    expect((await client.sample([ROW, list], { ...options, sources })).token_id).toBe(warm.token_id);
    expect(warm.top_logprobs).toEqual(told.top_logprobs);
  });

  test("of a batch and of a stream give what they give alone", async () => {
    const client = connect(app.url);
    const told = await client.sample([ROW, other], options);
    expect(await client.sampleBatch([{ logits: [ROW, other] }, { logits: [other, ROW] }], options)).toEqual([
      told,
      await client.sample([other, ROW], options),
    ]);
    const [mixed] = await client.sampleBatch([{ logits: [ROW, list] }, { logits: [ROW, other] }], options);
    expect(mixed).toMatchObject({ token_id: told.token_id });
    const stream = await client.stream({ ...options, shape: [2, 300] });
    expect(await stream.next([ROW, other])).toEqual(told);
    expect(await stream.next([ROW, other], { top_k: 3 })).toMatchObject({ step: 1, kept: 3 });
    await stream.close();
  });
});

describe("a batch", () => {
  const rows = [1, 2, 3].map((seed) => ({ logits: randomRow(300, seed, true), seed }));

  test("answers each row as if it were alone", async () => {
    const replies = await connect(app.url).sampleBatch(rows, { temperature: 0.7 });
    expect(replies).toEqual(rows.map(({ logits, seed }) => sample(logits, { temperature: 0.7, seed })));
  });

  test("rows of several forms go together, and a bad one fails alone", async () => {
    const mixed = [
      { logits: { token_ids: [7, 8], values: [1, 2] }, seed: 1 },
      { logits: [1, Number.NaN], seed: 2 },
      { logits: ROW, seed: 3 },
    ];
    const [first, second, third] = await connect(app.url).sampleBatch(mixed, { temperature: 0 });
    expect(first).toMatchObject({ token_id: 8 });
    expect(second).toBeInstanceOf(ServiceProblem);
    expect(second).toMatchObject({ code: "nan_logit", pointer: "/rows/1/logits/1" });
    expect(third).toEqual(sample(ROW, { temperature: 0, seed: 3 }));
  });
});

describe("drafts", () => {
  const drafted = [1, 2, 3].map((seed) => randomRow(300, seed, true));

  test("are verified as the steps draw, from rows of bytes or of JSON", async () => {
    const client = connect(app.url);
    const first = sample(drafted[0]!, { seed: 7, history: [] });
    const options = { draft_token_ids: [first.token_id, 999_999 % 300], seed: 7, history: [] };
    const verified = await client.verify(drafted, options);
    expect(verified.positions[0]).toEqual(first);
    const sparse = drafted.map((row) => ({ token_ids: [...row.keys()], values: row, vocab_size: 300 }));
    expect((await client.verify(sparse, options)).token_ids).toEqual(verified.token_ids);
  });

  test("of many sequences are answered in order, and a wrong one fails alone", async () => {
    const sequences = [
      { logits: drafted.slice(0, 2), draft_token_ids: [5], seed: 1 },
      { logits: drafted.slice(0, 2), draft_token_ids: [5], seed: 1, top_p: 2 },
    ];
    const client = connect(app.url);
    const [right, wrong] = await client.verifyBatch(sequences, { temperature: 0.7 });
    expect(right).toEqual(
      await client.verify(drafted.slice(0, 2), { draft_token_ids: [5], seed: 1, temperature: 0.7 }),
    );
    expect(wrong).toBeInstanceOf(ServiceProblem);
    expect(wrong).toMatchObject({ pointer: "/sequences/1/top_p" });
  });
});

describe("retries", () => {
  /** A server that answers with this number of refusals, and then with a reply. */
  async function refusing(
    times: number,
    body: string,
    run: (url: string, seen: () => number) => Promise<void>,
  ) {
    let requests = 0;
    const listener: RequestListener = (request, response) => {
      request.resume().on("end", () => {
        requests += 1;
        if (requests > times) response.end('{"token_id":1}');
        else response.writeHead(503, { "retry-after": "0" }).end(body);
      });
    };
    const server = createServer(listener).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => requests);
    server.closeAllConnections();
    server.close();
  }

  test("the service's own refusal is tried again, seed or none", () =>
    refusing(2, '{"code":"overloaded"}', async (url, requests) => {
      expect(await connect(url).sample([1])).toEqual({ token_id: 1 });
      expect(requests()).toBe(3);
    }));

  test("a refusal on the way is tried again only with a seed", () =>
    refusing(1, "busy", async (url, requests) => {
      await expect(connect(url).sample([1])).rejects.toMatchObject({ status: 503 });
      expect(requests()).toBe(1);
      expect(await connect(url).sample([1], { seed: 1 })).toEqual({ token_id: 1 });
    }));

  /** A server that ends this number of connections before it answers, and then replies. */
  async function losing(times: number, run: (url: string, seen: () => number) => Promise<void>) {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      if (requests > times) request.resume().on("end", () => response.end('{"token_id":1}'));
      else request.socket.destroy();
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, () => requests);
    server.closeAllConnections();
    server.close();
  }

  test("a connection that is lost is opened again with a seed; without, it is told with its address", () =>
    losing(2, async (url, requests) => {
      await expect(connect(url).sample([1])).rejects.toThrow(`no answer from ${url}`);
      expect(requests()).toBe(1);
      expect(await connect(url).sample([1], { seed: 1 })).toEqual({ token_id: 1 });
      expect(requests()).toBe(3);
    }));

  test("a service that is not there is named, by calls and by streams", async () => {
    const nowhere = connect("http://127.0.0.1:9", { retries: 0 });
    const sentence = /^no answer from http:\/\/127\.0\.0\.1:9: ./;
    await expect(nowhere.sample([1], { seed: 1 })).rejects.toThrow(sentence);
    await expect(nowhere.stream()).rejects.toThrow(sentence);
  });

  test("not more often than was said", () =>
    refusing(9, '{"code":"overloaded"}', async (url, requests) => {
      await expect(connect(url, { retries: 1 }).sample([1])).rejects.toMatchObject({ code: "overloaded" });
      expect(requests()).toBe(2);
    }));
});

describe("limits of time", () => {
  test("an aborted call rejects with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(connect(app.url).sample(ROW, {}, { signal })).rejects.toThrow("enough");
  });

  test("an answer that does not come in time rejects", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(connect(url, { timeout_ms: 20 }).sample(ROW)).rejects.toMatchObject({
      name: "TimeoutError",
    });
    silent.closeAllConnections();
    silent.close();
  });
});
