/**
 * The documentation of each keyword of JSON Schema and of each format. It is a separate file, because no running code
 * reads it: a browser's sampler is 5 kB smaller without it.
 */

export const KEYWORD_NOTES: ReadonlyMap<string, string> = new Map([
  ["type", "One or more of the seven types. An integer is written without a decimal point or an exponent."],
  [
    "enum",
    "One of the values, written as by JSON.stringify. Values that the other keywords do not admit are left out.",
  ],
  ["const", "This value, written as by JSON.stringify."],
  ["minimum", "Compared exactly, digit by digit. A number with bounds is written without an exponent."],
  ["maximum", "As minimum."],
  ["exclusiveMinimum", "As minimum."],
  ["exclusiveMaximum", "As minimum."],
  [
    "multipleOf",
    "Supported for powers of ten, and for divisors that need at most 4,096 remainders (0.25 needs 75, 7 needs 7). Refused for others.",
  ],
  ["minLength", "Counted in code points; a surrogate pair of \\u escapes counts as one."],
  ["maxLength", "As minLength."],
  [
    "pattern",
    "May match anywhere in the string, unless anchored. The string is escaped as by JSON.stringify.",
  ],
  [
    "format",
    "The formats of the second table are enforced. Others are annotations, and a warning names them; with `formats: assert` they are refused.",
  ],
  ["items", "Applies to the items after those of prefixItems."],
  ["prefixItems", "One schema for each of the first items."],
  ["minItems", "Counted."],
  ["maxItems", "Counted."],
  ["properties", "In the order of the schema; in any order with `property_order: any`."],
  ["required", "Names that `properties` does not list come after those that it lists."],
  [
    "additionalProperties",
    "These properties come after all listed ones. Their names are escaped as by JSON.stringify.",
  ],
  [
    "patternProperties",
    "At most four patterns in one object. A property must fit the schema of every pattern that its name matches. Weakened: the schema of one of them is enough.",
  ],
  [
    "propertyNames",
    "Applies to all names, listed or not. Only the schema's rules for strings have an effect.",
  ],
  [
    "minProperties",
    "The members of the text are counted. Names that the schema does not list may repeat, and each repetition counts.",
  ],
  ["maxProperties", "Counted."],
  ["dependentRequired", "The object either lacks the property, or has all the properties that it requires."],
  ["dependentSchemas", "The object either lacks the property, or is valid by its schema."],
  ["allOf", "All schemas are merged into one, keyword by keyword."],
  ["anyOf", "Alternatives. Each is merged with the keywords beside anyOf."],
  [
    "oneOf",
    "Like anyOf where the branches exclude each other by type, by values, by bounds or by a required property. Also where a branch can be negated, see `not`. Refused otherwise.",
  ],
  [
    "not",
    "Supported where the schema can be negated: types, values, bounds, lengths, pattern, required, single properties, and combinations of those by allOf, anyOf and not. Refused otherwise.",
  ],
  ["if", "Used with then and else. Refused where the schema of if cannot be negated, see `not`."],
  ["then", "With if."],
  ["else", "With if."],
  [
    "$ref",
    "Refers to a place in the same schema by pointer, $anchor or $id; may be recursive. Nothing is fetched.",
  ],
  ["$defs", "Schemas that $ref refers to."],
  ["definitions", "The name of $defs in older drafts."],
  ["$id", "A base for $ref."],
  ["$anchor", "A name for $ref."],
  ["$dynamicAnchor", "As $anchor."],
  [
    "contains",
    "The matching items are counted; one contains at each place. maxContains is supported only where the schema can be negated, see `not`.",
  ],
  ["minContains", "With contains."],
  ["maxContains", "With contains."],
  [
    "uniqueItems",
    "Supported where maxItems is at most 1, or where all items are from a list of at most 8 scalars. Refused otherwise: a finite automaton cannot compare all items.",
  ],
  [
    "unevaluatedProperties",
    "Applies to properties that no other schema for the same object has evaluated. Refused inside not and beside listed values.",
  ],
  ["unevaluatedItems", "Like unevaluatedProperties, for items. Refused beside contains."],
  ["$dynamicRef", "Like $ref where only one schema has the $dynamicAnchor. Refused where several have it."],
  [
    "$recursiveRef",
    "The form of draft 2019-09 of $dynamicRef. Refused where several schemas have $recursiveAnchor.",
  ],
  ["$recursiveAnchor", "In draft 2019-09: the place that $recursiveRef refers to."],
  ["dependencies", "Up to draft 7: read as dependentRequired and dependentSchemas."],
  [
    "additionalItems",
    "Up to draft 2019-09, when items is a list: the schema of all further items. Otherwise it has no effect.",
  ],
  ["id", "In draft 4 and OpenAPI 3.0: read as $id."],
  [
    "$schema",
    "Names the draft: 4, 6, 7, 2019-09, 2020-12 or OpenAPI 3.0. Without it, or with another URI, the draft is 2020-12.",
  ],
  ["$vocabulary", "Has a meaning only in metaschemas."],
  ["$comment", "A comment."],
  ["title", "A title."],
  ["description", "A description."],
  ["default", "A default value."],
  ["examples", "Values."],
  ["deprecated", "A remark."],
  ["readOnly", "A remark."],
  ["writeOnly", "A remark."],
  ["contentEncoding", "Describes a string's content, which is not checked."],
  ["contentMediaType", "As contentEncoding."],
  ["contentSchema", "As contentEncoding."],
  [
    "nullable",
    'In OpenAPI 3.0, and without $schema: true adds "null" to type. Elsewhere it has no effect, and a warning says so.',
  ],
  ["discriminator", "A keyword of OpenAPI: only oneOf is enforced."],
  ["example", "A keyword of OpenAPI: a value."],
  ["externalDocs", "Of OpenAPI: a remark."],
  ["xml", "Of OpenAPI: a remark."],
]);

export const FORMAT_NOTES: ReadonlyMap<string, string> = new Map([
  ["date", "RFC 3339 full-date, with the right number of days for each month and for leap years."],
  [
    "time",
    "RFC 3339 full-time. A leap second is generated only in UTC, as 23:59:60, not in the notation of other time zones.",
  ],
  ["date-time", "A date, T, and a time."],
  ["duration", "RFC 3339, appendix A: units in order, without gaps."],
  ["uuid", "RFC 9562, any version."],
  ["email", "RFC 5321 mailbox: dotted atoms or a quoted string, at a host name or an address in brackets."],
  [
    "hostname",
    "RFC 1123: labels of up to 63 letters, digits and inner hyphens. Labels with hyphens in their third and fourth places (xn--…) are not generated: a finite automaton cannot check their Punycode.",
  ],
  ["ipv4", "Four numbers up to 255 without leading zeros."],
  ["ipv6", "RFC 4291, with :: and a dotted end."],
  ["uri", "RFC 3986: with a scheme."],
  ["uri-reference", "RFC 3986: with a scheme or without."],
  ["iri", "RFC 3987: a URI with letters beyond ASCII."],
  ["iri-reference", "RFC 3987: with a scheme or without."],
  ["uri-template", "RFC 6570, up to level 4."],
  ["json-pointer", "RFC 6901."],
  ["relative-json-pointer", "A whole number, and # or a JSON pointer."],
]);
