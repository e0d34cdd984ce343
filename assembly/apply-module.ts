// Exports of the module that the applying side loads.
export { heapBase } from './common/heap';
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
export { controlCount, controlDecode, controlSize, controlStart } from './control/control';
export { initRates } from './entropy/adaptive-bit';
export { coderFinished, coderPosition, startDecoder } from './entropy/binary-coder';
export { setBases } from './predict/bases';
export { confidenceAddress, kindAddress, predictedAddress } from './predict/block-buffers';
export { beginCover, beginSpan, predictBlock, teachBlock } from './predict/predict-block';
