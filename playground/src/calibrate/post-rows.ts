/** Sends many rows to the service at once, as a tensor after their options. */
import { binaryBody, request } from "../api/client.ts";
import type { LabelledRows } from "./labelled-rows.ts";

export function postRows<Reply>(
  path: string,
  { rows, classes, logits }: LabelledRows,
  options: Readonly<Record<string, unknown>>,
): Promise<Reply> {
  const head = { dtype: "f32", shape: [rows, classes], ...options };
  const tensor = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
  return request<Reply>(path, { method: "POST", ...binaryBody(head, tensor) });
}
