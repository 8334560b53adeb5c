#!/usr/bin/env zx
import { main } from '../engine/cli/command.ts';
import { runTopics, topicsFlags } from '../playbooks/feed.ts';
import { providers } from '../providers/providers.ts';

await main({
  name: 'topics',
  about: 'Lists or describes the topics, or shows the newest records of one.',
  flags: topicsFlags,
  positionals: ['verb'],
  run: (flags, [verb], report) => runTopics(verb, flags, providers, report),
});
