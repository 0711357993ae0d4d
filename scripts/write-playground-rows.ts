/**
 * Writes the example rows of the playground: the demo model's rows after a few texts, as float16 logits with the texts
 * of the most likely tokens. Run it by hand; the rows are checked in, so the page needs no model.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { loadModel, MODEL_FOLDER } from "../examples/model-host/model.ts";
import { loadTokenizer } from "../examples/model-host/tokenizer.ts";
import { commandLine, run } from "../src/command-line.ts";

const TEXTS: Readonly<Record<string, string>> = {
  ship: "The old ship sailed into the",
  short: "the",
  torn: "I am very",
  sure: "My fellow citizens of the United",
  unsure: "She opened the letter and",
  loop: "He looked at the sea, and the sea, and the sea, and the",
};

/** Number of tokens of a row that get their text. */
const LABELLED = 256;

async function main(): Promise<void> {
  const folder = fileURLToPath(new URL("../playground/public/examples", import.meta.url));
  await mkdir(folder, { recursive: true });
  const model = await loadModel(MODEL_FOLDER);
  const codec = await loadTokenizer(MODEL_FOLDER);
  for (const [name, text] of Object.entries(TEXTS)) {
    const history = codec.encode(text);
    const logits = await model.startSequence().step(history);
    const ranked = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
    const labelled = [...new Set([...ranked.slice(0, LABELLED), ...history])];
    const labels = Object.fromEntries(labelled.map((id) => [id, codec.decode([id])]));
    const halves = Uint16Array.from(logits, toHalf);
    const data = Buffer.from(halves.buffer).toString("base64");
    await writeFile(`${folder}/${name}.json`, JSON.stringify({ text, history, labels, dtype: "f16", data }));
    console.log(`${name}: ${logits.length} logits after ${history.length} tokens`);
  }
  await model.close();
}

/** The bits of the nearest float16, ties to even, for 0 and for |x| from 2⁻¹⁴ to 65504, the range of the logits. */
function toHalf(x: number): number {
  const bits = new Uint32Array(new Float32Array([x]).buffer)[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude < 0x38800000) return sign; // below the smallest normal half: 6e-5, of no weight in a logit
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

commandLine({
  name: "npx tsx scripts/write-playground-rows.ts",
  about: "Writes the example rows of the playground: what the demo model says after a few texts.",
  options: {},
});

await run(main);
