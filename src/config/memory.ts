/** How much memory this service may use, and how much of it clients may make a worker hold. */
import { totalmem } from "node:os";

const MIB = 1024 * 1024;
/** What the primary takes. */
const PRIMARY_BYTES = 64 * MIB;
/** What a worker takes under load besides what clients make it hold: the program, its rows, and what waits to be collected. */
const WORKER_BYTES = 192 * MIB;
const HELD_BYTES_MIN = 32 * MIB;
const HELD_BYTES_MAX = 128 * MIB;

/** Bytes of the machine, or what the control group grants when that is less. */
export function memoryGranted(): number {
  const granted = process.constrainedMemory() as number | undefined; // undefined in early Node 20, 0: no bound
  return granted !== undefined && granted > 0 ? Math.min(granted, totalmem()) : totalmem();
}

/**
 * Bytes that clients may make each worker hold where so many bytes are granted to all: what is left of a worker's part,
 * from 32 to 128 MiB.
 */
export function heldBytesOf(
  granted_bytes: number,
  processes: { workers: number; spare_workers: number },
): number {
  const part = (granted_bytes - PRIMARY_BYTES) / (processes.workers + processes.spare_workers);
  return Math.max(HELD_BYTES_MIN, Math.min(HELD_BYTES_MAX, Math.floor(part) - WORKER_BYTES));
}
