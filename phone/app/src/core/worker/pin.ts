/** How wrong PINs are slowed down. The store is never deleted, however many are tried. */

/** Seconds to wait after that many wrong PINs in a row; the last stands for all further ones. */
const WAIT_S = [0, 0, 0, 15, 30, 60, 120, 300, 600, 900];

/**
 * Seconds until another PIN may be tried. A clock that was put back does not shorten the wait, and one that was
 * put forward only does so once.
 */
export function waitSeconds(failures: number, failedAtMs: number, nowMs: number): number {
  const wait = WAIT_S[Math.min(failures, WAIT_S.length - 1)]!;
  const passed = (nowMs - failedAtMs) / 1000;
  return passed < 0 ? wait : Math.max(0, Math.ceil(wait - passed));
}
