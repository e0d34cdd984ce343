import type { LzDecoderExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { badStream } from './bad-stream.js';
import { dictionarySize, type LzParameters, type StreamDecoder } from './codec.js';
import { InputQueue } from './input-queue.js';

const INPUT_SIZE = 16 << 10;

/** Streaming decoder of the lz coder; see assembly/entropy/lz-decoder.ts. */
export class LzDecoder implements StreamDecoder {
  private readonly kernel: KernelInstance<LzDecoderExports>;
  private readonly input = new InputQueue();
  private readonly block: number;
  private readonly inputPtr: number;
  private start = 0;
  private end = 0;
  private left: number;

  constructor(kernel: KernelInstance<LzDecoderExports>, parameters: LzParameters, rawSize: number) {
    const { lc, lp, pb } = parameters;
    const dictionary = dictionarySize(parameters, rawSize);
    this.kernel = kernel;
    this.left = rawSize;
    this.block = kernel.alloc(kernel.exports.lzDecoderSize(dictionary, lc, lp));
    this.inputPtr = kernel.alloc(INPUT_SIZE);
    kernel.exports.lzDecoderStart(this.block, dictionary, lc, lp, pb);
  }

  /** Bytes of linear memory that a decoder takes, by formula: probabilities, dictionary, input. */
  static memory({ lc, lp }: LzParameters, dictionary: number): number {
    return 8192 + (0x600 << (lc + lp)) + dictionary + INPUT_SIZE;
  }

  feed(bytes: Uint8Array, last: boolean): void {
    this.input.feed(bytes, last);
  }

  pull(ptr: number, size: number): number {
    const { exports } = this.kernel;
    const wanted = Math.min(size, this.left);
    let done = 0;
    while (done < wanted) {
      const last = this.fill();
      const status = exports.lzDecode(
        this.block,
        this.inputPtr + this.start,
        this.end - this.start,
        last ? 1 : 0,
        ptr + done,
        wanted - done,
      );
      if (status !== 0) throw badStream('an lz stream is malformed');
      const made = exports.lzMadeOutput();
      this.start += exports.lzUsedInput();
      done += made;
      if (made === 0 && !last && this.input.isEmpty) break;
    }
    this.left -= done;
    return done;
  }

  /** Tops up the input in linear memory; true when it holds the stream's last byte. */
  private fill(): boolean {
    const view = this.kernel.view(this.inputPtr, INPUT_SIZE);
    if (!this.input.isEmpty && INPUT_SIZE - this.end + this.start >= INPUT_SIZE / 2) {
      view.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
      this.end += this.input.moveTo(view.subarray(this.end));
    }
    return this.input.isEmpty && this.input.isLast;
  }

  finish(): void {
    const last = this.fill();
    const status = this.kernel.exports.lzFinished(
      this.block,
      this.inputPtr + this.start,
      this.end - this.start,
    );
    if (this.left > 0 || !last || status !== 0)
      throw badStream('an lz stream has another size than its header says');
  }
}
