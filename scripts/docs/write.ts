/**
 * Writes the generated documentation: docs/samplers.md, docs/combinations.md, docs/presets.md, docs/configuration.md,
 * the sampler table of the README, the client's types, and the tables and plots of bench/results.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { replaceParts } from "../../evidence/markdown.ts";
import { CHECK } from "../../evidence/options.ts";
import type { WatermarkResults } from "../../evidence/watermark-results.ts";
import { commandLine, run } from "../../src/command-line.ts";
import { VERSION } from "../../src/config/version.ts";
import { RULES } from "../../src/sampling/combine/index.ts";
import { PRESETS } from "../../src/sampling/presets/index.ts";
import { STAGES } from "../../src/sampling/stages/index.ts";
import { STOPS } from "../../src/sampling/stops/index.ts";
import { clientAnalysisTypes, clientOptions } from "../client-types.ts";
import { pythonTypes } from "../python-types.ts";
import { benchmarksPage, plots } from "./benchmark.ts";
import { combinationsPage } from "./combinations.ts";
import { type ConformanceRun, conformancePage } from "./conformance.ts";
import { type HostsRun, hostsPage } from "./hosts-run.ts";
import { type EngineResult, presetsPage } from "./presets.ts";
import { README_PARTS } from "./readme.ts";
import { samplersPage } from "./samplers.ts";
import { scalePage } from "./scale.ts";
import { configurationPage } from "./settings.ts";
import { structuredPage } from "./structured.ts";
import { powerPlot, trainingPage, watermarksPage } from "./watermarks.ts";

interface Page {
  readonly name: string;
  readonly render: (current: string) => string;
}

/** The results of the last run of proof/engines. */
const ENGINES = JSON.parse(
  await readFile(new URL("../../proof/engines/results.json", import.meta.url), "utf8"),
) as Readonly<Record<string, EngineResult>>; // as it was stored

/** The results of the last run of proof/hosts. */
const HOSTS_RUN = JSON.parse(
  await readFile(new URL("../../proof/hosts/results.json", import.meta.url), "utf8"),
) as HostsRun; // as it was stored

/** The results of the last run of the conformance suite against hosts. */
const CONFORMANCE_RUN = JSON.parse(
  await readFile(new URL("../../proof/hosts/conformance.json", import.meta.url), "utf8"),
) as ConformanceRun; // as it was stored

/** The results of the last run of proof/watermarks. */
const WATERMARKS_RUN = JSON.parse(
  await readFile(new URL("../../proof/watermarks/results.json", import.meta.url), "utf8"),
) as WatermarkResults; // as it was stored

const PAGES: readonly Page[] = [
  { name: "README.md", render: readme },
  { name: "docs/benchmarks.md", render: benchmarksPage },
  ...Object.entries(plots).map(([name, render]) => ({ name, render })),
  { name: "docs/samplers.md", render: () => samplersPage(STAGES, STOPS) },
  { name: "docs/combinations.md", render: () => combinationsPage(RULES) },
  { name: "docs/presets.md", render: () => presetsPage(PRESETS, ENGINES) },
  { name: "docs/configuration.md", render: configurationPage },
  { name: "docs/hosts.md", render: (current) => hostsPage(current, HOSTS_RUN) },
  { name: "docs/conformance.md", render: (current) => conformancePage(current, CONFORMANCE_RUN) },
  { name: "docs/watermarks.md", render: (current) => watermarksPage(current, WATERMARKS_RUN) },
  { name: "docs/training.md", render: (current) => trainingPage(current, WATERMARKS_RUN) },
  { name: "docs/images/watermark-power.svg", render: () => powerPlot(WATERMARKS_RUN) },
  { name: "docs/structured.md", render: structuredPage },
  { name: "docs/scale.md", render: scalePage },
  { name: "src/client/options.ts", render: clientOptions },
  { name: "src/client/analysis-types.ts", render: clientAnalysisTypes },
  { name: "clients/python/logit_sampler/types.py", render: pythonTypes },
  // One version, that of package.json.
  {
    name: "clients/python/pyproject.toml",
    render: (current) => withVersion(current, /^version = "[^"]*"/m, `version = "${VERSION}"`),
  },
  {
    name: "deploy/helm/logit-sampler/Chart.yaml",
    render: (current) => withVersion(current, /^appVersion: .*$/m, `appVersion: ${VERSION}`),
  },
];

function withVersion(current: string, line: RegExp, wanted: string): string {
  if (!line.test(current)) throw new Error(`there is no line ${line} to write the version into`);
  return current.replace(line, wanted);
}

function readme(current: string): string {
  const parts = Object.entries(README_PARTS).map(([name, render]) => [name, render()]);
  return replaceParts(current, Object.fromEntries(parts));
}

async function main(check: boolean): Promise<void> {
  for (const { name, render } of PAGES) {
    const path = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    const current = await readFile(path, "utf8").catch(() => "");
    const wanted = render(current);
    if (wanted === current) continue;
    if (check) {
      console.error(`${name} is out of date: run npm run generate`);
      process.exitCode = 1;
    } else {
      await writeFile(path, wanted);
      console.log(`wrote ${name}`);
    }
  }
}

const { values } = commandLine({
  name: "npm run build:docs --",
  about:
    "Writes what is generated in the documentation: tables of the README, docs/samplers.md, docs/configuration.md, docs/benchmarks.md with its plots, and the client's types.",
  options: { check: CHECK },
});

await run(() => main(values.check));
