/** What the person at the page has chosen: everything else is worked out from these. */
import { signal } from "@preact/signals";
import type { PageRow } from "../rows/row.ts";

export type View = "sample" | "write" | "calibrate";

/** Where the row comes from, so that a link can bring it back. */
export type RowSource =
  | { readonly kind: "example"; readonly id: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "written"; readonly index: number };

/** A stage in the chain; `key` stays the same while it is moved about. */
export interface ChainItem {
  readonly key: number;
  readonly stage: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly on: boolean;
}

export const view = signal<View>("sample");
export const source = signal<RowSource>({ kind: "example", id: "ship" });
export const row = signal<PageRow | undefined>(undefined);
export const row_error = signal("");
export const chain = signal<readonly ChainItem[]>([]);
/** decimal text, as it is sent */
export const seed = signal("7");
export const step = signal(0);
/** what the chain's stages carried to this step; only text that is being written has it */
export const carried_state = signal<Readonly<Record<string, unknown>> | null>(null);
