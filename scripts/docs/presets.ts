/**
 * docs/presets.md, made from the preset objects and from the results of `npm run proof:engines`: each host's order,
 * defaults and variants, and the agreement with the host's own code.
 */

import { cell, code, table } from "../../evidence/markdown.ts";
import type { Place, Preset, Rules, Variant } from "../../src/sampling/presets/preset.ts";
import { hostsSection } from "./hosts.ts";

/** The results of a run against a host's own code, as proof/engines stores them. */
export interface EngineResult {
  readonly preset: string;
  readonly variant?: string;
  readonly version: string;
  readonly ran: string;
  /** separated by commas */
  readonly options: string;
  readonly counts: {
    readonly cases: number;
    readonly equal: number;
    readonly tie: number;
    readonly float: number;
    readonly both_refuse: number;
    readonly known: number;
  };
  readonly known: readonly { readonly what: string; readonly whose: string; readonly cases: number }[];
}

export function presetsPage(
  presets: readonly Preset[],
  results: Readonly<Record<string, EngineResult>>,
): string {
  const found = Object.values(results);
  const opening = [
    "# Presets",
    "",
    "This page lists what each host does: the order of its stages, its defaults, and its rules where hosts differ. A step",
    "selects them with `preset`, and a host's implementation with `variant`; the request's own options take precedence. For example:",
    "",
    "```json",
    '{ "logits": [1.0, 2.5, -0.3, 2.4], "preset": "llama.cpp", "temperature": 0.8, "seed": 7 }',
    "```",
    "",
    "`GET /v1/presets` has the same as data. The page is generated from the presets and from the results of",
    "`npm run proof:engines` by `npm run generate`; change them, not the page.",
    "",
    "## One row, many hosts",
    "",
    hostsSection(),
    "",
    "Hosts differ in the order of their stages, in defaults, in ties, and in the stages that they lack. `POST /v1/compare` takes",
    "several presets at once and names the stage that makes the difference.",
    "",
    "## Compared with the hosts' own code",
    "",
    "The same random steps ran through a host's own code and through its preset here: rows with ties, masked tokens and peaks, and",
    "any of the host's options. *Equal* means the same tokens, and probabilities within 2·10⁻⁵ of each other. *Ties* means as",
    "many tokens with the same probabilities but other ids, where a host's sort is not stable. *Float* means that a bound",
    "lies within float32's rounding of a token. *No answer* means that both sides refuse, mostly because every token is banned.",
    "*Known* means a difference that is understood; each preset lists them below with their cause. No difference is unexplained.",
    "",
    table(
      ["preset", "variant", "host's code", "cases", "equal", "ties", "float", "no answer", "known"],
      found.map(({ preset, variant, version, counts }) => [
        `[${preset}](#${anchorOf(preset)})`,
        variant ?? "",
        cell(version),
        ...[counts.cases, counts.equal, counts.tie, counts.float, counts.both_refuse, counts.known].map((n) =>
          n.toLocaleString("en"),
        ),
      ]),
    ),
    "",
    "Some of the equal cases are stored in `conformance/hosts`, and every run of the tests repeats them. The",
    "other presets and variants were made by reading the host's source, which each names.",
    "",
  ];
  const sections = presets.map((preset) =>
    presetSection(
      preset,
      found.filter((each) => each.preset === preset.name),
    ),
  );
  return `${[...opening, ...sections].join("\n").trimEnd()}\n`;
}

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^a-z0-9 -]/g, "");
}

function presetSection(preset: Preset, results: readonly EngineResult[]): string {
  return [
    `## ${preset.name}`,
    "",
    preset.summary,
    "",
    `Source: [${preset.source.title}](${preset.source.url}).`,
    "",
    `Order: ${orderOf(preset.order)}.`,
    ...otherOrder(preset.instead),
    "",
    ...factsOf(preset),
    ...variantsOf(preset.variants ?? []),
    ...preset.notes.map((each) => `- ${each}`),
    "",
    ...results.flatMap(comparison),
  ].join("\n");
}

function orderOf(order: readonly Place[]): string {
  return order
    .map((place) =>
      typeof place === "string" ? stageLink(place) : `${stageLink(place.stage)} ${code(optionsOf(place))}`,
    )
    .join(" → ");
}

function optionsOf({ stage: _, ...options }: Exclude<Place, string>): string {
  return JSON.stringify(options);
}

function stageLink(stage: string): string {
  return `[${stage}](samplers.md#${stage})`;
}

function otherOrder(other: Preset["instead"]): string[] {
  if (other === undefined) return [];
  const values = other.values?.map((value) => JSON.stringify(value)).join(" or ") ?? `above ${other.above}`;
  return ["", `With ${code(other.option)} ${values}: ${orderOf(other.order)}.`];
}

function factsOf(preset: Preset): string[] {
  const { defaults, rules, fixed, reports, spellings = [], seed_drawn_for } = preset;
  const rows = [
    ["defaults", pairs(defaults)],
    ["rules", rulesOf(rules)],
    ["whatever the request says", rulesOf(fixed ?? {})],
    ["reports", pairs((reports ?? {}) as Readonly<Record<string, unknown>>)], // plain options
    [
      "spelling",
      spellings.map(({ option, written, means }) => code(`${option} ${written} = ${means}`)).join(", "),
    ],
    ["a seed is drawn for", seed_drawn_for === undefined ? "" : code(`seed ${seed_drawn_for}`)],
  ].filter(([, text]) => text !== "");
  return rows.length === 0
    ? []
    : [table(["", "holds unless the request says otherwise"], rows as string[][]), ""]; // rows of two
}

function pairs(options: Readonly<Record<string, unknown>>): string {
  return Object.entries(options)
    .map(([name, value]) => code(`${name} ${JSON.stringify(value)}`))
    .join(", ");
}

function rulesOf(rules: Rules): string {
  return Object.entries(rules)
    .map(([stage, options]) => `${stageLink(stage)}: ${pairs(options)}`)
    .join("; ");
}

function variantsOf(variants: readonly Variant[]): string[] {
  if (variants.length === 0) return [];
  const rows = variants.map(({ name, summary, source, order, instead, rules = {}, notes = [] }) => [
    code(name),
    [
      summary,
      rulesOf(rules),
      order === undefined ? "" : `Order: ${orderOf(order)}.`,
      ...otherOrder(instead).slice(1),
      ...notes,
    ]
      .filter((text) => text !== "")
      .map(cell)
      .join("<br>"),
    `[${cell(source.title)}](${source.url})`,
  ]);
  return [table(["variant", "the first holds when none is named", "source"], rows), ""];
}

function comparison({ variant, version, ran, options, counts, known }: EngineResult): string[] {
  const whom = variant === undefined ? "" : ` as ${code(variant)}`;
  return [
    `Compared${whom} with ${version}: ${ran}. ${counts.cases.toLocaleString("en")} steps with ${options.split(", ").map(code).join(", ")}.`,
    "",
    ...(known.length === 0
      ? []
      : [
          table(
            ["cases", "known difference", "whose"],
            known.map(({ what, whose, cases }) => [String(cases), cell(what), cell(whose)]),
          ),
          "",
        ]),
  ];
}
