const nativeCompare = globalThis.Buffer?.compare;

/** Whether two byte strings are the same, told at the first difference: for long ones that are no secret. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if (nativeCompare !== undefined) return nativeCompare(a, b) === 0;
  return a.every((byte, i) => byte === b[i]);
}
