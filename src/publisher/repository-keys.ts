import { patchError } from '../errors/patch-error.js';
import { tufKey, tufKeyId } from '../levels/tuf-key.js';
import type { Signer } from '../signature/signer.js';

/** The four top-level roles of The Update Framework (TUF specification 1.0, section 2.1). */
export const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const;
export type Role = (typeof ROLES)[number];

/** Who signs for a role, and how many of them must. */
export interface RoleSigners {
  readonly signers: readonly Signer[];
  readonly threshold: number;
}
/** Who signs for each role. */
export type RepositorySigners = Readonly<Record<Role, RoleSigners>>;

/** Days that a role's metadata is good for. */
export type Lifetimes = Readonly<Record<Role, number>>;
/** Days until each role must sign anew: the oftener a key is used, the shorter. */
export const DEFAULT_LIFETIMES: Lifetimes = { root: 365, targets: 90, snapshot: 30, timestamp: 7 };

/** The same keys for all roles: for a small publisher who keeps one key. */
export function sameSignersForAll(signers: readonly Signer[], threshold: number): RepositorySigners {
  const each = { signers, threshold };
  return { root: each, targets: each, snapshot: each, timestamp: each };
}

/** Keys and roles of root metadata. Throws SignatureError(BAD_KEY) for a role that could not sign, or whose threshold means nothing. */
export function rootTables(roles: RepositorySigners) {
  const keys: Record<string, ReturnType<typeof tufKey>> = {};
  const table: Record<string, { keyids: string[]; threshold: number }> = {};
  for (const role of ROLES) {
    const { signers, threshold } = roles[role];
    const keyids = [...new Set(signers.map(({ publicKey }) => tufKeyId(publicKey)))].sort();
    if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > keyids.length) {
      throw patchError(
        'BAD_KEY',
        'publisher',
        `the role ${role} wants ${threshold} signatures and has ${keyids.length} different keys`,
        { role, threshold, keys: keyids.length },
      );
    }
    for (const { publicKey } of signers) keys[tufKeyId(publicKey)] = tufKey(publicKey);
    table[role] = { keyids, threshold };
  }
  return { keys, roles: table };
}
