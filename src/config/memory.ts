/** The memory limit of this service, and the part that clients may use in a worker. */
import { totalmem } from "node:os";

const MIB = 1024 * 1024;
/** Memory of the primary. */
const PRIMARY_BYTES = 64 * MIB;
/** Memory of a worker under load without client data: the program, its rows, and garbage not yet collected. */
const WORKER_BYTES = 192 * MIB;
const HELD_BYTES_MIN = 32 * MIB;
const HELD_BYTES_MAX = 128 * MIB;

/** Bytes of the machine's memory, or the limit of the control group when that is less. */
export function memoryGranted(): number {
  const granted = process.constrainedMemory() as number | undefined; // undefined in early Node 20, 0: no bound
  return granted !== undefined && granted > 0 ? Math.min(granted, totalmem()) : totalmem();
}

/**
 * Bytes of client data per worker when this many bytes are granted to all: the rest of a worker's share, from 32 to 128
 * MiB.
 */
export function heldBytesOf(
  granted_bytes: number,
  processes: { workers: number; spare_workers: number },
): number {
  const part = (granted_bytes - PRIMARY_BYTES) / (processes.workers + processes.spare_workers);
  return Math.max(HELD_BYTES_MIN, Math.min(HELD_BYTES_MAX, Math.floor(part) - WORKER_BYTES));
}
