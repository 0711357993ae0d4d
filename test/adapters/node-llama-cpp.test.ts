import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateOverStream, type SequenceLike } from "../../src/adapters/node-llama-cpp.ts";
import { connect } from "../../src/client/index.ts";
import { type Listening, listen } from "../http/listening.ts";
import { randomRow, sample } from "../sampling/sample.ts";

const VOCABULARY = 64;
const OPTIONS = { temperature: 1.1, repetition_penalty: 1.2, mirostat: 2 };
const PROMPT = [5, 9, 2];

const logitsAfter = (token: number): Float32Array => randomRow(VOCABULARY, token + 1, true);

/** A LlamaContextSequence whose last token picks its logits: as a Map, the largest first. */
class TableSequence implements SequenceLike<number> {
  readonly read: number[] = [];
  readonly sizes: number[] = [];

  async controlledEvaluate(input: Parameters<SequenceLike<number>["controlledEvaluate"]>[0]) {
    this.read.push(input.length);
    const asked = input.at(-1);
    if (!Array.isArray(asked)) throw new Error("nothing is asked of the last token");
    const [token, { generateNext }] = asked;
    const row = logitsAfter(token);
    const top = generateNext.logits === true ? VOCABULARY : generateNext.logits.filter.includeTop;
    const sorted = Array.from(row, (logit, id) => [id, logit] as const).sort(
      ([, one], [, other]) => other - one,
    );
    const largest = sorted[0]?.[1] ?? 0;
    const totalLogitWeight = row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    this.sizes.push(top);
    return [undefined, { next: { logits: new Map(sorted.slice(0, top)), totalLogitWeight } }];
  }
}

function drawnAlone(count: number, options: object): number[] {
  const history = [...PROMPT];
  let state: unknown = null;
  for (let step = 0; step < count; step++) {
    const fields = { seed: 7, step, history, prompt_length: PROMPT.length, state };
    const reply = sample(logitsAfter(history.at(-1) ?? 0), { ...options, ...fields });
    state = reply.state;
    history.push(reply.token_id);
  }
  return history.slice(PROMPT.length);
}

let app: Listening;
beforeAll(async () => {
  app = await listen();
});
afterAll(() => app.close());

async function generated(options: object, more: { top?: number; end_tokens?: readonly number[] } = {}) {
  const sequence = new TableSequence();
  const stream = await connect(app.url).stream({ ...options, seed: 7, history: PROMPT, prompt_length: 3 });
  const given = { sequence, stream, tokens: PROMPT, max_new_tokens: 6, ...more };
  const tokens: number[] = [];
  for await (const token of generateOverStream(given)) tokens.push(token);
  await stream.close();
  return { tokens, sequence };
}

describe("node-llama-cpp", () => {
  test("each token is the service's, and the model reads each token once", async () => {
    const { tokens, sequence } = await generated(OPTIONS);
    expect(tokens).toEqual(drawnAlone(6, OPTIONS));
    expect(sequence.read).toEqual([3, 1, 1, 1, 1, 1]);
  });

  test("the largest alone, behind a whole first row, draw what the whole rows draw", async () => {
    const options = { temperature: 1.1, top_k: 5 };
    const { tokens, sequence } = await generated(options, { top: 8 });
    expect(tokens).toEqual(drawnAlone(6, options));
    expect(sequence.sizes).toEqual([VOCABULARY, 8, 8, 8, 8, 8]);
  });

  test("a token that ends the sequence is not given out", async () => {
    const [first = 0, second = 0] = drawnAlone(2, { temperature: 0 });
    const { tokens } = await generated({ temperature: 0 }, { end_tokens: [second] });
    expect(tokens).toEqual([first]);
  });

  test("a sequence without a prompt is refused", async () => {
    const stream = await connect(app.url).stream({});
    const tokens = generateOverStream({
      sequence: new TableSequence(),
      stream,
      tokens: [],
      max_new_tokens: 1,
    });
    await expect(tokens.next()).rejects.toThrow("tokens must have the prompt");
    await stream.close();
  });
});
