/**
 * kafkajs 2.2.4 sets timers with negative delays, for which Node 24 prints a warning in every run. The partitioner notice
 * of kafkajs 2 is switched off by its own variable.
 */

import { dropWarning } from '@odin/runtime';

dropWarning('TimeoutNegativeWarning');

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
