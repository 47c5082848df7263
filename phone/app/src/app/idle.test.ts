import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { idleTimer } from "./idle";

const LIMIT = 5 * 60_000;
let stop: () => void;
const idle = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  idle.mockClear();
  stop = idleTimer(() => LIMIT, idle);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

it("locks after the time without a touch, and not before", () => {
  vi.advanceTimersByTime(LIMIT - 1);
  expect(idle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(idle).toHaveBeenCalledTimes(1);
});

it.each(["pointerdown", "keydown", "input", "touchmove"])("a %s begins the time anew", (name) => {
  vi.advanceTimersByTime(LIMIT - 1000);
  dispatchEvent(new Event(name));
  vi.advanceTimersByTime(LIMIT - 1);
  expect(idle).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(idle).toHaveBeenCalledTimes(1);
});

it("the touch that wakes a sleeping phone comes too late", () => {
  vi.setSystemTime(Date.now() + LIMIT + 1000);
  dispatchEvent(new Event("pointerdown"));
  expect(idle).toHaveBeenCalledTimes(1);
});

it("a phone that shows the page again after a long sleep is locked at once", () => {
  vi.setSystemTime(Date.now() + 60 * 60_000);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(idle).toHaveBeenCalledTimes(1);
});

it("a clock that is set back by a day does not keep it open", () => {
  vi.setSystemTime(Date.now() - 24 * 60 * 60_000);
  dispatchEvent(new Event("keydown"));
  expect(idle).toHaveBeenCalledTimes(1);
});

it("does nothing once it is stopped", () => {
  stop();
  vi.advanceTimersByTime(LIMIT * 3);
  expect(idle).not.toHaveBeenCalled();
});
