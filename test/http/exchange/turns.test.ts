/** No long work delays other requests: rows and replies take turns, and a body waits for its rows to be sampled. */
import { afterEach, describe, expect, test } from "vitest";
import { type Listening, listen } from "../listening.ts";

let app: Listening | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

const ROWS = 48;
const LENGTH = 16_384;
const values = Float32Array.from(
  { length: ROWS * LENGTH },
  (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) / 2 ** 22,
);
const OPTIONS = { seed: "7", typical_p: 0.99, n: 400 };

function tensor(path: string, header: object, tail: Float32Array = values): Promise<Response> {
  const text = Buffer.from(JSON.stringify(header));
  return fetch(`${app?.url}${path}`, {
    method: "POST",
    headers: {
      "inference-header-content-length": String(text.length),
      "content-type": "application/octet-stream",
    },
    body: new Uint8Array(Buffer.concat([text, Buffer.from(tail.buffer)])),
  });
}

const batch = () => tensor("/v1/sample/batch", { shape: [ROWS, LENGTH], ...OPTIONS });
const infer = () =>
  tensor("/v2/models/sampler/infer", {
    inputs: [
      {
        name: "logits",
        datatype: "FP32",
        shape: [ROWS, LENGTH],
        parameters: { binary_data_size: values.byteLength },
      },
    ],
    outputs: [{ name: "reply" }],
    parameters: OPTIONS,
  });
const score = () => tensor("/v1/probabilities", { shape: [ROWS, LENGTH] });
const ROUTES: readonly (readonly [string, () => Promise<Response>])[] = [
  ["/v1/sample/batch", batch],
  ["/v2 infer", infer],
  ["/v1/probabilities", score],
];

describe("many rows", () => {
  test.each(ROUTES)(
    "of %s are taken in many turns, and others are answered meanwhile",
    async (_name, send) => {
      app = await listen({ vocab_size_max: LENGTH });
      const { admission } = app.service;
      let turns = 0;
      const spent = admission.spent.bind(admission);
      admission.spent = (ticket, ms) => {
        turns += 1;
        spent(ticket, ms);
      };
      let over = false;
      let others = 0;
      const answer = send().then(async (response) => {
        over = true;
        return [response.status, (await response.text()).length > 0];
      });
      while (!over && (await fetch(`${app.url}/healthz`)).ok) others += 1;
      expect(await answer).toEqual([200, true]);
      expect(turns).toBeGreaterThan(5);
      expect(others).toBeGreaterThan(2);
    },
  );

  test("of /v2 come out as those of a batch do, whatever came between their chunks", async () => {
    app = await listen({ vocab_size_max: LENGTH });
    const [one, ...more] = await Promise.all([batch(), infer(), infer(), batch()]);
    const { results } = (await one!.json()) as { results: unknown[] };
    expect(more.map(({ status }) => status)).toEqual([200, 200, 200]);
    const [first, second, third] = await Promise.all(
      more.map((each) => each.json() as Promise<{ outputs: { data: string[] }[]; results: unknown }>),
    );
    for (const each of [first, second])
      expect(each!.outputs[0]!.data.map((text) => JSON.parse(text))).toEqual(results);
    expect(third!.results).toEqual(results);
  });
});

describe("a long step", () => {
  const long = { seed: "3", typical_p: 0.999, tfs: 0.9999, top_p: 0.9999, n: 5000, logprobs: true };
  const row = values.subarray(0, LENGTH).slice();
  const one = () => tensor("/v1/sample", long, row);

  test("is one piece after another, while other steps wait and other requests do not", async () => {
    app = await listen({ vocab_size_max: LENGTH });
    const { admission } = app.service;
    let was_inside = 0;
    const spent = admission.spent.bind(admission);
    admission.spent = (ticket, ms) => {
      spent(ticket, ms);
      if (admission.gate.turns.inside !== undefined) was_inside += 1;
    };
    const [first, plain, second] = await Promise.all([
      one(),
      tensor("/v1/sample", { seed: "3" }, row),
      one(),
    ]);
    expect([first!.status, plain!.status, second!.status]).toEqual([200, 200, 200]);
    expect(await first!.text()).toBe(await second!.text());
    expect(await plain!.json()).toMatchObject({ seed: "3" });
    expect(was_inside).toBeGreaterThan(3);
    expect([admission.gate.turns.inside, admission.sampler.is_inside, admission.rows_out]).toEqual([
      undefined,
      false,
      0,
    ]);
  });

  test("whose client goes away gives the sampler back", async () => {
    app = await listen({ vocab_size_max: LENGTH });
    const { admission } = app.service;
    const stop = new AbortController();
    const spent = admission.spent.bind(admission);
    admission.spent = (ticket, ms) => {
      spent(ticket, ms);
      if (admission.gate.turns.inside !== undefined) stop.abort();
    };
    const header = Buffer.from(JSON.stringify({ ...long, n: 16_000 }));
    const gone = fetch(`${app.url}/v1/sample`, {
      method: "POST",
      signal: stop.signal,
      headers: { "inference-header-content-length": String(header.length) },
      body: new Uint8Array(Buffer.concat([header, Buffer.from(row.buffer)])),
    });
    await expect(gone).rejects.toThrow();
    expect((await tensor("/v1/sample", { seed: "1" }, row)).status).toBe(200);
    expect([admission.gate.turns.inside, admission.sampler.is_inside]).toEqual([undefined, false]);
  });
});
