import { sha256 } from '../digest/digest.js';

/** Parts into which devices are divided. */
const PARTS = 10_000;

/**
 * Whether a device takes part in a rollout of `percent`. A pure function: the same device gives the same answer on every machine and at every
 * time, who is in at 10 percent is in at 20, and another salt draws other devices. The place of a device is the first 32 bits of SHA-256(salt, 0,
 * id), scaled to 0..9999; a thousand devices spread over it evenly without a word to any server.
 */
export function isInRollout(deviceId: string, salt: string, percent: number): boolean {
  return rolloutPlace(deviceId, salt) < percent * (PARTS / 100);
}

/** Place of a device in a rollout, 0..9999. */
export function rolloutPlace(deviceId: string, salt: string): number {
  const digest = sha256(new TextEncoder().encode(`${salt}\0${deviceId}`));
  const drawn = new DataView(digest.buffer).getUint32(0);
  return Math.floor((drawn * PARTS) / 2 ** 32);
}
