/**
 * A file with one line of JSON for each row, written as rows come. When an interrupted run continues, the lines after
 * its checkpoint are removed first.
 */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync } from "node:fs";
import { standardOutput, writeAll } from "./output.ts";

const BUFFERED_CHARACTERS = 65_536;

export class Lines {
  /** undefined: standard output */
  readonly #file: number | undefined;
  #text = "";
  #bytes: number;

  /** Without a path, lines go to standard output. `bytes`: the length of the lines of an earlier run that stay. */
  constructor(path: string | undefined, bytes: number) {
    this.#file = path === undefined ? undefined : openSync(path, bytes === 0 ? "w" : "r+");
    this.#bytes = bytes;
    if (bytes > 0 && this.#file !== undefined) cut(this.#file, path ?? "", bytes);
  }

  push(value: unknown): void {
    this.#text += `${JSON.stringify(value)}\n`;
    if (this.#text.length >= BUFFERED_CHARACTERS) this.flush();
  }

  /** Writes the rest; returns the length of the file. */
  flush(): number {
    const text = this.#text;
    this.#text = "";
    if (this.#file === undefined) standardOutput.write(text);
    else {
      const bytes = Buffer.from(text);
      writeAll(this.#file, bytes, this.#bytes);
      this.#bytes += bytes.length;
    }
    return this.#bytes;
  }

  /** Like the above, and waits for the disk: a checkpoint must not count lines that a power cut would lose. */
  keep(): number {
    const bytes = this.flush();
    if (this.#file !== undefined) fsyncSync(this.#file);
    return bytes;
  }

  close(): void {
    try {
      this.flush();
    } finally {
      if (this.#file !== undefined) closeSync(this.#file);
    }
  }
}

/** Removes what follows the lines that stay. */
function cut(file: number, path: string, bytes: number): void {
  const { size } = fstatSync(file);
  if (size < bytes)
    throw new Error(
      `${path} must hold at least the ${bytes} bytes that the checkpoint tells of, got ${size}: remove the checkpoint to begin anew`,
    );
  ftruncateSync(file, bytes);
}
