/** The queue: from a conflict to its decision on a phone, twins, two officers at once, and a keyboard alone. */

import { expect, type Page, test } from "@playwright/test";
import { Collector } from "../../support/collector.ts";
import { child, dispute, families, family, TODAY } from "../../support/commune.ts";
import { Desk } from "../../support/console.ts";
import { enrol, fact, openHousehold, sync } from "../../support/hands.ts";
import { Phone } from "../../support/phone.ts";

test.describe.configure({ mode: "serial" });

const DISPUTED = ["01/3", "01/4"];
const HEAD = "Nông Văn Chủ 01.1 (giả lập)";

let desk: Desk;
let one: Collector;
let other: Collector;
let page: Page;
test.beforeAll(async () => {
  desk = await Desk.open();
  one = new Collector(desk.office, "Máy cộng tác viên A", "01", "02");
  one.visit(
    ...families("01", 13),
    family("01", 20, "Lý Văn Đôi (giả lập)", [
      child("Lý Thị Ánh (giả lập)", "2019-04-05", { ref: "a" }),
      child("Lý Thị Anh (giả lập)", "2019-04-05", { ref: "b" }),
    ]),
    family("02", 20, "Lý Văn Ông (giả lập)", [child("Lý Thị Anh (giả lập)", "2019-04-05")]),
  );
  one.sync();
  other = new Collector(desk.office, "Máy cộng tác viên B", "01");
  dispute(one, other, ["01/1"], "address", ["Xóm Đồi, cạnh suối", "Xóm Đồi, sau trường"]);
  dispute(one, other, ["01/2"], "hamlet", ["Đồi Cao", "Suối Cạn"]);
  page = await desk.officer("canbo", "Cán bộ Giả Lập");
});
test.afterAll(() => desk.end());

/** The kind's count in the queue's menu. */
async function waiting(on: Page, kind: string): Promise<string> {
  return await on.getByRole("navigation", { name: "Các loại việc" }).getByRole("link", { name: new RegExp(`^${kind}`) }).innerText();
}

test("two addresses stand side by side with who wrote them; the officer picks one with a reason, and a phone says so", async () => {
  const phone = new Phone(desk.office);
  try {
    const collector = await phone.start(`/#enrol=${desk.office.code("Điện thoại thôn 01", "01")}`);
    await enrol(collector);
    await openHousehold(collector, HEAD);
    await expect(fact(collector, "Địa chỉ")).toContainText("Ghi khác nhau:");

    await page.goto("/office");
    await page.getByRole("link", { name: /Ghi khác nhau/ }).click();
    const open = page.getByRole("region", { name: "Việc đang mở" });
    const list = page.getByRole("region", { name: "Danh sách việc" });
    await list.getByRole("link", { name: /^Địa chỉ/ }).click();
    await expect(open.getByText("Máy cộng tác viên A")).toBeVisible();
    await expect(open.getByText("Máy cộng tác viên B")).toBeVisible();
    await open.getByLabel(/cạnh suối/).check();
    await open.getByLabel(/Đã hỏi lại gia đình/).check();
    await open.getByRole("button", { name: /^Quyết định/ }).click();
    await expect(page.getByText("Đã quyết định. Các máy sẽ biết ở lần gửi – nhận sau.")).toBeVisible();
    await expect(list.getByRole("link", { name: /^Địa chỉ/ })).toHaveCount(0);

    await sync(collector);
    await openHousehold(collector, HEAD);
    await expect(fact(collector, "Địa chỉ").getByRole("definition")).toHaveText("Xóm Đồi, cạnh suối");
    const told = collector.getByRole("region", { name: "Những điều đã được quyết định" }).getByRole("listitem");
    await expect(told).toContainText("Lý do: Đã hỏi lại gia đình");
    await expect(told).toContainText("Cán bộ Giả Lập");
  } finally {
    await phone.end();
  }
});

test("two officers open the same item: the second is told, nothing is overwritten, and what was typed is still there", async () => {
  const second = await desk.officer("canbohai", "Cán bộ Thứ Hai");
  for (const officer of [page, second]) {
    await officer.goto("/office/decide?kind=values");
    await expect(officer.getByLabel(/Đồi Cao/)).toBeVisible();
  }
  await page.getByLabel(/Đồi Cao/).check();
  await page.getByRole("button", { name: /^Quyết định/ }).click();
  await expect(page.getByText("Đã quyết định.").first()).toBeVisible();

  await second.getByLabel(/Suối Cạn/).check();
  await second.getByLabel(/Ghi thêm/).fill("chữ đã gõ");
  const answer = second.waitForResponse((response) => response.request().method() === "POST");
  await second.getByRole("button", { name: /^Quyết định/ }).click();
  expect((await answer).status()).toBe(409);
  await expect(second.getByRole("alert")).toContainText("Có người vừa ghi hoặc quyết định ở đây.");
  await expect(second.locator("main")).toContainText("Đồi Cao");
  expect(desk.office.register().find(({ household }) => household["number"] === "2")?.household["hamlet"]).toBe("Đồi Cao");
});

test("of two twins one was registered twice: linked and not linked by an officer, counted once, and undone", async () => {
  const total = async (): Promise<string> => {
    await page.goto(`/office/forms/03-TE?as_of=${TODAY}`);
    return await page.getByRole("row", { name: /Trẻ em dưới 16 tuổi/ }).getByRole("cell").nth(1).innerText();
  };
  // Thirteen others, and three records that may be one child, two or three.
  expect(await total()).toBe("14–16");
  await page.goto("/office/decide?kind=pairs");
  const open = page.getByRole("region", { name: "Việc đang mở" });
  for (const left of [3, 2, 1]) {
    expect(await waiting(page, "Có thể ghi trùng")).toContain(`(${left})`);
    await expect(open).toContainText("Cùng ngày sinh");
    const sides = await open.getByRole("table", { name: "So sánh hai bản ghi" }).innerText();
    // The grandfather's household wrote down the twin without a mark once more.
    const isSame = sides.includes("Lý Văn Ông") && !sides.includes("Ánh");
    await open.getByLabel(isSame ? /Theo giấy khai sinh/ : /Đã hỏi lại gia đình/).check();
    await open.getByRole("button", { name: isSame ? /^Cùng một trẻ/ : /^Không phải/ }).click();
    const said = isSame ? "Đã nối hai bản ghi: cùng một trẻ, tính một lần." : "Đã ghi nhận: hai trẻ khác nhau.";
    await expect(page.getByText(said)).toBeVisible();
  }
  expect(await waiting(page, "Có thể ghi trùng")).toContain("(0)");
  expect(await total()).toBe("15");

  await page.goto("/office/decide?kind=done");
  const linked = page.getByRole("row", { name: /Nối: cùng một trẻ/ });
  await expect(linked).toContainText("Cán bộ Giả Lập");
  await linked.getByRole("button", { name: /Hoàn tác/ }).click();
  await expect(page.getByText("Đã hoàn tác. Điều ghi trước đó hiện lại như cũ.")).toBeVisible();
  expect(await total()).toBe("15–16");
});

test("a decision made by keys is taken back by a key and made otherwise", async () => {
  dispute(one, other, DISPUTED, "phone", ["0912000001", "0988000002"]);
  await page.goto("/office/decide?kind=values");
  for (let left = DISPUTED.length; left > 0; left--) {
    expect(await waiting(page, "Ghi khác nhau")).toContain(`(${left})`);
    // The first choice has the focus; a number picks, Enter decides.
    await page.keyboard.press("2");
    await expect(page.getByRole("radio").nth(1)).toBeChecked();
    await Promise.all([page.waitForURL(/kind=values/), page.waitForEvent("load"), page.keyboard.press("Enter")]);
  }
  await expect(page.getByText("Không còn việc nào ở đây.")).toBeVisible();
  // The last one is taken back by a key, and decided otherwise.
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("u")]);
  await page.goto("/office/decide?kind=values");
  expect(await waiting(page, "Ghi khác nhau")).toContain("(1)");
  await page.keyboard.press("v");
  await page.keyboard.type("0912345678");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  // A value that nobody wrote needs a reason; what was typed is still there, and a key leads to the words.
  await expect(page.getByText("Hãy chọn hoặc ghi lý do.")).toBeVisible();
  await expect(page.getByLabel("Giá trị đúng")).toHaveValue("0912345678");
  await page.keyboard.press("g");
  await page.keyboard.type("Gọi lại chủ hộ");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await expect(page.getByText("Không còn việc nào ở đây.")).toBeVisible();
  const phones = desk.office.register().map(({ household }) => household["phone"]).filter((phone) => phone !== undefined);
  expect(phones).toHaveLength(DISPUTED.length);
  expect(phones.filter((phone) => phone === "0912345678")).toHaveLength(1);
});

/** How many decisions of each kind an officer makes in one sitting, a hundred in all. */
const SITTING = { picked: 35, later: 10, linked: 10, parted: 10, right: 15, numbered: 20 };
/** Presses that a decision may need; digits of a number are typed, not pressed. */
const PRESSES_MAX = 4;

/** A commune with at least as much to decide of every kind. */
function fill(commune: Desk): void {
  const first = new Collector(commune.office, "Máy bàn phím A", "01", "02");
  const number = (at: number): number => 1 + at;
  const disputed = SITTING.picked + SITTING.later;
  const twins = SITTING.linked + SITTING.parted;
  const ordinary = families("01", disputed);
  const again = ordinary.slice(0, twins).map(({ entry }, at) => {
    const [known] = entry["children"] as ReturnType<typeof child>[];
    if (known === undefined) throw new Error("each household has a child");
    return family("02", number(at), `Vi Văn Ông 02.${at} (giả lập)`, [known]);
  });
  const orphans = Array.from({ length: SITTING.right }, (_, at) => {
    const one = child(`Mông Thị Côi ${at} (giả lập)`, `2013-0${1 + (at % 9)}-2${at % 8}`, {
      father_name: `Mông Văn Cha ${at} (giả lập)`, father_status: "living", mother_status: "dead",
    });
    // Both parents dead, says the group; the father lives, says the record.
    return family("02", 50 + at, `Mông Văn Chủ 02.${at} (giả lập)`, [one], {
      circumstances: [{ person: "c1", code: "II.1.1", start: "2024" }],
    });
  });
  first.visit(...ordinary, ...again, ...orphans);
  first.sync();
  const second = new Collector(commune.office, "Máy bàn phím B", "01");
  const households = ordinary.map((_, at) => `01/${number(at)}`);
  // Not a telephone: households of one number might be one household.
  dispute(first, second, households, "hamlet", ["Đồi Cao", "Suối Cạn"]);
}

test("a hundred decisions of every kind by keys alone: all are told, none is made twice", async () => {
  const sitting = await Desk.open();
  try {
    fill(sitting);
    const at = await sitting.officer("banphim", "Cán bộ Bàn Phím");
    await at.goto("/office/decide?kind=values");
    let presses = 0;
    const press = async (key: string): Promise<void> => {
      presses++;
      await at.keyboard.press(key);
    };
    /** A press that answers: the next page is there. */
    const answer = async (key: string): Promise<void> => {
      await Promise.all([at.waitForEvent("load"), press(key)]);
    };
    /** To the kind that waits next. */
    const turnTo = async (kind: string): Promise<void> => {
      await answer("n");
      await expect(at.locator(".decide-kinds [aria-current]").first()).toContainText(kind);
    };
    const decided = new Set<string>();
    const decide = async (times: number, how: () => Promise<void>): Promise<void> => {
      for (let made = 0; made < times; made++) {
        const form = at.locator("form:has(:focus), .decide-open form").first();
        const item = await form.locator("input[name=key]").first().inputValue();
        const before = presses;
        await how();
        expect(presses - before).toBeLessThanOrEqual(PRESSES_MAX);
        decided.add(item);
      }
    };
    const began = performance.now();
    await decide(SITTING.picked, async () => {
      await press("2");
      await answer("Enter");
    });
    await decide(SITTING.later, () => answer("s"));
    await turnTo("Có thể ghi trùng");
    for (const [times, key] of [[SITTING.linked, "c"], [SITTING.parted, "h"]] as const) {
      await decide(times, async () => {
        await press("2");
        await answer(key);
      });
    }
    expect(await waiting(at, "Có thể ghi trùng")).toContain("(0)");
    await turnTo("Mâu thuẫn");
    await decide(SITTING.right, async () => {
      await press("2");
      await answer("d");
    });
    await turnTo("Số định danh");
    await decide(SITTING.numbered, async () => {
      const row = at.locator("tr:has(:focus)");
      const [born = "", sex = ""] = await Promise.all([3, 4].map((cell) => row.locator("td").nth(cell).innerText()));
      // Province, century and sex, year: as numbers are made up.
      const serial = String(decided.size).padStart(6, "0");
      await at.keyboard.type(`020${sex === "Nam" ? 2 : 3}${born.slice(-2)}${serial}`);
      await answer("Enter");
    });
    const seconds = (performance.now() - began) / 1000;
    console.log(`a hundred decisions: ${presses} presses, ${seconds.toFixed(0)} s by a program's hands`);

    const all = Object.values(SITTING).reduce((sum, one) => sum + one, 0);
    expect(all).toBe(100);
    expect(decided.size).toBe(all);
    expect(presses).toBeLessThanOrEqual(PRESSES_MAX * all);
    const told: string[] = [];
    await at.goto("/office/decide?kind=done");
    for (;;) {
      const undo = at.locator("table.done form");
      told.push(...(await undo.evaluateAll((forms) => forms.map((form) => (form as HTMLFormElement).action))));
      const older = at.getByRole("link", { name: /Cũ hơn/ });
      if ((await older.count()) === 0) break;
      await older.click();
    }
    expect(told).toHaveLength(all);
    expect(new Set(told).size).toBe(all);
    for (const [kind, left] of [["Ghi khác nhau", 0], ["Có thể ghi trùng", 0], ["Mâu thuẫn", 0], ["Đã để riêng", SITTING.later + SITTING.right]] as const) {
      expect(await waiting(at, kind)).toContain(`(${left})`);
    }
    const register = sitting.office.register();
    expect(register.filter(({ household }) => household["hamlet"] === "Đồi Cao" || household["hamlet"] === "Suối Cạn")).toHaveLength(SITTING.picked);
    expect(sitting.errors).toEqual([]);
  } finally {
    await sitting.end();
  }
});
