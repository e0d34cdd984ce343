import { equalBytes } from '../bytes/equal-bytes.js';
import { patchError } from '../errors/patch-error.js';

/**
 * Signed documents are canonical JSON: keys sorted by UTF-16 code units, no white space, integers only, one line end behind. A reader parses,
 * writes again and compares, so that whatever two readers could understand in two ways - repeated keys, a byte order mark, other
 * spellings of a number or a string, trailing bytes - is refused with one rule.
 */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

const MAX_DEPTH = 16;

/** Canonical bytes of a value. Throws RangeError for what has no canonical form. */
export function writeCanonicalJson(value: JsonValue): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${print(value, 0)}\n`);
}

/** Parses canonical JSON. Throws FormatError(BAD_MANIFEST). */
export function readCanonicalJson(bytes: Uint8Array, what: string): JsonValue {
  let canonical: Uint8Array;
  let value: JsonValue;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as JsonValue;
    canonical = writeCanonicalJson(value);
  } catch (cause) {
    throw patchError('BAD_MANIFEST', 'levels', `${what} is no JSON of the strict kind`, {}, cause);
  }
  if (equalBytes(canonical, bytes)) return value;
  throw patchError('BAD_MANIFEST', 'levels', `${what} is no canonical JSON`, {});
}

function print(value: JsonValue, depth: number): string {
  if (depth > MAX_DEPTH) throw new RangeError('too deep');
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer`);
    return `${value}`;
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new RangeError('a text has half a character');
    return JSON.stringify(value);
  }
  if (value === null || typeof value === 'boolean') return `${value}`;
  if (Array.isArray(value)) return `[${value.map((item) => print(item, depth + 1)).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${print(key, depth)}:${print(item, depth + 1)}`).join(',')}}`;
}
