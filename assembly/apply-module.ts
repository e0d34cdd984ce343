// Exports of the module that the applying side loads.
export { heapBase } from './common/heap';
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
export { controlCount, controlDecode, controlSize, controlStart } from './control/control';
export { initRates } from './entropy/adaptive-bit';
export { coderFinished, coderPosition, startDecoder } from './entropy/binary-coder';
export * from './predict/predict-exports';
