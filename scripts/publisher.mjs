#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { publisherFlags, runPublisher } = await import('../playbooks/feed.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'publisher',
  about: 'Asks the publisher, or tells it to start, stop, or change its rate.',
  flags: publisherFlags,
  positionals: ['verb'],
  run: (flags, [verb], report) => runPublisher(verb, flags, providers, report),
});
