import { digests } from './smoke.mjs';

console.log(JSON.stringify(digests));
