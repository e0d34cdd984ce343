// workerd compiles no WebAssembly from bytes: the modules are imported and handed in before anything runs.
import './provide-modules.mjs';
import { digests } from './smoke.mjs';

export default { fetch: () => new Response(JSON.stringify(digests)) };
