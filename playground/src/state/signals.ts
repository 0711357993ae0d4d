/** The user's choices on the page. Everything else is derived from these. */
import { signal } from "@preact/signals";
import type { Reading } from "../rows/read/reading.ts";
import type { PageRow } from "../rows/row.ts";

export const VIEWS = ["sample", "write", "calibrate", "learn"] as const;
export type View = (typeof VIEWS)[number];

/** The source of the row, so that a link can restore it. */
export type RowSource =
  | { readonly kind: "example"; readonly id: string }
  | TextSource
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "written"; readonly index: number };

export interface TextSource {
  readonly kind: "text";
  readonly text: string;
  /** the text before the token, when the user gave one */
  readonly before: string;
  /** which token of a reply, or which row of a batch */
  readonly at: number;
}

/** A stage in the chain; `key` stays the same while the stage is moved. */
export interface ChainItem {
  readonly key: number;
  readonly stage: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly on: boolean;
}

/**
 * The seed that the page opens with. With it the three compared hosts draw different tokens on the first example, and
 * none lies at the edge of its interval, so the float32 row of Write gives the same tokens.
 */
export const FIRST_SEED = "236";

export const view = signal<View>("sample");
export const source = signal<RowSource>({ kind: "example", id: "ship" });
export const row = signal<PageRow | undefined>(undefined);
/** how a text or a file was read */
export const reading = signal<Reading | undefined>(undefined);
export const row_error = signal("");
/** parts of the state that did not fit into the link */
export const missing = signal("");
export const chain = signal<readonly ChainItem[]>([]);
/** the host whose order was last applied to the chain */
export const order_of = signal("");
/** decimal text, as in the request */
export const seed = signal(FIRST_SEED);
export const step = signal(0);
/** the states that the chain's stages have at this step; only a text that is being written has them */
export const carried_state = signal<Readonly<Record<string, unknown>> | null>(null);
