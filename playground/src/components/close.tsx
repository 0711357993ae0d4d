/** Marks a limit so close to a token that other rounding could have decided otherwise. */
import type { TraceEntry } from "../api/wire.ts";
import type { Answer } from "../state/result.ts";
import { named, significant } from "./format.ts";
import { isKnifeEdge } from "./knife-edge.ts";

export function Close({ entry: { knife_edge }, of }: { entry: TraceEntry; of: Answer }) {
  if (knife_edge === undefined || !isKnifeEdge(knife_edge)) return null;
  const { token_id, distance } = knife_edge;
  const token = named(token_id, of.question.row.labelOf(token_id));
  return (
    <small
      class="edge"
      title={`${token} came within ${significant(distance, 2)} of the limit: other rounding could have decided otherwise. Nothing is wrong.`}
    >
      close: {token} by {significant(distance, 2)}
    </small>
  );
}
