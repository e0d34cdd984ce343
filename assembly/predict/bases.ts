// Where the two images stand in linear memory. Old byte x lies at oldBase + x and new byte n at newBase + n
// (sums wrap, so a base may lie "below" address 0 while only a tile or a window of the image is resident).
//
// Guarantees of the host, without which no predictor may be called:
//   - old: every byte of the slice that is predicted, and 320 bytes before and behind it (256 for the search
//     of address pairs, 64 for a block); bytes before the image's start or behind its end may hold anything
//     that both wings agree on, so the host clears them;
//   - new: at least 64 KiB of history before the slice, or all of new so far.

export let oldBase: usize = 0;
export let newBase: usize = 0;

/** Says where old and new stand from now on. */
export function setBases(oldAddress: usize, newAddress: usize): void {
  oldBase = oldAddress;
  newBase = newAddress;
}
