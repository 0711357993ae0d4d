/**
 * Files that are sent where the bare elements of a tensor are wanted. Their headers would be read as logits, and every id of
 * the answer would be shifted. The first bytes tell them: as logits, each would be a coincidence of 1 in 2⁴⁸ or less.
 */
import { Problem } from "../../errors.ts";

interface FileKind {
  readonly name: string;
  /** how its elements are had */
  readonly instead: string;
  /** the first bytes of such a file; ANY matches every byte */
  readonly beginning: readonly number[];
  /** what the first four bytes must be below, as a little-endian number */
  readonly below?: number;
}

const ANY = -1;
/** Fewer bytes tell nothing. */
const LOOKED_AT = 8;

const KINDS: readonly FileKind[] = [
  {
    name: "a .npy file",
    instead: "send array.tobytes(), or the file to logit-sampler sample --in",
    beginning: [0x93, ...ascii("NUMPY")],
  },
  {
    name: "a safetensors file",
    instead: "send the bytes of one tensor, or the file to logit-sampler sample --in",
    // The length of the header in eight bytes, then an object of JSON. The library reads no header of 100 MB or more.
    beginning: [ANY, ANY, ANY, ANY, 0, 0, 0, 0, ...ascii('{"')],
    below: 100_000_000,
  },
  {
    name: "a Parquet file",
    instead: "send the values of one row, or the file to logit-sampler sample --in",
    // The magic, then the type of the first page in Thrift's compact form.
    beginning: [...ascii("PAR1"), 0x15, ANY, 0x15],
  },
  {
    name: "a zip archive, as .npz and PyTorch's .pt files are",
    instead: "send the bytes of one array",
    beginning: [...ascii("PK"), 3, 4, ANY, 0],
  },
];

/** Throws a Problem for the first bytes of a file. Fewer than eight bytes are not looked at. */
export function requireNoFile(bytes: Uint8Array): void {
  if (bytes.length < LOOKED_AT) return;
  for (const { name, instead, beginning, below } of KINDS) {
    let i = 0;
    while (i < beginning.length && (beginning[i] === ANY || beginning[i] === bytes[i])) i++;
    if (i < beginning.length) continue;
    if (below !== undefined && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) >= below)
      continue;
    throw new Problem("invalid_logits", `a tensor is its bare elements, got ${name}: ${instead}`, "/logits");
  }
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
