/** Writing to the last byte: a system may take a part of what it is given, a full pipe none of it, and a full disk a part. */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";

/** How long to wait for the reader of a full pipe before it is tried again. */
const AGAIN_MS = 2;
const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4));
const STDOUT = 1;

/** How the system writes. An object, so that tests can play a disk that is full. */
export const system = { writeSync };

/**
 * Writes all bytes, at a position of a file, or with null where the pipe or file stands. Waits for a pipe that is full.
 * Throws the system's error when the disk is full or the pipe is closed.
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
 * Standard output. `process.stdout` does not tell when a file took only a part, and in a pipe that something made
 * non-blocking it ends the run instead of waiting. An object, so that tests can look at what is written.
 */
export const standardOutput = {
  write(text: string): void {
    writeAll(STDOUT, Buffer.from(text), null);
  },
};

/**
 * Writes a file whole or not at all, whenever the machine stops: beside its place first, to the disk, and then into its
 * place. Where that fails nothing is left, and what stood there before stays.
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

/** Removes what runs that were killed left beside this file, unless a process of that number is running. */
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
