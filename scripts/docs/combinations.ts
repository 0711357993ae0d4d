/** Markdown about the rules that combine sources, made from the rule objects themselves: docs/combinations.md. */
import type { Rule } from "../../src/sampling/combine/rule.ts";
import { optionTable } from "./samplers.ts";

const OPENING = `# Combinations

A step may have several rows: of several models, of one model under several prompts, or of several of its layers. A rule
makes one row of them before the chain, which is then the step's as ever. \`GET /v1/combinations\` lists the rules; this page
is generated from them by \`npm run generate\`: change them, not the page.

\`\`\`json
{ "sources": [{"logits": [2.1, 0.3, -1.0]}, {"logits": [1.0, 0.9, 0.2], "temperature": 0.5}],
  "combine": {"rule": "contrastive", "alpha": 0.1, "beta": 0.5},
  "temperature": 0.8, "top_p": 0.95, "seed": 7, "step": 3 }
\`\`\`

In every form that a row may come in: as bytes, with \`"shape": [k, vocab_size]\` in the header or in the query string, row
behind row; in a batch, with \`[rows, k, vocab_size]\`; on a stream, whose first message says \`"shape": [k, vocab_size]\` or
\`"sources": [{}, …]\`, and whose frames then hold k rows each; under \`/v2\`, with logits of \`[rows, k, vocab_size]\` and \`combine\`
as a parameter of JSON text. What is said of each source besides its logits stands in \`"sources": [{…}, …]\` there, too. One
row without \`combine\` is a step like any other.

- **Sources** have one length, or \`vocab_size\` cuts them to one. Rows of different tokenizers say nothing of each other, and
  are for the host to align. \`temperature\` of a source divides its logits first.
- **Masks.** A token at −∞ in any source is masked; in a mixture, one that is so in all. +∞ is refused.
- **\`before\`**, in \`combine\`, is a chain that runs on each source: stages that mask tokens and do nothing else. What is plausible,
  and what a probability is a share of, is then told of the tokens left.
- **Log-probabilities** are those of the first source as it came. \`"logprobs_mode": "combined"\` tells those of the combined
  row, \`"processed"\` those after the chain; \`source_logprobs\` has ln p of the token in each source. A \`trace\` begins with the
  combination.
- **Lists** (sparse rows) give a list: of the tokens that every source sent which the rule needs. \`exact\` says whether whole
  rows would have given the same. What is taken away must have been sent, since a token that was left out may have had as
  little as can be; contrastive and dola need only what is plausible, mixtures and measured divergences are never proven.
- **Arithmetic.** Sums are made in float32, each step rounded, in the order of the formula; mixtures and divergences in
  float64. What all tokens of a source have in common, its normaliser, is left out where no stage of the chain looks at where
  zero lies (the repetition penalties do).

lsm is the log-softmax, p the softmax of a source.
`;

/** docs/combinations.md. */
export function combinationsPage(rules: readonly Rule[]): string {
  return `${[OPENING, ...rules.map(ruleSection)].join("\n").trimEnd()}\n`;
}

function ruleSection({
  name,
  summary,
  formula,
  source,
  example,
  options,
  sources,
  takes_more,
}: Rule): string {
  return [
    `## ${name}`,
    "",
    summary,
    "",
    `    ${formula}`,
    "",
    `Sources: ${sources.join(", ")}${takes_more ? ", and any that follow" : ""}. For example \`${JSON.stringify({ combine: { rule: name, ...example } })}\`.`,
    "",
    optionTable({ options }, "rule"),
    "",
    `Source: [${source.title}](${source.url}).`,
    "",
  ].join("\n");
}
