/**
 * At most this many logins at once: sshd drops those beyond MaxStartups, 10 by default, and all hosts may be behind one
 * jump host. What runs over a connection that is there is no login.
 */
const LOGINS_AT_ONCE = 10;

let begun = 0;
const waiting: (() => void)[] = [];

/** Waits until one more login may begin. Returns the function that says that it is over, however it ended. */
export async function loginTurn(): Promise<() => void> {
  if (begun < LOGINS_AT_ONCE) begun += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  let over = false;
  return () => {
    if (over) return;
    over = true;
    const next = waiting.shift();
    // Whoever comes next takes over the turn.
    if (next) next();
    else begun -= 1;
  };
}
