import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { App } from "../app/app";
import { flushPending } from "../app/pending";
import { go } from "../app/router";
import { createSession } from "../app/session";
import { createFake } from "../core/fake";

beforeEach(() => go("/", { replace: true }));
afterEach(cleanup);

/** A visit to the first household that has a child and a circumstance. */
async function visiting(step = "") {
  const core = createFake({ pace: 0, households: 40 });
  const session = createSession(core);
  const rows = await core.call("households", {});
  const { document, village } = rows.find((row) => row.special > 0 && row.children > 0)!;
  const { draft, household } = await core.call("visit_start", { document, village });
  if (step) await core.call("visit_step", { draft, step });
  render(<App session={session} />);
  await session.restart();
  go(`/tham/${draft}`);
  await screen.findByRole("navigation", { name: /bước/i });
  return { core, draft, child: household.children[0]!, visit: () => core.call("visit", { draft }) };
}

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));

describe("a visit", () => {
  it("opens where it was left", async () => {
    await visiting("notes");
    expect(await screen.findByRole("heading", { level: 1, name: "Ghi chú" })).toBeDefined();
  });

  it("goes on by one touch where nothing has changed, and writes nothing", async () => {
    const { visit, child } = await visiting();
    await press("Không đổi, tiếp tục");
    await screen.findByRole("heading", { level: 1, name: String(child.fields["name"]?.value) });
    await waitFor(async () => expect((await visit()).step).toBe(`children/${child.id}`));
    expect((await visit()).written).toBe(0);
  });

  it("keeps what is typed and not yet left when the app is hidden", async () => {
    const { visit } = await visiting("notes");
    const note = await screen.findByLabelText("Ghi chú về hộ");
    fireEvent.input(note, { target: { value: "Chó dữ, gọi trước" } });
    await flushPending();
    expect((await visit()).household.household["note"]).toMatchObject({ value: "Chó dữ, gọi trước", draft: true });
  });

  it("a birth begins a child with its first answer, and its day is the day of the birth", async () => {
    const { visit, draft } = await visiting();
    go(`/tham/${draft}/people/new-birth`);
    fireEvent.input(await screen.findByLabelText("Họ và tên"), { target: { value: "Mẫu Bé" } });
    await flushPending();
    await press("Hôm nay");
    await waitFor(async () => {
      const { household } = await visit();
      const born = household.children.find((child) => child.draft)!;
      expect(born.fields["name"]?.value).toBe("Mẫu Bé");
      const event = household.events.find((event) => event.fields["person"]?.value === born.id)!;
      expect(event.fields["kind"]?.value).toBe("birth");
      expect(event.fields["date"]?.value).toBe(born.fields["birth_date"]?.value);
      expect(event.fields["date"]?.value).toBe("2026-11-23");
    });
    expect((await visit()).household.children.filter((child) => child.draft)).toHaveLength(1);
  });

  it("a circumstance is found by plain words and questions", async () => {
    const { visit, draft, child } = await visiting();
    go(`/tham/${draft}/circumstances/${child.id}/them`);
    await press(/Trẻ không nơi nương tựa/);
    fireEvent.click(await screen.findByLabelText(/^Một người đã mất/));
    fireEvent.click(await screen.findByLabelText(/^Mất tích/));
    fireEvent.click(await screen.findByLabelText(/^Người không họ hàng/));
    await press("Ghi vào sổ");
    await waitFor(async () => {
      const { household } = await visit();
      const codes = household.circumstances.filter((held) => held.draft).map((held) => held.fields["code"]?.value);
      expect(codes).toEqual(["II.3.1", "II.3.14"]);
    });
  });

  it("a restricted circumstance is sealed at once and never written into the visit", async () => {
    const { core, visit, draft, child } = await visiting();
    go(`/tham/${draft}/circumstances/${child.id}/them`);
    await press(/Trẻ nhiễm HIV/);
    fireEvent.click(await screen.findByLabelText(/^Cha mẹ hoặc họ hàng/));
    expect(screen.queryByRole("button", { name: "Ghi vào sổ" })).toBeNull();
    await press("Tiếp tục: báo kín");
    fireEvent.input(await screen.findByLabelText(/^Điều cán bộ cần biết/), { target: { value: "đang uống thuốc" } });
    await flushPending();
    await press("Niêm phong");
    const dialog = await screen.findByRole("dialog", { hidden: true });
    fireEvent.click(within(dialog).getByRole("button", { name: "Niêm phong", hidden: true }));
    const { document } = (await visit()).household;
    await waitFor(async () => expect((await core.call("household", { document: document! })).sealed.length).toBeGreaterThan(0));
    expect(JSON.stringify(await visit())).not.toContain("đang uống thuốc");
    expect(JSON.stringify((await visit()).household.circumstances)).not.toContain("II.5");
    expect(location.hash).not.toContain("II.5");
  });
});
