/** The generated parts of the README, by the names of their markers. */

import { readVectors } from "../../src/conform/vectors.ts";
import { PRESETS } from "../../src/sampling/presets/index.ts";
import { peerRange } from "./benchmark.ts";
import { engineRatios, machineOfEngines } from "./engines.ts";
import { hostsSentence } from "./hosts.ts";

/** The text between each pair of markers of the README, by name. */
export const README_PARTS: Readonly<Record<string, () => string>> = {
  reasons,
  conformance,
};

const WORDS = [
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
  "thirteen",
  "fourteen",
  "fifteen",
  "sixteen",
  "seventeen",
  "eighteen",
  "nineteen",
  "twenty",
];
const FIRST_WORD = 8;

/** A number as a word, or as digits when there is no word for it here. */
export function inWords(count: number): string {
  return WORDS[count - FIRST_WORD] ?? String(count);
}

/**
 * The lines of hosts' answers are in the section of this name; every other line is a question answered by a definition.
 */
const OF_HOSTS = "hosts";

function conformance(): string {
  const all = readVectors();
  const count = all.filter(({ section }) => section !== OF_HOSTS).length;
  return [
    `[conformance/](conformance) has ${count.toLocaleString("en")} test vectors for token samplers, in the public domain. \`logit-sampler conform\``,
    "puts them to a function, a program in any language, an installed host or a running server. The report names the stage that",
    "differs, and the mistake that explains it. Here a sampler takes the temperature before top_p:",
    "",
    "![One case of the suite: the row, the expected probabilities, those of the tested sampler, and the sentence that explains the difference](docs/images/conformance.svg)",
    "",
    "How to run it, hosts as run, and a whole report: [docs/conformance.md](docs/conformance.md).",
  ].join("\n");
}

function reasons(): string {
  // The preset `default` belongs to no host, and `openai` describes the form of a request, not an engine.
  const engines = inWords(PRESETS.filter(({ name }) => name !== "default" && name !== "openai").length);
  const [slowest, fastest] = [engineRatios("least"), engineRatios("most")];
  const ranges = [...slowest]
    .map(([name, least]) => `${name} takes ${least} to ${fastest.get(name)}`)
    .join(", ");
  return [
    "- **The same request gives the same bytes.** As JSON or binary, as a POST or a stream, alone or in a batch, on one worker or",
    "  four, on Node 20 and 24. How, and how it is shown: [docs/reproducibility.md](docs/reproducibility.md).",
    `- **It speaks the rules of ${engines} engines.** \`"preset": "llama.cpp"\` takes that host's order, defaults and ties.`,
    `  On the row above ${hostsSentence()}; \`POST /v1/compare\` names the stage that makes the`,
    "  difference: [one row, many hosts](docs/presets.md#one-row-many-hosts).",
    "- **It is faster than the samplers people have.** For the same tokens of 128,256 logits, on one core, by chain:",
    `  ${ranges} times as long as this one`,
    "  ([the sampler beside the engines' own](docs/benchmarks.md#the-sampler-beside-the-engines-own)).",
    `  The service answers ${peerRange()} times the rows of a server of FastAPI and numpy`,
    `  ([against FastAPI and numpy](docs/benchmarks.md#against-fastapi-and-numpy)), on ${machineOfEngines()}.`,
  ].join("\n");
}
