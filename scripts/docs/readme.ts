/** What is generated in the README, by the names of its markers. */
import { PRESETS } from "../../src/sampling/presets/index.ts";
import type { Stage } from "../../src/sampling/stage.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { peerRange, readmeNumbers } from "./benchmark.ts";
import { engineRatios, machineOfEngines } from "./engines.ts";
import { hostsSection, hostsSentence } from "./hosts.ts";

/** What stands between the markers of the README, by their names. */
export const README_PARTS: Readonly<Record<string, () => string>> = {
  reasons,
  hosts: hostsSection,
  samplers: () => samplerNames(STAGES),
  numbers: readmeNumbers,
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

/** A number of things in a sentence; digits where there is no word for it here. */
export function inWords(count: number): string {
  return WORDS[count - FIRST_WORD] ?? String(count);
}

function reasons(): string {
  // The default is no host's, and OpenAI's is the form of a request, not an engine.
  const engines = inWords(PRESETS.filter(({ name }) => name !== "default" && name !== "openai").length);
  const [slowest, fastest] = [engineRatios("least"), engineRatios("most")];
  const ranges = [...slowest].map(([name, least]) => `${name} ${least} to ${fastest.get(name)}`).join(", ");
  return [
    "- **The same request, the same bytes.** Token and probabilities depend on the request alone: as JSON or binary, as a",
    "  POST or a stream, alone or in a batch, on one worker or four, on Node 20 and 24. Proof: `npm run proof -- replay`;",
    "  why: [docs/reproducibility.md](docs/reproducibility.md).",
    `- **What ${engines} engines do with one row, and where they differ.** With one row, one seed and the same options`,
    `  ${hostsSentence()}. \`POST /v1/compare\` names the stage that makes the`,
    "  difference. Proof: [one row, many hosts](#one-row-many-hosts); which presets were held against the host's own code, and",
    "  which were made by reading it: `npm run proof:engines`, [docs/presets.md](docs/presets.md).",
    "- **Faster than the samplers people have.** For the same tokens of 128,256 logits, on one core, others take so many",
    `  times as long: ${ranges}, chain by chain.`,
    `  The service answers ${peerRange()} times the rows that a FastAPI and numpy server does. Proof: \`npm run bench:engines\``,
    `  and \`npm run load:peer\`, here on ${machineOfEngines()}; [all numbers](#numbers).`,
  ].join("\n");
}

/** The samplers as one paragraph of links. */
function samplerNames(stages: readonly Stage[]): string {
  return stages.map(({ name }) => `[\`${name}\`](docs/samplers.md#${name})`).join(" · ");
}
