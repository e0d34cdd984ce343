import type { BitDecoderExports, GapExports, ResidualExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import type { ResidualModels } from './residual-models.js';

/** Reference kinds a unit can have: the value streams and the flag contexts are split by them. */
export const KIND_LIMIT = 32;

/**
 * The residual kernel's shared state: counters, and the value buffers (slots) that units of each kind use. Both
 * wings bind slots the same way; only the direction of the bytes differs.
 */
export class ResidualState {
  private readonly kernel: KernelInstance<ResidualExports>;

  constructor(
    kernel: KernelInstance<ResidualExports & GapExports & Pick<BitDecoderExports, 'initRates'>>,
    models: ResidualModels,
    oldSize: number,
  ) {
    const { exports } = kernel;
    const { flagBits, valueBits, kinds, wordBits, byteBits } = models;
    this.kernel = kernel;
    exports.initRates();
    exports.resetLanes();
    exports.residualStart(
      kernel.alloc(exports.residualSize(flagBits, valueBits)),
      flagBits,
      valueBits,
      kinds,
    );
    const gapBlock = kernel.alloc(exports.gapModelSize(wordBits, byteBits));
    exports.startGapModels(gapBlock, wordBits, byteBits, oldSize);
  }

  /** Units of `kind` use the value buffer `slot`. */
  bindKind(kind: number, slot: number): void {
    this.kernel.view(this.kernel.exports.residualSlotOfKind(), KIND_LIMIT)[kind] = slot;
  }

  /** Value bytes of `slot` stand (or go) from `position` to `end`. */
  setSlot(slot: number, position: number, end: number): void {
    const slots = this.kernel.view32(this.kernel.exports.residualSlots(), KIND_LIMIT * 2);
    slots[slot * 2] = position;
    slots[slot * 2 + 1] = end;
  }

  slotPosition(slot: number): number {
    return this.kernel.view32(this.kernel.exports.residualSlots() + slot * 8, 1)[0]!;
  }

  /** Wrong units coded so far, by kind. */
  wrongCounts(): Uint32Array {
    return this.kernel.view32(this.kernel.exports.residualWrongCounts(), KIND_LIMIT).slice();
  }
}
