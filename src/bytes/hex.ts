const DIGITS = '0123456789abcdef';

/** Lower-case hexadecimal form of bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += DIGITS[byte >>> 4]! + DIGITS[byte & 15]!;
  return text;
}

/** Bytes of a hexadecimal string; throws RangeError when it is none. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/i.test(text))
    throw new RangeError(`expected hexadecimal digits, got ${JSON.stringify(text)}`);
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
