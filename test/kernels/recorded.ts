/** A machine that records which of its functions are called: this shows whether a fast path was taken. */
import type { KernelExports, Machine } from "../../src/kernels/instance.ts";

export function recorded(machine: Machine): { machine: Machine; calls: Set<string> } {
  const calls = new Set<string>();
  const wasm = new Proxy(machine.wasm, {
    get(target, name: keyof KernelExports) {
      calls.add(name);
      return target[name];
    },
  });
  return { machine: { ...machine, wasm }, calls };
}
