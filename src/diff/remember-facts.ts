import { bytesAccess } from '../bytes/random-access.js';
import { factsFrom, type ImageFacts } from '../predict/prediction.js';
import type { PairBytes } from './loaded-images.js';

/**
 * Facts of old that are read once: the second matching pass and the predictor ask for the same. Old must lie in memory as it is when something is asked for the
 * first time.
 */
export function rememberFacts(images: PairBytes): ImageFacts {
  // The view of old is stale after each allocation, so it is taken anew.
  const facts = () => factsFrom(bytesAccess(images.oldBytes));
  return {
    describe: remember((element) => facts().describe(element)),
    functionStarts: remember((element) => facts().functionStarts(element)),
  };
}

function remember<Element extends { readonly offset: number }, Fact>(
  find: (element: Element) => Fact,
): (element: Element) => Fact {
  const known = new Map<number, Fact>();
  return (element) => {
    const before = known.get(element.offset);
    if (before !== undefined) return before;
    const found = find(element);
    known.set(element.offset, found);
    return found;
  };
}
