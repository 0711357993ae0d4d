/**
 * docs/images/conformance.svg: the README's picture of a conformance report. It shows one case of the suite, the result
 * by the rule, the result of a faulty sampler, and the sentence of the report.
 */
import { rowOf } from "../../src/conform/vectors.ts";
import { exampleReport } from "./conformance-report.ts";
import { line, rect, svg, text } from "./svg.ts";

const WIDTH = 760;
const LABELS_END = 76;
const FIRST = 84;
const COLUMN = 224;
const BAR_MOST = 120;
const TOP = 92;
const ROW = 21;

export function conformancePlot(): string {
  const { suspects, counts, judged } = exampleReport();
  const [suspect] = suspects;
  const shown = judged.find(({ vector }) => vector.id === suspect?.examples[0]);
  if (suspect === undefined || shown === undefined) throw new Error("the example has no failure");
  const { vector, verdict } = shown;
  const row = rowOf(vector["row"]);
  const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
  const columns = [
    {
      name: "the row",
      about: "softmax of the logits",
      kind: "rival",
      p: row.map((x) => Math.exp(x) / total),
    },
    { name: "expected", about: "by the definition, in float64", kind: "ours", p: spread(vector, row.length) },
    {
      name: "got",
      about: "from the tested sampler",
      kind: "c1",
      p: spread(verdict.answer ?? {}, row.length),
    },
  ];
  const end = TOP + row.length * ROW;
  const all = counts.passed + counts.failed;
  return svg({
    title: "A case of the conformance suite, and what the report says about a sampler that fails it",
    width: WIDTH,
    height: end + 62,
    parts: [
      `<rect class="paper" width="${WIDTH}" height="${end + 62}" rx="8"/>`,
      text(16, 26, `${vector.id}: ${chainText(vector["chain"])}`, "title"),
      text(
        16,
        45,
        `one of ${all} cases of the section “orders”: ${counts.passed} passed, ${counts.failed} failed`,
        "faint",
      ),
      ...row.map((_, id) => text(LABELS_END, TOP + id * ROW + 11, `token ${id}`, "", "end")),
      ...columns.flatMap((column, place) => columnParts(column, FIRST + place * COLUMN, end)),
      text(16, end + 28, `“${suspect.says}”`, "title c1"),
      text(
        16,
        end + 47,
        `The report says so: this explains ${suspect.explains} of the ${counts.failed} failures.`,
        "faint",
      ),
    ],
  });
}

interface Column {
  readonly name: string;
  readonly about: string;
  readonly kind: string;
  readonly p: readonly number[];
}

function columnParts({ name, about, kind, p }: Column, x: number, end: number): string[] {
  const most = Math.max(...p);
  return [
    ...(x > FIRST ? [line(x - 14, TOP - 36, x - 14, end, "grid")] : []),
    text(x, TOP - 24, name, "title"),
    text(x, TOP - 8, about, "faint"),
    ...p.flatMap((share, id) => {
      const y = TOP + id * ROW;
      if (share === 0) return [text(x, y + 11, "–", "faint")];
      const width = (share / most) * BAR_MOST;
      return [
        rect(x, y, width, 14, kind),
        text(x + width + 5, y + 11, `${(share * 100).toFixed(1)} %`, "faint"),
      ];
    }),
  ];
}

/** The probability of every token; 0 for a removed token. */
function spread(answer: Readonly<Record<string, unknown>>, size: number): number[] {
  const kept = answer["kept"] as readonly number[]; // of the example
  const probabilities = answer["probabilities"] as readonly number[];
  const p = new Array<number>(size).fill(0);
  for (const [place, id] of kept.entries()) p[id] = probabilities[place] ?? 0;
  return p;
}

function chainText(chain: unknown): string {
  return (chain as readonly Readonly<Record<string, unknown>>[]) // of the example
    .map(({ stage, ...options }) => `${String(stage)} ${String(options[String(stage)])}`)
    .join(" → ");
}
