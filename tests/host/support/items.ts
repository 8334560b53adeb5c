/** Resources as data: what a test wants on a host, so that it can be generated, compared and handed to a process. */

import type { Resource } from '#engine/resource.ts';
import { packages } from '#engine/resources/apt.ts';
import { type StackArgs, stack } from '#engine/resources/compose.ts';
import { type DirectoryArgs, directory } from '#engine/resources/directory.ts';
import { type FileArgs, file } from '#engine/resources/file.ts';
import { type FolderOptions, folder } from '#engine/resources/folder.ts';
import { type SysctlArgs, values } from '#engine/resources/sysctl.ts';
import { service } from '#engine/resources/systemd.ts';
import { type UserArgs, user } from '#engine/resources/user.ts';
import { type ControllerGateArgs, controllerGate, type GateArgs, gate, type ImportedArgs, imported } from './kinds.ts';

/** The data of a service: whether it runs does not depend on the host here. */
interface ServiceItem {
  unit: string;
  running?: boolean;
  enabled?: boolean;
  configuredBy?: { path: string; content: string }[];
  onChange?: 'restart' | 'reload';
}

const MAKERS = {
  file: (args: FileArgs) => file(args),
  directory: (args: DirectoryArgs) => directory(args),
  folder: (args: FolderOptions) => folder(args),
  sysctl: (args: SysctlArgs) => values(args),
  service: (args: ServiceItem) => service(args),
  user: (args: UserArgs) => user(args),
  packages: (args: { names: string[] }) => packages(args),
  stack: (args: StackArgs) => stack(args),
  imported: (args: ImportedArgs) => imported(args),
  gate: (args: GateArgs) => gate(args),
  controllerGate: (args: ControllerGateArgs) => controllerGate(args),
};

type Makers = typeof MAKERS;
export type ItemOf<Kind extends keyof Makers> = { kind: Kind; args: Parameters<Makers[Kind]>[0] };
/** One thing that is wanted. */
export type Item = { [Kind in keyof Makers]: ItemOf<Kind> }[keyof Makers];

export function resourceOf({ kind, args }: Item): Resource {
  return (MAKERS[kind] as (args: unknown) => Resource)(args);
}
