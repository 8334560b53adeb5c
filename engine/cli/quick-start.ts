import { enableCompileCache, registerHooks } from 'node:module';
import { cacheFolder } from '../local/folders.ts';

/**
 * Every script imports this before anything else, and the rest with `import()`: what is imported beside it would be loaded
 * before it is run.
 */

// What Node makes of the sources is kept, also for those who do not come through make. In a folder of this user alone:
// Node's own choice would be one below /tmp.
enableCompileCache(cacheFolder('compile'));
const { askAhead } = await import('../transport/ahead.ts');
askAhead();

// zod brings its messages in some sixty languages, a file each, which takes longer to load than the rest of it. The one
// that it speaks it loads by itself.
const LANGUAGES = '../locales/index.js';
const NONE = 'data:text/javascript,';
const hooks = registerHooks({
  resolve: (specifier, context, next) =>
    specifier === LANGUAGES ? { url: NONE, format: 'module', shortCircuit: true } : next(specifier, context),
});
await import('zod');
hooks.deregister();
