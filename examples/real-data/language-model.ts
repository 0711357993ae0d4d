/**
 * Text (the demo language model): reads the opening of "A Tale of Two Cities", which it was not trained on, and stores
 * its logits over 8,192 tokens before each of 16 words, with the token that really came.
 *
 *     npx tsx examples/real-data/language-model.ts
 */
import { commandLine } from "../../src/command-line.ts";
import { loadModel, MODEL_FOLDER } from "../model-host/model.ts";
import { loadTokenizer } from "../model-host/tokenizer.ts";
import { storeRows, writeVectors } from "./vectors.ts";

commandLine({
  name: "npx tsx examples/real-data/language-model.ts",
  about:
    "Reads a passage with the demo language model and writes its logits to test/vectors/analysis/language-model.json.",
  options: {},
});

/** Charles Dickens, 1859; in the public domain. */
const PASSAGE =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness, it was the spring of hope, it was the winter of despair.";
const SKIPPED = 4;
const ROWS = 16;
const UNIT = 1 / 256;

const model = await loadModel(MODEL_FOLDER);
const token_ids = (await loadTokenizer(MODEL_FOLDER)).encode(PASSAGE);
const sequence = model.startSequence();
const rows: Float32Array[] = [];
for (const token_id of token_ids.slice(0, SKIPPED + ROWS)) rows.push(await sequence.step([token_id]));
await model.close();

await writeVectors("language-model", {
  about:
    "logits of the demo language model for a text it does not know; see examples/real-data/language-model.ts",
  ...storeRows(rows.slice(SKIPPED), token_ids.slice(SKIPPED + 1, SKIPPED + ROWS + 1), UNIT),
});
