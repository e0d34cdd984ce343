// Where covers are written to: the host's buffer, which it drains between slices.
//
//   cover (12 bytes):  u32 newOffset · u32 oldOffset · u32 length

export const COVER_SIZE: usize = 12;

let buffer: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;

/** Covers go to `ptr` from now on, `room` of them at most. Forgets those written. */
export function setCoverBuffer(ptr: usize, room: u32): void {
  buffer = ptr;
  capacity = room;
  count = 0;
}

/** Covers written since the buffer was set. */
export function coversFound(): u32 {
  return count;
}

export function hasRoom(): bool {
  return count < capacity;
}

/** The caller has asked for room. */
export function putCover(newOffset: u32, oldOffset: u32, length: u32): void {
  const cover = buffer + <usize>count * COVER_SIZE;
  store<u32>(cover, newOffset);
  store<u32>(cover, oldOffset, 4);
  store<u32>(cover, length, 8);
  count++;
}
