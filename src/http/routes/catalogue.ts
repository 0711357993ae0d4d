/** The fields that every catalogue lists. */
import type { ListedKind } from "../../sampling/kind.ts";
import { jsonSchemaOf } from "../../schemas/options.ts";

/** `tag` is the option that names an entry. */
export function described<Tag extends string, Options extends Readonly<Record<Tag, string>>>(
  tag: Tag,
  { name, summary, formula, source, example, options }: ListedKind<Tag, Options>,
) {
  return {
    name,
    summary,
    formula,
    source,
    example: { [tag]: name, ...example },
    options: jsonSchemaOf(options),
  };
}
