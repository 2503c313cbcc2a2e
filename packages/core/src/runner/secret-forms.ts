/**
 * The forms of a secret: the bytes by which its value is recognised in what a command prints and writes.
 *
 * As it is, and as programs write it down that print JSON, URLs or headers. Whoever wants to hide a value
 * can: what is compressed, encrypted, written backwards or in hexadecimal is not recognised. This is to
 * catch mistakes.
 *
 * @module
 */

/** Bytes that a value must have at least. Shorter ones would be found where they only happen to be. */
export const minSecretBytes = 4;

/** Characters that a form in base 64 must have at least, for the same reason. */
const minBase64 = 12;

/** The bytes that count of a value: programs take white space at its ends away. */
export function coreOf(value: string): string {
  return value.trim();
}

/** All forms of a value, without repetitions, the value itself first. */
export function formsOf(value: string): Buffer[] {
  const core = coreOf(value);
  const texts = new Set([
    core,
    core.replaceAll(/\r?\n/g, "\r\n"),
    core.replaceAll("\r\n", "\n"),
    JSON.stringify(core).slice(1, -1),
    urlForm(core),
    ...base64Forms(Buffer.from(core)),
  ]);
  return [...texts].map((text) => Buffer.from(text));
}

function urlForm(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half a surrogate pair, which no URL can hold.
    return text;
  }
}

/**
 * Base 64 writes three bytes as four characters, so what it makes of a value depends on how many bytes
 * stand before it: three forms, of which only the characters count that the value alone decides about.
 */
function base64Forms(value: Buffer): string[] {
  const inside = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), value]).toString("base64");
    const bits = 8 * (before + value.byteLength);
    return text.slice(Math.ceil((8 * before) / 6), Math.floor(bits / 6));
  });
  const alone = value.toString("base64").replace(/=+$/, "");
  return [alone, ...inside]
    .filter(({ length }) => length >= minBase64)
    .flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}
