/**
 * What decides the bits of an answer: the version of these algorithms, the generator, and the kernel. Same
 * request and same fingerprint: same bytes of reply, on any machine, replica, transport or batch size.
 */
import { KERNEL_HASH } from "../kernels/kernel.wasm.ts";

/** Raised whenever a change of src/sampling changes an answer. */
const ALGORITHM = 4;

export const SYSTEM_FINGERPRINT = `ls${ALGORITHM}-tychei-${KERNEL_HASH}`;
