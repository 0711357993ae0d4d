/** docs/images/one-row.svg: the README's picture. One row of logits, three hosts' orders of the same options, three tokens. */
import type { ArmTaken, TokenCompared } from "../../src/sampling/compare/compare.ts";
import { compareHosts, EXAMPLE_TEXT, HOSTS_OPTIONS, tokenText } from "./hosts.ts";
import { line, rect, svg, text } from "./svg.ts";

const WIDTH = 760;
const HOSTS = ["default", "llama.cpp", "vllm"];
const LABELS_END = 96;
const FIRST = 104;
const COLUMN = 164;
const BAR_MOST = 92;
const TOP = 96;
const ROW = 21;
/** Stages on the first line below a column. */
const STAGES_PER_LINE = 2;

export function oneRowPlot(): string {
  const { arms, tokens } = compareHosts();
  const places = HOSTS.map((name) => arms.findIndex((arm) => arm.name === name));
  const shown = tokens.filter(({ arms: all }) =>
    places.some((place) => (all[place]?.removed_by ?? null) === null),
  );
  const height = TOP + shown.length * ROW + 62;
  const most = Math.max(...shown.map(({ logprob }) => Math.exp(logprob ?? -Infinity)));
  const columns = places.flatMap((place, i) =>
    hostColumn({ arm: arms[place] as ArmTaken, place, shown, x: FIRST + (i + 1) * COLUMN }),
  );
  const { seed, ...options } = HOSTS_OPTIONS;
  return svg({
    title: `One row of logits, after "${EXAMPLE_TEXT}", drawn from in the order of three hosts`,
    width: WIDTH,
    height,
    parts: [
      `<rect class="paper" width="${WIDTH}" height="${height}" rx="8"/>`,
      text(
        16,
        26,
        `“${EXAMPLE_TEXT} …”: one row of 8,192 logits, one seed (${seed}), the same options`,
        "title",
      ),
      text(16, 45, optionsText(options), "faint"),
      text(FIRST, TOP - 28, "the row", "title"),
      text(FIRST, TOP - 12, "softmax of the logits", "faint"),
      ...shown.flatMap((token, i) => {
        const y = TOP + i * ROW;
        const probability = Math.exp(token.logprob ?? -Infinity);
        return [
          text(LABELS_END, y + 11, tokenText(token.token_id), "", "end"),
          rect(FIRST, y, (probability / most) * BAR_MOST, 14, "rival"),
          text(FIRST + (probability / most) * BAR_MOST + 5, y + 11, percent(probability), "faint"),
        ];
      }),
      ...columns,
    ],
  });
}

interface Column {
  readonly arm: ArmTaken;
  /** of the arm in the comparison */
  readonly place: number;
  readonly shown: readonly TokenCompared[];
  readonly x: number;
}

function hostColumn({ arm, place, shown, x }: Column): string[] {
  const most = Math.max(...shown.map(({ arms }) => arms[place]?.probability ?? 0));
  const ran = arm.chain.filter(({ skipped }) => skipped === undefined).map(({ stage }) => stage);
  const end = TOP + shown.length * ROW;
  const order = [ran.slice(0, STAGES_PER_LINE), ran.slice(STAGES_PER_LINE)].filter(
    ({ length }) => length > 0,
  );
  return [
    line(x - 14, TOP - 40, x - 14, end + 44, "grid"),
    text(x, TOP - 28, arm.name, "title"),
    text(x, TOP - 12, `draws “${tokenText(arm.token_id)}”`, "c1"),
    ...shown.flatMap(({ token_id, arms }, i) => {
      const told = arms[place];
      const y = TOP + i * ROW;
      if (told === undefined || told === null || told.removed_by !== null)
        return [text(x, y + 11, `– ${told?.removed_by ?? ""}`, "faint")];
      const width = (told.probability / most) * BAR_MOST;
      const kind = token_id === arm.token_id ? "c1" : "ours";
      return [rect(x, y, width, 14, kind), text(x + width + 5, y + 11, percent(told.probability), "faint")];
    }),
    ...order.map((names, i) =>
      text(x, end + 18 + i * 15, `${i === 0 ? "" : "→ "}${names.join(" → ")}`, "small"),
    ),
  ];
}

function optionsText(options: Readonly<Record<string, number>>): string {
  return Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
