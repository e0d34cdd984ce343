import { patchError } from '../errors/patch-error.js';
import { readSection, SECTION } from './patch-body.js';
import { assertBodyDigest, readPatch } from './patch-reader.js';

/**
 * The way back that a patch holds: a whole patch from new to old. It has no signature of its own: the body that holds it is the one whose
 * digest the signed header names, and that is checked here.
 *
 * @throws FormatError NO_REVERSE when there is none
 */
export function reversePatchOf(patch: Uint8Array): Uint8Array {
  const parts = readPatch(patch);
  assertBodyDigest(parts);
  const section = readSection(parts.body, SECTION.reverse);
  if (section !== undefined) return section;
  throw patchError('NO_REVERSE', 'container', 'the patch holds no way back: it was made without `reverse`');
}
