import type { HostCheck } from '../check.ts';
import { quote } from '../shell.ts';

/** Fails before anything is changed when a container of our name was made by another Compose project, or by hand. */
export function containerOurs(name: string, project: string): HostCheck {
  return {
    where: 'host',
    id: `container.${name}`,
    title: `no foreign container is called ${name}`,
    severity: 'critical',
    phases: ['preflight'],
    probe: `if command -v docker >/dev/null; then docker ps --all --filter ${quote(`name=^${name}$`)} --format '{{.Label "com.docker.compose.project"}}|{{.Image}}|{{.Status}}'; fi`,
    judge({ output }) {
      const [owner, image, status] = output.trim().split('|');
      if (!output.trim() || owner === project) return { ok: true };
      return {
        ok: false,
        code: 'foreign-container',
        message: `a container ${name} is already there, made by ${owner ? `the Compose project ${owner}` : 'hand'} from ${image} (${status}); it is not replaced`,
        next: `docker rename ${name} ${name}-old && docker stop ${name}-old   (on the host; its data stays)`,
      };
    },
  };
}
