/**
 * Large tables that schemes make of keys and options, those used last. A request may name options of its own, so they are many:
 * together they take at most TABLES_BYTES_MAX, and the one that was used longest ago goes first.
 */
import type { WatermarkKey } from "./keys.ts";

export const TABLES_BYTES_MAX = 16 * 1_048_576;

interface Kept {
  readonly table: unknown;
  readonly bytes: number;
}

/** In the order of their last use. */
const KEPT = new Map<string, Kept>();
let kept_bytes = 0;

/** Bytes of the tables that are kept. */
export function tablesBytes(): number {
  return kept_bytes;
}

/** The table of this key under a name; undefined when it is not there, or no longer. */
export function tableIfMade<Table>(key: WatermarkKey, name: string): Table | undefined {
  const place = `${key.number} ${name}`;
  const kept = KEPT.get(place);
  if (kept === undefined) return undefined;
  KEPT.delete(place);
  KEPT.set(place, kept);
  return kept.table as Table; // under a name there is what its maker made
}

/** Keeps a table of so many bytes, and lets others go for it. */
export function keepTable<Table>(key: WatermarkKey, name: string, table: Table, bytes: number): Table {
  const place = `${key.number} ${name}`;
  drop(place);
  for (const oldest of KEPT.keys()) {
    if (kept_bytes + bytes <= TABLES_BYTES_MAX) break;
    drop(oldest);
  }
  KEPT.set(place, { table, bytes });
  kept_bytes += bytes;
  return table;
}

function drop(place: string): void {
  kept_bytes -= KEPT.get(place)?.bytes ?? 0;
  KEPT.delete(place);
}
