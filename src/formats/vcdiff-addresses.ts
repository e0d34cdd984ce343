import type { ByteReader } from '../bytes/byte-reader.js';
import { patchError } from '../errors/patch-error.js';
import { bigEndianVarint, readBigEndianVarint } from './big-endian-varint.js';

/** VCDIFF's cache of addresses (RFC 3284, section 5.1 to 5.3); a window begins with an empty one. */
export class AddressCache {
  private readonly near: Float64Array;
  private readonly same: Float64Array;
  private slot = 0;

  constructor(near: number, same: number) {
    this.near = new Float64Array(near);
    this.same = new Float64Array(same * 256);
  }

  /** Reads the address of a COPY whose own bytes will stand at `here`; it must lie before. */
  read(mode: number, here: number, reader: ByteReader): number {
    const { near, same } = this;
    let address: number;
    if (mode < 2 + near.length) {
      const value = readBigEndianVarint(reader, 'an address');
      address = mode === 0 ? value : mode === 1 ? here - value : near[mode - 2]! + value;
    } else {
      address = same[(mode - 2 - near.length) * 256 + reader.u8('an address')]!;
    }
    if (address < 0 || address >= here) {
      throw patchError('BAD_CONTROL', 'formats', `a copy is from ${address}, before it stand ${here} bytes`, {
        found: address,
        expected: here,
      });
    }
    this.remember(address);
    return address;
  }

  /** The shortest way to write an address, a single byte of the same cache before all; the twin of `read`. */
  write(address: number, here: number): { readonly mode: number; readonly bytes: Uint8Array } {
    const { near, same } = this;
    let mode = 0;
    let value = address;
    if (here - address < value) {
      mode = 1;
      value = here - address;
    }
    for (let slot = 0; slot < near.length; slot++) {
      const distance = address - near[slot]!;
      if (distance >= 0 && distance < value) {
        mode = 2 + slot;
        value = distance;
      }
    }
    let bytes: Uint8Array | undefined;
    const place = address % same.length;
    if (value >= 128 && same[place] === address) {
      mode = 2 + near.length + Math.floor(place / 256);
      bytes = Uint8Array.of(place % 256);
    }
    this.remember(address);
    return { mode, bytes: bytes ?? bigEndianVarint(value) };
  }

  private remember(address: number): void {
    const { near, same } = this;
    if (near.length > 0) {
      near[this.slot] = address;
      this.slot = (this.slot + 1) % near.length;
    }
    if (same.length > 0) same[address % same.length] = address;
  }
}
