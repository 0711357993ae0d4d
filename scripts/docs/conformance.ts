/**
 * The table of docs/conformance.md, made from the results of `npm run proof:hosts -- conform --write`, and its example
 * of a report.
 */
import { cell, replaceParts, table } from "../../evidence/markdown.ts";
import { REPORT_FORMS } from "../../src/conform/report-forms.ts";
import { exampleReport } from "./conformance-report.ts";

/** As proof/hosts/conform.ts stores it. */
export type ConformanceRun = Readonly<
  Record<
    string,
    {
      readonly name: string;
      readonly sections: Readonly<Record<string, Readonly<Record<string, number>>>>;
      readonly choices: readonly { readonly says: string; readonly where: string; readonly cases: number }[];
      readonly failures: readonly { readonly id: string; readonly detail: string | null }[];
    }
  >
>;

/** Cases with the answers of hosts. Another host's answer is not a rule for this host. */
const OTHERS = "hosts";
const KINDS = ["passed", "tie", "rounding", "choice", "failed", "error", "not_supported"] as const;

/** Throws when the page does not explain a case with another answer. */
export function conformancePage(current: string, run: ConformanceRun): string {
  const rows = Object.values(run).map(({ name, sections }) => {
    const own = Object.entries(sections).filter(([section]) => section !== OTHERS);
    const sum = (kind: string) => own.reduce((total, [, counts]) => total + (counts[kind] ?? 0), 0);
    return [cell(name), ...KINDS.map((kind) => sum(kind).toLocaleString("en"))];
  });
  const choices = Object.entries(run).flatMap(([host, told]) =>
    told.choices.map(({ says, where, cases }) => [host, cell(says), cell(where), String(cases)]),
  );
  for (const { name, failures } of Object.values(run))
    for (const { id, detail } of failures)
      if (!OF_HOSTS.test(id) && !current.includes(id) && (detail === null || !current.includes(detail)))
        throw new Error(`docs/conformance.md does not explain ${id} of ${name}`);
  return replaceParts(current, {
    "conformance-run": table(["host", ...KINDS.map((kind) => NAMES[kind] ?? kind)], rows),
    "conformance-choices": table(["host", "documented choice", "where", "cases"], choices),
    "conformance-report": `\n${exampleText()}`,
  });
}

/** The report in Markdown as a part of the page, with its headings one level lower. */
function exampleText(): string {
  return REPORT_FORMS.markdown(exampleReport()).replace(/^(?=##)/gm, "#");
}

const NAMES: Readonly<Record<string, string>> = {
  tie: "order of ties",
  rounding: "float32",
  choice: "documented choice",
  failed: "unexplained",
  not_supported: "not supported",
};
/** Ids of the section "hosts" begin with the name of a host. */
const OF_HOSTS = /^(?:aphrodite|exllamav3|llama-cpp|lmdeploy|mlx-lm|sglang|transformers|vllm)/;
