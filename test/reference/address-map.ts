import type { ImageLayout } from '../../src/image/image-layout.js';

/** A mapped address and how it was found: 0 exact, 1 extrapolated, 2 with its section, 3 learned. */
export interface Mapped {
  readonly address: number;
  readonly how: number;
}

interface Place {
  readonly delta: number;
  readonly how: 0 | 1;
}

const PAGES = 1 << 10;

/**
 * Old address -> new address, slowly: every byte of old knows the delta of the cover that owns it. Twin of
 * `assembly/predict/paint-covers.ts`, `address-map.ts` and `map-address.ts`.
 */
export class AddressMapReference {
  private readonly places: (Place | undefined)[];
  private readonly old: ImageLayout;
  private readonly next: ImageLayout;
  private readonly learned = new Map<number, { address: number; target: number }>();
  private readonly pages = new Map<number, { page: number; delta: number }>();

  constructor(covers: Uint32Array, oldSize: number, old: ImageLayout, next: ImageLayout) {
    this.places = paint(covers, oldSize);
    this.old = old;
    this.next = next;
  }

  map(address: number): Mapped {
    const known = this.learned.get(slotOf(address));
    if (known?.address === address) return { address: known.target, how: 3 };
    const mapped = this.mapByCovers(address);
    const page = this.pages.get((address >>> 12) % PAGES);
    if (mapped.how === 0 || page?.page !== address >>> 12) return mapped;
    return { address: (address + page.delta) >>> 0, how: mapped.how };
  }

  /** A wrong reference showed where an old address went. */
  learn(address: number, target: number): void {
    this.learned.set(slotOf(address), { address, target });
    if (this.mapByCovers(address).how === 0) return;
    const page = address >>> 12;
    this.pages.set(page % PAGES, { page, delta: target - address });
  }

  private mapByCovers(address: number): Mapped {
    for (const segment of this.old.segments) {
      const inside = address - (segment.address - this.old.base);
      if (inside < 0 || inside >= segment.fileSize) continue;
      const place = this.places[segment.fileOffset + inside];
      if (place === undefined) break;
      const offset = segment.fileOffset + inside + place.delta;
      for (const { address: start, fileOffset, fileSize } of this.next.segments) {
        if (offset < fileOffset || offset >= fileOffset + fileSize) continue;
        return { address: start - this.next.base + offset - fileOffset, how: place.how };
      }
    }
    return { address: (address + this.sectionDelta(address)) >>> 0, how: 2 };
  }

  private sectionDelta(address: number): number {
    let best = -1;
    let delta = 0;
    for (const section of this.old.sections) {
      const start = section.address - this.old.base;
      if (start > address || start < best) continue;
      best = start;
      const moved = this.next.sections.find(({ name }) => name === section.name);
      delta = moved === undefined ? 0 : moved.address - this.next.base - start;
    }
    return delta;
  }
}

/** What owns each byte of old: the longest cover, of equal ones the last; between covers the one below goes on. */
function paint(covers: Uint32Array, oldSize: number): (Place | undefined)[] {
  const owners = new Array<number | undefined>(oldSize);
  const sizeOf = (cover: number): number => covers[3 * cover + 2]!;
  for (let cover = 0; cover < covers.length / 3; cover++) {
    const start = covers[3 * cover + 1]!;
    for (let at = start; at < start + sizeOf(cover); at++) {
      const owner = owners[at];
      if (owner === undefined || sizeOf(cover) >= sizeOf(owner)) owners[at] = cover;
    }
  }
  let below: number | undefined;
  return Array.from(owners, (owner): Place | undefined => {
    if (owner !== undefined) below = covers[3 * owner]! - covers[3 * owner + 1]!;
    return below === undefined ? undefined : { delta: below, how: owner === undefined ? 1 : 0 };
  });
}

function slotOf(address: number): number {
  return Math.imul(address, 0x9e3779b1) >>> 18;
}
