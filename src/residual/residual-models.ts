/**
 * Which streams of a residual are mixed, and with tables of what size: log2 of hashed counters (flags) or of slots (values, gaps), 0
 * where the stream is not mixed.
 */
export interface ResidualModels {
  readonly flagBits: number;
  readonly valueBits: number;
  /** Bit k: units of kind k are mixed. */
  readonly kinds: number;
  readonly wordBits: number;
  readonly byteBits: number;
}

export const DIRECT_MODELS: ResidualModels = {
  flagBits: 0,
  valueBits: 0,
  kinds: 0,
  wordBits: 0,
  byteBits: 0,
};

/** Streams of modelled bits beside each other: assembly/entropy/coder-lanes.ts. */
export const LANE = { flags: 0, values: 1, gapWords: 2, gapBytes: 3 } as const;
export type LaneName = keyof typeof LANE;
