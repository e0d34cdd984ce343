/** What the release layer asks of framework folders. Paths in, digests in lower-case hexadecimal out. */
export interface TreeSummary {
  /** One digest over names, kinds, modes and bytes of everything in the folder. */
  readonly digest: string;
  /** Bytes of its files. */
  readonly size: number;
}

/** Reading and checking, which both wings do. */
export interface TreeReader {
  summarizeTree(path: string, signal?: AbortSignal): Promise<TreeSummary>;
}

/** The device's part: makes a new folder of an old one and a patch; the old one is only read. */
export interface TreeApplier extends TreeReader {
  /** `old` is undefined for the full form. `new` must not exist; it is durable on return. */
  applyTreePatch(request: {
    readonly old: string | undefined;
    readonly patch: Uint8Array;
    readonly new: string;
    readonly maxNewSize: number;
    readonly signal?: AbortSignal | undefined;
  }): Promise<void>;
}

/** The build server's part. */
export interface TreeDiffer extends TreeReader {
  /** The patch from `old`, or of `new` alone. */
  createTreePatch(request: {
    readonly old: string | undefined;
    readonly new: string;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Uint8Array>;
}
