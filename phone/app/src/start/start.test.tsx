import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, expect, it } from "vitest";
import { App } from "../app/app";
import { linkedCode } from "../app/link";
import { createSession } from "../app/session";
import type { Core, CoreError, Method } from "../core/api";
import { createFake, fakePhase, type FakeOptions } from "../core/fake";

const PIN = "739164";

afterEach(cleanup);

async function start(options: FakeOptions, spoil: Partial<Record<Method, CoreError>> = {}) {
  const fake = createFake({ pace: 0, pin: PIN, ...options });
  const calls: Method[] = [];
  const core: Core = {
    ...fake,
    async call(method, args) {
      calls.push(method);
      const error = spoil[method];
      if (error) throw error;
      return fake.call(method, args);
    },
  };
  const session = createSession(core);
  render(<App session={session} />);
  await session.restart();
  return { session, calls, spoil };
}

const type = (label: string | RegExp, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));

it("opens with the right PIN, by the keys on the page", async () => {
  const { session } = await start({ phase: fakePhase("locked") });
  await screen.findByRole("heading", { name: "Sổ đang khóa" });
  for (const digit of PIN) press(digit);
  press("Mở sổ");
  await waitFor(() => expect(session.phase.value?.phase).toBe("open"));
});

it("a wrong PIN is said, with a wait, and no PIN is tried meanwhile", async () => {
  const { session, calls, spoil } = await start({ phase: fakePhase("locked") }, { unlock: { code: "pin_wrong", params: { wait: 30, failures: 5 } } });
  await screen.findByLabelText("Mã PIN");
  type("Mã PIN", "000000");
  press("Mở sổ");
  await screen.findByText("Chờ 30 giây rồi thử lại");
  delete spoil.unlock;
  type("Mã PIN", PIN);
  press("Mở sổ");
  expect(calls.filter((method) => method === "unlock")).toHaveLength(1);
  expect(session.phase.value?.phase).toBe("locked");
  expect((screen.getByLabelText("Mã PIN") as HTMLInputElement).readOnly).toBe(true);
});

it("before the PIN is forgotten, it says what becomes of unsent work, and asks", async () => {
  const { session, calls } = await start({ phase: fakePhase("locked") });
  await screen.findByText(/niêm phong cho xã và gửi được từ màn hình này/);
  press("Cất sổ này và ghi danh lại");
  expect(calls).not.toContain("forget_pin");
  expect(session.phase.value?.phase).toBe("locked");
});

it("the sealed letter is sent from the lock screen without the PIN", async () => {
  const { session, calls } = await start({ phase: fakePhase("locked") });
  await screen.findByText("Chưa gửi: 13 việc, đã niêm phong cho xã");
  press("Gửi về xã");
  await screen.findByText(/^Xã đã nhận lúc/);
  expect(session.phase.value?.phase).toBe("locked");
  expect(calls).not.toContain("unlock");
});

it("111 can be called from the lock screen", async () => {
  await start({ phase: fakePhase("locked") });
  const link = await screen.findByRole("link", { name: /Gọi 111/ });
  expect(link.getAttribute("href")).toBe("tel:111");
});

async function walkToPin(code: string): Promise<void> {
  await screen.findByLabelText("Mã ghi danh xã đã cấp");
  type("Mã ghi danh xã đã cấp", code);
  press("Tiếp tục");
  type("Tên người dùng máy và thôn", "Người thử");
  press("Tiếp tục");
  type("Mã PIN mới", PIN);
  await screen.findByText("Mã này dùng được");
  type("Nhập lại lần nữa", PIN);
}

it("enrols step by step, then loads the register", async () => {
  const { session, calls } = await start({ phase: fakePhase("new") });
  await walkToPin("abcdefghjkl2");
  await waitFor(() => expect((screen.getByRole("button", { name: "Ghi danh" }) as HTMLButtonElement).disabled).toBe(false));
  press("Ghi danh");
  await waitFor(() => expect(session.phase.value?.phase).toBe("open"));
  expect(calls).toContain("enrol");
  expect(calls).toContain("sync");
});

it("a code that was used is said with the next step, and what was typed stays", async () => {
  const { session } = await start({ phase: fakePhase("new") }, { enrol: { code: "enrolment_code_used" } });
  await walkToPin("abcdefghjkl2");
  await waitFor(() => expect((screen.getByRole("button", { name: "Ghi danh" }) as HTMLButtonElement).disabled).toBe(false));
  press("Ghi danh");
  await screen.findByText("Mã ghi danh đã được một máy khác dùng.");
  screen.getByText(/xin xã mã mới/i);
  expect((screen.getByLabelText("Mã PIN mới") as HTMLInputElement).value).toBe(PIN);
  expect(session.phase.value?.phase).toBe("new");
});

it("the code of a link stands in its field", async () => {
  linkedCode.value = "abcdefghjkl2";
  await start({ phase: fakePhase("new") });
  const field = (await screen.findByLabelText("Mã ghi danh xã đã cấp")) as HTMLInputElement;
  await waitFor(() => expect(field.value).toBe("ABCD-EFGH-JKL2"));
  linkedCode.value = null;
});

it("two PINs that differ do not enrol", async () => {
  await start({ phase: fakePhase("new") });
  await walkToPin("abcdefghjkl2");
  type("Nhập lại lần nữa", "739165");
  await screen.findByText("Hai lần nhập chưa giống nhau.");
  await waitFor(() => expect((screen.getByRole("button", { name: "Ghi danh" }) as HTMLButtonElement).disabled).toBe(true));
});

it.each([
  ["lost", "Sổ trên máy này đã bị xoá"],
  ["damaged", "Sổ trên máy này bị hỏng"],
  ["unsupported", "Sổ Thôn cần một trình duyệt mới hơn để giữ sổ an toàn trên máy."],
  ["broken", "Những gì đã ghi vẫn còn nguyên trên máy này, không mất gì."],
])("%s is explained", async (phase, text) => {
  await start({ phase: fakePhase(phase) });
  await screen.findByText(text);
});

it("a damaged store can be exported", async () => {
  const { calls } = await start({ phase: fakePhase("damaged") });
  URL.createObjectURL = () => "blob:file";
  (await screen.findByRole("button", { name: "Xuất ra tệp" })).click();
  await waitFor(() => expect(calls).toContain("export_kept"));
});

it("a sổ that is open in another tab is taken over only when asked to", async () => {
  const { session, calls } = await start({ phase: fakePhase("elsewhere") });
  await screen.findByRole("button", { name: "Dùng ở đây" });
  expect(calls).not.toContain("take_over");
  press("Dùng ở đây");
  await waitFor(() => expect(session.phase.value?.phase).toBe("locked"));
});
