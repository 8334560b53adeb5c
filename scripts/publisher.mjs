#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { publisherFlags, runPublisher } from '../playbooks/feed.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'publisher',
  about: 'Asks the publisher, or tells it to start, stop, or change its rate.',
  flags: publisherFlags,
  positionals: ['verb'],
  run: (flags, [verb], report) => runPublisher(verb, flags, providers, report),
});
