#!/usr/bin/env zx
import '../engine/cli/quick-start.ts';

const { main } = await import('../engine/cli/command.ts');
const { runTopics, topicsFlags } = await import('../playbooks/feed.ts');
const { providers } = await import('../providers/providers.ts');

await main({
  name: 'topics',
  about: 'Lists or describes the topics, or shows the newest records of one.',
  flags: topicsFlags,
  positionals: ['verb'],
  run: (flags, [verb], report) => runTopics(verb, flags, providers, report),
});
