// Exports of the module that the creating side loads.
export { heapBase } from './common/heap';
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
export {
  controlCodeSize,
  controlCount,
  controlDecode,
  controlEncode,
  controlSize,
  controlStart,
} from './control/control';
export { initRates } from './entropy/adaptive-bit';
export {
  coderFinished,
  coderPosition,
  finishEncoder,
  moveEncoder,
  startDecoder,
  startEncoder,
} from './entropy/binary-coder';
export * from './entropy/bit-model-exports';
export { resetLanes, useLane } from './entropy/coder-lanes';
export {
  lzEncodedSize,
  lzEncodeFinish,
  lzEncoderRoom,
  lzEncoderSize,
  lzEncoderStart,
  lzEncodeStep,
} from './entropy/lz-encoder';
export {
  bzip2EncodeBlock,
  bzip2Position,
  bzip2Room,
  bzip2Scratch,
  bzip2Start,
} from './formats-diff/bzip2-encoder';
export { coversFound, setCoverBuffer } from './match/cover-buffer';
export { fillGaps, gapIndexSize, startFilling } from './match/fill-gaps';
export { countEqual, matchLength } from './match/match-length';
export {
  restoreScan,
  saveScan,
  scanMatches,
  scanPosition,
  scanStateSize,
  startScan,
} from './match/scan-matches';
export { batchSeeds, finishSeedBatches, seedBatchesSize, startSeedBatches } from './match/seed-batches';
export { indexSeeds, limitSeedIndex, seedTableSize, startSeedIndex } from './match/seed-index';
export { setWordRanges } from './match/word-ranges';
export { beginNormalizing, normalizeSlice } from './predict/normalize';
export * from './predict/predict-exports';
export { codeMixedBlock, codeMixedGroup, codeMixedUnit, noteCorrection } from './residual/flag-model';
export { makeWordsAbsolute, makeWordsRelative } from './residual/gap-words';
export { codeBytesOfGap, codeWordsOfGap, gapModelSize, startGapModels } from './residual/mixed-gaps';
export {
  codeCoverSlice,
  residualMixedBytes,
  residualSize,
  residualSlotOfKind,
  residualSlots,
  residualStart,
  residualWrongCounts,
  stopMixingValues,
} from './residual/residual';
export { codeMixedValue } from './residual/value-model';
