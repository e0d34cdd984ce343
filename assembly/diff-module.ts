// Exports of the module that the creating side loads.
export { BAD_CODER, BAD_CONTROL, BAD_STREAM, OK, TRUNCATED } from './common/status';
export { setBases } from './predict/bases';
export { confidenceAddress, kindAddress, predictedAddress } from './predict/block-buffers';
export { beginCover, beginSpan, predictBlock, teachBlock } from './predict/predict-block';
