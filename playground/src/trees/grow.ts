/** Trees that grow from the text: the beams of a search, and a tree of drafts that the service verifies. */
import { postBeam, postVerify } from "../api/client.ts";
import type { BeamStep } from "../api/wire.ts";
import { vocabularyFor } from "../grammar/needs.ts";
import type { PageRow } from "../rows/row.ts";
import { stageInfo } from "../state/catalogue.ts";
import { placeOf, rowAfter, type Text } from "../write/draw-next.ts";
import type { ReadyModel } from "../write/model.ts";
import type { Run } from "../write/runs.ts";
import type { TreeNode } from "./token-tree.tsx";

export interface GrownTree {
  readonly sentence: string;
  readonly nodes: readonly TreeNode[];
}

export type Grow = (
  with_model: ReadyModel,
  text: Text,
  drawn_with: Omit<Run, "tokens">,
) => Promise<GrownTree>;

const BEAMS = 3;
const BEAM_TOKENS = 6;
/** The number of tokens after the text, after each of these, and after each of those. */
const WIDTHS = [3, 2, 1];

const FULL = "the text is as long as the model can read";

/** Each step asks the service with a row for each live beam. */
export const growBeams: Grow = async (with_model, text, { chain, seed }) => {
  const { labels, eos_token_id } = with_model.loaded;
  const beam = {
    rule: "transformers",
    score: "chain",
    num_beams: BEAMS,
    end_token_ids: [eos_token_id],
    max_tokens: BEAM_TOKENS,
  };
  const nodes: { parent: number; text: string; logprob: number | null }[] = [];
  const ended = new Map<number, number>();
  let live: readonly { readonly node: number; readonly token_ids: readonly number[] }[] = [
    { node: -1, token_ids: [] },
  ];
  let search: unknown = null;
  for (;;) {
    const rows = await rowsAfter(
      with_model,
      text,
      live.map(({ token_ids }) => token_ids),
    );
    if (rows === undefined) return { sentence: FULL, nodes: [] };
    const [{ prompt_length = 0, vocab_size }] = rows;
    const options = { chain, seed, prompt_length, ...vocabularyFor(chain, stageInfo), beam, search };
    const histories = rows.map(({ history }) => ({ history }));
    const reply = await postBeam(rows, vocab_size, { ...options, rows: histories });
    const add = ({ parent, token_id, chain_logprob: logprob }: BeamStep["beams"][number]) =>
      nodes.push({ parent: live[parent]?.node ?? -1, text: labels[token_id] ?? "", logprob }) - 1;
    for (const end of reply.ended) ended.set(end.id, add(end));
    live = reply.beams.map((each) => ({
      node: add(each),
      token_ids: [...(live[each.parent]?.token_ids ?? []), each.token_id],
    }));
    search = reply.search;
    if (reply.finished) {
      const [best] = reply.search.ended;
      const kept = pathTo(ended.get(best?.id ?? -1) ?? -1, nodes);
      const is_leaf = new Set(nodes.keys());
      for (const { parent } of nodes) is_leaf.delete(parent);
      const found = new Set(ended.values());
      return {
        sentence: `${BEAMS} beams, ${BEAM_TOKENS} tokens each. The number after a token is ln of the probability of all tokens up to it, under the chain.`,
        nodes: nodes.map(({ parent, text: token, logprob }, i) => ({
          parent,
          text: token,
          figure: logprob?.toFixed(2) ?? "",
          fate: kept.has(i) ? "kept" : is_leaf.has(i) && !found.has(i) ? "dropped" : "live",
        })),
      };
    }
  }
};

/** The likeliest tokens of the model's first layers, verified in one call. */
export const growDrafts: Grow = async (with_model, text, drawn_with) => {
  const { client, loaded } = with_model;
  const drafted: { parent: number; token_id: number; path: readonly number[] }[] = [];
  let frontier: readonly { readonly node: number; readonly path: readonly number[] }[] = [
    { node: -1, path: [] },
  ];
  const before = [...text.prompt_ids, ...text.tokens.map(({ token_id }) => token_id)];
  for (const width of WIDTHS) {
    const following: { node: number; path: readonly number[] }[] = [];
    for (const { node, path } of frontier) {
      if (before.length + path.length >= loaded.context_tokens_max) return { sentence: FULL, nodes: [] };
      const logits = await client.earlyLogitsAfter([...before, ...path], text.prompt_ids.length);
      for (const token_id of likeliest(logits, width)) {
        const longer = [...path, token_id];
        following.push({ node: drafted.push({ parent: node, token_id, path: longer }) - 1, path: longer });
      }
    }
    frontier = following;
  }
  const rows = await rowsAfter(with_model, text, [[], ...drafted.map(({ path }) => path)]);
  if (rows === undefined) return { sentence: FULL, nodes: [] };
  const state_before = text.tokens.at(-1)?.state_after ?? null;
  const { path, token_ids } = await postVerify(rows, rows[0].vocab_size, {
    ...placeOf({ ...drawn_with, row: rows[0], state_before }, text.tokens.length),
    draft_token_ids: drafted.map(({ token_id }) => token_id),
    parents: drafted.map(({ parent }) => parent),
    method: "strict",
  });
  const accepted = path ?? [];
  const last = token_ids.at(-1) ?? loaded.eos_token_id;
  const nodes: TreeNode[] = drafted.map(({ parent, token_id }, i) => ({
    parent,
    text: loaded.labels[token_id] ?? "",
    figure: accepted.includes(i) ? "accepted" : "",
    fate: accepted.includes(i) ? "kept" : "dropped",
  }));
  nodes.push({
    parent: accepted.at(-1) ?? -1,
    text: loaded.labels[last] ?? "",
    figure: "drawn",
    fate: "kept",
  });
  return {
    sentence: `${drafted.length} tokens drafted by the model's first layers, ${accepted.length} of a path accepted: one call gives ${token_ids.length} tokens, those that plain decoding draws.`,
    nodes,
  };
};

/** Rows after each of these continuations; undefined when the model can read no more. */
async function rowsAfter(
  with_model: ReadyModel,
  text: Text,
  continuations: readonly (readonly number[])[],
): Promise<readonly [PageRow, ...PageRow[]] | undefined> {
  const rows: PageRow[] = [];
  for (const token_ids of continuations) {
    const row = await rowAfter(with_model, text, token_ids);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  const [first, ...others] = rows;
  return first && [first, ...others];
}

function pathTo(node: number, nodes: readonly { readonly parent: number }[]): ReadonlySet<number> {
  const path = new Set<number>();
  for (let at = node; at >= 0; at = nodes[at]?.parent ?? -1) path.add(at);
  return path;
}

function likeliest(logits: Float32Array, count: number): readonly number[] {
  return [...logits.entries()]
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, count)
    .map(([token_id]) => token_id);
}
