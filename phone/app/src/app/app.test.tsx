import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Core, CoreEvent, Method, Phase } from "../core/api";
import { createFake, fakePhase } from "../core/fake";
import { App } from "./app";
import { isEvening } from "./home_cards";
import { linkedCode } from "./link";
import { go } from "./router";
import { createSession } from "./session";
import { waitingVersion } from "./update";

const PIN = "739164";

beforeEach(() => go("/", { replace: true }));
afterEach(() => {
  cleanup();
  waitingVersion.value = null;
});

async function start() {
  const fake = createFake({ pace: 0, pin: PIN });
  const calls: Method[] = [];
  const listeners: ((event: CoreEvent) => void)[] = [];
  const core: Core = {
    call(method, args) {
      calls.push(method);
      return fake.call(method, args);
    },
    listen(listener) {
      listeners.push(listener);
      return fake.listen(listener);
    },
  };
  const session = createSession(core);
  render(<App session={session} />);
  await session.restart();
  await screen.findByRole("navigation", { name: "Các phần của sổ" });
  return { session, core, calls, say: (event: CoreEvent) => listeners.forEach((listener) => listener(event)) };
}

const unlock = async (core: Core): Promise<Phase> => core.call("unlock", { pin: PIN });

it("after the lock one is where one was", async () => {
  const { session, core } = await start();
  go("/cai-dat/gioi-thieu");
  await screen.findByRole("heading", { name: "Giới thiệu" });
  await session.lock();
  await screen.findByRole("heading", { name: "Sổ đang khóa" });
  expect(screen.queryByRole("heading", { name: "Giới thiệu" })).toBeNull();
  await session.enter(await unlock(core));
  await screen.findByRole("heading", { name: "Giới thiệu" });
});

it("a store whose first page can't be had is told, not shown empty", async () => {
  const fake = createFake({ pace: 0 });
  const session = createSession({
    ...fake,
    call: (method, args) => (method === "home" ? Promise.reject({ code: "store_failed" }) : fake.call(method, args)),
  });
  render(<App session={session} />);
  await session.restart();
  await screen.findByText("Mã lỗi: store_failed");
});

it("a core that can't lock is begun anew", async () => {
  const fake = createFake({ pace: 0 });
  let locked = false;
  const session = createSession({
    ...fake,
    async call(method, args) {
      if (method === "lock") {
        locked = true;
        throw { code: "core_failed" };
      }
      return method === "start" && locked ? (fakePhase("locked") as never) : fake.call(method, args);
    },
  });
  render(<App session={session} />);
  await session.restart();
  await session.lock();
  await screen.findByRole("heading", { name: "Sổ đang khóa" });
});

it("an enrolment link on an enrolled phone changes nothing, and says so", async () => {
  const { session, calls } = await start();
  linkedCode.value = "ABCD-EFGH-JKL2";
  await screen.findByText(/Máy này đã ghi danh rồi/);
  expect(linkedCode.value).toBeNull();
  expect(session.phase.value?.phase).toBe("open");
  expect(calls).not.toContain("enrol");
});

it("a new page is begun at its heading", async () => {
  await start();
  go("/gui-nhan");
  const heading = await screen.findByRole("heading", { level: 1, name: "Gửi – nhận" });
  await waitFor(() => expect(document.activeElement).toBe(heading));
  expect(document.title).toContain("Gửi – nhận");
});

it("another tab that takes over closes this one, and says so", async () => {
  const { say } = await start();
  say({ event: "elsewhere" });
  await screen.findByText("Sổ đang mở ở một thẻ hoặc cửa sổ khác trên máy này.");
});

it("the urgent report is one touch away on every tab", async () => {
  await start();
  for (const path of ["/", "/dot", "/gui-nhan", "/cai-dat"]) {
    go(path);
    const link = await screen.findByRole("link", { name: "Báo khẩn cấp" });
    expect(link.getAttribute("href")).toMatch(/^#\/khan-cap/);
  }
});

it("many changes at once ask for the home page twice at most", async () => {
  const { calls, say } = await start();
  const before = calls.filter((method) => method === "home").length;
  for (let n = 0; n < 20; n += 1) say({ event: "changed" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  await waitFor(() => expect(calls.filter((method) => method === "home").length - before).toBe(2));
});

describe("a new version", () => {
  it("is offered", async () => {
    await start();
    waitingVersion.value = {} as ServiceWorker;
    await screen.findByText("Bản mới đã sẵn sàng");
  });

  it("is not offered during a visit or an urgent report", async () => {
    const { core } = await start();
    waitingVersion.value = {} as ServiceWorker;
    const [row] = await core.call("households", {});
    const visit = await core.call("visit_start", { document: row?.document ?? null, village: "01" });
    go(`/tham/${visit.draft}`);
    await waitFor(() => expect(screen.queryByText("Bản mới đã sẵn sàng")).toBeNull());
    go("/khan-cap");
    await screen.findByRole("heading", { name: "Báo khẩn cấp" });
    expect(screen.queryByText("Bản mới đã sẵn sàng")).toBeNull();
    go("/");
    await screen.findByText("Bản mới đã sẵn sàng");
  });
});

it("an urgent report is asked about before it is sealed, and nothing of it stays on the page", async () => {
  const { core, calls } = await start();
  const before = (await core.call("urgent_list", {})).length;
  go("/khan-cap");
  fireEvent.click(await screen.findByRole("button", { name: /Bạo lực, xâm hại/ }));
  fireEvent.input(await screen.findByLabelText("Chuyện gì đã xảy ra?"), { target: { value: "điều thử kín" } });
  await waitFor(() => expect((screen.getByRole("button", { name: "Gửi báo cáo" }) as HTMLButtonElement).disabled).toBe(false));
  fireEvent.click(screen.getByRole("button", { name: "Gửi báo cáo" }));
  expect(calls).not.toContain("urgent_send");
  fireEvent.click(await screen.findByText("Gửi ngay"));
  await screen.findByRole("heading", { name: "Đã ghi báo cáo khẩn" });
  expect(calls.filter((method) => method === "urgent_send")).toHaveLength(1);
  expect(calls).toContain("sync");
  expect((await core.call("urgent_list", {})).length).toBe(before + 1);
  expect(document.body.innerHTML).not.toContain("điều thử kín");
  fireEvent.click(screen.getByRole("button", { name: "Báo thêm" }));
  fireEvent.click(await screen.findByRole("button", { name: /Bạo lực, xâm hại/ }));
  expect(((await screen.findByLabelText("Chuyện gì đã xảy ra?")) as HTMLTextAreaElement).value).toBe("");
  fireEvent.click(screen.getByRole("button", { name: "Quay lại" }));
});

it("an urgent report that was begun stays about the same child wherever it is opened again, until it is dropped", async () => {
  const { core } = await start();
  const rows = await core.call("households", {});
  const row = rows.find((each) => each.children > 0);
  const { children } = await core.call("household", { document: row!.document });
  const name = String(children[0]!.fields["name"]!.value);
  go(`/khan-cap?ho=${row!.document}`);
  fireEvent.click(await screen.findByRole("button", { name: /Bạo lực, xâm hại/ }));
  fireEvent.click(await screen.findByRole("radio", { name }));
  go("/");
  await screen.findByRole("searchbox");
  go("/khan-cap");
  expect(((await screen.findByRole("radio", { name })) as HTMLInputElement).checked).toBe(true);
  fireEvent.click(screen.getByRole("button", { name: "Bỏ, viết báo cáo khác" }));
  await waitFor(() => expect(screen.queryByRole("radio", { name })).toBeNull());
});

it("in the evening, work that is not sent is pointed out; during the day it is not", async () => {
  vi.useFakeTimers({ now: new Date(2026, 10, 23, 12), toFake: ["Date"] });
  await start();
  expect(screen.queryByText("Còn 12 việc chưa gửi")).toBeNull();
  cleanup();
  vi.setSystemTime(new Date(2026, 10, 23, 18, 30));
  await start();
  await screen.findByText("Còn 12 việc chưa gửi");
  vi.useRealTimers();
});

it("the evening begins at six", () => {
  expect(isEvening(new Date(2026, 10, 23, 17, 59))).toBe(false);
  expect(isEvening(new Date(2026, 10, 23, 18, 0))).toBe(true);
});
