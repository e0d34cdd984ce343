/** First address above the static tables: the host's arena starts here. */
export function heapBase(): usize {
  return __heap_base;
}
