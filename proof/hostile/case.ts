/** A hostile request, and the expected answer. */
import type { Message } from "../message.ts";
import { encode } from "../message.ts";

export interface HostileCase {
  readonly name: string;
  /** sent unchanged, one after the other */
  readonly bytes: Uint8Array | readonly Uint8Array[];
  /** the allowed statuses; 0: the connection ends without an answer */
  readonly statuses: readonly number[];
  readonly code?: string | undefined;
  readonly pointer?: string | undefined;
  /** The answer to this must be the last on its connection, because later bytes could be smuggled. */
  readonly ends?: boolean;
  /** Node answers this itself, and not with a problem. */
  readonly bare?: boolean;
}

type Expected = Pick<HostileCase, "code" | "pointer">;

/** A well-formed request with hostile content. */
export function hostile(
  name: string,
  message: Message,
  status: number,
  expected: Expected = {},
): HostileCase {
  return { name, bytes: encode(message), statuses: [status], ...expected };
}
