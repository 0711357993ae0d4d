/**
 * Files that are sent where the bare elements of a tensor are wanted. Their headers would be read as logits, and every id of
 * the answer would be shifted. The first bytes tell them: as logits, each would be a coincidence of 1 in 2⁴⁸ or less.
 */
import { Problem } from "../../errors.ts";

interface FileKind {
  readonly name: string;
  /** how its elements are had */
  readonly instead: string;
  isBegunBy(bytes: Uint8Array): boolean;
}

/** The longest header that its library reads, in bytes. */
const SAFETENSORS_HEADER_MAX = 100_000_000;
/** Fewer bytes tell nothing. */
const LOOKED_AT = 8;

const KINDS: readonly FileKind[] = [
  {
    name: "a .npy file",
    instead: "send array.tobytes(), or the file to logit-sampler sample --in",
    isBegunBy: (bytes) => startsWith(bytes, [0x93, ..."NUMPY"]),
  },
  {
    name: "a safetensors file",
    instead: "send the bytes of one tensor, or the file to logit-sampler sample --in",
    // A length of eight bytes, which is below 100 MB, then an object of JSON.
    isBegunBy: (bytes) =>
      new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) < SAFETENSORS_HEADER_MAX &&
      startsWith(bytes.subarray(4), [0, 0, 0, 0, "{", '"']),
  },
  {
    name: "a Parquet file",
    instead: "send the values of one row, or the file to logit-sampler sample --in",
    // The magic, then the type of the first page in Thrift's compact form.
    isBegunBy: (bytes) => startsWith(bytes, [..."PAR1", 0x15]) && bytes[6] === 0x15,
  },
  {
    name: "a zip archive, as .npz and PyTorch's .pt files are",
    instead: "send the bytes of one array",
    isBegunBy: (bytes) => startsWith(bytes, [..."PK", 3, 4]) && bytes[5] === 0,
  },
];

/** Throws a Problem for the first bytes of a file. Fewer than eight bytes are not looked at. */
export function requireNoFile(bytes: Uint8Array): void {
  if (bytes.length < LOOKED_AT) return;
  const kind = KINDS.find((each) => each.isBegunBy(bytes));
  if (kind === undefined) return;
  throw new Problem(
    "invalid_logits",
    `a tensor is its bare elements, got ${kind.name}: ${kind.instead}`,
    "/logits",
  );
}

function startsWith(bytes: Uint8Array, beginning: readonly (number | string)[]): boolean {
  return beginning.every((each, i) => bytes[i] === (typeof each === "string" ? each.charCodeAt(0) : each));
}
