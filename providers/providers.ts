import { gceProvider } from './gce/provider.ts';
import { sandbox } from './sandbox/provider.ts';
import { staticProvider } from './static/provider.ts';

/** Every place where hosts can come from. Scripts hand this in; nobody below imports a provider. */
export const providers = { static: staticProvider, gce: gceProvider, sandbox } as const;
