import { failed } from './http-link.js';

/** How slow a server may be before a download ends, to go on later. */
export interface Patience {
  /** Longest silence, in milliseconds. */
  readonly silence: number;
  /** Fewest bytes per second, over each `rateWindow` milliseconds. */
  readonly minimumRate: number;
  readonly rateWindow: number;
}

export const DEFAULT_PATIENCE: Patience = { silence: 30_000, minimumRate: 512, rateWindow: 30_000 };

/** Runs `work` with a signal that ends it when the caller aborts or when bytes come too slowly; `work` tells what came. */
export async function withPatience<Result>(
  url: string,
  patience: Patience,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal, onBytes: (size: number) => void) => Promise<Result>,
): Promise<Result> {
  const inner = new AbortController();
  const stop = (why: string) => inner.abort(failed(`${url}: ${why}`, { url }, true));
  const abort = () => inner.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener('abort', abort, { once: true });
  let bytes = 0;
  const silent = () => stop(`no byte came for ${patience.silence} ms`);
  let silence = setTimeout(silent, patience.silence);
  const rate = setInterval(() => {
    const found = Math.floor((bytes * 1000) / patience.rateWindow);
    if (found < patience.minimumRate) stop(`${found} bytes per second are too slow`);
    bytes = 0;
  }, patience.rateWindow);
  try {
    return await work(inner.signal, (size) => {
      bytes += size;
      clearTimeout(silence);
      silence = setTimeout(silent, patience.silence);
    });
  } catch (error) {
    throw inner.signal.aborted ? inner.signal.reason : error;
  } finally {
    clearTimeout(silence);
    clearInterval(rate);
    outer?.removeEventListener('abort', abort);
  }
}

/** Pieces of a body; a connection that breaks is a download that failed. */
export async function* bodyPieces(url: string, response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw failed(`${url}: the connection broke: ${(cause as Error).message}`, { url }, true, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
