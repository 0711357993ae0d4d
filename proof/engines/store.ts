/** Stores the results of a run: counts for docs/presets.md, and cases with the host's own answers for CI. */
import { readFile, writeFile } from "node:fs/promises";
import { hostLine } from "../../evidence/conformance/host-line.ts";
import { rowField } from "../../evidence/conformance/vector.ts";
import type { Answer, Case, Host } from "./host.ts";
import type { Result } from "./tally.ts";

const RESULTS = new URL("results.json", import.meta.url);
const VECTORS = new URL("../../conformance/hosts/", import.meta.url);

/** The number of equal cases that become vectors: the first ones with short rows, and a few with long rows. */
const SHORT = 150;
const LONG = 4;

export async function store(
  host: Host,
  { equal, unexplained, ...result }: Result,
  cases: readonly Case[],
  answers: readonly Answer[],
): Promise<void> {
  if (unexplained.length > 0) throw new Error("differences that are not understood are not stored");
  const key = host.variant === undefined ? host.preset : `${host.preset} ${host.variant}`;
  const known = JSON.parse(await readFile(RESULTS, "utf8").catch(() => "{}")) as Record<string, unknown>; // written below
  const sorted = Object.entries({ ...known, [key]: result }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  await writeFile(RESULTS, `${JSON.stringify(Object.fromEntries(sorted), undefined, 2)}\n`);
  const size = (i: number) => cases[i]?.logits.length ?? 0;
  const short = equal.filter((i) => size(i) <= 64).slice(0, SHORT);
  const long = equal.filter((i) => size(i) > 256 && size(i) <= 700).slice(0, LONG);
  const { preset, variant, version } = result;
  const lines = [...short, ...long].map((i, place) => {
    const { options, history, prompt_length, logits } = cases[i] as Case; // places of both
    const answer = answers[i] as Answer;
    if ("error" in answer) throw new Error("a refusal is no vector");
    const probabilities = answer.p.map((x) => Number(x.toPrecision(6)));
    const asked = { preset, variant, version, options, row: rowField(logits), history, prompt_length };
    return `${JSON.stringify(hostLine(place, { ...asked, kept: answer.kept, probabilities }))}\n`;
  });
  await writeFile(new URL(`${host.module.replaceAll("_", "-")}.ndjson`, VECTORS), lines.join(""));
}
