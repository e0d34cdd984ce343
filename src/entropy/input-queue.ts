/** Coded bytes that wait to be decoded: pieces in order, taken from the front. */
export class InputQueue {
  private pieces: Uint8Array[] = [];
  private front = 0;
  private complete = false;

  feed(bytes: Uint8Array, last: boolean): void {
    if (bytes.length > 0) this.pieces.push(bytes);
    this.complete = last;
  }

  /** Whether no byte will come after those that wait. */
  get isLast(): boolean {
    return this.complete;
  }

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** Moves as many bytes as fit to `target`; answers how many. */
  moveTo(target: Uint8Array): number {
    let done = 0;
    while (done < target.length && this.pieces.length > 0) {
      const piece = this.pieces[0]!;
      const part = piece.subarray(this.front, this.front + target.length - done);
      target.set(part, done);
      done += part.length;
      this.front += part.length;
      if (this.front === piece.length) {
        this.pieces.shift();
        this.front = 0;
      }
    }
    return done;
  }
}
