/** Differences that count as failures, and those that do not. */
import { expect, test } from "vitest";
import { type Choice, judge } from "../../src/conform/judge.ts";
import { reportOf } from "../../src/conform/report.ts";
import { REPORT_FORMS } from "../../src/conform/report-forms.ts";
import { type Otherwise, readVectors, type Vector } from "../../src/conform/vectors.ts";

const all = new Map(readVectors().map((vector) => [vector.id, vector]));
const vectorOf = (id: string) => all.get(id) as Vector;
const KEEPS_TIES: Choice = {
  says: "keeps all tokens that tie at k",
  where: "its own line",
  as_if: "as if ties of top_k were keep",
};
/** Four tokens tie for two places. */
const TIE = vectorOf("hard-012");
const tied = (TIE["ties"] as readonly (readonly number[])[])[0] as readonly number[]; // one group
const kept = TIE["kept"] as readonly number[];

test("another of the tokens that tie is a tie", () => {
  const other = [...kept.filter((id) => !tied.includes(id)), ...tied.slice(-kept.length)].sort(
    (a, b) => a - b,
  );
  expect(judge(TIE, { answer: { kept: other } }).kind).toBe("tie");
});

test("a failure that a choice of the host explains is told with the host's line, and is none in the report", () => {
  const mistake = (TIE.otherwise ?? []).find(({ as }) => as.includes(KEEPS_TIES.as_if)) as Otherwise; // it has one
  const { as: _, ...answer } = mistake;
  expect(judge(TIE, { answer }).kind).toBe("failed");
  const verdict = judge(TIE, { answer }, [KEEPS_TIES]);
  expect(verdict).toMatchObject({ kind: "choice", choice: KEEPS_TIES, as: [] });
  const report = reportOf("host", [{ vector: TIE, verdict }]);
  expect(report.passed).toBe(true);
  expect(REPORT_FORMS.text(report)).toContain("keeps all tokens that tie at k (its own line): 1");
  expect(REPORT_FORMS.markdown(report)).toContain("### Documented choices");
  expect(JSON.parse(REPORT_FORMS.json(report))).toMatchObject({ choices: [{ cases: 1 }], failures: [] });
  expect(REPORT_FORMS.junit(report)).not.toContain("<failure");
});

test("a choice explains no other answer", () => {
  const verdict = judge(TIE, { answer: { kept: [tied[0]] } }, [KEEPS_TIES]);
  expect(verdict.kind).toBe("failed");
});

test("tokens of a history that no stage reads may stand for each other", () => {
  const ollama = vectorOf("host-order-051");
  const swapped = (ollama["kept"] as readonly number[])
    .map((id) => (id === 0 ? 6 : id))
    .sort((a, b) => a - b);
  expect(judge(ollama, { answer: { kept: swapped } }).kind).toBe("tie");
});
