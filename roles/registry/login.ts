/** Who pushes and pulls. */
export const REGISTRY_USER = 'odin';
/** The name of the secret by which they do. The kit makes it up once per environment. */
export const REGISTRY_PASSWORD = 'REGISTRY_PASSWORD';
