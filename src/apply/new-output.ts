import { HashFiller } from '../image/hash-filler.js';
import type { OffsetRange } from '../predict/plan-walk.js';
import { holesOf, type Prediction } from '../predict/prediction.js';
import type { TableMaker } from '../predict/table-maker.js';

/**
 * Turns what is decoded into new: early sections are kept and put where they belong, and hashes of pages are made. What fills a hole is put
 * into a copy, since the bytes given are what models look back at, and the encoder sees holes empty.
 */
export class NewOutput {
  private readonly prediction: Prediction;
  private readonly maker: TableMaker | undefined;
  private readonly give: (bytes: Uint8Array, offset: number) => void;
  private readonly fillers: readonly HashFiller[];
  private readonly holes: readonly OffsetRange[];
  private hole = 0;
  /** The copy into which holes are filled. */
  private copy = new Uint8Array(0);

  constructor(
    prediction: Prediction,
    maker: TableMaker | undefined,
    give: (bytes: Uint8Array, offset: number) => void,
  ) {
    this.prediction = prediction;
    this.maker = maker;
    this.give = give;
    this.holes = holesOf(prediction);
    this.fillers = prediction.elements
      .filter(({ hashRuns }) => hashRuns.length > 0)
      .map(({ hashRuns, newRange }) => new HashFiller(hashRuns, newRange.start - prediction.tables.origin));
  }

  /** Takes the next bytes of the longer new. */
  readonly onBytes = (bytes: Uint8Array, offset: number): void => {
    const { origin } = this.prediction.tables;
    this.maker?.take(bytes, offset);
    if (offset + bytes.length <= origin) return;
    const skipped = Math.max(0, origin - offset);
    const start = offset + skipped;
    let piece = bytes.subarray(skipped);
    if (this.hasHole(start, start + piece.length)) {
      piece = this.copyOf(piece);
      this.putEarly(piece, start);
    }
    for (const filler of this.fillers) filler.fill(piece);
    this.give(piece, start - origin);
  };

  private hasHole(start: number, end: number): boolean {
    const { holes } = this;
    while (this.hole < holes.length && holes[this.hole]!.end <= start) this.hole++;
    return this.hole < holes.length && holes[this.hole]!.start < end;
  }

  private copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length > this.copy.length) this.copy = new Uint8Array(bytes.length);
    this.copy.set(bytes);
    return this.copy.subarray(0, bytes.length);
  }

  private putEarly(piece: Uint8Array, start: number): void {
    this.prediction.tables.early.forEach(({ place, size }, i) => {
      const from = Math.max(place, start);
      const to = Math.min(place + size, start + piece.length);
      if (from >= to) return;
      piece.set(this.maker!.earlyBytes(i).subarray(from - place, to - place), from - start);
    });
  }
}
