import { digests } from './smoke.mjs';

globalThis.digests = digests;
