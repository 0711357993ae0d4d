/** Whether a client wants its answer as a tensor behind JSON. */

export const TENSOR_TYPE = "application/octet-stream";

/** True when the client names the tensor's type and not JSON. */
export function wantsTensor(accept = ""): boolean {
  return accept.includes(TENSOR_TYPE) && !accept.includes("application/json");
}
