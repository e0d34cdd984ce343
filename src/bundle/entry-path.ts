/**
 * Paths of entries, checked before anything is read or written (TRUST: traversal, other roots, names that one system resolves
 * differently from another). A path is UTF-8 with `/` between its names, relative to the bundle's folder. What is legal on one
 * system and dangerous on another is refused everywhere, so that a bundle means the same on all.
 */

import { patchError } from '../errors/patch-error.js';

/** Of UTF-8. */
export const MAX_PATH_BYTES = 1024;
const MAX_NAME_BYTES = 255;
/** Deep enough for any framework, shallow enough for every path buffer. */
const MAX_DEPTH = 64;
/** Devices of Windows, with any extension. */
const RESERVED =
  /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(\.|$)/i;
const encoder = new TextEncoder();

/** Throws FormatError(BAD_PATH) unless `path` is a safe path of an entry. */
export function assertEntryPath(path: string): void {
  const fault = faultOfPath(path);
  if (fault === undefined) return;
  throw patchError('BAD_PATH', 'bundle', `the path ${JSON.stringify(path.slice(0, 200))} ${fault}`, {
    path: path.slice(0, 200),
  });
}

function faultOfPath(path: string): string | undefined {
  if (path === '') return 'is empty';
  if (encoder.encode(path).length > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.startsWith('/')) return 'is absolute';
  const names = path.split('/');
  if (names.length > MAX_DEPTH) return `is deeper than ${MAX_DEPTH} folders`;
  for (const name of names) {
    const fault = faultOfName(name);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultOfName(name: string): string | undefined {
  if (name === '') return 'has an empty name';
  if (name === '.' || name === '..') return `has the name ${name}`;
  if (encoder.encode(name).length > MAX_NAME_BYTES) return `has a name longer than ${MAX_NAME_BYTES} bytes`;
  if (/\p{Surrogate}/u.test(name)) return 'is no Unicode text';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f\\:]/.test(name)) return 'has a control character, a backslash or a colon';
  if (/[. ]$/.test(name)) return 'has a name that ends with a dot or a space';
  if (RESERVED.test(name)) return 'has the name of a device';
  return undefined;
}

/**
 * Throws FormatError(BAD_PATH) unless a link at `path` leads to a place inside the bundle: relative, and up only at its beginning, because
 * `..` behind a name goes wherever that name, if it is a link, leads. No entry lies below a link, so the folders above
 * it are real ones and the leading `..` count.
 */
export function assertLinkTarget(path: string, target: string): void {
  const names = target.split('/');
  const ups = names.findIndex((name) => name !== '..');
  const down = ups < 0 ? [] : names.slice(ups);
  const depth = path.split('/').length - 1;
  const isInside = (ups < 0 ? names.length : ups) <= depth;
  const fault = down.map(faultOfName).find((one) => one !== undefined);
  if (isInside && fault === undefined && target.length <= MAX_PATH_BYTES) return;
  throw patchError(
    'BAD_PATH',
    'bundle',
    `the link ${path} leads to ${JSON.stringify(target.slice(0, 200))}, which ${isInside ? (fault ?? 'is too long') : 'leaves the bundle'}`,
    { path, target: target.slice(0, 200) },
  );
}

/** Byte order of UTF-8: the order of entries, the same in every language. */
export function comparePaths(a: string, b: string): number {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return left[i]! - right[i]!;
  return left.length - right.length;
}

/** What two names have in common that are one on a file system which ignores case or Unicode's forms. */
export function clashKey(path: string): string {
  // Upper case first: it turns the sharp s into two letters, as file systems that fold it do.
  const folded = path.normalize('NFD').toUpperCase().toLowerCase().normalize('NFC');
  // HFS+ ignores characters without a shape (CVE-2014-9390).
  return folded.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}
