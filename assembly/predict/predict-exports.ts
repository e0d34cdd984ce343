// What both modules export of the predictor.
export {
  addMapEntries,
  addressMapCapacity,
  addressMapCount,
  startAddressMap,
} from './address-map';
export { setBases } from './bases';
export { confidenceAddress, kindAddress, predictedAddress } from './block-buffers';
export {
  growTables,
  markTableStarts,
  startTableSearch,
  tablesFound,
} from './find-jump-tables';
export { setFrameStarts } from './frame-chain';
export { setGoTables } from './go-tables';
export { setGoTypes } from './go-types';
export { setImageFacts, setTargetRanges } from './image-facts';
export { setJumpTables } from './jump-tables';
export { setAddressMap } from './map-address';
export { paintCovers, paintScratchSize, sortCovers, startPainting } from './paint-covers';
export { setPointerFormat, setPointerMarks, setPointerSegments } from './pointer-format';
export {
  beginCover,
  beginSpan,
  makeRight,
  predictBlock,
  predictorStateSize,
  startPredictor,
  teachBlock,
} from './predict-block';
export { setCovers } from './span';
export { setSymbolStrings } from './symbol-names';
