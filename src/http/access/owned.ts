/**
 * The service as the owner of an API key sees it. Steps and detections may name only the owner's watermark keys. A step that
 * names no mark gets the server's default mark. Parsed requests are cached for all owners, so the check is made for every step,
 * not only when a text is parsed.
 */
import type { Config } from "../../config/config.ts";
import type { KeyGrant } from "../../config/keys.ts";
import { Problem, show } from "../../errors.ts";
import type { WatermarkKeys } from "../../sampling/draw/watermark/keys.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { StepOptions } from "../../sampling/step.ts";

/** The part of a service that depends on the owner of the key. */
interface Owned {
  readonly sampler: Sampler;
  readonly config: Pick<Config, "watermark_keys" | "default_mark" | "opt_out">;
}

/** The grant of requests without an owner: their key has no line in the keys file, or the service has no keys. */
const NO_OWNER: KeyGrant = { id: "", watermark_keys: undefined, routes: undefined, may_opt_out: false };

/** One service for each grant. Grants live as long as the service. */
const KNOWN = new WeakMap<object, WeakMap<KeyGrant, object>>();

/** The service itself where nothing depends on the owner. */
export function ownedBy<Service extends Owned>(service: Service, grant: KeyGrant = NO_OWNER): Service {
  const { default_mark, watermark_keys } = service.config;
  if (grant.watermark_keys === undefined && default_mark === undefined) return service;
  const of_service = KNOWN.get(service) ?? new WeakMap<KeyGrant, object>();
  KNOWN.set(service, of_service);
  const known = of_service.get(grant) as Service | undefined; // made below, from this service
  if (known !== undefined) return known;
  const refusal = (id: string) => refusalOf(grant, id);
  const own_keys: WatermarkKeys = {
    get: (id) => watermark_keys.get(id),
    size: watermark_keys.size,
    refusal,
  };
  const owned = {
    ...service,
    sampler: guarded(service, grant),
    config: { ...service.config, watermark_keys: own_keys },
  };
  of_service.set(grant, owned);
  return owned;
}

function refusalOf({ id, watermark_keys }: KeyGrant, key_id: string): string | undefined {
  if (watermark_keys === undefined || watermark_keys.includes(key_id)) return undefined;
  const allowed = watermark_keys.length === 0 ? "no watermark key" : watermark_keys.join(", ");
  return `the key of ${id} may name the watermark keys that are its own, ${allowed}, got ${show(key_id)}`;
}

/** A sampler that checks each step against the grant before it takes it. */
function guarded({ sampler, config }: Owned, grant: KeyGrant): Sampler {
  const { default_mark, opt_out } = config;
  const marked = (options: StepOptions): StepOptions => {
    if (options.watermark !== undefined) {
      const sentence = refusalOf(grant, options.watermark.options.key);
      if (sentence !== undefined) throw new Problem("forbidden", sentence, "/watermark/key");
      return options;
    }
    if (default_mark === undefined) return options;
    if (!options.unmarked) return bearsMark(options) ? { ...options, watermark: default_mark } : options;
    if (opt_out === "anyone" || grant.may_opt_out) return options;
    const sentence =
      "this server marks what it draws (WATERMARK_DEFAULT), and this key may not leave the mark out";
    throw new Problem("forbidden", sentence, "/unmarked");
  };
  const own: Pick<Sampler, "sample" | "begin" | "inspect"> = {
    sample: (rows, options, drawing) => sampler.sample(rows, marked(options), drawing),
    begin: (rows, options, drawing) => sampler.begin(rows, marked(options), drawing),
    inspect: (rows, options, look) => sampler.inspect(rows, marked(options), look),
  };
  return Object.assign(Object.create(sampler) as Sampler, own);
}

/** Whether a step can bear the default mark: a greedy one has no choice. Throws the Problem of one that draws in another way. */
function bearsMark({ chain, n, draw, step, history }: StepOptions): boolean {
  if (chain.some(({ stage, options }) => stage.isGreedy?.(options))) return false;
  const [what, pointer] = otherWay(n, draw.rule.name, step > 0 && history.length === 0);
  if (what === undefined) return true;
  throw new Problem(
    "option_conflict",
    `this server marks what it draws (WATERMARK_DEFAULT), and ${what} cannot bear the mark: unmarked leaves it out, where the key may`,
    pointer,
  );
}

function otherWay(
  n: number | undefined,
  rule: string,
  lacks_history: boolean,
): readonly [what: string | undefined, pointer: string] {
  if (n !== undefined && n > 1) return [`n of ${n}`, "/n"];
  if (rule !== "inverse_cdf") return [`draw by ${rule}`, "/draw"];
  return [lacks_history ? "a later step without history" : undefined, "/history"];
}
