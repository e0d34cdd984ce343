/** How many bytes of new in [from, to) differ from old, `way` bytes further on. */
export function wrongBytes(old: Uint8Array, next: Uint8Array, from: number, to: number, way: number): number {
  let wrong = 0;
  for (let place = from; place < to; place++) if (old[place + way] !== next[place]) wrong++;
  return wrong;
}
