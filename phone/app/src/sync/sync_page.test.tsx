import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import { App } from "../app/app";
import { go } from "../app/router";
import { createSession } from "../app/session";
import type { Core, CoreEvent, Method } from "../core/api";
import { createFake } from "../core/fake";

afterEach(cleanup);

it("a sync that waits to try again is hurried by the button, and one under way is not begun twice", async () => {
  const fake = createFake({ pace: 0 });
  const calls: Method[] = [];
  const listeners: ((event: CoreEvent) => void)[] = [];
  const core: Core = {
    call(method, args) {
      calls.push(method);
      return method === "sync" ? new Promise(() => undefined) : fake.call(method, args);
    },
    listen(listener) {
      listeners.push(listener);
      return () => undefined;
    },
  };
  const say = (event: CoreEvent) => listeners.forEach((listener) => listener(event));
  const syncs = () => calls.filter((method) => method === "sync").length;
  const session = createSession(core);
  render(<App session={session} />);
  go("/gui-nhan", { replace: true });
  await session.restart();

  say({ event: "sync", state: { kind: "waiting", code: "connection_cut", failures: 3, seconds: 8 } });
  await screen.findByText(/tự thử lại sau 8 giây/);
  fireEvent.click(screen.getByRole("button", { name: "Gửi – nhận ngay" }));
  expect(syncs()).toBe(1);

  say({ event: "sync", state: { kind: "running", step: "exchange", requests: 0, sent: 0, received: 0, done: 0, total: null } });
  fireEvent.click(await screen.findByRole("button", { name: "Đang gửi – nhận…" }));
  await waitFor(() => expect(syncs()).toBe(1));
});
