import type { RandomAccess } from '../bytes/random-access.js';

/** Several inputs, one behind the other, as one. */
export class JoinedAccess implements RandomAccess {
  readonly size: number;
  private readonly inputs: readonly { readonly start: number; readonly input: RandomAccess }[];

  constructor(inputs: readonly RandomAccess[]) {
    let start = 0;
    this.inputs = inputs.map((input) => {
      const placed = { start, input };
      start += input.size;
      return placed;
    });
    this.size = start;
  }

  read(offset: number, into: Uint8Array): number {
    let done = 0;
    for (const { start, input } of this.inputs) {
      const from = offset + done - start;
      if (done === into.length || from < 0 || from >= input.size) continue;
      const room = into.subarray(done, done + Math.min(into.length - done, input.size - from));
      done += input.read(from, room);
    }
    return done;
  }
}
