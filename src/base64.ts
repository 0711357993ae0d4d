/** Base64 (RFC 4648 §4) to bytes and back, in plain code that also runs in browsers. */

/** The character of each value of 6 bits. */
export const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** value + 1 by character code; 0: no character of base64 */
const SEXTETS = new Uint8Array(128);
for (const [value, character] of [...ALPHABET].entries()) SEXTETS[character.charCodeAt(0)] = value + 1;

/** The bytes, or undefined when the text is not base64. Padding may be omitted; white space is not allowed. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = lengthWithoutPadding(text);
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const sextet = (SEXTETS[text.charCodeAt(i)] ?? 0) - 1;
    if (sextet < 0) return undefined;
    bits = ((bits << 6) | sextet) & 0xffffff;
    // After the 2nd, 3rd and 4th character of a group a byte is complete.
    if ((i & 3) !== 0) bytes[at++] = bits >> (6 - 2 * (i & 3));
  }
  return bytes;
}

/** The text of these bytes, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  const groups: string[] = [];
  for (let at = 0; at < length; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const letter = (shift: number) => ALPHABET.charAt((bits >> shift) & 63);
    const third = at + 1 < length ? letter(6) : "=";
    const fourth = at + 2 < length ? letter(0) : "=";
    groups.push(letter(18) + letter(12) + third + fourth);
  }
  return groups.join("");
}

/** Length of the part before "=" or "==", which may only complete a group of four. */
function lengthWithoutPadding(text: string): number {
  const { length } = text;
  if (length % 4 !== 0 || length === 0) return length;
  if (text[length - 1] !== "=") return length;
  return text[length - 2] === "=" ? length - 2 : length - 1;
}
