/**
 * Markdown about the draws of hosts from one row: the table of docs/presets.md. `POST /v1/compare` computes it, on a
 * row of the demo model for which the hosts draw different tokens.
 */
import { readFileSync } from "node:fs";
import { cell, code, table } from "../../evidence/markdown.ts";
import { allAtOnce } from "../../src/pieces.ts";
import { type Comparison, compareRow } from "../../src/sampling/compare/compare.ts";
import { parseComparison } from "../../src/sampling/compare/options.ts";
import { PRESETS } from "../../src/sampling/presets/index.ts";
import { createSampler } from "../../src/sampling/sampler.ts";

/** The file that `npx tsx scripts/write-playground-rows.ts` writes. */
interface ExampleRow {
  readonly text: string;
  readonly history: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  /** base64 of float16 */
  readonly data: string;
}

export const HOSTS_OPTIONS = { temperature: 0.8, top_p: 0.9, min_p: 0.05, seed: 15 } as const;

const ship = JSON.parse(
  readFileSync(new URL("../../playground/public/examples/ship.json", import.meta.url), "utf8"),
) as ExampleRow; // written in that form

/** The text before the row. */
export const EXAMPLE_TEXT = ship.text;

/** Every host's draw from the row, with the same options and the same randomness. */
export function compareHosts(): Comparison {
  const logits = Buffer.from(ship.data, "base64");
  const vocab_size = logits.length / 2;
  const sampler = createSampler({ vocab_size_max: vocab_size, rows_max: 1 });
  const row = sampler.leaseRow();
  if (row === undefined) throw new Error("a sampler has a row");
  row.begin("f16");
  row.append(logits);
  row.finish();
  const compare = PRESETS.map(({ name }) => name);
  const comparing = compareRow(
    sampler,
    row,
    parseComparison({ ...HOSTS_OPTIONS, history: ship.history, compare }),
  );
  return allAtOnce(comparing);
}

/** The section of docs/presets.md. */
export function hostsSection(): string {
  const { arms } = compareHosts();
  const rows = arms.map((arm) => {
    if ("problem" in arm)
      return [code(arm.name), "–", "–", cell(`refused: ${arm.problem.detail.split(";")[0]}`)];
    const ran = arm.chain.filter(({ skipped }) => skipped === undefined).map(({ stage }) => stage);
    return [code(arm.name), `**${tokenText(arm.token_id)}**`, String(arm.kept), ran.join(", ")];
  });
  return [
    `After *${ship.text}* the demo model's row goes through all ${arms.length} presets with the same options,`,
    `\`${JSON.stringify(HOSTS_OPTIONS)}\`, and the same randomness`,
    "(`npm run generate` makes this table, with the code of `POST /v1/compare`):",
    "",
    table(["host", "draws", "tokens kept", "stages that ran, in order"], rows),
  ].join("\n");
}

/** The words that differ, each with the first host that draws it: `openai draws dark, llama.cpp mast`. */
export function hostsSentence(): string {
  const first = new Map<number, string>();
  for (const arm of compareHosts().arms)
    if (!("problem" in arm) && !first.has(arm.token_id)) first.set(arm.token_id, arm.name);
  const parts = [...first].map(
    ([token_id, host], i) => `${host}${i === 0 ? " draws" : ""} *${tokenText(token_id)}*`,
  );
  return parts.join(", ");
}

/** The text of a token of the example row, for a cell of a table. */
export function tokenText(token_id: number): string {
  return cell((ship.labels[token_id] ?? `token ${token_id}`).trim());
}
