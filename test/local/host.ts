/** A host of the local sampler in this process: it does the work of the Python package, without a separate engine. */
import "../../src/local/main.ts";

type Api = Record<string, () => void> & {
  create(setup: object): string;
  readonly memory: ArrayBuffer;
};

interface Told {
  readonly desk: number;
  readonly box: number;
  readonly box_bytes: number;
  readonly row: number;
  readonly calls: readonly string[];
  readonly system_fingerprint: string;
}

export interface Answer {
  readonly text: string;
  readonly is_problem: boolean;
  readonly results: readonly number[];
}

export interface Host {
  readonly told: Told;
  /** Writes bytes into the box, then calls a function with numbers on the desk. */
  call(name: string, numbers: readonly number[], bytes?: Uint8Array): Answer;
  /** One request: JSON, or a header and a tensor; in pieces when it is longer than the box, or than `piece`. */
  request(path: string, head: object, tensor?: Uint8Array, piece?: number): string;
  /** Writes float32 values into the row that steps are taken from. */
  row(values: readonly number[]): void;
}

const UTF8 = new TextEncoder();

/** There is one desk, so only the last one made is valid. */
export function createHost(setup: object = {}): Host {
  const api = (globalThis as unknown as { readonly logit_sampler: Api }).logit_sampler; // main.ts has put it there
  const told = JSON.parse(
    api.create({ vocab_size_max: 8192, watermark_keys: { main: ["42"] }, ...setup }),
  ) as Told;
  const desk = new Float64Array(api.memory, told.desk, 16);
  const box = new Uint8Array(api.memory, told.box, told.box_bytes);
  const read = () => {
    let text = "";
    const decoder = new TextDecoder();
    for (;;) {
      text += decoder.decode(box.slice(0, desk[13]));
      if (desk[15] === 0) return text;
      api["more"]?.();
    }
  };
  const call: Host["call"] = (name, numbers, bytes) => {
    if (bytes !== undefined) box.set(bytes);
    desk.set(numbers);
    api[name]?.();
    return { text: read(), is_problem: desk[14] === 1, results: [...desk.slice(8, 12)] };
  };
  return {
    told,
    call,
    row: (values) => new Float32Array(api.memory, told.row, values.length).set(values),
    request(path, head, tensor, piece = box.length) {
      const text = UTF8.encode(JSON.stringify(head));
      const body = new Uint8Array(text.length + (tensor?.length ?? 0));
      body.set(text);
      body.set(tensor ?? [], text.length);
      const begun = [told.calls.indexOf(path), tensor === undefined ? -1 : text.length];
      if (body.length <= piece) return call("request", [...begun, body.length], body).text;
      let answer = call("begin", begun);
      for (let from = 0; from < body.length && !answer.is_problem; from += piece) {
        const part = body.subarray(from, from + piece);
        answer = call("write", [part.length], part);
      }
      return answer.is_problem ? answer.text : call("end", []).text;
    },
  };
}
