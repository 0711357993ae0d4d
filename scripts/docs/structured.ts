/** The tables of docs/structured.md: kinds of grammars, keywords of JSON Schema, formats of strings. */
import { readFileSync } from "node:fs";
import { cell, code, replaceParts, table } from "../../evidence/markdown.ts";
import type { BenchSummary } from "../../evidence/schema-bench.ts";
import { FORMATS } from "../../src/grammar/json/formats.ts";
import { KEYWORDS } from "../../src/grammar/json/keywords.ts";
import { FORMAT_NOTES, KEYWORD_NOTES } from "../../src/grammar/json/notes.ts";
import { GRAMMAR_KINDS } from "../../src/grammar/source.ts";

export function structuredPage(current: string): string {
  return replaceParts(current, {
    kinds: table(
      ["field", "its value", "the text is"],
      GRAMMAR_KINDS.map(({ name, must, says }) => [code(name), cell(must), cell(says)]),
    ),
    keywords: table(
      ["keyword", "", "how it is enforced"],
      KEYWORDS.map(({ name, kind }) => [code(name), kind, cell(noteOf(KEYWORD_NOTES, name))]),
    ),
    bench: benchText(),
    formats: table(
      ["format", "what is enforced"],
      FORMATS.map(({ name }) => [code(name), cell(noteOf(FORMAT_NOTES, name))]),
    ),
  });
}

function noteOf(notes: ReadonlyMap<string, string>, name: string): string {
  const note = notes.get(name);
  if (note === undefined) throw new Error(`src/grammar/json/notes.ts says nothing of ${name}`);
  return note;
}

const BENCH = new URL("../../proof/grammar/bench.json", import.meta.url);

/** The results of `npm run proof:grammar -- --bench --write`. */
function benchText(): string {
  const summary = JSON.parse(readFileSync(BENCH, "utf8")) as BenchSummary; // the proof wrote it
  const { schemas, compiled_as_sent, compiled_or_weakened, instances, ms } = summary;
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} %`;
  const megabytes = (summary.bytes_most / 1e6).toFixed(1);
  const rows = Object.entries(summary.refused).map(([reason, [as_sent, weakened]]) => [
    cell(reason),
    String(as_sent),
    String(weakened),
  ]);
  return `JSONSchemaBench has 11,305 schemas; ${schemas} were tried. Of these ${share(compiled_as_sent, schemas)} compile unchanged, and
${share(compiled_or_weakened, schemas)} with \`"unsupported": "weaken"\`: ${ms.median} ms of CPU in the median, ${ms.p99} at p99, ${ms.most} at most, and ${megabytes} MB
at most. Of ${instances} instances of the schemas that compile unchanged, ${summary.invalid_taken} invalid ones are accepted, each because of a format that is not enforced, as a warning says; ${summary.valid_refused} valid ones (${share(summary.valid_refused, instances)}) are refused, all but ${summary.valid_refused_in_any_order} for the order of their properties alone. With \`"property_order": "any"\`, and
\`weaken\` for objects that list more than 10, ${share(summary.valid_refused_with_any, instances)} are. By reason:

${table(["reason of the refusal", "as sent", "weakened"], rows)}`;
}
