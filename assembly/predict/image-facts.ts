// What the predictor knows of the two images beside the map: bases, where addresses may point. All addresses
// are 32-bit distances from the image's base (lowest segment, or __TEXT), so a sum that wraps is defined.
//
// Ranges are pairs (low, high) of u32 in a block of the host, at most MAX_RANGES of each sort.

const MAX_RANGES: u32 = 64;

/** Addresses that words of data and operands of code may point at: low <= address < high. */
let addressLow: u32 = 0;
let addressHigh: u32 = 0;
/** Virtual address that distance 0 stands for. */
export let oldImageBase: u64 = 0;
export let newImageBase: u64 = 0;
/** Start of .eh_frame_hdr, from which its distances count. */
export let oldHeaderAddress: u32 = 0;
export let newHeaderAddress: u32 = 0;

let executable: usize = 0;
let executableCount: u32 = 0;
let exceptionLow: u32 = 0;
let exceptionHigh: u32 = 0;
let frameLow: u32 = 0;
let frameHigh: u32 = 0;

export function setImageFacts(
  low: u32,
  high: u32,
  oldBase: u64,
  newBase: u64,
  oldHeader: u32,
  newHeader: u32,
): void {
  addressLow = low;
  addressHigh = high;
  oldImageBase = oldBase;
  newImageBase = newBase;
  oldHeaderAddress = oldHeader;
  newHeaderAddress = newHeader;
}

/** Executable sections, .gcc_except_table and .eh_frame of old; an absent one is low == high == 0. */
export function setTargetRanges(
  ranges: usize,
  count: u32,
  exceptLow: u32,
  exceptHigh: u32,
  ehFrameLow: u32,
  ehFrameHigh: u32,
): void {
  executable = ranges;
  executableCount = count < MAX_RANGES ? count : MAX_RANGES;
  exceptionLow = exceptLow;
  exceptionHigh = exceptHigh;
  frameLow = ehFrameLow;
  frameHigh = ehFrameHigh;
}

/** Whether the old address may be pointed at. */
export function isMapped(address: u32): bool {
  return address - addressLow < addressHigh - addressLow;
}

/** Whether a corrected target in new is near enough to the image to be believed. */
export function isPlausible(address: u32): bool {
  return <u64>(address - addressLow) < (<u64>(addressHigh - addressLow)) << 1;
}

export function isExecutable(address: u32): bool {
  const end = executable + ((<usize>executableCount) << 3);
  for (let range = executable; range < end; range += 8) {
    if (address - load<u32>(range) < load<u32>(range, 4) - load<u32>(range)) return true;
  }
  return false;
}

export function isExceptionTable(address: u32): bool {
  return address - exceptionLow < exceptionHigh - exceptionLow;
}

export function isFrame(address: u32): bool {
  return address - frameLow < frameHigh - frameLow;
}
