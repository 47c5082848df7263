/** PINs as they are compared, and how wrong ones are slowed down. However many are tried, no store is deleted. */

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

/** One writing of what looks alike: not every keyboard puts an accented letter together the same way. */
export function written(pin: string): string {
  return pin.normalize("NFC");
}
