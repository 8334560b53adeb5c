/** How the things of one sandbox are called. Docker shows these names; the labels are what they are found by. */

/** On everything that belongs to a sandbox: the environment's name. */
export const ENV_LABEL = 'odin-deploy.env';
/** On a host: its name in the inventory. */
export const HOST_LABEL = 'odin-deploy.host';
/** On a host: its fixed IPv4 address on the sandbox's network. */
export const ADDRESS_LABEL = 'odin-deploy.address';
/** On a host: the key of the image it was made from. */
export const IMAGE_LABEL = 'odin-deploy.image';
/** On a host: the flags it was made with, see hosts.ts. */
export const FLAGS_LABEL = 'odin-deploy.flags';
/** On a network: its IPv4 network. */
export const SUBNET_LABEL = 'odin-deploy.subnet';

export const networkName = (env: string): string => `odin-${env}`;
export const containerName = (env: string, host: string): string => `odin-${env}-${host}`;
/** Where a host's own Docker Engine keeps its images: overlay2 does not stack on a container's overlay2. */
export const engineVolume = (env: string, host: string): string => `odin-${env}-${host}-docker`;

export const ofEnv = (env: string): string => `label=${ENV_LABEL}=${env}`;
