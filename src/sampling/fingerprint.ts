/**
 * Everything that decides the bits of a reply: the version of these algorithms, the generator, and the
 * kernel. The same request with the same fingerprint gives the same bytes, on any machine, replica, transport
 * or batch size.
 */
import { KERNEL_HASH } from "../kernels/kernel.wasm.ts";

/** Raised with every change of src/sampling that changes a reply. */
const ALGORITHM = 4;

export const SYSTEM_FINGERPRINT = `ls${ALGORITHM}-tychei-${KERNEL_HASH}`;
