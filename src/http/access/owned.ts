/**
 * The service as the owner of a key sees it: steps and searches name the watermark keys of the owner, and no others. What a
 * request said is remembered for all owners, so every step is looked at, not only the texts that are parsed.
 */
import type { KeyGrant } from "../../config/keys.ts";
import { Problem, show } from "../../errors.ts";
import type { WatermarkKeys } from "../../sampling/draw/watermark/keys.ts";
import type { Sampler } from "../../sampling/sampler.ts";
import type { StepOptions } from "../../sampling/step.ts";

/** What of a service depends on the owner of a key. */
interface Owned {
  readonly sampler: Sampler;
  readonly config: { readonly watermark_keys: WatermarkKeys };
}

/** One for each grant: grants live as long as the service. */
const KNOWN = new WeakMap<object, WeakMap<KeyGrant, object>>();

/** The service itself where the owner may do everything. */
export function ownedBy<Service extends Owned>(service: Service, grant: KeyGrant | undefined): Service {
  if (grant?.watermark_keys === undefined) return service;
  const of_service = KNOWN.get(service) ?? new WeakMap<KeyGrant, object>();
  KNOWN.set(service, of_service);
  const known = of_service.get(grant) as Service | undefined; // made below, from this service
  if (known !== undefined) return known;
  const refusal = (id: string) => refusalOf(grant, id);
  const { watermark_keys } = service.config;
  const own_keys: WatermarkKeys = {
    get: (id) => watermark_keys.get(id),
    size: watermark_keys.size,
    refusal,
  };
  const owned = {
    ...service,
    sampler: guarded(service.sampler, refusal),
    config: { ...service.config, watermark_keys: own_keys },
  };
  of_service.set(grant, owned);
  return owned;
}

function refusalOf({ id, watermark_keys = [] }: KeyGrant, key_id: string): string | undefined {
  if (watermark_keys.includes(key_id)) return undefined;
  const allowed = watermark_keys.length === 0 ? "no watermark key" : watermark_keys.join(", ");
  return `the key of ${id} may name the watermark keys that are its own, ${allowed}, got ${show(key_id)}`;
}

/** The sampler, whose steps are looked at before they are taken. */
function guarded(sampler: Sampler, refusal: (key_id: string) => string | undefined): Sampler {
  const look = ({ watermark }: StepOptions) => {
    const sentence = watermark && refusal(watermark.options.key);
    if (sentence !== undefined) throw new Problem("forbidden", sentence, "/watermark/key");
  };
  const own: Pick<Sampler, "sample" | "begin" | "inspect"> = {
    sample(rows, options, drawing) {
      look(options);
      return sampler.sample(rows, options, drawing);
    },
    begin(rows, options, drawing) {
      look(options);
      return sampler.begin(rows, options, drawing);
    },
    inspect(rows, options, seen) {
      look(options);
      return sampler.inspect(rows, options, seen);
    },
  };
  return Object.assign(Object.create(sampler) as Sampler, own);
}
