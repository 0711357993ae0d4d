/**
 * Where the log goes: standard output, written at once, line by line. Logging never waits and never fails: a disk that
 * is full, or a pipe whose reader is gone, loses lines, which are counted. A pipe whose reader is slow is written to
 * again a little later, up to a bound on what waits.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { unblocker } from "../node/unblocker.ts";

/** Characters of lines that may wait for a slow reader. */
const WAITING_MAX = 1_048_576;
/** How soon lines that wait are tried again; and at the end of the process, how often in vain. */
const RETRY_MS = 10;
const VAIN_TRIES_MAX = 20;

export class LogOutput {
  #fd: number;
  /** makes the next write one that does not wait */
  #unblock: () => void = () => undefined;
  /** lines that the reader has not taken yet */
  #waiting: Buffer[] = [];
  /** Part of a line was written, and its end was lost: the next line has to begin on a new one. */
  #torn = false;
  #timer: NodeJS.Timeout | undefined;
  /** lines that were not written */
  lost = 0;
  waiting_bytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /**
   * A pipe that is full turns lines away from now on. Whether it does is a property of what the processes of a service
   * share, and each that starts or ends takes it back; so a process has the pipe for itself where it can, and
   * elsewhere asks for it before every write.
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

  /** Writes what waits, for as long as a reader that is there would take. Call when the process is about to end. */
  readonly finish = (): void => {
    for (let vain = 0; this.#waiting.length > 0 && vain < VAIN_TRIES_MAX; vain++) {
      const before = this.waiting_bytes;
      this.#resume();
      if (this.waiting_bytes < before) vain = 0;
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  };

  /** Writes a line, or what was left of it. */
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

  /** Tries all that waits. What still cannot be written waits again, in the same order. */
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

/** Call once a process, before the first line: a pipe whose reader reads nothing would otherwise stop the process. */
export function openStandardOutput(): LogOutput {
  process.once("exit", standardOutput.finish);
  try {
    const output = fstatSync(STDOUT);
    if (output.isFIFO() || output.isSocket()) standardOutput.neverBlock();
  } catch {
    // Standard output is closed: every line will be lost.
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
