/** Markdown about the rules that combine sources, made from the rule objects themselves: docs/combinations.md. */
import type { Rule } from "../../src/sampling/combine/rule.ts";
import { optionTable } from "./samplers.ts";

const OPENING = `# Combinations

A step may have several rows: from several models, from one model with several prompts, or from several layers of a model. A
rule combines them into one row before the chain runs. \`GET /v1/combinations\` lists the rules. \`npm run generate\` makes this
page from them: change the rules, not the page.

\`\`\`json
{ "sources": [{"logits": [2.1, 0.3, -1.0]}, {"logits": [1.0, 0.9, 0.2], "temperature": 0.5}],
  "combine": {"rule": "contrastive", "alpha": 0.1, "beta": 0.5},
  "temperature": 0.8, "top_p": 0.95, "seed": 7, "step": 3 }
\`\`\`

The rows of a step, called sources, may come in every form:

- as bytes, one row after the other, with \`"shape": [k, vocab_size]\` in the header or in the query string
- in a batch, with \`"shape": [rows, k, vocab_size]\`
- on a stream, whose first message has \`"shape": [k, vocab_size]\` or \`"sources": [{}, …]\`, and whose frames then have k rows each
- under \`/v2\`, with logits of \`[rows, k, vocab_size]\` and \`combine\` as a parameter with JSON text

In these forms, \`"sources": [{…}, …]\` has the fields of each source other than its logits. A single row without \`combine\` is an
ordinary step.

- **Sources** have the same length, or \`vocab_size\` cuts them to the same length. The service cannot compare rows of different
  tokenizers: the host must align them. The \`temperature\` of a source divides its logits before the rule runs.
- **Masks.** A token at −∞ in any source is masked; in a mixture, only a token at −∞ in all sources. +∞ is refused.
- **\`before\`**, in \`combine\`, is a chain that runs on each source. It may only have stages that mask tokens. Plausibility and
  probabilities then refer to the tokens that are left.
- **Log-probabilities** are those of the first source, unchanged. \`"logprobs_mode": "combined"\` gives those of the combined row,
  \`"processed"\` those after the chain. \`source_logprobs\` has ln p of the token in each source. A \`trace\` begins with the
  combination.
- **Lists** (sparse rows) give a list: the tokens that every source of the rule has sent. \`exact\` says whether whole
  rows would have given the same result. For a proof, a subtracted source must have sent the token, because an omitted token may have
  any smaller logit; contrastive and dola need only the plausible tokens. Mixtures and measured divergences are never proven exact.
- **Arithmetic.** Sums are in float32, and each step is rounded, in the order of the formula. Mixtures and divergences are in
  float64. The normaliser of a source is the same for all its tokens, so it is left out unless a stage of the chain depends on the
  absolute level of scores, as the repetition penalties do.

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
