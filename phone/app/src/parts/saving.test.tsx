import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { flushPending } from "../app/pending";
import { DateField } from "./date_field";
import { TextField } from "./text_field";
import { stopAtWrong } from "./wrong";

const REST_MS = 400;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });

it("writes once after a short rest, with what was typed last", async () => {
  const save = vi.fn(async () => undefined);
  render(<TextField label="Họ tên" value="" onSave={save} />);
  type("Họ tên", "N");
  type("Họ tên", "Ng");
  expect(save).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(save.mock.calls).toEqual([["Ng"]]);
});

it("what is half typed is written before the app locks", async () => {
  const save = vi.fn(async () => undefined);
  render(<TextField label="Họ tên" value="" onSave={save} />);
  type("Họ tên", "Nguyễn");
  await flushPending();
  expect(save.mock.calls).toEqual([["Nguyễn"]]);
});

it("what is half typed is written when the page goes away", async () => {
  const save = vi.fn(async () => undefined);
  const { unmount } = render(<TextField label="Họ tên" value="" onSave={save} />);
  type("Họ tên", "Trần");
  unmount();
  await flushPending();
  expect(save.mock.calls).toEqual([["Trần"]]);
});

it("a later value never overtakes an earlier one", async () => {
  const written: string[] = [];
  let release: () => void = () => undefined;
  const save = async (text: string) => {
    if (text === "một") await new Promise<void>((resolve) => (release = resolve));
    written.push(text);
  };
  render(<TextField label="Ghi chú" value="" onSave={save} />);
  type("Ghi chú", "một");
  await vi.advanceTimersByTimeAsync(REST_MS);
  type("Ghi chú", "hai");
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(written).toEqual([]);
  release();
  await vi.advanceTimersByTimeAsync(0);
  expect(written).toEqual(["một", "hai"]);
});

it("what could not be written is said and stays in the field", async () => {
  const save = async () => {
    throw { code: "store_full" };
  };
  render(<TextField label="Họ tên" value="" onSave={save} />);
  type("Họ tên", "Lê");
  await vi.advanceTimersByTimeAsync(REST_MS);
  screen.getByText("Bộ nhớ của máy đã đầy, điều vừa ghi chưa được lưu.");
  expect((screen.getByLabelText("Họ tên") as HTMLInputElement).value).toBe("Lê");
});

it("what could not be written is written once there is room, by a touch or when the field is left", async () => {
  const written: string[] = [];
  let full = true;
  const save = async (text: string) => {
    if (full) throw { code: "store_full" };
    written.push(text);
  };
  render(<TextField label="Họ tên" value="" onSave={save} />);
  type("Họ tên", "Lê");
  await vi.advanceTimersByTimeAsync(REST_MS);
  fireEvent.click(screen.getByRole("button", { name: "Thử lại" }));
  await vi.advanceTimersByTimeAsync(0);
  screen.getByText("Bộ nhớ của máy đã đầy, điều vừa ghi chưa được lưu.");
  full = false;
  fireEvent.click(screen.getByRole("button", { name: "Thử lại" }));
  await vi.advanceTimersByTimeAsync(0);
  screen.getByText("Đã lưu trên máy");
  await flushPending();
  expect(written).toEqual(["Lê"]);
});

it("what others write does not come over what is being typed", () => {
  const save = vi.fn(async () => undefined);
  const { rerender } = render(<TextField label="Họ tên" value="cũ" onSave={save} />);
  fireEvent.focus(screen.getByLabelText("Họ tên"));
  type("Họ tên", "đang gõ");
  rerender(<TextField label="Họ tên" value="người khác" onSave={save} />);
  expect((screen.getByLabelText("Họ tên") as HTMLInputElement).value).toBe("đang gõ");
});

it("a date is written as far as it is known, and what makes no sense is not", async () => {
  const save = vi.fn(async () => undefined);
  render(<DateField label="Ngày sinh" value={null} onSave={save} />);
  type("Năm", "2019");
  await vi.advanceTimersByTimeAsync(REST_MS);
  type("Tháng", "13");
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(save.mock.calls).toEqual([["2019"]]);
  fireEvent.focusOut(screen.getByLabelText("Tháng"));
  await vi.advanceTimersByTimeAsync(0);
  screen.getByText("Tháng là số từ 1 đến 12. Chưa lưu.");
  type("Tháng", "5");
  await vi.advanceTimersByTimeAsync(REST_MS);
  expect(save.mock.calls).toEqual([["2019"], ["2019-05"]]);
});

it("what can't be read never stands beside “saved”, and whoever goes on is brought back to it", async () => {
  const save = vi.fn(async () => undefined);
  render(<DateField label="Ngày sinh" value="2019-05-03" latest="2026-11-23" onSave={save} />);
  type("Năm", "2018");
  await vi.advanceTimersByTimeAsync(REST_MS);
  screen.getByText("Đã lưu trên máy");
  expect(stopAtWrong()).toBe(false);
  type("Năm", "2027");
  fireEvent.focusOut(screen.getByLabelText("Năm"));
  await vi.advanceTimersByTimeAsync(REST_MS);
  screen.getByText("Ngày này chưa đến. Chưa lưu.");
  expect(screen.queryByText("Đã lưu trên máy")).toBeNull();
  expect(stopAtWrong()).toBe(true);
  expect(document.activeElement).toBe(screen.getByLabelText("Ngày"));
  expect(save.mock.calls).toEqual([["2018-05-03"]]);
});

it("a text as long as its field says that more is not kept", async () => {
  render(<TextField label="Ghi chú" value="" max={5} onSave={async () => undefined} />);
  type("Ghi chú", "bốn c");
  await vi.advanceTimersByTimeAsync(REST_MS);
  screen.getByText("Ô này đã đầy (5 ký tự). Phần dài hơn không được giữ lại.");
});
