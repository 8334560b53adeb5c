/** What every program of ours needs before it does anything of its own. */

export * from './logger.ts';
export * as read from './readers.ts';
export * from './settings.ts';
export * from './start.ts';
export * from './warnings.ts';
