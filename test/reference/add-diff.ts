/** Bytewise sum modulo 256; the twin of assembly/residual/add-diff.ts. */
export function addDiffReference(old: Uint8Array, diff: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(old, (byte, i) => byte + diff[i]!);
}
