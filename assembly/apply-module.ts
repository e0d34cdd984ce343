// Exports of the module that the applying side loads.
export { heapBase } from './common/heap';
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
export { controlCount, controlDecode, controlSize, controlStart } from './control/control';
export {
  finishSha256,
  sha256StateSize,
  startSha256,
  updateSha256,
  updateSha256Lanes,
} from './digest/sha256';
export { initRates } from './entropy/adaptive-bit';
export { coderFinished, coderPosition, startDecoder } from './entropy/binary-coder';
export { resetLanes, useLane } from './entropy/coder-lanes';
export {
  lzDecode,
  lzDecoderSize,
  lzDecoderStart,
  lzFinished,
  lzMadeOutput,
  lzUsedInput,
} from './entropy/lz-decoder';
export * from './predict/predict-exports';
export { addDiff } from './residual/add-diff';
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
} from './residual/residual';
