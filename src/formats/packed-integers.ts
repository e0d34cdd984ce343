import { patchError } from '../errors/patch-error.js';

/**
 * HDiffPatch's integers: groups of 7 bits, the highest first, each behind a bit that says whether another group follows. The highest bits of the
 * first byte may be a tag; that byte then holds fewer bits of the value. Values from 2^53 on are refused.
 */
export class PackedIntegers {
  /** The tag of the integer read last. */
  tag = 0;
  private readonly source: { u8(): number };
  private readonly what: string;

  constructor(source: { u8(): number }, what: string) {
    this.source = source;
    this.what = what;
  }

  read(tagBits = 0): number {
    const first = this.source.u8();
    const more = 0x80 >>> tagBits;
    this.tag = first >>> (8 - tagBits);
    let value = first & (more - 1);
    for (let goesOn = (first & more) !== 0; goesOn; ) {
      const byte = this.source.u8();
      value = value * 128 + (byte & 127);
      if (!Number.isSafeInteger(value))
        throw patchError('BAD_HEADER', 'formats', `${this.what}: a number is beyond 2^53`);
      goesOn = byte >= 128;
    }
    return value;
  }
}
