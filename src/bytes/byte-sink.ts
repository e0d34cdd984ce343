/** Takes bytes at given offsets, for instance into an open file. The bytes are valid only during the call. */
export interface ByteSink {
  write(bytes: Uint8Array, offset: number): void;
}
