// The two images that are being matched, and how far into new.

export let oldPtr: usize = 0;
export let oldSize: u32 = 0;
export let newPtr: usize = 0;
export let newEnd: u32 = 0;

export function setImages(old: usize, sizeOfOld: u32, next: usize, sizeOfNew: u32): void {
  oldPtr = old;
  oldSize = sizeOfOld;
  newPtr = next;
  newEnd = sizeOfNew;
}

/** Nothing of new behind `end` is looked at. */
export function setNewEnd(end: u32): void {
  newEnd = end;
}
