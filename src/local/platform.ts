/**
 * Platform functions that the library needs and a bare engine lacks. This file is imported first, because modules make
 * their encoders when they are loaded. Existing functions are not replaced.
 */
import { decodeBase64 } from "../base64.ts";
import { sha256 } from "../sampling/sha256.ts";
import { PlainUrl } from "./url.ts";
import { decodeUtf8, encodeUtf8, isUtf8Bytes, latin1Of } from "./utf8.ts";

class PlainDecoder {
  readonly #fatal: boolean;
  readonly #keeps_mark: boolean;

  constructor(_label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    this.#fatal = fatal;
    this.#keeps_mark = ignoreBOM;
  }

  decode(bytes: Uint8Array): string {
    if (this.#fatal && !isUtf8Bytes(bytes)) throw new TypeError("the bytes are not UTF-8");
    const has_mark = !this.#keeps_mark && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return decodeUtf8(has_mark ? bytes.subarray(3) : bytes);
  }
}

class PlainEncoder {
  encode(text: string): Uint8Array<ArrayBuffer> {
    return encodeUtf8(text);
  }
}

/** For the modules' own base64, which is right. */
function plainAtob(text: string): string {
  return latin1Of(decodeBase64(text) ?? new Uint8Array(0));
}

/** Random bytes: SHA-256 of a secret from the host and a counter. */
const secret = new Uint8Array(40);
let is_keyed = false;
let counter = 0;

/**
 * Takes 32 bytes from the operating system's generator. The host passes them at the start, and new ones after a
 * fork.
 */
export function keyRandomness(key: Uint8Array): void {
  secret.set(key.subarray(0, 32));
  is_keyed = true;
}

const plainCrypto = {
  getRandomValues<View extends ArrayBufferView>(view: View): View {
    if (!is_keyed) throw new Error("the host has given no randomness");
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const tail = new DataView(secret.buffer, 32);
    for (let from = 0; from < bytes.length; from += 32) {
      tail.setFloat64(0, counter++);
      bytes.set(sha256(secret).subarray(0, bytes.length - from), from);
    }
    return view;
  },
};

const STAND_INS: Readonly<Record<string, unknown>> = {
  TextDecoder: PlainDecoder,
  TextEncoder: PlainEncoder,
  atob: plainAtob,
  crypto: plainCrypto,
  URL: PlainUrl,
};

for (const [name, value] of Object.entries(STAND_INS))
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true });
