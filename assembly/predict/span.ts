// The span that is being predicted: the part of one cover that lies in one region of old, one segment of new
// and no hole. The host cuts spans (src/predict/plan-walk.ts) the same way on both sides and announces each
// once, however many slices it is then predicted in.

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

export function setCover(newOffset: u32, oldOffset: u32, size: u32): void {
  coverNew = newOffset;
  coverOld = oldOffset;
  coverSize = size;
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

/** Bytes outside the cover up to which a branch of old keeps its distance. */
const SLACK: u32 = 256;

/** Whether an old address lies in the current cover or at most SLACK bytes outside it. */
export function isNear(target: u32): bool {
  const distance = target - oldAddressDelta - coverOld + SLACK;
  return <u64>distance < <u64>coverSize + <u64>(2 * SLACK);
}
