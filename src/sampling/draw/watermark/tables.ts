/**
 * A cache of large tables that schemes make from keys and options. Requests may have many different options, so the tables take
 * at most TABLES_BYTES_MAX together, and the least recently used one is dropped first.
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

/** Total bytes of the cached tables. */
export function tablesBytes(): number {
  return kept_bytes;
}

/** The table of this key under a name; undefined when it is not cached. */
export function tableIfMade<Table>(key: WatermarkKey, name: string): Table | undefined {
  const place = `${key.number} ${name}`;
  const kept = KEPT.get(place);
  if (kept === undefined) return undefined;
  KEPT.delete(place);
  KEPT.set(place, kept);
  return kept.table as Table; // the maker of this name made it
}

/** Caches a table of this size, and drops others to make room. */
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
