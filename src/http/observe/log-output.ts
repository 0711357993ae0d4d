/**
 * Writes the log to standard output, at once, line by line. Logging never blocks and never fails. If the disk is full, or
 * the reader of the pipe is gone, lines are lost and counted. If the reader is slow, the write is tried again a little
 * later; the lines that wait are bounded.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { unblocker } from "../node/unblocker.ts";

/** Characters of lines that may wait for a slow reader. */
const WAITING_MAX = 1_048_576;
/** Milliseconds until waiting lines are tried again; and, at the end of the process, how often. */
const RETRY_MS = 10;
const VAIN_TRIES_MAX = 20;

export class LogOutput {
  #fd: number;
  /** makes the next write non-blocking */
  #unblock: () => void = () => undefined;
  /** lines that the reader has not taken yet */
  #waiting: Buffer[] = [];
  /** true when the end of a line was lost: the next one must begin on a new line */
  #torn = false;
  #timer: NodeJS.Timeout | undefined;
  /** lines lost */
  lost = 0;
  waiting_bytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * Makes a full pipe reject lines instead of blocking. The processes of a service share that property of the pipe, and each
   * process that starts or ends resets it. A process therefore opens the pipe for itself where it can, and elsewhere sets
   * the property before every write.
   */
  neverBlock(): void {
    const own = openedAgain(this.#fd);
    if (own !== undefined) {
      this.#fd = own;
      return;
    }
    this.#unblock = unblocker(process.stdout.on("error", () => undefined));
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waiting.length > 0) this.#wait(bytes);
    else this.#put(bytes);
  }

  /** Writes the waiting lines, within the time that a live reader would take. Call when the process is about to end. */
  readonly finish = (): void => {
    for (let vain = 0; this.#waiting.length > 0 && vain < VAIN_TRIES_MAX; vain++) {
      const before = this.waiting_bytes;
      this.#resume();
      if (this.waiting_bytes < before) vain = 0;
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  };

  /** Writes a line, or the rest of it. */
  #put(line: Buffer): void {
    let rest = this.#torn ? Buffer.concat([NEW_LINE, line]) : line;
    try {
      while (rest.length > 0) {
        this.#unblock();
        rest = rest.subarray(writeSync(this.#fd, rest));
        this.#torn = false;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") this.#wait(rest);
      else {
        this.lost += 1;
        this.#torn ||= rest.length < line.length;
      }
    }
  }

  #wait(line: Buffer): void {
    if (this.waiting_bytes + line.length > WAITING_MAX) {
      this.lost += 1;
      return;
    }
    this.#waiting.push(line);
    this.waiting_bytes += line.length;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#resume();
    }, RETRY_MS).unref();
  }

  /** Tries to write the waiting lines. Those that cannot be written wait again, in the same order. */
  #resume(): void {
    const lines = this.#waiting;
    this.#waiting = [];
    this.waiting_bytes = 0;
    for (const line of lines) {
      if (this.#waiting.length > 0) this.#wait(line);
      else this.#put(line);
    }
  }
}

const NEW_LINE = Buffer.from("\n");
const STDOUT = 1;

/** The standard output of this process. */
export const standardOutput = new LogOutput(STDOUT);

/** Makes standard output non-blocking. Call once a process, before the first line: a reader that does not read would block it. */
export function openStandardOutput(): LogOutput {
  process.once("exit", standardOutput.finish);
  try {
    const output = fstatSync(STDOUT);
    if (output.isFIFO() || output.isSocket()) standardOutput.neverBlock();
  } catch {
    // Standard output is closed: every line is lost.
  }
  return standardOutput;
}

/** The same pipe, opened once more. Undefined where the system has no such path, or the pipe is another user's. */
function openedAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}
