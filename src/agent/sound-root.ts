import { toHex } from '../bytes/hex.js';
import { sha256 } from '../digest/digest.js';
import { patchError } from '../errors/patch-error.js';
import { type JsonValue, writeCanonicalJson } from '../levels/canonical-json.js';

interface RootDocument {
  readonly signed?: {
    readonly keys?: Readonly<Record<string, JsonValue>>;
    readonly roles?: Readonly<
      Record<string, { readonly keyids?: readonly string[]; readonly threshold?: number }>
    >;
  };
}

/**
 * Refuses root metadata in which a threshold does not mean what it says: an id that is not the SHA-256 of its key (so one key could stand under
 * two ids and count twice), a role without keys, a threshold below 1 or above the number of its keys.
 *
 * @throws SignatureError METADATA_NOT_TRUSTED
 */
export function assertSoundRoot(bytes: Uint8Array): void {
  let document: RootDocument;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw patchError('METADATA_NOT_TRUSTED', 'agent', 'the root metadata is no JSON', {}, cause);
  }
  const keys = document.signed?.keys ?? {};
  for (const [id, key] of Object.entries(keys))
    if (keyIdOf(key) !== id) throw unsound(`key ${id} is not what its id says`);
  for (const name of ['root', 'targets', 'snapshot', 'timestamp']) {
    const { keyids = [], threshold = 0 } = document.signed?.roles?.[name] ?? {};
    const known = new Set(keyids.filter((id) => Object.hasOwn(keys, id)));
    if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > known.size) {
      throw unsound(`the role ${name} wants ${threshold} signatures of ${known.size} keys`);
    }
  }
}

function keyIdOf(key: JsonValue): string {
  try {
    return toHex(sha256(writeCanonicalJson(key).subarray(0, -1)));
  } catch {
    return '';
  }
}

function unsound(why: string) {
  return patchError('METADATA_NOT_TRUSTED', 'agent', `the root metadata is not sound: ${why}`);
}
