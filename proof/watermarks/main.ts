/**
 * `npm run proof:watermarks`: our marks with the detectors of vLLM and transformers, and their marks with ours; the
 * rate of false positives in unmarked texts; the distribution of marked tokens; and the number of tokens that detection
 * needs. The hosts need a Python with their packages, named by ENGINES_PYTHON; without it that part is skipped, and the
 * output says so.
 */
import { readFile, writeFile } from "node:fs/promises";
import { seeded } from "../../evidence/seeded.ts";
import type { NaturalResults } from "../../evidence/watermark-results.ts";
import { commandLine, count, flag, run, text } from "../../src/command-line.ts";
import type { Report } from "../proof.ts";
import { demoRows } from "./demo-rows.ts";
import { detectors, drawnByVllm, greenLists, layers, noises, uniforms } from "./interop.ts";
import { startJudge } from "./judge.ts";
import { naturalTexts, overRandomKeys, underFixedKeys } from "./natural.ts";
import { powers } from "./power.ts";
import { falsePositives, overKeys } from "./statistics.ts";
import { ratios } from "./training.ts";

const { values } = commandLine({
  name: "npm run proof:watermarks --",
  about:
    "Our watermarks before vLLM's and transformers' detectors and theirs before ours (ENGINES_PYTHON names a Python that has both), false positives, χ² over keys, and power.",
  options: {
    texts: count("N", "texts for each host's detector", 1000),
    prose: text(
      "FILES",
      "UTF-8 files of prose that people wrote, separated by commas: p-values over natural texts; left out without",
      undefined,
    ),
    "prose-name": text("TEXT", "what the prose is, for the page", "prose"),
    natural: count(
      "N",
      "p-values over natural texts, for each configuration; 0: those of the run before stay",
      10_000,
      0,
    ),
    keys: count("N", "fixed keys over natural texts; 0: those of the run before stay", 40, 0),
    "only-prose": flag("runs nothing but the parts over natural texts"),
    unmarked: count("N", "unmarked texts", 100_000),
    rows: count("N", "rows of the demo model", 256),
    power: count("N", "marked texts for each point of the plot", 100),
    seed: count("N", "of everything random", 1, 0),
    write: flag("stores what docs/watermarks.md shows in proof/watermarks/results.json"),
  },
});

/** What one part told. */
let told: string[] = [];

const report: Report = {
  claim(sentence, holds, got = "") {
    tell(`${holds ? "holds" : "FAILS"}: ${sentence}: ${got}`);
    if (!holds) process.exitCode = 1;
  },
  timed() {},
  figure: (what, value) => tell(`${what}: ${value}`),
  note: tell,
};

function tell(line: string): void {
  told.push(line);
  console.log(line);
}

/** Undefined, with a note in the output, when there is no Python with the hosts. */
async function hosts(seed: number): Promise<Readonly<Record<string, unknown>> | undefined> {
  const python = process.env["ENGINES_PYTHON"];
  if (python === undefined) {
    console.log("left out: ENGINES_PYTHON names no Python with vllm and transformers");
    return undefined;
  }
  const judge = startJudge(python);
  try {
    const versions = await judge.ask<object>("versions");
    await uniforms(judge, report, seed);
    await noises(judge, report, seed);
    await drawnByVllm(judge, report, seed);
    await detectors(judge, report, seed, values.texts);
    await greenLists(judge, report, seed, Math.ceil(values.texts / 5));
    await layers(judge, report, seed, Math.ceil(values.texts / 2));
    return { versions, told };
  } finally {
    await judge.stop();
  }
}

async function statistics(seed: number): Promise<Readonly<Record<string, unknown>>> {
  told = [];
  overKeys(report, seed, 20_000);
  const bank = await demoRows(values.rows, seeded(seed, 30));
  const rates = falsePositives(bank, report, seed, values.unmarked);
  const power = powers(bank, seed, values.power);
  for (const { name, temperature, found } of power)
    report.figure(`${name} at temperature ${temperature}`, found.join(" "));
  const training = ratios(bank, 4000);
  for (const { chain, kept_mass, raw, processed } of training)
    report.figure(JSON.stringify(chain), `kept mass ${kept_mass}, ratio raw ${raw}, processed ${processed}`);
  return { told, rates, power, training, texts: values.power, rows: values.rows };
}

/** Undefined, with a note in the output, when no prose is named. */
async function natural(
  seed: number,
  before: Partial<NaturalResults> = {},
): Promise<NaturalResults | undefined> {
  if (values.prose === undefined) {
    console.log("left out: --prose names no texts that people wrote");
    return undefined;
  }
  const texts = await naturalTexts(values.prose.split(","));
  report.claim("there are 1,000 natural texts or more", texts.length >= 1000, `${texts.length}`);
  const rates = values.natural === 0 ? before.rates : overRandomKeys(texts, report, seed, values.natural);
  const fixed_keys = values.keys === 0 ? before.fixed_keys : underFixedKeys(texts, report, seed, values.keys);
  return { prose: values["prose-name"], rates, fixed_keys };
}

const RESULTS = "proof/watermarks/results.json";

async function main(): Promise<void> {
  const before = await readFile(RESULTS, "utf8").then(JSON.parse, () => ({}));
  const of_prose = await natural(values.seed, before.natural);

  const only = values["only-prose"];
  const of_hosts = only ? undefined : await hosts(values.seed);
  const results = {
    ...before,
    ...(of_prose && { natural: of_prose }),
    ...(of_hosts && { hosts: of_hosts }),
    ...(only ? {} : { statistics: await statistics(values.seed) }),
  };
  if (values.write) await writeFile(RESULTS, `${JSON.stringify(results, undefined, 2)}\n`);
}

await run(main);
