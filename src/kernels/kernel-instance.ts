import { patchError } from '../errors/patch-error.js';
import { statusName } from '../errors/status.js';
import type { CommonExports } from './kernel-exports.js';
import { hasSimd, type KernelSource, loadModule } from './load-module.js';

export interface KernelOptions {
  /** Run the SIMD or the scalar kernels; default: SIMD where the engine has it. Both give the same bytes. */
  readonly simd?: boolean | undefined;
  /** Most bytes of linear memory that this instance may take; more is a LimitError. Default 4 GiB - 64 KiB. */
  readonly memoryLimit?: number | undefined;
}

const PAGE = 65536;
const ALIGN = 16;
/** Readable bytes behind every block, so that kernels may load whole vectors at a buffer's end. */
const SLACK = 64;
const MAX_MEMORY = 65535 * PAGE;

/**
 * One instance of a kernel module and the owner of its linear memory above `heapBase()`: a bump arena with
 * marks. It lives for one operation; linear memory never shrinks, so dropping the instance is what frees it.
 * Addresses are plain numbers; views become stale when memory grows, so they are taken fresh for each use.
 */
export class KernelInstance<Exports extends CommonExports> {
  readonly exports: Exports;
  private top: number;
  private highest: number;
  private readonly memoryLimit: number;

  constructor(source: KernelSource, options: KernelOptions = {}) {
    const module = loadModule(source, options.simd ?? hasSimd());
    this.memoryLimit = Math.min(options.memoryLimit ?? MAX_MEMORY, MAX_MEMORY);
    try {
      this.exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    } catch (cause) {
      throw patchError(
        'MEMORY_LIMIT',
        'kernels',
        'the engine has no memory for an instance',
        { expected: this.memoryLimit, needed: PAGE },
        cause,
      );
    }
    this.top = this.exports.heapBase();
    this.highest = this.top;
  }

  /** Bytes of linear memory that this instance holds. */
  get memorySize(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** A block of `size` bytes, 16-byte aligned, with 64 readable bytes behind it. Not cleared. Throws LimitError. */
  alloc(size: number): number {
    const ptr = Math.ceil(this.top / ALIGN) * ALIGN;
    const end = ptr + size + SLACK;
    if (end > this.memoryLimit) {
      throw patchError(
        'MEMORY_LIMIT',
        'kernels',
        `the operation needs ${end} bytes of memory or more, the limit is ${this.memoryLimit}`,
        { expected: this.memoryLimit, needed: end },
      );
    }
    const missing = Math.ceil(end / PAGE) - this.memorySize / PAGE;
    if (missing > 0) {
      try {
        this.exports.memory.grow(missing);
      } catch (cause) {
        throw patchError(
          'MEMORY_LIMIT',
          'kernels',
          `the engine has no ${end} bytes of memory for the operation`,
          { expected: this.memoryLimit, needed: end },
          cause,
        );
      }
    }
    this.top = end;
    if (end > this.highest) this.highest = end;
    return ptr;
  }

  /** Where the arena stands; `release(mark)` gives back everything allocated since. */
  mark(): number {
    return this.top;
  }

  release(mark: number): void {
    this.top = mark;
  }

  /** Highest place that the arena reached since `watchPeak`, as a mark. */
  get peak(): number {
    return this.highest;
  }

  watchPeak(): void {
    this.highest = this.top;
  }

  /** Copies bytes into a new block and answers its address. */
  put(bytes: Uint8Array): number {
    const ptr = this.alloc(bytes.length);
    this.write(ptr, bytes);
    return ptr;
  }

  write(ptr: number, bytes: Uint8Array): void {
    new Uint8Array(this.exports.memory.buffer, ptr, bytes.length).set(bytes);
  }

  /** View of linear memory; stale after the next `alloc`, so never stored. */
  view(ptr: number, size: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.exports.memory.buffer as ArrayBuffer, ptr, size);
  }

  view32(ptr: number, count: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.exports.memory.buffer as ArrayBuffer, ptr, count);
  }

  /** Copy of a block. */
  take(ptr: number, size: number): Uint8Array<ArrayBuffer> {
    return this.view(ptr, size).slice();
  }

  zero(ptr: number, size: number): void {
    this.view(ptr, size).fill(0);
  }

  /** Throws the error that a kernel's status stands for; 0 returns. */
  check(status: number, stage: Parameters<typeof patchError>[1], what: string): void {
    if (status === 0) return;
    const name = statusName(status);
    throw name === undefined
      ? patchError('KERNEL_STATUS', 'kernels', `${what}: unknown kernel status ${status}`, { status })
      : patchError(name, stage, `${what}: the coded data is malformed`, { status });
  }
}
