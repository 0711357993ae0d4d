/**
 * A file with one line of JSON for every row, written as rows come. A run that is cut and goes on first drops the lines
 * behind the place where it goes on.
 */
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

const BUFFERED_CHARACTERS = 65_536;
const STDOUT = 1;

export class Lines {
  readonly #file: number;
  #text = "";
  #bytes: number;

  /** Without a path lines go to standard output. `bytes` are those that an earlier run wrote and that stay. */
  constructor(path: string | undefined, bytes: number) {
    this.#file = path === undefined ? STDOUT : openSync(path, bytes === 0 ? "w" : "r+");
    this.#bytes = bytes;
    if (bytes > 0) ftruncateSync(this.#file, bytes);
  }

  push(value: unknown): void {
    this.#text += `${JSON.stringify(value)}\n`;
    if (this.#text.length >= BUFFERED_CHARACTERS) this.flush();
  }

  /** Writes what is left, and answers how long the file is. */
  flush(): number {
    const text = Buffer.from(this.#text);
    this.#text = "";
    const to_file = this.#file !== STDOUT;
    for (let at = 0; at < text.length; )
      at += writeSync(this.#file, text, at, text.length - at, to_file ? this.#bytes + at : null);
    this.#bytes += text.length;
    return this.#bytes;
  }

  close(): void {
    this.flush();
    if (this.#file !== STDOUT) closeSync(this.#file);
  }
}
