/** The enforced formats of strings, each as a regular expression for the whole string. */

const DATE =
  "(?:\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))|(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)";
const OFFSET = "(?:[zZ]|[+\\-](?:[01]\\d|2[0-3]):[0-5]\\d)";
const TIME = `(?:(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d+)?${OFFSET}|23:59:60(?:\\.\\d+)?(?:[zZ]|[+\\-]00:00))`;
const OF_DAY = "\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S";
const OF_YEAR = "\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D";
/** No label has hyphens in its third and fourth places: an automaton cannot check the Punycode after `xn--`. */
const HOST_LABEL =
  "(?:[A-Za-z0-9](?:[A-Za-z0-9\\-]?[A-Za-z0-9])?|[A-Za-z0-9][A-Za-z0-9\\-](?:[A-Za-z0-9][A-Za-z0-9\\-]|-[A-Za-z0-9])(?:[A-Za-z0-9\\-]{0,58}[A-Za-z0-9])?)";
const HOST = `${HOST_LABEL}(?:\\.${HOST_LABEL})*`;
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const IPV4 = `${OCTET}(?:\\.${OCTET}){3}`;
const H16 = "[0-9A-Fa-f]{1,4}";
const LS32 = `(?:${H16}:${H16}|${IPV4})`;
const IPV6 = `(?:${ipv6Forms().join("|")})`;
const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-]+";
const LOCAL = `(?:${ATOM}(?:\\.${ATOM})*|"(?:[ !#-\\[\\]-~]|\\\\[ -~])*")`;
/** Letters beyond ASCII that an IRI may have, and those that only its query may have (RFC 3987). */
const UCS = "\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}\\u{10000}-\\u{EFFFD}";
const PRIVATE = "\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{10FFFD}";
const [URI, URI_REFERENCE] = uriForms("", "");
const [IRI, IRI_REFERENCE] = uriForms(UCS, PRIVATE);
const POINTER = "(?:/(?:[^~/]|~[01])*)*";
const VARIABLE =
  "(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:\\.?(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2}))*(?::[1-9]\\d{0,3}|\\*)?";
const TEMPLATE = `(?:[!#$&(-;=?-\\[\\]_a-z~${UCS}${PRIVATE}]|%[0-9A-Fa-f]{2}|\\{[+#./;?&=,!@|]?${VARIABLE}(?:,${VARIABLE})*\\})*`;

/** RFC 3986, with a scheme and without; RFC 3987 adds letters beyond ASCII. */
function uriForms(letters: string, of_query: string): readonly [whole: string, reference: string] {
  const pchar = `(?:[A-Za-z0-9._~!$&'()*+,;=:@\\-${letters}]|%[0-9A-Fa-f]{2})`;
  const no_colon = `(?:[A-Za-z0-9._~!$&'()*+,;=@\\-${letters}]|%[0-9A-Fa-f]{2})`;
  const name = `(?:[A-Za-z0-9._~!$&'()*+,;=\\-${letters}]|%[0-9A-Fa-f]{2})*`;
  const user = `(?:(?:[A-Za-z0-9._~!$&'()*+,;=:\\-${letters}]|%[0-9A-Fa-f]{2})*@)?`;
  const authority = `${user}(?:\\[(?:${IPV6}|[vV][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:\\-]+)\\]|${name})(?::\\d*)?`;
  const query = of_query === "" ? `(?:${pchar}|[/?])*` : `(?:${pchar}|[/?${of_query}])*`;
  const rest = `(?:\\?${query})?(?:#(?:${pchar}|[/?])*)?`;
  const rooted = `//${authority}(?:/${pchar}*)*|/(?:${pchar}+(?:/${pchar}*)*)?`;
  const whole = `[A-Za-z][A-Za-z0-9+.\\-]*:(?:${rooted}|${pchar}+(?:/${pchar}*)*|)${rest}`;
  return [whole, `(?:${whole}|(?:${rooted}|${no_colon}+(?:/${pchar}*)*|)${rest})`];
}

/** Eight groups, or fewer around a :: that stands for at least one group. */
function ipv6Forms(): string[] {
  const forms = [`(?:${H16}:){6}${LS32}`];
  for (let before = 0; before <= 7; before++) {
    const left = before === 0 ? "" : `${H16}(?::${H16}){${before - 1}}`;
    const groups = 7 - before;
    if (groups === 0) forms.push(`${left}::`);
    else {
      const words = `(?:${H16}(?::${H16}){0,${groups - 1}})?`;
      const with_ipv4 = groups >= 2 ? `|(?:${H16}:){0,${groups - 2}}${IPV4}` : "";
      forms.push(`${left}::(?:${words}${with_ipv4})`);
    }
  }
  return forms;
}

interface Format {
  readonly name: string;
  readonly regex: string;
  readonly length_max?: number;
}

export const FORMATS: readonly Format[] = [
  {
    name: "date",
    regex: DATE,
  },
  {
    name: "time",
    regex: TIME,
  },
  { name: "date-time", regex: `${DATE}[tT]${TIME}` },
  {
    name: "duration",
    regex: `P(?:\\d+W|(?:${OF_YEAR})(?:T(?:${OF_DAY}))?|T(?:${OF_DAY}))`,
  },
  {
    name: "uuid",
    regex: "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}",
  },
  {
    name: "email",
    regex: `${LOCAL}@(?:${HOST}|\\[(?:${IPV4}|IPv6:${IPV6})\\])`,
  },
  {
    name: "hostname",
    regex: HOST,
    length_max: 253,
  },
  { name: "ipv4", regex: IPV4 },
  { name: "ipv6", regex: IPV6 },
  { name: "uri", regex: URI },
  { name: "uri-reference", regex: URI_REFERENCE },
  { name: "iri", regex: IRI },
  { name: "iri-reference", regex: IRI_REFERENCE },
  { name: "uri-template", regex: TEMPLATE },
  { name: "json-pointer", regex: POINTER },
  {
    name: "relative-json-pointer",
    regex: `(?:0|[1-9]\\d*)(?:[+\\-](?:0|[1-9]\\d*))?(?:#|${POINTER})`,
  },
];

export const FORMAT_BY_NAME: ReadonlyMap<string, Format> = new Map(
  FORMATS.map((format) => [format.name, format]),
);
