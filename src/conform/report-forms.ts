/** A report as text, Markdown, JSON and JUnit XML. The runner in Python writes the same bytes. */
import { VERDICTS, type Verdict } from "./judge.ts";
import type { Counts, Judged, Report, Suspect } from "./report.ts";
import { caseLines, shortestOf } from "./report-cases.ts";

export type ReportForm = "text" | "json" | "markdown" | "junit";

export const REPORT_FORMS: Readonly<Record<ReportForm, (report: Report) => string>> = {
  text,
  json,
  markdown,
  junit,
};

const UNEXPLAINED_TOLD = 8;

function text({ name, counts, sections, suspects, choices, unexplained, judged }: Report): string {
  const width = Math.max(...[...sections.keys()].map(({ length }) => length));
  const lines = [`${name}: ${countsText(counts)}`, ""];
  for (const [section, own] of sections) lines.push(`  ${section.padEnd(width)}  ${countsText(own)}`);
  if (suspects.length > 0) lines.push("", "What would explain the failures:", ...suspects.map(suspectText));
  if (choices.size > 0)
    lines.push("", "Documented choices of the host:", ...choiceTexts(choices).map((told) => `  ${told}`));
  if (unexplained.length > 0) {
    const told = unexplained.slice(0, UNEXPLAINED_TOLD).join(", ");
    lines.push("", `No known mistake explains ${unexplained.length}: ${told}`);
  }
  return `${[...lines, ...fewLines(judged)].join("\n")}\n`;
}

/** The cases whose counts are too few to pass. */
function fewLines(judged: readonly Judged[]): string[] {
  const few = judged.filter(
    ({ verdict: { kind, detail } }) => kind === "not_supported" && detail !== undefined,
  );
  const [first] = few;
  if (first === undefined) return [];
  return ["", `Too few draws in ${few.length} cases. ${first.vector.id}: ${first.verdict.detail}`];
}

function choiceTexts(choices: Report["choices"]): string[] {
  return [...choices].map(([{ says, where }, cases]) => `${says} (${where}): ${cases}`);
}

function countsText(counts: Counts): string {
  const told = VERDICTS.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${spaced(kind)}`);
  return told.join(", ") || "no case";
}

function suspectText({ says, explains, contradicted, examples }: Suspect): string {
  const against = contradicted > 0 ? `, ${contradicted} cases speak against it` : "";
  return `  ${says}: explains ${explains}${against} (such as ${examples.join(", ")})`;
}

function markdown(report: Report): string {
  const { name, counts, sections } = report;
  const row = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  const rowOf = (section: string, own: Counts) => row([section, ...VERDICTS.map((kind) => own[kind])]);
  return `${[
    `## ${name}`,
    "",
    row(["section", ...VERDICTS.map(spaced)]),
    row(["---", ...VERDICTS.map(() => "---")]),
    ...[...sections].map(([section, own]) => rowOf(section, own)),
    rowOf("**all**", counts),
    ...explainedLines(report),
    ...unexplainedLines(report),
    ...chosenLines(report),
  ].join("\n")}\n`;
}

/** For each suspect, the shortest case that it explains. */
function explainedLines({ suspects, judged, counts }: Report): string[] {
  return suspects.flatMap(({ says, explains, contradicted }) => {
    const shortest = shortestOf(judged.filter(({ verdict }) => verdict.as.includes(says)));
    const against = contradicted > 0 ? `; cases that speak against it: ${contradicted}` : "";
    const told = `Explains ${explains} of ${counts.failed} failures${against}. The shortest:`;
    return ["", `### ${says}`, "", told, "", ...(shortest === undefined ? [] : caseLines(shortest))];
  });
}

function unexplainedLines({ unexplained, judged }: Report): string[] {
  if (unexplained.length === 0) return [];
  const ids = new Set(unexplained);
  const shortest = shortestOf(judged.filter(({ vector }) => ids.has(vector.id)));
  const told = `Failures and errors without a known mistake: ${unexplained.length}. The shortest:`;
  return ["", "### Not explained", "", told, "", ...(shortest === undefined ? [] : caseLines(shortest))];
}

function chosenLines({ choices }: Report): string[] {
  if (choices.size === 0) return [];
  return ["", "### Documented choices", "", ...choiceTexts(choices).map((told) => `- ${told}`)];
}

function json({ judged, sections, ...report }: Report): string {
  const failures = judged
    .filter(({ verdict: { kind } }) => kind === "failed" || kind === "error")
    .map(({ vector: { id, rule }, verdict: { as, detail = null } }) => ({ id, rule, as, detail }));
  const { name, passed, counts, suspects, unexplained } = report;
  const choices = [...report.choices].map(([{ says, where }, cases]) => ({ says, where, cases }));
  const told = {
    name,
    passed,
    counts,
    sections: Object.fromEntries(sections),
    choices,
    suspects,
    unexplained,
    failures,
  };
  return JSON.stringify(told, null, 2);
}

/** A test suite for each section. Ties, rounding and documented choices are passes. */
function junit({ sections, judged }: Report): string {
  const suites = [...sections].map(([section, counts]) => {
    const tests = judged.filter(({ vector }) => vector.section === section).map(testcase);
    return (
      `<testsuite name=${attribute(section)} tests="${tests.length}" failures="${counts.failed}" ` +
      `errors="${counts.error}" skipped="${counts.not_supported}">${tests.join("")}</testsuite>`
    );
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${suites.join("")}</testsuites>\n`;
}

function testcase({ vector: { id, rule }, verdict }: Judged): string {
  return `<testcase classname=${attribute(rule)} name=${attribute(id)}>${resultOf(verdict)}</testcase>`;
}

function resultOf({ kind, as, detail = "" }: Verdict): string {
  if (kind === "not_supported")
    return detail === "" ? "<skipped/>" : `<skipped message=${attribute(detail)}/>`;
  if (kind === "failed") return `<failure message=${attribute(as.join("; ") || "no known mistake")}/>`;
  return kind === "error" ? `<error message=${attribute(detail)}/>` : "";
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

/** Quoted, with characters replaced that XML does not allow. */
function attribute(given: string): string {
  const held = given.replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd");
  return `"${held.replace(/[&<>"\n\r\t]/g, (found) => ENTITIES[found] ?? found)}"`;
}

function spaced(kind: string): string {
  return kind.replaceAll("_", " ");
}
