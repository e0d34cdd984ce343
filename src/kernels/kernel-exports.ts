/**
 * What the wasm modules export, one interface per kernel file in `assembly/`; a test checks that each
 * interface and its module name the same exports.
 */

export interface CommonExports {
  readonly memory: WebAssembly.Memory;
  /** assembly/common/heap.ts */
  heapBase(): number;
}

/** assembly/predict: one block of new from old, the cover map and new so far. */
export interface PredictExports {
  predictorStateSize(): number;
  startPredictor(state: number): void;
  setBases(oldAddress: number, newAddress: number): void;
  predictedAddress(): number;
  kindAddress(): number;
  confidenceAddress(): number;
  setCovers(table: number, count: number): void;
  beginCover(index: number): void;
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
  makeRight(newStart: number, newEnd: number): void;
  teachBlock(newStart: number, newEnd: number, wrong: number): void;
  setImageFacts(
    low: number,
    high: number,
    oldBase: bigint,
    newBase: bigint,
    oldHeader: number,
    newHeader: number,
  ): void;
  setTargetRanges(
    ranges: number,
    count: number,
    exceptLow: number,
    exceptHigh: number,
    frameLow: number,
    frameHigh: number,
  ): void;
  setPointerFormat(
    skipBits: bigint,
    signedBit: bigint,
    plainTarget: bigint,
    plainOldBase: bigint,
    plainNewBase: bigint,
    signedTarget: bigint,
  ): void;
  setPointerMarks(bitmap: number, low: number, high: number): void;
  setPointerSegments(table: number, count: number): void;
  setFrameStarts(table: number, count: number): void;
  setJumpTables(pairs: number, count: number): void;
  setGoTables(
    rows: number,
    rowCount: number,
    places: number,
    placeCount: number,
    records: number,
    recordCount: number,
    trees: number,
    treeCount: number,
  ): void;
  setSymbolStrings(symbolStart: number, oldStart: number, size: number, newStart: number): void;
  setGoTypes(fields: number, count: number): void;
  startTableSearch(
    tableRegions: number,
    count: number,
    bits: number,
    bitsLow: number,
    bitsHigh: number,
    out: number,
    outCapacity: number,
  ): void;
  markTableStarts(start: number, end: number, regionEnd: number, addressDelta: number): void;
  growTables(start: number, end: number, addressDelta: number, isLast: number): void;
  tablesFound(): number;
  setAddressMap(map: number, count: number, index: number, indexedPages: number): void;
  paintScratchSize(count: number): number;
  startPainting(coverTriples: number, count: number, scratch: number): void;
  sortCovers(): number;
  paintCovers(): number;
  addressMapCapacity(oldCount: number, newCount: number, sectionCount: number): number;
  startAddressMap(
    oldTable: number,
    oldCount: number,
    newTable: number,
    newCount: number,
    sectionTable: number,
    sectionCount: number,
    out: number,
    outCapacity: number,
  ): void;
  addMapEntries(): number;
  addressMapCount(): number;
}

/** assembly/entropy/adaptive-bit.ts, assembly/entropy/binary-coder.ts: the reading side. */
export interface BitDecoderExports {
  initRates(): void;
  startDecoder(ptr: number, size: number): void;
  coderPosition(): number;
  coderFinished(): number;
}

/** assembly/digest/sha256.ts */
export interface Sha256Exports {
  sha256StateSize(): number;
  startSha256(state: number): void;
  updateSha256(state: number, ptr: number, size: number): void;
  finishSha256(state: number, out: number): void;
  updateSha256Lanes(states: number, inputs: number, blocks: number): void;
}

/** assembly/residual/add-diff.ts */
export interface AddDiffExports {
  addDiff(out: number, old: number, diff: number, size: number): void;
}

/** assembly/entropy/adaptive-bit.ts, assembly/entropy/binary-coder.ts: the writing side. */
export interface BitEncoderExports {
  initRates(): void;
  startEncoder(ptr: number): void;
  moveEncoder(ptr: number): void;
  coderPosition(): number;
  finishEncoder(): number;
}

/** assembly/entropy/bit-model-exports.ts: the diff wing. */
export interface BitModelExports extends BitDecoderExports, BitEncoderExports {
  codeBit(bit: number, p: number): number;
  coderOverran(): number;
  saveCoder(block: number): void;
  restoreCoder(block: number): void;
  resetBits(block: number, count: number): void;
  probabilityOf(slot: number): number;
  codeAdaptiveBit(bit: number, slot: number): number;
  codeNumber(value: number, model: number): number;
  numberCost(value: number): number;
  codeUniform(value: number, count: number): number;
  stretch(p: number): number;
  squash(value: number): number;
  hashContext(model: number, a: number, b: number): number;
  hashedSlot(table: number, bits: number, hash: number): number;
  resetWeights(block: number, sets: number, weight: number): void;
  setInput(index: number, slot: number): void;
  mixBit(bit: number, count: number, weights: number, rate: number): number;
  refineSize(contexts: number): number;
  resetRefine(table: number, contexts: number): void;
}

/** assembly/control/control.ts: both wings. */
export interface ControlExports extends CommonExports, BitDecoderExports {
  controlSize(functionCount: number): number;
  controlStart(
    scratch: number,
    functions: number,
    functionCount: number,
    oldSize: number,
    newSize: number,
  ): number;
  controlCount(): number;
  controlDecode(covers: number, count: number): number;
}

/** assembly/control/control.ts: the diff wing. */
export interface ControlEncoderExports extends ControlExports, BitEncoderExports {
  controlCodeSize(count: number): number;
  controlEncode(covers: number, count: number): number;
}

/** assembly/predict/normalize.ts: images rewritten for a second matching pass. */
export interface NormalizeExports {
  beginNormalizing(start: number, end: number, regionClass: number, addressDelta: number): void;
  normalizeSlice(start: number, end: number, out: number): void;
}

/** assembly/residual/residual.ts: both wings. */
export interface ResidualExports extends CommonExports {
  residualSize(flagBits: number, valueBits: number): number;
  residualStart(ptr: number, flagBits: number, valueBits: number, kinds: number): void;
  residualSlots(): number;
  residualSlotOfKind(): number;
  residualWrongCounts(): number;
  residualMixedBytes(): number;
  codeCoverSlice(newStart: number, newEnd: number): number;
}

/** assembly/residual/residual.ts: the diff wing. */
export interface ResidualEncoderExports extends ResidualExports {
  stopMixingValues(): void;
}

/** assembly/entropy/coder-lanes.ts: streams of modelled bits side by side. */
export interface CoderLaneExports {
  resetLanes(): void;
  useLane(lane: number): void;
}

/** assembly/residual: the models of mixed flags and values, for tests. */
export interface ResidualModelExports {
  codeMixedGroup(right: number, blocks: number, units: number, size: number, spanClass: number): number;
  codeMixedBlock(right: number, units: number, spanClass: number, weakness: number): number;
  codeMixedUnit(
    right: number,
    place: number,
    kind: number,
    confidence: number,
    predicted: number,
    before: number,
  ): number;
  noteCorrection(place: number, difference: number): void;
  codeMixedValue(
    word: number,
    place: number,
    size: number,
    kind: number,
    how: number,
    predicted: number,
    ahead: number,
  ): number;
}

/** assembly/residual/mixed-gaps.ts, assembly/residual/gap-words.ts: both wings. */
export interface GapExports extends CoderLaneExports {
  makeWordsAbsolute(source: number, out: number, size: number, place: number): void;
  makeWordsRelative(source: number, out: number, size: number, place: number): void;
  gapModelSize(wordBits: number, byteBits: number): number;
  startGapModels(ptr: number, wordBits: number, byteBits: number, oldSize: number): void;
  codeWordsOfGap(start: number, end: number, way: number): void;
  codeBytesOfGap(start: number, end: number, way: number): void;
}

/** assembly/entropy/lz-decoder.ts. */
export interface LzDecoderExports extends CommonExports {
  lzDecoderSize(dictionarySize: number, lc: number, lp: number): number;
  lzDecoderStart(block: number, dictionarySize: number, lc: number, lp: number, pb: number): void;
  lzDecode(
    block: number,
    input: number,
    inputSize: number,
    last: number,
    out: number,
    outSize: number,
  ): number;
  lzUsedInput(): number;
  lzMadeOutput(): number;
  lzFinished(block: number, input: number, left: number): number;
}

/** assembly/entropy/lz-encoder.ts. */
export interface LzEncoderExports extends CommonExports {
  lzEncoderSize(
    bytes: number,
    window: number,
    lc: number,
    lp: number,
    useOptimal: number,
    depth: number,
  ): number;
  lzEncoderStart(
    block: number,
    input: number,
    bytes: number,
    window: number,
    lc: number,
    lp: number,
    pb: number,
    useOptimal: number,
    depth: number,
    niceLength: number,
  ): void;
  lzEncodedSize(): number;
  lzEncoderRoom(): number;
  lzEncodeStep(target: number, out: number, outSize: number): number;
  lzEncodeFinish(out: number): number;
}

/** assembly/match: match-length.ts, seed-index.ts, scan-matches.ts, fill-gaps.ts. */
export interface MatchExports extends CommonExports {
  matchLength(a: number, b: number, size: number): number;
  countEqual(a: number, b: number, size: number): number;
  seedTableSize(bucketCount: number, ways: number): number;
  startSeedIndex(
    oldPtr: number,
    oldSize: number,
    table: number,
    bucketCount: number,
    ways: number,
    stride: number,
    seedSize: number,
  ): void;
  limitSeedIndex(first: number, end: number): void;
  indexSeeds(from: number, to: number): void;
  seedBatchesSize(tableSize: number): number;
  startSeedBatches(scratch: number): void;
  batchSeeds(from: number, to: number): void;
  finishSeedBatches(): void;
  startScan(
    oldPtr: number,
    oldSize: number,
    newPtr: number,
    newSize: number,
    seedSize: number,
    tolerance: number,
    advantage: number,
    minimumGain: number,
  ): void;
  setWordRanges(ranges: number, count: number): void;
  setCoverBuffer(covers: number, capacity: number): void;
  scanMatches(limit: number): number;
  coversFound(): number;
  scanPosition(): number;
  scanStateSize(): number;
  saveScan(state: number): void;
  restoreScan(state: number): void;
  gapIndexSize(): number;
  startFilling(
    newSize: number,
    covers: number,
    coverCount: number,
    scratch: number,
    seedSize: number,
    stride: number,
    reach: number,
    tolerance: number,
    advantage: number,
    minimumGain: number,
    first: number,
    withTail: number,
  ): void;
  fillGaps(work: number): number;
}

/** assembly/formats-diff/bzip2-encoder.ts */
export interface Bzip2EncoderExports extends CommonExports {
  bzip2Scratch(size: number): number;
  bzip2Room(size: number): number;
  bzip2Start(ptr: number, size: number, scratch: number): void;
  bzip2Position(): number;
  bzip2EncodeBlock(out: number): number;
}

export interface ApplyExports
  extends CommonExports,
    PredictExports,
    BitDecoderExports,
    ControlExports,
    Sha256Exports,
    AddDiffExports,
    ResidualExports,
    GapExports,
    LzDecoderExports {}

export interface DiffExports
  extends CommonExports,
    PredictExports,
    NormalizeExports,
    BitDecoderExports,
    ControlEncoderExports,
    ResidualEncoderExports,
    GapExports,
    MatchExports,
    LzEncoderExports,
    Bzip2EncoderExports,
    ResidualModelExports,
    BitModelExports {}
