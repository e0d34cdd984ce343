import { patchError } from '../errors/patch-error.js';
import { LzmaModel, type LzmaOutput } from './lzma-model.js';

/**
 * LZMA2 decoder: chunks with a control byte. 0 ends the stream; 1 and 2 are bytes as they are, with a new dictionary or without; from 0x80
 * on a chunk is coded, and its bits say what begins anew: 1 the state, 2 the properties too, 3 the dictionary too.
 *
 * It is fed piece by piece, since xdelta3 keeps one stream for all windows and flushes it at each. All output so far is kept as the
 * dictionary. Source: xz 5.4, "lzma2_decoder.c" for the meaning of the control byte.
 */
export class Lzma2Decoder {
  private readonly model: LzmaModel;
  private readonly output: { buffer: Uint8Array<ArrayBuffer>; used: number; history: number } & LzmaOutput = {
    buffer: new Uint8Array(1 << 12),
    used: 0,
    history: 0,
  };
  private readonly what: string;
  private needsDictionary = true;
  private needsProperties = true;
  private needsState = true;
  private ended = false;

  constructor(what: string) {
    this.what = what;
    this.model = new LzmaModel(what);
  }

  /** Whether the stream's own end was read. */
  get hasEnded(): boolean {
    return this.ended;
  }

  /** All that was decoded so far; stale after the next `decode`. */
  get made(): Uint8Array<ArrayBuffer> {
    return this.output.buffer.subarray(0, this.output.used);
  }

  /** Decodes whole chunks from `offset` to the stream's or the input's end; answers where it stopped. At most `limit` bytes more. */
  decode(input: Uint8Array, offset: number, limit: number): number {
    let at = offset;
    const most = this.output.used + limit;
    while (at < input.length && !this.ended) {
      const control = input[at++]!;
      if (control === 0) {
        this.ended = true;
        break;
      }
      at = control < 0x80 ? this.plain(control, input, at, most) : this.coded(control, input, at, most);
    }
    return at;
  }

  private plain(control: number, input: Uint8Array, at: number, most: number): number {
    if (control > 2) throw this.bad(`a chunk has the control byte ${control}`);
    if (control === 1) this.resetDictionary();
    else if (this.needsDictionary) throw this.bad('the first chunk has no new dictionary');
    const size = this.u16(input, at) + 1;
    const start = at + 2;
    if (size > input.length - start) throw this.cut();
    this.reserve(size, most);
    const { output } = this;
    output.buffer.set(input.subarray(start, start + size), output.used);
    output.used += size;
    output.history += size;
    this.model.movePosition(size);
    return start + size;
  }

  private coded(control: number, input: Uint8Array, at: number, most: number): number {
    const reset = (control >>> 5) & 3;
    const newSize = ((control & 31) << 16) + this.u16(input, at) + 1;
    const codedSize = this.u16(input, at + 2) + 1;
    let start = at + 4;
    if (reset === 3) this.resetDictionary();
    else if (this.needsDictionary) throw this.bad('the first chunk has no new dictionary');
    if (reset >= 2) {
      if (start >= input.length) throw this.cut();
      if (!this.model.setProperties(input[start++]!))
        throw this.bad('a chunk has properties that do not exist');
      this.needsProperties = false;
    } else if (this.needsProperties) throw this.bad('the first coded chunk has no properties');
    if (reset >= 1) {
      this.model.resetState();
      this.needsState = false;
    } else if (this.needsState) throw this.bad('the first coded chunk has no new state');
    if (codedSize > input.length - start) throw this.cut();
    this.reserve(newSize, most);
    this.model.decode(input.subarray(start, start + codedSize), this.output, newSize);
    return start + codedSize;
  }

  private resetDictionary(): void {
    this.output.history = 0;
    this.model.movePosition(0, true);
    this.needsDictionary = false;
    this.needsState = true;
  }

  private reserve(size: number, most: number): void {
    const end = this.output.used + size;
    if (end > most) throw this.bad(`it holds more than the ${most} bytes that are of use`);
    if (end <= this.output.buffer.length) return;
    const grown = new Uint8Array(Math.max(end, 2 * this.output.buffer.length));
    grown.set(this.made);
    this.output.buffer = grown;
  }

  private u16(input: Uint8Array, at: number): number {
    if (at + 2 > input.length) throw this.cut();
    return input[at]! * 256 + input[at + 1]!;
  }

  private bad(message: string): Error {
    return patchError('BAD_STREAM', 'formats', `${this.what}: ${message} (LZMA2)`);
  }

  private cut(): Error {
    return patchError('TRUNCATED', 'formats', `${this.what}: a chunk is cut off (LZMA2)`);
  }
}
