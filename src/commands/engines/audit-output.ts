/** A report of an audit as text, JSON or Markdown. */
import type { AuditReport, Reason } from "../../engines/audit/audit.ts";

export type AuditForm = "text" | "json" | "markdown";

export const AUDIT_FORMS: Readonly<Record<AuditForm, (report: AuditReport) => string>> = {
  text: (report) => `${textLines(report).join("\n")}\n`,
  json: (report) => `${JSON.stringify(report, asPlain, 2)}\n`,
  markdown: (report) => `${markdownLines(report).join("\n")}\n`,
};

/** Counts by token, as pairs. */
function asPlain(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

function textLines(report: AuditReport): string[] {
  return [
    `${nameOf(report)}: ${verdict(report)}.`,
    `  options ${JSON.stringify(report.options)}`,
    ...[...stepLines(report), ...reasonLines(report), ...drawLines(report), ...report.notes].map(
      (line) => `  ${line}`,
    ),
  ];
}

function nameOf({ engine, preset }: AuditReport): string {
  return `${engine.kind}${engine.version === null ? "" : ` ${engine.version}`} at ${engine.url}, model ${engine.model}, by the preset ${preset}`;
}

function verdict({ agrees, distance, tells_processed, draws }: AuditReport): string {
  if (!agrees) return "differs from the preset";
  if (tells_processed && distance !== null) return `agrees within ${figure(distance)}`;
  return draws === null ? "nothing was seen that differs" : "its draws agree";
}

function stepLines({ steps, tells_processed }: AuditReport): string[] {
  if (!tells_processed) return [];
  const agreeing = steps.filter(({ agrees }) => agrees).length;
  const rounded = steps.filter(({ is_rounding }) => is_rounding).length;
  const differing = steps.filter(({ agrees }) => !agrees).map(({ index }) => index);
  return [
    `distributions: ${agreeing} of ${steps.length} steps agree${rounded > 0 ? `, ${rounded} of them but for float32's rounding at the cut` : ""}${differing.length > 0 ? `; steps ${differing.join(", ")} differ` : ""}`,
  ];
}

function reasonLines({ reasons }: AuditReport): string[] {
  return reasons.map((reason, place) => `${place === 0 ? "most like" : "or"}: ${sentenceOf(reason)}`);
}

function sentenceOf({ says, agrees, distance, stage }: Reason): string {
  const fit = agrees ? "explains all of it" : `leaves a distance of ${figure(distance)}`;
  return `${says}${stage === null ? "" : ` (${stage})`}: ${fit}`;
}

function drawLines({ draws }: AuditReport): string[] {
  if (draws === null) return [];
  const { drawn, fit, impossible, repeated } = draws;
  const law = fit.agrees ? "are of the law" : "are not of the law";
  return [
    `draws: ${drawn} ${law} (distance ${figure(fit.distance)})${impossible > 0 ? `, ${impossible} of them of tokens that cannot come` : ""}`,
    `seeds: ${repeated.same} of ${repeated.seeds} gave the same token again`,
  ];
}

function markdownLines(report: AuditReport): string[] {
  const { engine, preset, options, steps, reasons, draws, notes } = report;
  const stepRows = steps.map(
    ({ index, token_id, kept, kept_expected, distance, largest, agrees, is_rounding }) =>
      `| ${index} | ${token_id} | ${kept ?? ""} | ${kept_expected} | ${largest === null ? "" : figure(distance)} | ${agrees ? (is_rounding ? "rounding" : "yes") : "**no**"} |`,
  );
  return [
    `# Audit of ${engine.kind}${engine.version === null ? "" : ` ${engine.version}`}`,
    "",
    `**${verdict(report)}.** Model ${engine.model}, preset ${preset}.`,
    "",
    "```json",
    JSON.stringify(options),
    "```",
    "",
    "| step | token | kept | expected | distance | agrees |",
    "| --- | --- | --- | --- | --- | --- |",
    ...stepRows,
    ...(reasons.length === 0
      ? []
      : ["", "What would explain it:", "", ...reasons.map((each) => `- ${sentenceOf(each)}`)]),
    ...(draws === null ? [] : ["", ...drawLines(report).map((line) => `- ${line}`)]),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `- ${note}`)]),
  ];
}

function figure(value: number): string {
  return value === 0 ? "0" : value.toPrecision(2);
}
