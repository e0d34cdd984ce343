// The span that is being predicted: the part of one cover that lies in one region of old, one segment of new
// and no hole. The host cuts spans (src/predict/plan-walk.ts) the same way on both sides and announces each
// once, however many slices it is then predicted in.

/** All covers: triples (new offset, old offset, size), sorted by new offset, and the place of the current one. */
export let covers: usize = 0;
export let coverCount: u32 = 0;
export let coverIndex: u32 = 0;

/** The whole cover: new[coverNew, coverNew + coverSize) comes from old[coverOld, coverOld + coverSize). */
export let coverNew: u32 = 0;
export let coverOld: u32 = 0;
export let coverSize: u32 = 0;

export let spanStart: u32 = 0;
export let spanEnd: u32 = 0;
/** New offset minus old offset, modulo 2^32. */
export let spanDelta: u32 = 0;
export let spanClass: i32 = 0;
/** The region of old, in old offsets. */
export let regionStart: u32 = 0;
export let regionEnd: u32 = 0;
/** Address (from the image's base) minus offset, modulo 2^32, of the region in old and of the segment in new. */
export let oldAddressDelta: u32 = 0;
export let newAddressDelta: u32 = 0;

/** All ones; zero makes distances count from address 0, as normalising wants it (normalize.ts). */
let originMask: u32 = 0xffffffff;

export function setOriginMask(mask: u32): void {
  originMask = mask;
}

/** Address in new that a distance at new offset `offset` counts from. */
export function originOf(offset: u32): u32 {
  return (offset + newAddressDelta) & originMask;
}

/** Installs the covers that the spans are cut from. */
export function setCovers(table: usize, count: u32): void {
  covers = table;
  coverCount = count;
}

/** Makes the cover at `index` the current one. */
export function setCover(index: u32): void {
  const cover = covers + <usize>index * 12;
  coverIndex = index;
  coverNew = load<u32>(cover);
  coverOld = load<u32>(cover, 4);
  coverSize = load<u32>(cover, 8);
}

/** An empty cover at an offset, for images that are not made from covers (normalize.ts). */
export function setEmptyCover(offset: u32): void {
  coverNew = offset;
  coverOld = offset;
  coverSize = 0;
}

export function setSpan(
  newStart: u32,
  newEnd: u32,
  delta: u32,
  regionClass: i32,
  oldStart: u32,
  oldEnd: u32,
  oldDelta: u32,
  newDelta: u32,
): void {
  spanStart = newStart;
  spanEnd = newEnd;
  spanDelta = delta;
  spanClass = regionClass;
  regionStart = oldStart;
  regionEnd = oldEnd;
  oldAddressDelta = oldDelta;
  newAddressDelta = newDelta;
}
