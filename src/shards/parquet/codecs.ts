/** The compression codecs of Parquet pages. Node's own decompressors are used when Node has them. */
import * as zlib from "node:zlib";
import { compressors, decompressZstd } from "hyparquet-compressors";

type Decompress = (compressed: Uint8Array, bytes: number) => Uint8Array;

interface Options {
  readonly chunkSize: number;
  readonly maxOutputLength: number;
}

/** One buffer for the whole result; a result longer than the stated size is an error. */
const options = (bytes: number): Options => ({ chunkSize: Math.max(64, bytes), maxOutputLength: bytes });

/** Since Node 22.15. */
const { zstdDecompressSync } = zlib as {
  readonly zstdDecompressSync?: (compressed: Uint8Array, options: Options) => Uint8Array;
};

/** The largest window of a frame that zstd decompresses by default. */
const WINDOW_BYTES_MAX = 2 ** 27;

/**
 * The decompressor in JavaScript allocates the size that a frame states, so the size is checked first. Source: RFC
 * 8878, 3.1.1.1, "Frame_Header".
 */
function requireZstdFrame(frame: Uint8Array, bytes: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const descriptor = view.getUint8(4);
  const is_single = (descriptor & 32) !== 0;
  const id_bytes = [0, 1, 2, 4][descriptor & 3]!; // of four
  const size_at = 5 + (is_single ? 0 : 1) + id_bytes;
  const flag = descriptor >> 6;
  let size: number | undefined;
  if (flag === 0 && is_single) size = view.getUint8(size_at);
  else if (flag === 1) size = view.getUint16(size_at, true) + 256;
  else if (flag === 2) size = view.getUint32(size_at, true);
  else if (flag === 3) size = Number(view.getBigUint64(size_at, true));
  const window = view.getUint8(5);
  const window_bytes = is_single ? 0 : 2 ** (10 + (window >> 3)) * (1 + (window & 7) / 8);
  if ((size ?? bytes) <= bytes && window_bytes <= WINDOW_BYTES_MAX) return;
  throw new Error(`it tells of ${size ?? window_bytes} bytes, where ${bytes} should be`);
}

const CODECS: Readonly<Record<string, Decompress | undefined>> = {
  ...compressors,
  ZSTD(compressed, bytes) {
    requireZstdFrame(compressed, bytes);
    return decompressZstd(compressed);
  },
  GZIP: (compressed, bytes) => zlib.gunzipSync(compressed, options(bytes)),
  BROTLI: (compressed, bytes) => zlib.brotliDecompressSync(compressed, options(bytes)),
  ...(zstdDecompressSync !== undefined && {
    ZSTD: (compressed: Uint8Array, bytes: number) => zstdDecompressSync(compressed, options(bytes)),
  }),
};

/** The uncompressed page in a buffer of its own: the input's buffer is reused for the next page. */
export function decompressed(codec: string, compressed: Uint8Array, bytes: number): Uint8Array {
  const page = codec === "UNCOMPRESSED" ? compressed.slice() : unpacked(codec, compressed, bytes);
  if (page.length === bytes) return page;
  throw new Error(`it has ${page.length} bytes, and tells of ${bytes}`);
}

function unpacked(codec: string, compressed: Uint8Array, bytes: number): Uint8Array {
  const decompress = Object.hasOwn(CODECS, codec) ? CODECS[codec] : undefined;
  if (decompress !== undefined) return decompress(compressed, bytes);
  throw new Error(`it is compressed by ${codec}; read are ${Object.keys(CODECS).join(", ")}`);
}
