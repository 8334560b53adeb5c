import { z } from 'zod';

/** `10.128.0.0/20`: an IPv4 network. The kit speaks IPv4 inside an environment. */
export const cidr = z.cidrv4('expected an IPv4 network such as 10.128.0.0/20');
const address = z.union([z.ipv4(), z.hostname()], { error: 'expected an IPv4 address or a host name' });
const port = z.int().min(1).max(65_535);

/** `640M`, `2G`: memory as Docker writes it. */
export const memorySize = z.string().regex(/^\d+[KMG]$/, 'expected a size such as 512M or 2G');

const BYTES = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 } as const;

/** Bytes of a {@link memorySize}. */
export function bytesOf(size: string): number {
  return Number(size.slice(0, -1)) * BYTES[size.slice(-1) as keyof typeof BYTES];
}

export const GROUPS = ['backend', 'ws', 'lb', 'monitoring'] as const;
export type Group = (typeof GROUPS)[number];

const secretName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'expected a name such as GRAFANA_PASSWORD');

/** Each role's variables at one level (all, a group, a host): the roles' own schemas check them, see load.ts. */
export const roleValues = z.record(z.string(), z.unknown());
const roleVars = z.record(z.string(), roleValues);
export type RoleVars = z.infer<typeof roleVars>;

const host = z.strictObject({
  groups: z.array(z.enum(GROUPS)).min(1),
  address: address.optional(),
  internal: z.ipv4().optional(),
  port: port.optional(),
  machine: z.string().optional(),
  memory: memorySize.optional(),
  vars: roleVars.optional(),
});

export const inventorySchema = z.strictObject({
  provider: z.enum(['static', 'gce', 'sandbox']),
  hosts: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected lower-case letters, digits and dashes'), host),
  ssh: z
    .strictObject({
      user: z.string().default('odin'),
      bootstrap_user: z.string().default('root'),
      identity_file: z.string().optional(),
    })
    .prefault({}),
  network: z.strictObject({
    internal: cidr.optional(),
    management: z.array(cidr).default([]),
    public: z.array(cidr).default(['0.0.0.0/0']),
  }),
  images: z
    .strictObject({
      from: z.enum(['auto', 'registry', 'build']).default('build'),
      pinned: z
        .record(
          z.string(),
          z
            .string()
            .regex(
              /^[^\s@]+@sha256:[0-9a-f]{64}$/,
              'expected a reference such as registry.example/odin/publisher@sha256:…',
            ),
        )
        .default({}),
      login: z.strictObject({ user: z.string(), secret: secretName }).optional(),
    })
    .prefault({}),
  gce: z
    .strictObject({
      project: z.string(),
      zone: z.string(),
      network: z.string().default('default'),
      subnetwork: z.string().default('default'),
      image: z.string().default('projects/ubuntu-os-cloud/global/images/family/ubuntu-2204-lts'),
    })
    .optional(),
  sandbox: z
    .strictObject({
      publish: z.record(z.string(), z.array(z.string())).default({}),
    })
    .optional(),
  secrets: z.array(secretName).default([]),
  groups: z.partialRecord(z.enum(GROUPS), z.strictObject({ vars: roleVars })).default({}),
  vars: roleVars.default({}),
});

/** An inventory file as written. */
export type InventoryFile = z.infer<typeof inventorySchema>;
export type HostEntry = z.infer<typeof host>;
