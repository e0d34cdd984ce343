import { provideModule } from 'deltakit';
import scalarApply from 'deltakit/wasm/apply.wasm';
import simdApply from 'deltakit/wasm/apply-simd.wasm';
import scalarDiff from 'deltakit/wasm/diff.wasm';
import simdDiff from 'deltakit/wasm/diff-simd.wasm';

provideModule('apply', simdApply, { simd: true });
provideModule('apply', scalarApply, { simd: false });
provideModule('diff', simdDiff, { simd: true });
provideModule('diff', scalarDiff, { simd: false });
