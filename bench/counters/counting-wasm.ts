/**
 * Counts the work of WebAssembly in place of its time: calls from outside, and every load and store. Counts are the
 * same on every machine, under every load and in every version of Node. A module that counts is rewritten by binaryen's
 * instrument-memory pass, which puts a call around each access, and runs slowly.
 */
import type binaryen from "assemblyscript/binaryen";

export interface WasmCounts {
  /** of exported functions */
  calls: number;
  /** loads and stores, whether of one byte or of sixteen */
  accesses: number;
  /** of all memories that were given to counting instances */
  memory_bytes: number;
}

export interface CountingWasm {
  /** of all instances that were made within `counted` */
  readonly counts: WasmCounts;
  /** Runs a function; the instances that it makes count. Their modules must not have been compiled before `countWasm`. */
  counted<Made>(make: () => Made): Made;
  uninstall(): void;
}

type Binaryen = typeof binaryen;
type Constructors = Pick<typeof WebAssembly, "Module" | "Instance">;
type Imports = Record<string, Record<string, unknown>>;

/** Loads binaryen, which takes some seconds of CPU, so only when something is counted. */
export async function countWasm(): Promise<CountingWasm> {
  const { default: rewriter } = await import("assemblyscript/binaryen");
  const originals: Constructors = { Module: WebAssembly.Module, Instance: WebAssembly.Instance };
  const counts: WasmCounts = { calls: 0, accesses: 0, memory_bytes: 0 };
  const sources = new WeakMap<WebAssembly.Module, Uint8Array>();
  let is_counting = false;
  Object.assign(WebAssembly, {
    Module: class extends originals.Module {
      constructor(bytes: Uint8Array) {
        super(bytes);
        sources.set(this, bytes);
      }
    },
    // A constructor may return another object than `this`.
    Instance: function create(module: WebAssembly.Module, imports: Imports = {}) {
      if (!is_counting) return new originals.Instance(module, imports);
      const source = sources.get(module);
      if (source === undefined)
        throw new Error("the module was compiled before its accesses could be counted");
      return countingInstance(originals, instrumented(rewriter, source), imports, counts);
    },
  });
  return {
    counts,
    counted(make) {
      is_counting = true;
      try {
        return make();
      } finally {
        is_counting = false;
      }
    },
    uninstall: () => void Object.assign(WebAssembly, originals),
  };
}

function countingInstance(
  { Module, Instance }: Constructors,
  source: Uint8Array,
  imports: Imports,
  counts: WasmCounts,
) {
  const env = { ...hooks(counts), ...imports["env"] };
  const { exports } = new Instance(new Module(source), { ...imports, env });
  const { memory } = env as { memory?: WebAssembly.Memory }; // where a module imports one
  counts.memory_bytes += memory?.buffer.byteLength ?? 0;
  return {
    exports: Object.fromEntries(Object.entries(exports).map(([name, each]) => [name, counted(each, counts)])),
  };
}

function instrumented(rewriter: Binaryen, bytes: Uint8Array): Uint8Array {
  const module = rewriter.readBinary(bytes);
  module.setFeatures(rewriter.Features.All);
  module.runPasses(["instrument-memory"]);
  const binary = module.emitBinary();
  module.dispose();
  return binary;
}

const TYPES = ["i32", "i64", "f32", "f64"];

/** Hooks that the instrumented code calls. Each returns its last argument, the address or the value, unchanged. */
function hooks(counts: WasmCounts): Record<string, unknown> {
  const same = (...values: unknown[]) => values.at(-1);
  const access = (_id: number, _bytes: number, _offset: number, address: number) => {
    counts.accesses++;
    return address;
  };
  const names = [
    ...TYPES.flatMap((type) => [`load_val_${type}`, `store_val_${type}`]),
    ...TYPES.flatMap((type) => [`struct_get_val_${type}`, `struct_set_val_${type}`]),
    ...TYPES.flatMap((type) => [`array_get_val_${type}`, `array_set_val_${type}`]),
    "array_get_index",
    "array_set_index",
    "memory_grow_pre",
    "memory_grow_post",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, same])),
    load_ptr: access,
    store_ptr: access,
  };
}

function counted(exported: unknown, counts: WasmCounts): unknown {
  if (typeof exported !== "function") return exported;
  return (...values: unknown[]) => {
    counts.calls++;
    return Reflect.apply(exported, undefined, values);
  };
}
