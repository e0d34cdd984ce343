/** Takes bytes at given offsets, at once or later; a `ByteSink` is one. The bytes are valid only until `write` has ended. */
export interface SeekableSink {
  write(bytes: Uint8Array, offset: number): void | Promise<void>;
  /** Everything was written. */
  close?(): void | Promise<void>;
  /** Nothing more comes, for this reason. */
  abort?(reason: unknown): void | Promise<void>;
}

/**
 * A stream into a sink that takes offsets: `patchStream.readable.pipeTo(sinkStream(sink))`. One piece is written at a time, and the next is asked for
 * when it has ended, so a slow sink slows what feeds it.
 */
export function sinkStream(sink: SeekableSink): WritableStream<Uint8Array> {
  let offset = 0;
  return new WritableStream<Uint8Array>({
    async write(bytes) {
      await sink.write(bytes, offset);
      offset += bytes.length;
    },
    close: () => sink.close?.(),
    abort: (reason) => sink.abort?.(reason),
  });
}
