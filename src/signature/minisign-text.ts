import { patchError } from '../errors/patch-error.js';
import type { StatusName } from '../errors/status.js';

/** Files of minisign are short; more is none. */
const MAX_TEXT = 32 << 10;

/** Lines of a minisign file: at least `least`, blank ones at the end aside. */
export function splitLines(text: string, least: number, what: string, code: StatusName): string[] {
  const lines = text.length > MAX_TEXT ? [] : text.split(/\r?\n/);
  while (lines.at(-1) === '') lines.pop();
  if (lines.length < least) throw malformed(what, code);
  return lines;
}

/** The `size` bytes of a line of canonical base64. */
export function decodeLine(line: string, size: number, what: string, code: StatusName): Uint8Array {
  const bytes = decodeBase64(line);
  if (bytes === undefined || bytes.length !== size) throw malformed(what, code);
  return bytes;
}

export function malformed(what: string, code: StatusName) {
  // The text is not told: it may be a secret key.
  return patchError(code, 'signature', `this is no ${what} of minisign`);
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function decodeBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return encodeBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** The id as minisign prints it: its bytes as a little-endian number, in capitals and without leading zeros. */
export function keyIdText(keyId: Uint8Array): string {
  return [...keyId]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .replace(/^0+(?=.)/, '')
    .toUpperCase();
}
