import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, engine, logitsOf } from "../../src/client/index.ts";
import { createSampler, openStream } from "../../src/index.ts";
import { type Double, llamaServer, logprobsBehind } from "../engines/double.ts";
import { type Listening, listen } from "../http/listening.ts";

let app: Listening;
let server: Double;
beforeAll(async () => {
  [app, server] = await Promise.all([listen(), llamaServer()]);
});
afterAll(() => Promise.all([app.close(), server.close()]));

const OPTIONS = { top_k: 3, temperature: 0.8, seed: 7 };

test("an engine's rows go to the service, and give the tokens of whole rows", async () => {
  const source = await engine(server.url);
  const history = await source.tokenize("a whale");
  const prompt_length = history.length;
  const stream = await connect(app.url).stream({ ...OPTIONS, history: [...history], prompt_length });
  const library = openStream(createSampler(), { ...OPTIONS, history: [...history], prompt_length });
  for (let step = 0; step < 12; step++) {
    const { token_id, exact } = await stream.next(logitsOf(await source.next(history, 4)));
    expect(exact).toBe(true);
    expect(token_id).toBe(library.next(Float32Array.from(logprobsBehind(history))).token_id);
    history.push(token_id);
  }
  await stream.close();
});

test("a whole row is dense", async () => {
  const source = await engine(server.url);
  const row = logitsOf(await source.next([1], "whole"));
  expect(row).toEqual(Float32Array.from(logprobsBehind([1])));
});
