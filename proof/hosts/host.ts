/** The description of a host, and the results of its run. */

interface Known {
  /** as docs/hosts.md calls it */
  readonly name: string;
  /** its script, in node/ or python/ without its ending */
  readonly script: string;
  /** only in the long form: its packages are large, or are compiled */
  readonly is_long: boolean;
  /** the service's settings for this host */
  readonly service?: Readonly<Record<string, string>>;
}

export interface NodeHost extends Known {
  readonly runs_in: "node";
  readonly packages: readonly string[];
  /** omits optional packages: binaries for other machines */
  readonly is_plain?: boolean;
}

export interface PythonHost extends Known {
  readonly runs_in: "python";
}

export type Host = NodeHost | PythonHost;

/** Milliseconds a token, model and sampler. */
export interface Times {
  readonly vocab_size: number;
  readonly what?: string;
  /** with the host's own sampler */
  readonly own: number;
  /** with the service */
  readonly ours: number;
  /** with the sampler in the host's process, if the host was run that way */
  readonly local?: number;
}

/** One line of a script's output. */
export type Line =
  | { readonly version: string; readonly note?: string }
  | { readonly claim: string; readonly held: boolean; readonly got: string }
  | { readonly ms: Times };

export interface Result {
  readonly name: string;
  readonly version: string;
  readonly note?: string;
  readonly claims: readonly string[];
  readonly ms: readonly Times[];
}
