/**
 * VCDIFF's instruction codes (RFC 3284, section 5.4 to 5.6): each of 256 codes stands for one or two instructions. Type 0 is nothing, 1 ADD,
 * 2 RUN, 3 COPY; a size of 0 means that the size follows; mode counts for COPY.
 */
export interface VcdiffCode {
  readonly type: number;
  readonly size: number;
  readonly mode: number;
}

export const NOOP = 0;
export const ADD = 1;
export const RUN = 2;
export const COPY = 3;

/** Sizes of the address cache that go with a table. */
export interface VcdiffTable {
  /** First and second instruction of each code. */
  readonly first: readonly VcdiffCode[];
  readonly second: readonly VcdiffCode[];
  readonly near: number;
  readonly same: number;
}

const NOTHING: VcdiffCode = { type: NOOP, size: 0, mode: 0 };

/** The default table of RFC 3284, section 5.6: near 4, same 3. */
export function defaultTable(): VcdiffTable {
  const first: VcdiffCode[] = [];
  const second: VcdiffCode[] = [];
  const put = (one: VcdiffCode, two: VcdiffCode = NOTHING): void => {
    first.push(one);
    second.push(two);
  };
  put({ type: RUN, size: 0, mode: 0 });
  for (let size = 0; size <= 17; size++) put({ type: ADD, size, mode: 0 });
  for (let mode = 0; mode <= 8; mode++) {
    put({ type: COPY, size: 0, mode });
    for (let size = 4; size <= 18; size++) put({ type: COPY, size, mode });
  }
  for (let mode = 0; mode <= 8; mode++) {
    const most = mode < 6 ? 6 : 4;
    for (let add = 1; add <= 4; add++)
      for (let copy = 4; copy <= most; copy++)
        put({ type: ADD, size: add, mode: 0 }, { type: COPY, size: copy, mode });
  }
  for (let mode = 0; mode <= 8; mode++) put({ type: COPY, size: 4, mode }, { type: ADD, size: 1, mode: 0 });
  return { first, second, near: 4, same: 3 };
}

/** The 1,536 bytes in which a table travels: all first types, second types, sizes and modes (RFC 3284, section 7). */
export function tableToBytes({ first, second }: VcdiffTable): Uint8Array<ArrayBuffer> {
  const rows = [
    first.map(({ type }) => type),
    second.map(({ type }) => type),
    first.map(({ size }) => size),
    second.map(({ size }) => size),
    first.map(({ mode }) => mode),
    second.map(({ mode }) => mode),
  ];
  return Uint8Array.from(rows.flat());
}

/** The twin of `tableToBytes`; undefined when a type or mode does not exist. */
export function tableFromBytes(bytes: Uint8Array, near: number, same: number): VcdiffTable | undefined {
  const codes = (half: number): VcdiffCode[] =>
    Array.from({ length: 256 }, (_, i) => ({
      type: bytes[256 * half + i]!,
      size: bytes[512 + 256 * half + i]!,
      mode: bytes[1024 + 256 * half + i]!,
    }));
  const [first, second] = [codes(0), codes(1)];
  const isGood = [...first, ...second].every(
    ({ type, mode }) => type <= COPY && (type !== COPY || mode < 2 + near + same),
  );
  return isGood ? { first, second, near, same } : undefined;
}
