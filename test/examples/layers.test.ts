import { expect, test } from "vitest";
import { EARLY_LAYERS, loadLayeredModel, loadModel, MODEL_FOLDER } from "../../examples/model-host/model.ts";
import { guidedModel, withRows } from "../../examples/model-host/sources.ts";

const PROMPT = [5, 17, 300, 42];

test("the edited model says what the model says, to the bit, and what its earlier layers would", async () => {
  const [plain, layered] = [await loadModel(MODEL_FOLDER), await loadLayeredModel(MODEL_FOLDER)];
  const [alone, sequence] = [plain.startSequence(), layered.startSequence()];
  for (const token_ids of [PROMPT, [7]]) {
    const expected = (await alone.step(token_ids)).slice();
    const [last, ...early] = await sequence.step(token_ids);
    expect(last?.every((logit, id) => Object.is(logit, expected[id]))).toBe(true);
    expect(early).toHaveLength(EARLY_LAYERS.length);
    for (const row of early) {
      expect(row.length).toBe(plain.vocab_size);
      expect(row.every(Number.isFinite)).toBe(true);
      expect(row).not.toEqual(expected);
    }
  }
  const all = await layered.startSequence().step(PROMPT);
  const two = await withRows(layered, [0, 2]).startSequence().step(PROMPT);
  expect(two).toEqual([all[0], all[2]]);
  await plain.close();
  await layered.close();
});

test("a guided model reads both prompts, and then the same tokens behind each", async () => {
  const model = await loadModel(MODEL_FOLDER);
  const guided = guidedModel(model, [9, 9]).startSequence();
  const [one, other] = [model.startSequence(), model.startSequence()];
  for (const [token_ids, others] of [
    [PROMPT, [9, 9]],
    [[7], [7]],
  ] as const) {
    const rows = await guided.step(token_ids);
    expect(rows[0]).toEqual((await one.step(token_ids)).slice());
    expect(rows[1]).toEqual((await other.step(others)).slice());
  }
  await model.close();
});
