/**
 * The tables of docs/watermarks.md and docs/training.md and the plot of power, made from the scheme objects and from
 * the results of proof/watermarks.
 */
import { cell, code, replaceBetween, replaceParts, table } from "../../evidence/markdown.ts";
import { LENGTHS, type Power, type WatermarkResults } from "../../evidence/watermark-results.ts";
import { DRAW_RULES } from "../../src/sampling/draw/index.ts";
import { WATERMARKS } from "../../src/sampling/draw/watermark/index.ts";
import { optionTable } from "./samplers.ts";
import { line, path, svg, text } from "./svg.ts";

export function watermarksPage(current: string, results: WatermarkResults): string {
  return replaceParts(current, {
    draws: DRAW_RULES.map(ruleSection).join("\n\n"),
    schemes: WATERMARKS.map(schemeSection).join("\n\n"),
    hosts: hostsPart(results),
    rates: ratesPart(results),
    natural: naturalPart(results),
    fixed: fixedPart(results),
    power: powerPart(results),
  });
}

export function trainingPage(current: string, { statistics }: WatermarkResults): string {
  const rows = statistics.training.map(({ chain, kept_mass, raw, processed }) => [
    code(JSON.stringify(chain)),
    kept_mass.toFixed(3),
    raw.toFixed(3),
    processed.toFixed(3),
  ]);
  return replaceBetween(
    current,
    "ratios",
    table(["chain", "kept mass", "ratio, raw", "ratio, processed"], rows),
  );
}

function ruleSection({
  name,
  summary,
  formula,
  source,
  example,
  needs,
  options,
}: (typeof DRAW_RULES)[number]): string {
  const shown = JSON.stringify({ draw: { rule: name, ...example } });
  return [
    `### ${name}`,
    summary,
    `    ${formula}`,
    ...optionsOf(options, "rule"),
    `${code(shown)} Depends on ${needs.join(" and ")} and on the row. Source: [${source.title}](${source.url}).`,
  ].join("\n\n");
}

function schemeSection(scheme: (typeof WATERMARKS)[number]): string {
  const { name, summary, formula, test, source, example, keepsDistribution, options } = scheme;
  const shown = JSON.stringify({ watermark: { scheme: name, ...example } });
  return [
    `### ${name}`,
    summary,
    `    ${formula}`,
    `Its test: ${test}.`,
    ...optionsOf(options, "scheme"),
    `${code(shown)} ${keepsDistribution ? "Averaged over keys, tokens have the same distribution as without the mark." : "The distribution changes: green tokens are more frequent."} Source: [${source.title}](${source.url}).`,
  ].join("\n\n");
}

function optionsOf(
  options: (typeof DRAW_RULES)[number]["options"] | (typeof WATERMARKS)[number]["options"],
  tag: string,
): string[] {
  const rows = optionTable({ options }, tag);
  return Object.keys(options.shape).length > 1 ? [rows] : [];
}

function hostsPart({ hosts: { versions, told } }: WatermarkResults): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [`With ${names.join(", ")}:`, "", ...told.map((each) => `- ${cell(each)}`)].join("\n");
}

function ratesPart({ statistics }: WatermarkResults): string {
  const rows = statistics.rates.map(({ name, texts, at_01, at_001 }) => [
    code(name),
    String(texts),
    at_01.toFixed(4),
    at_001.toFixed(5),
  ]);
  return table(["scheme", "unmarked texts", "p ≤ .01", "p ≤ .001"], rows);
}

function naturalPart({ natural }: WatermarkResults): string {
  if (natural?.rates === undefined) return "Not measured yet.";
  const rows = natural.rates.map(({ name, texts, at_01, at_01_ties_drawn, p_ks }) => [
    name,
    String(texts),
    at_01.toFixed(4),
    at_01_ties_drawn.toFixed(4),
    p_ks.toPrecision(2),
  ]);
  return table(["scheme and options", "p-values", "p ≤ .01", "p ≤ .01, ties drawn", "KS"], rows);
}

function fixedPart({ natural }: WatermarkResults): string {
  if (natural?.fixed_keys === undefined) return "Not measured yet.";
  const rows = natural.fixed_keys.map(({ name, texts, keys, mean, median, least, most }) => [
    name,
    `${keys} × ${texts}`,
    ...[mean, median, least, most].map((share) => share.toFixed(4)),
  ]);
  return table(["scheme and options", "keys × texts", "mean", "median", "least", "most"], rows);
}

function powerPart({ statistics }: WatermarkResults): string {
  const rows = statistics.power.map(({ name, temperature, found }) => [
    code(name),
    String(temperature),
    ...found.map((share) => share.toFixed(2)),
  ]);
  return table(["scheme", "temperature", ...LENGTHS.map((length) => `${length} tokens`)], rows);
}

const PANEL = { width: 300, height: 220, left: 40, top: 46, right: 12, bottom: 34 };
const COLUMNS = 2;

/** docs/images/watermark-power.svg: a panel for each scheme, a line for each temperature. */
export function powerPlot({ statistics: { power } }: WatermarkResults): string {
  const names = [...new Set(power.map(({ name }) => name))];
  const parts = names.flatMap((name, i) => {
    const at = `translate(${(i % COLUMNS) * PANEL.width} ${Math.floor(i / COLUMNS) * PANEL.height})`;
    return [
      `<g transform="${at}">`,
      ...panel(
        name,
        power.filter((each) => each.name === name),
      ),
      "</g>",
    ];
  });
  return svg({
    title: "Share of marked texts with p ≤ .01, by length and temperature",
    width: COLUMNS * PANEL.width,
    height: Math.ceil(names.length / COLUMNS) * PANEL.height,
    parts,
  });
}

function panel(name: string, lines: readonly Power[]): string[] {
  const { width, height, left, top, right, bottom } = PANEL;
  const x = (index: number) => left + (index * (width - left - right)) / (LENGTHS.length - 1);
  const y = (share: number) => height - bottom - share * (height - top - bottom);
  return [
    text(left, 16, name, "title"),
    ...[0, 0.5, 1].flatMap((share) => [
      line(left, y(share), width - right, y(share), "grid"),
      text(left - 6, y(share) + 4, String(share), "faint", "end"),
    ]),
    ...LENGTHS.map((length, index) => text(x(index), height - 16, String(length), "faint", "middle")),
    ...lines.flatMap(({ temperature, found }, index) => [
      path(
        found.map((share, at) => [x(at), y(share)] as const),
        `c${index}`,
      ),
      text(left + 62 * index, 34, `T ${temperature}`, `c${index}`),
    ]),
  ];
}
