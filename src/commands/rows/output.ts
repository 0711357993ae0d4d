/**
 * Writes every byte. The system may accept only a part of a write; a full pipe accepts nothing, and a full disk only a
 * part.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";

/** Milliseconds between two attempts to write to a full pipe. */
const AGAIN_MS = 2;
const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4));
const STDOUT = 1;

/** The write function of the system. It is an object, so that tests can simulate a full disk. */
export const system = { writeSync };

/**
 * Writes all bytes, at a position in a file, or with null at the current position of a pipe or file. Waits while a pipe
 * is full. Throws the system's error when the disk is full or the pipe is closed.
 */
export function writeAll(file: number, bytes: Uint8Array, position: number | null): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += system.writeSync(file, bytes, at, bytes.length - at, position === null ? null : position + at);
    } catch (error) {
      const { code } = error as { readonly code?: unknown }; // system errors have one
      if (code !== "EAGAIN") throw error;
      Atomics.wait(NEVER_WOKEN, 0, 0, AGAIN_MS);
    }
  }
}

/**
 * Standard output. `process.stdout` does not report a partial write to a file, and it ends the run on a full
 * non-blocking pipe instead of waiting. An object, so that tests can read what is written.
 */
export const standardOutput = {
  write(text: string): void {
    writeAll(STDOUT, Buffer.from(text), null);
  },
};

/**
 * Writes a file completely or not at all, even if the machine stops: to a temporary file first, then to the disk, then
 * by a rename. On an error the temporary file is removed and the old file stays.
 */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(beside, "w");
    try {
      writeAll(file, Buffer.from(text), 0);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Error(`${path} cannot be written: ${messageOf(error)}`);
  }
}

/** Removes the temporary files of killed runs, unless a process with that number is running. */
export function removeLeftovers(path: string): void {
  const begin = `${basename(path)}.`;
  let names: readonly string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return; // Writing the file will tell what is wrong with its folder.
  }
  for (const name of names) {
    const pid = /^(\d+)\.tmp$/.exec(name.startsWith(begin) ? name.slice(begin.length) : "")?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(dirname(path), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "EPERM"; // it runs, and is another's
  }
}
