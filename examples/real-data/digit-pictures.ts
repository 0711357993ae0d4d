/**
 * Pictures for the playground: digits that the network read wrongly and was surest of, and digits with the direction in
 * which each pixel has to move to mislead it, with its logits on the way.
 *
 *     npm ci --prefix examples/real-data && npx tsx examples/real-data/digit-pictures.ts
 */
import { Buffer } from "node:buffer";
import { writeFile } from "node:fs/promises";
import { confidentlyWrong, diagnose } from "../../src/analysis/index.ts";
import { commandLine } from "../../src/command-line.ts";
import { trainOnDigits } from "./digit-network.ts";
import { type Example, logitsOf, perturb } from "./network.ts";
import { storeRows } from "./vectors.ts";

commandLine({
  name: "npx tsx examples/real-data/digit-pictures.ts",
  about:
    "Trains a network on handwritten digits and writes the pictures of playground/public/examples/digit-pictures.json. Needs npm ci --prefix examples/real-data.",
  options: {},
});

const WRONG = 12;
const MOVED = 4;
const UNIT = 1 / 256;
/** The steps in which the pixels are moved: 0, 0.01, … 0.2. */
const STEPS = 20;
const STEP = 0.01;

const { network, test } = await trainOnDigits();

const judged = test.map((example, row) => ({
  ...example,
  row,
  diagnosis: diagnose(logitsOf(network, example.input)),
}));

const wrong = judged
  .filter(({ diagnosis, target }) => confidentlyWrong(diagnosis, target))
  .sort((a, b) => b.diagnosis.probability - a.diagnosis.probability)
  .slice(0, WRONG)
  .map(({ row, input }) => ({ row, pixels: base64(input.map((pixel) => Math.round(255 * pixel))) }));

/** Digits of different kinds that are read rightly, and wrongly once every pixel has moved by 0.1. */
const misled = judged.filter(({ diagnosis, target, input }) => {
  const moved = diagnose(logitsOf(network, perturb(network, { input, target }, 0.1)));
  return diagnosis.top_id === target && diagnosis.probability > 0.99 && moved.top_id !== target;
});
const first_of_kind = misled.filter(
  ({ target }, i) => misled.findIndex((each) => each.target === target) === i,
);

const moved = first_of_kind.slice(0, MOVED).map((example) => ({
  row: example.row,
  pixels: base64(example.input.map((pixel) => Math.round(255 * pixel))),
  directions: base64(directionsOf(example)),
  ...storeRows(
    Array.from({ length: STEPS + 1 }, (_, i) =>
      logitsOf(network, i === 0 ? example.input : perturb(network, example, i * STEP)),
    ),
    Array.from({ length: STEPS + 1 }, () => example.target),
    UNIT,
  ),
}));

/** 2 for a pixel that is made brighter, 0 darker, 1 neither: a move by 1 ends at white or black. */
function directionsOf(example: Example): ArrayLike<number> {
  const far = perturb(network, example, 1);
  return far.map((pixel, i) => 1 + Math.sign(pixel - (example.input[i] ?? 0)));
}

function base64(bytes: ArrayLike<number>): string {
  return Buffer.from(Uint8Array.from(bytes)).toString("base64");
}

const path = new URL("../../playground/public/examples/digit-pictures.json", import.meta.url);
await writeFile(path, JSON.stringify({ step: STEP, wrong, moved }));
