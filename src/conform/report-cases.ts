/** Failed cases in Markdown, ready for a bug report: the question, the right answer and the given one. */
import { setOf, shortened, type Verdict } from "./judge.ts";
import type { Judged } from "./report.ts";
import { ANSWERS, type Answer, questionOf, rowOf, type Vector } from "./vectors.ts";

const TOKENS_MAX = 12;
/** A longer question is not quoted: the id of the case finds it. In bytes of UTF-8. */
const QUESTION_LENGTH_MAX = 1500;
/** Fields that the report has elsewhere. */
const ELSEWHERE = new Set(["id", "section", "task", "rule", "about", "row"]);

/** The case with the shortest question; of equals, the first. */
export function shortestOf(judged: readonly Judged[]): Judged | undefined {
  const lengths = judged.map(({ vector }) => Buffer.byteLength(JSON.stringify(questionIn(vector))));
  const least = lengths.reduce((min, length) => Math.min(min, length), Number.POSITIVE_INFINITY);
  return judged[lengths.indexOf(least)];
}

/** The lines about a case that failed or ended with an error. */
export function caseLines({ vector, verdict }: Judged): string[] {
  const { id, rule, about, why } = vector;
  const entries = Object.entries(questionIn(vector)).filter(([name]) => !ELSEWHERE.has(name));
  const question = JSON.stringify(Object.fromEntries(entries));
  const is_short = Buffer.byteLength(question) <= QUESTION_LENGTH_MAX;
  return [
    `\`${id}\`: ${about ?? rule}.${why === undefined ? "" : ` The rule: ${why}.`}`,
    ...(is_short ? ["", "```json", question, "```"] : []),
    "",
    ...outcomeLines(vector, verdict),
  ];
}

/** The question. A case of a running engine has its options alone. */
function questionIn(vector: Judged["vector"]): Readonly<Record<string, unknown>> {
  return vector.task === undefined ? vector : questionOf(vector as Vector); // a line of the suite has every field
}

function outcomeLines(vector: Judged["vector"], { kind, detail, answer }: Verdict): string[] {
  if (kind === "error") return [`Got an error: ${detail?.replace(/\s+/g, " ")}`];
  if (answer === undefined) return ["Got another distribution."];
  if (vector.task === "distribution" || vector.task === "combine")
    return [...(detail === undefined ? [] : [detail, ""]), ...tokenLines(vector, answer)];
  const fields = (ANSWERS[vector.task ?? ""] ?? []).filter((name) => vector[name] !== undefined);
  const told = (from: Answer) => fields.map((name) => `\`${name}\` ${valueText(from[name])}`).join(", ");
  return [`Expected: ${told(vector)}. Got: ${told(answer)}.`];
}

function tokenLines(vector: Judged["vector"], answer: Answer): string[] {
  const row = vector["row"] === undefined ? undefined : rowOf(vector["row"]);
  const [right, given] = [setOf(vector), setOf(answer)];
  const [rightIds, givenIds] = [new Set(right.ids), new Set(given.ids)];
  const text = ({ p }: typeof right, ids: ReadonlySet<number>, id: number) =>
    ids.has(id) ? (p === undefined ? "kept" : fourDigits(p.get(id) ?? 0)) : "–";
  const all = row === undefined ? [...new Set([...right.ids, ...given.ids])] : [...row.keys()];
  const cells = all
    .sort((a, b) => a - b)
    .map((id) => [id, text(right, rightIds, id), text(given, givenIds, id)] as const);
  const told = cells.length <= TOKENS_MAX ? cells : cells.filter(([, expected, got]) => expected !== got);
  const shown = told.slice(0, TOKENS_MAX);
  return [
    row === undefined ? "| token | expected | got |" : "| token | logit | expected | got |",
    row === undefined ? "| --- | --- | --- |" : "| --- | --- | --- | --- |",
    ...shown.map(([id, expected, got]) =>
      row === undefined
        ? `| ${id} | ${expected} | ${got} |`
        : `| ${id} | ${logitText(row[id])} | ${expected} | ${got} |`,
    ),
    ...(told.length > shown.length ? ["", `${told.length - shown.length} more tokens differ.`] : []),
  ];
}

/** Rounded in the same way in both runners, which toFixed is not. */
function fourDigits(p: number): string {
  if (!(p >= 0 && p < 1e6)) return JSON.stringify(p);
  const units = Math.floor(p * 1e4 + 0.5);
  return `${Math.floor(units / 1e4)}.${String(units % 1e4).padStart(4, "0")}`;
}

function logitText(logit: number | undefined): string {
  return logit === undefined || Number.isFinite(logit) ? JSON.stringify(logit ?? null) : "-inf";
}

/** A scalar or the head of a list of scalars. */
function valueText(value: unknown): string {
  const is_scalar = (each: unknown) => each === null || typeof each !== "object";
  if (is_scalar(value)) return `\`${shortened(JSON.stringify(value ?? null))}\``;
  if (!Array.isArray(value) || !value.every(is_scalar)) return "of another form";
  const head = JSON.stringify(value.slice(0, TOKENS_MAX));
  return value.length > TOKENS_MAX ? `\`${head}\` and ${value.length - TOKENS_MAX} more` : `\`${head}\``;
}
