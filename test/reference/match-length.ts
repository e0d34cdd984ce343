/** Plain twins of assembly/match/match-length.ts. */

export function matchLengthReference(a: Uint8Array, b: Uint8Array): number {
  const size = Math.min(a.length, b.length);
  let i = 0;
  while (i < size && a[i] === b[i]) i++;
  return i;
}

export function countEqualReference(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] === b[i]) count++;
  return count;
}
