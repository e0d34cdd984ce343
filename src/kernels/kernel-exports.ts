/**
 * What the wasm modules export, one interface per kernel file in `assembly/`; a test checks that each
 * interface and its module name the same exports.
 */

export interface CommonExports {
  readonly memory: WebAssembly.Memory;
  readonly __heap_base: WebAssembly.Global;
}

/** assembly/predict: one block of new from old, the cover map and new so far. */
export interface PredictExports {
  setBases(oldAddress: number, newAddress: number): void;
  predictedAddress(): number;
  kindAddress(): number;
  confidenceAddress(): number;
  beginCover(newOffset: number, oldOffset: number, size: number): void;
  beginSpan(
    newStart: number,
    newEnd: number,
    delta: number,
    regionClass: number,
    regionStart: number,
    regionEnd: number,
    oldAddressDelta: number,
    newAddressDelta: number,
  ): void;
  predictBlock(newStart: number, newEnd: number): void;
  teachBlock(newStart: number, newEnd: number, wrong: number): void;
}

export interface ApplyExports extends CommonExports, PredictExports {}

export interface DiffExports extends CommonExports, PredictExports {}
