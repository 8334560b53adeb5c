/**
 * The processor that images are made for, in Node's words. They are for Linux hosts: where this machine runs Linux, for its
 * own kind; elsewhere for the kind that the clouds rent out.
 */
export const ARCHITECTURE = process.platform === 'linux' ? process.arch : 'x64';
