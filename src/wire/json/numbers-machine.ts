/**
 * The scanner's WebAssembly module and its memory. One instance serves all scanners, because no state is left in it between two
 * calls.
 */
import { NUMBERS_BASE64 } from "./numbers.wasm.ts";

interface NumberExports {
  inputPointer(): number;
  outputPointer(): number;
  scanNumbers(begin: number, length: number, state: number): number;
  scanIds(begin: number, length: number, state: number): number;
  readonly position: { readonly value: number };
  readonly token_end: { readonly value: number };
  readonly written: { readonly value: number };
  readonly expects: { readonly value: number };
}

export interface NumberMachine {
  readonly wasm: NumberExports;
  /** input: at most SCAN_BYTES and the carried bytes */
  readonly input: Uint8Array;
  /** output: 4 bytes per element */
  readonly output: Uint8Array;
}

/** Number of bytes scanned per call. */
export const SCAN_BYTES = 65_536;

/** The next allowed item: a value or `]`; a value; or `,` or `]`. */
export const FIRST = 0;
export const VALUE = 1;
export const COMMA = 2;

/** Why the scanner returned: it needs more bytes, or it has read the `]`; each scan has further reasons. */
export const MORE = 0;
export const CLOSED = 1;

const MEMORY_PAGES = 4;

let shared: NumberMachine | undefined;

export function numberMachine(): NumberMachine {
  shared ??= instantiate();
  return shared;
}

function instantiate(): NumberMachine {
  const bytes = Uint8Array.from(atob(NUMBERS_BASE64), (character) => character.charCodeAt(0));
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  // The interface above is written from assembly/numbers.ts, which build-wasm compiles into the module.
  const wasm = instance.exports as unknown as NumberExports;
  return {
    wasm,
    input: new Uint8Array(memory.buffer, wasm.inputPointer()),
    output: new Uint8Array(memory.buffer, wasm.outputPointer()),
  };
}
