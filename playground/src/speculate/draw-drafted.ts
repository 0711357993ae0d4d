/**
 * The next tokens of a text with speculation: drafted, read by the model, and verified by the service. The model reads
 * a draft token by token here, so that its rows are those of plain decoding and the address gives the same text again.
 * An engine would read it in one pass, which is the purpose of speculation.
 */
import { postVerify } from "../api/client.ts";
import { type PageRow, rowOfLogits } from "../rows/row.ts";
import { verify_methods } from "../state/catalogue.ts";
import { LIKELIEST, placeOf, rowAfter, type Text, type Written, writtenBy } from "../write/draw-next.ts";
import type { ReadyModel } from "../write/model.ts";
import type { Run } from "../write/runs.ts";
import { DRAFT_BY } from "./drafters.ts";
import type { Drafted, Speculation } from "./speculation.ts";

/** Maximum tokens of a draft. */
const DRAFTED_MAX = 4;

/** Empty when the model can read no more. */
export async function drawDrafted(
  with_model: ReadyModel,
  text: Text,
  drawn_with: Omit<Run, "tokens">,
  { method, drafter }: Speculation,
): Promise<readonly Written[]> {
  const first = await rowAfter(with_model, text);
  if (first === undefined) return [];
  const info = verify_methods.value.find(({ name }) => name === method);
  const state_before = text.tokens.at(-1)?.state_after ?? null;
  const place = { ...drawn_with, row: first, state_before };
  // Draws that must equal the text's own draws use their noise; all other draws use independent noise, new in each
  // call.
  const seed =
    info?.preserves === "tokens" ? drawn_with.seed : otherSeed(drawn_with.seed, text.tokens.length);
  const room = with_model.loaded.context_tokens_max - first.history.length - 1;
  const draft = await DRAFT_BY[drafter](with_model.client, { ...place, seed }, Math.min(DRAFTED_MAX, room));
  const rows: [PageRow, ...PageRow[]] = [first];
  for (const [i] of draft.token_ids.entries()) {
    const row = await rowAfter(with_model, text, draft.token_ids.slice(0, i + 1));
    if (row !== undefined) rows.push(row);
  }
  const drawn_from = info?.reads_draft ? draft.rows : [];
  const { positions, accepted } = await postVerify(
    [...rows, ...drawn_from.map((row) => rowOfLogits(row))],
    first.vocab_size,
    {
      ...placeOf(place, text.tokens.length),
      ...LIKELIEST,
      ...(drawn_from.length > 0 && { draft_rows: "logits", draft_options: { chain: drawn_with.chain } }),
      draft_token_ids: draft.token_ids,
      method,
    },
  );
  const written: Written[] = [];
  for (const [i, sampled] of positions.entries()) {
    const before = written.at(-1)?.state_after ?? state_before;
    const at = { ...place, row: rows[i] ?? first, state_before: before };
    written.push({ ...writtenBy(at, sampled), draft: draftedAt(i, draft.token_ids, accepted) });
  }
  return written;
}

function draftedAt(place: number, token_ids: readonly number[], accepted: number): Drafted {
  const of_call = place === 0 ? { drafted: token_ids.length } : {};
  if (place < accepted) return { ...of_call, fate: "accepted" };
  const rejected = token_ids[place];
  return rejected === undefined ? { ...of_call, fate: "drawn" } : { ...of_call, fate: "corrected", rejected };
}

/** A seed that is not a number stays unchanged, and the service reports the error. */
function otherSeed(seed: string, step: number): string {
  return /^\d{1,20}$/.test(seed) ? String(BigInt.asUintN(64, BigInt(seed) + BigInt(step) + 1n)) : seed;
}
